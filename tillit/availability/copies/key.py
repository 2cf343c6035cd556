"""The key that signs the copy: `keys/status.pem` of the data folder, made at its first use."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from tillit.foundation.keyfile import make_signing_key, read_signing_key

# What the fingerprint is, in a line to try: the last 32 bytes of RFC 8410's DER are the key itself.
FINGERPRINT_COMMAND = "openssl pkey -pubin -in key.pem -outform DER | tail -c 32 | sha256sum"


@dataclass(frozen=True)
class PublicKey:
    """What everybody may know. `raw`: 32 bytes in base64; `fingerprint`: their SHA-256, 64 hexadecimal digits."""

    raw: str
    fingerprint: str
    pem: str

    @property
    def fingerprint_in_groups(self) -> str:
        return " ".join(self.fingerprint[at : at + 4] for at in range(0, 64, 4))


def signing_key() -> Ed25519PrivateKey:
    """Raises Refused when a file is there that holds no such key."""
    own = Path(settings.DATA) / "keys" / "status.pem"
    if not own.exists():
        make_signing_key(own)
    return read_signing_key(own)


def public_key() -> PublicKey:
    public = signing_key().public_key()
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(b64encode(raw).decode(), hashlib.sha256(raw).hexdigest(), pem.decode())
