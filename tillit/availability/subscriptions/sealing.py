"""Signing secrets, which have to be read again to sign: sealed with the installation's key, never in clear on disk."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet
from django.conf import settings

PREFIX = "whsec_"
BYTES = 32  # Standard Webhooks asks for 24 to 64


def new_secret() -> str:
    """As it is shown to its owner: `whsec_` and base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(BYTES)).decode()


def new_message() -> str:
    """A `webhook-id`."""
    return f"msg_{secrets.token_hex(16)}"


def seal(secret: str) -> str:
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    return _box().decrypt(sealed.encode()).decode()


def sign(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """`v1,<base64>`: HMAC-SHA256 over `id.timestamp.body` (Standard Webhooks 1.0.0)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.digest(key, b".".join([message.encode(), str(timestamp).encode(), body]), "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def _box() -> Fernet:
    key = hashlib.sha256(b"subscriptions.webhook\0" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
