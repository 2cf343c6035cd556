"""Keys that an installation makes for itself, once, beside its database."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def make_once(target: Path, content: bytes) -> None:
    """Write a file that only this user reads; of two processes that start at once, the first one's stays."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    waiting = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    with open(os.open(waiting, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(waiting, target)  # refuses to replace a file
    waiting.unlink()
