"""The keys that sign: files of the data folder (`keys/log.pem`, `keys/witness.pem`), never rows of the database.

`TILLIT_LOG_KEY_FILE` names another file for the log's key. A key is replaced by renaming its file to `log-<any>.pem`
and letting a new one be made: from then on both sign, until the old file is taken away. The log says so in a leaf.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from django.conf import settings
from django.utils.translation import gettext as _

from tillit.foundation.errors import Refused
from tillit.trust.keyfile import make_once


def log_keys() -> list[Ed25519PrivateKey]:
    """The log's key, made at the first use, and after it the ones it replaces."""
    own = Path(settings.LOG_KEY_FILE) if settings.LOG_KEY_FILE else _folder() / "log.pem"
    if not own.exists() and not settings.LOG_KEY_FILE:
        _make(own)
    return [_read(path) for path in (own, *sorted(own.parent.glob(f"{own.stem}-*.pem")))]


def witness_key() -> Ed25519PrivateKey:
    """The key that cosigns other logs; another one than the log's, as tlog-cosignature asks."""
    own = _folder() / "witness.pem"
    if not own.exists():
        _make(own)
    return _read(own)


def _folder() -> Path:
    return Path(settings.DATA) / "keys"


def _read(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise _unusable(path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(path)
    return key


def _unusable(path: Path) -> Refused:
    return Refused(_("The signing key %(file)s cannot be read. It must be an Ed25519 key in PEM.") % {"file": path})


def _make(target: Path) -> None:
    content = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    make_once(target, content)
