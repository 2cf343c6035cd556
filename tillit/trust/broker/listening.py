"""A Unix socket that one broker after the other takes over without a gap: the newest one owns the path."""

from __future__ import annotations

import logging
import os
import socket
import time
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)
BACKLOG = 256


class Listener:
    """Listens from the beginning. Raises PermissionError where the folder is not this user's own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = place.parent.lstat()
        if folder.st_uid != os.geteuid() or folder.st_mode & 0o022 or not place.parent.is_dir():
            raise PermissionError(f"{place.parent} is not this user's own, or others may write there")
        draft = place.with_name(f"{place.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            self.socket.bind(str(draft))
        finally:
            os.umask(before)
        self.socket.listen(BACKLOG)
        self._inode = draft.stat().st_ino
        self._closing = False
        draft.replace(place)

    def accept(self) -> socket.socket | None:
        """The next connection; None after `close`, when all that waited have been given."""
        while True:
            try:
                return self.socket.accept()[0]
            except OSError:
                if self._closing:
                    self.socket.close()
                    return None
                log.exception("A connection could not be taken")
                time.sleep(0.05)  # out of file handles: some will come back

    def close(self) -> None:
        """Give up the path, unless a successor has it already, and let `accept` come to its end."""
        with suppress(OSError):
            if self.place.stat().st_ino == self._inode:
                self.place.unlink()
        self._closing = True
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
