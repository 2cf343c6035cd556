"""How a delivery of samples is signed, for the prober and for who takes it. Knows no Django.

`POST /status/samples` carries `Tillit-Prober` (its name) and `Tillit-Signature`: Ed25519 over `PREFIX` and the body, as
base64. The body says for which host it is meant and when it was sent, so that it is good nowhere else and not forever.
"""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tillit.foundation.wholefile import make_once

PREFIX = b"tillit samples v1\n"
FOR_GOOD = "urn:tillit:samples:refused-for-good"  # `type` of a problem (RFC 9457): said of these samples again for ever
MOST_BYTES = 256 * 1024
MOST_SAMPLES = 1000
SKEW_SECONDS = 300  # between the sender's clock and ours


def sign(key: Ed25519PrivateKey, body: bytes) -> str:
    return base64.b64encode(key.sign(PREFIX + body)).decode()


def is_signed(public: str, signature: str, body: bytes) -> bool:
    try:
        known = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        known.verify(base64.b64decode(signature, validate=True), PREFIX + body)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def public_of(key: Ed25519PrivateKey) -> str:
    """As the operator registers it: 32 bytes in base64."""
    return base64.b64encode(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def read_key(place: Path) -> Ed25519PrivateKey:
    """The key in this file (its 32 bytes, base64); made, for its owner alone to read, where there is none.

    Raises ValueError for a file that holds something else.
    """
    try:
        text = place.read_text().strip()
    except FileNotFoundError:
        make_once(place, base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()) + b"\n")
        text = place.read_text().strip()  # another process may have been first
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))
