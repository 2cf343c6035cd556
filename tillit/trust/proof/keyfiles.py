"""The keys that sign: files of the data folder (`keys/log.pem`, `keys/witness.pem`), never rows of the database.

`TILLIT_LOG_KEY_FILE` names another file for the log's key. A key is replaced by renaming its file to `log-<any>.pem`
and letting a new one be made: from then on both sign, until the old file is taken away. The log says so in a leaf.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from tillit.foundation.keyfile import make_signing_key, read_signing_key


def log_keys() -> list[Ed25519PrivateKey]:
    """The log's key, made at the first use, and after it the ones it replaces."""
    own = Path(settings.LOG_KEY_FILE) if settings.LOG_KEY_FILE else _folder() / "log.pem"
    if not own.exists() and not settings.LOG_KEY_FILE:
        make_signing_key(own)
    return [read_signing_key(path) for path in (own, *sorted(own.parent.glob(f"{own.stem}-*.pem")))]


def witness_key() -> Ed25519PrivateKey:
    """The key that cosigns other logs; another one than the log's, as tlog-cosignature asks."""
    own = _folder() / "witness.pem"
    if not own.exists():
        make_signing_key(own)
    return read_signing_key(own)


def _folder() -> Path:
    return Path(settings.DATA) / "keys"
