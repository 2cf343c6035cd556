"""What the broker decided, on disk before it takes effect, until the database has it.

One line per fact, in files in a folder that each process has for itself and holds locked. A file is closed when the
database is to be told, and deleted when it knows. The folder of a process that was killed is taken over by the next
one, which tells what it holds, connections that were still open included. A decision carries a mark of its own, so
telling it twice is harmless.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
import threading
import uuid
from collections.abc import Generator, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

log = logging.getLogger(__name__)
MOST_BYTES = 64 << 20  # on disk, while the database is away; then nothing is let out any more
DRAFT = "draft-"
BEYOND = 1 << 20  # bytes, for the ends of what is open and for what is refused from then on


@dataclass(frozen=True)
class Decided:
    """One decision. `at`: Unix time. `tenant`: None for the cloud itself. Bytes as seen from the worker."""

    at: float
    tenant: int | None
    purpose: str
    host: str
    port: int
    allowed: bool
    reason: str = ""
    processor: str = ""
    bytes_out: int = 0
    bytes_in: int = 0
    seconds: float = 0.0
    mark: str = field(default_factory=lambda: str(uuid.uuid4()))


class Full(Exception):
    """No more can be kept: the disk is full, or the database has been away for long."""


class Journal:
    """Thread-safe. `folder` is made if need be."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        name = uuid.uuid4().hex
        self.folder = folder / name
        self.most_bytes = most_bytes
        draft = folder / f"{DRAFT}{name}"  # a folder that others see is locked already, or its process has ended
        draft.mkdir(mode=0o700, parents=True)
        self._claim = _claim(draft)
        draft.rename(self.folder)
        self._lock = threading.Lock()
        self._open: dict[str, Decided] = {}
        self._closed: list[Path] = []
        self._closed_bytes = 0
        self._number = 0
        self._bytes = 0
        self._told = False  # whether the present file holds a decision that is complete
        self._place, self._handle = self._next()

    def begin(self, decided: Decided) -> None:
        """A connection is about to be opened. Raises Full: then it must not be."""
        with self._lock:
            self._write("open", decided)
            self._open[decided.mark] = decided

    def end(self, decided: Decided) -> None:
        """A decision is complete. Raises Full."""
        with self._lock:
            self._open.pop(decided.mark, None)
            self._write("end", decided)
            self._told = True

    def opened(self) -> list[Decided]:
        """The connections that are open now."""
        with self._lock:
            return list(self._open.values())

    @property
    def waiting(self) -> int:
        """Bytes that the database has not been told."""
        return self._closed_bytes + self._bytes

    def full(self) -> bool:
        return self.waiting > self.most_bytes

    def turn(self) -> list[Path]:
        """Close the present file if it holds something to tell; gives back all files that wait, oldest first."""
        with self._lock:
            if self._told:
                self._turn()
            return list(self._closed)

    def told(self, place: Path) -> None:
        """The database knows what this file held."""
        with self._lock:
            if place in self._closed:
                self._closed.remove(place)
                self._closed_bytes -= place.stat().st_size
        place.unlink(missing_ok=True)

    def abandoned(self) -> Generator[tuple[Path, list[Decided]], None, None]:
        """What processes left that ended without telling, by their folders: to be given to `forget` when told."""
        for folder in sorted(self.folder.parent.iterdir()):
            theirs = folder != self.folder and folder.is_dir() and not folder.name.startswith(DRAFT)
            claim = _claim(folder) if theirs else None
            if claim is None:
                continue
            try:
                yield folder, list(read(sorted(folder.glob("*.jsonl")), abandoned=True))
            finally:
                os.close(claim)

    def forget(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Nothing more will come. What has not been told stays for the next process."""
        with self._lock:
            os.close(self._handle)
            if not self._told and not self._open and not self._closed:
                self.forget(self.folder)
            if self._claim is not None:
                os.close(self._claim)

    def _turn(self) -> None:
        before, bytes_before = self._place, self._bytes
        old, (self._place, self._handle) = self._handle, self._next()
        os.close(old)
        self._closed.append(before)
        self._closed_bytes += bytes_before
        self._bytes, self._told = 0, False
        for decided in self._open.values():
            self._write("open", decided)

    def _next(self) -> tuple[Path, int]:
        self._number += 1
        place = self.folder / f"{self._number:08}.jsonl"
        return place, os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def _write(self, kind: str, decided: Decided) -> None:
        if self.waiting > self.most_bytes + BEYOND:
            raise Full
        line = json.dumps([kind, asdict(decided)], separators=(",", ":")).encode() + b"\n"
        try:
            if os.write(self._handle, line) < len(line):
                os.write(self._handle, b"\n")  # what was cut short stands alone
                raise Full
        except OSError as error:
            raise Full from error
        self._bytes += len(line)


def read(places: Iterable[Path], *, abandoned: bool = False) -> Iterator[Decided]:
    """The decisions these files hold; of abandoned ones those, too, whose end nobody has seen."""
    opened: dict[str, Decided] = {}
    for line in (line for place in places for line in place.read_bytes().splitlines()):
        try:
            kind, said = json.loads(line)
            decided = Decided(**said)
        except (ValueError, TypeError):
            log.warning("A line of the journal is no decision: it was cut short.")
            continue
        if kind == "open":
            opened[decided.mark] = decided
        else:
            opened.pop(decided.mark, None)
            yield decided
    if abandoned:
        for decided in opened.values():
            yield replace(decided, reason="broken-off")


def _claim(folder: Path) -> int | None:
    """A handle that holds the folder for this process, unless another one does."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle
