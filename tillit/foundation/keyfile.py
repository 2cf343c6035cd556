"""Keys that an installation makes for itself, once, in files beside its database."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from django.utils.translation import gettext as _

from tillit.foundation.errors import Refused
from tillit.foundation.wholefile import make_once


def make_signing_key(target: Path) -> None:
    """A new Ed25519 key in PEM (PKCS#8), unless the file is there."""
    make_once(target, Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """Raises Refused when there is no file, or no such key in it."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise _unusable(path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise _unusable(path)
    return key


def _unusable(path: Path) -> Refused:
    return Refused(_("The signing key %(file)s cannot be read. It must be an Ed25519 key in PEM.") % {"file": path})
