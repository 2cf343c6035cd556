"""Files that appear in one step: whoever reads meanwhile finds what was there or what is new, never half. No Django."""

from __future__ import annotations

import errno
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)  # what file systems without hard links say: FAT, some networks
DRAFT = re.compile(r"\..+\.[0-9a-f]{16}")
LONGEST_SECONDS = 3600  # in which nobody writes one file any more


def replace(target: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put `content` in the place of `target`, on the disk when this returns; its rights are `mode`, whatever the umask.

    Several may do so at a time: the last one's stays. Raises OSError, and leaves what was there and no draft.
    """
    with replacing(target, mode=mode) as file:
        file.write(content)


@contextmanager
def replacing(target: Path, *, mode: int = 0o600) -> Iterator[BinaryIO]:
    """As `replace`, for what is written piece by piece: it takes its place when the block ends without an error."""
    with _draft(target, mode) as (draft, file):
        yield file
        _settle(file)
        draft.replace(target)
    _settle_names(target.parent)


def make_once(target: Path, content: bytes) -> None:
    """Write a file that only this user reads; of two processes that start at once, the first one's stays."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with suppress(FileExistsError), _draft(target, 0o600) as (draft, file):
        file.write(content)
        _settle(file)
        try:
            os.link(draft, target)  # refuses to replace a file
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            _make_in_place(target, content)
    _settle_names(target.parent)


def sweep(folder: Path) -> None:
    """Remove the drafts of processes that were killed while they wrote into this folder."""
    for place in folder.iterdir():
        with suppress(FileNotFoundError):  # another one sweeps, or has finished
            if DRAFT.fullmatch(place.name) and time.time() - place.stat().st_mtime > LONGEST_SECONDS:
                place.unlink()


@contextmanager
def _draft(target: Path, mode: int) -> Iterator[tuple[Path, BinaryIO]]:
    """A file beside its target, under a name of its own; gone in the end."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            os.fchmod(file.fileno(), mode)
            yield draft, file
    finally:
        draft.unlink(missing_ok=True)


def _make_in_place(target: Path, content: bytes) -> None:
    """Without hard links nobody replaces the file of another either, but who reads at once may find half of it."""
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            file.write(content)
            _settle(file)
        except OSError:
            target.unlink()  # half a key would stay for good
            raise


def _settle(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _settle_names(folder: Path) -> None:
    """A new name is on the disk with its folder only (fsync(2)); some network file systems keep none: EINVAL."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    finally:
        os.close(handle)
