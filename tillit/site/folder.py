"""The data folder: writable, with room to work, and used by one Tillit at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

from tillit.site import runtime
from tillit.site.problems import Problem, from_os

ROOM_TO_BEGIN = 400 * 1024 * 1024  # bytes for a database, its log and the demo
ROOM_TO_RUN = 100 * 1024 * 1024


class Claim:
    """The right to work on a data folder, held until released or until this process ends, however it ends."""

    def __init__(self, data: Path, *, room: int | None = None) -> None:
        """Take the folder, making it if need be. `room`: bytes that have to be free, if not the usual.

        Raises Problem when it is in use, cannot be written, or its disk is nearly full.
        """
        self.data = data
        try:
            _make(data)
            self._handle = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            self._lock()
            _check_room(data, room)
        except OSError as error:
            raise from_os(error, str(data)) from error

    def _lock(self) -> None:
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._handle, 20, 0).decode(errors="replace").strip() or "unknown"
            found = runtime.running(self.data)
            if str(found.get("pid")) == holder:
                raise Problem(f"Tillit already runs on {self.data}: process {holder}, {found['url']}") from None
            raise Problem(f"{self.data} is in use by process {holder}, which is starting or at work there.") from None
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        os.close(self._handle)


def left_by_a_crash(data: Path) -> bool:
    """Whether an earlier Tillit on this folder was killed, so that its processes may still be ending."""
    return bool(runtime.running(data)) and not runtime.is_running(data)


def _make(data: Path) -> None:
    if data.exists() and not data.is_dir():
        raise Problem(f"{data} is not a folder.")
    if not data.exists():
        data.mkdir(parents=True)
        # Run by root, the database runs as another user and has to get through; every file here is closed to others.
        data.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _check_room(data: Path, needed: int | None) -> None:
    if needed is None:
        needed = ROOM_TO_RUN if (data / "installation.json").exists() else ROOM_TO_BEGIN
    free = shutil.disk_usage(data).free
    if free < needed:
        raise Problem(
            f"The disk that holds {data} has {free // 2**20} MB left; Tillit needs at least {needed // 2**20} MB. "
            "Make room, or name another folder with --data."
        )
