"""Files that appear in one step: whoever reads meanwhile finds what was there or what is new, never half. No Django."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def replace(target: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put `content` in the place of `target`, on the disk when this returns; its rights are `mode`, whatever the umask.

    Several may do so at a time: the last one's stays. Raises OSError, and leaves what was there and no draft.
    """
    with _draft(target, content, mode) as draft:
        draft.replace(target)


def make_once(target: Path, content: bytes) -> None:
    """Write a file that only this user reads; of two processes that start at once, the first one's stays."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _draft(target, content, 0o600) as draft, suppress(FileExistsError):
        os.link(draft, target)  # refuses to replace a file


@contextmanager
def _draft(target: Path, content: bytes, mode: int) -> Iterator[Path]:
    """The content beside its target, under a name of its own; gone in the end."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)
