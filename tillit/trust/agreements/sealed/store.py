"""Where sealed documents lie: files of the data folder named by their SHA-256. What is there never changes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.conf import settings

from tillit.foundation import wholefile


def put(content: bytes) -> str:
    """Keep the bytes; returns their SHA-256. Whole or not at all, and the same bytes only once."""
    digest = hashlib.sha256(content).hexdigest()
    target = path_of(digest)
    if target.exists():
        return digest
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    wholefile.replace(target, content)
    return digest


def path_of(sha256: str) -> Path:
    return Path(settings.DATA) / "agreements" / sha256[:2] / f"{sha256}.pdf"
