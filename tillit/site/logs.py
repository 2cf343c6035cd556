"""One log file per process in the data folder, kept from growing without end."""

from __future__ import annotations

import logging
import re
import shutil
import time
from pathlib import Path
from typing import BinaryIO

LARGEST = 10 * 1024 * 1024  # bytes; the previous part is kept once
EVERY = 60.0  # seconds between looks at the sizes


class Discreet(logging.Formatter):
    """Without the rows that PostgreSQL quotes in its errors: they are personal data."""

    QUOTED = re.compile(
        r"^DETAIL:.*?(?=^The above exception|^During handling|^Traceback |\Z)", re.DOTALL | re.MULTILINE
    )

    def format(self, record: logging.LogRecord) -> str:
        return self.QUOTED.sub("", super().format(record)).rstrip()


class Brief(logging.Filter):
    """Without the traceback of a request that was refused as suspicious: any stranger can send as many as he likes."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.security."):
            record.exc_info = record.exc_text = None
        return True


class Logs:
    """The folder of log files `NAME.log`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._looked = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)

    def place(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def open(self, name: str) -> BinaryIO:
        """For appending, so that trimming while a process holds it open is safe."""
        return self.place(name).open("ab", buffering=0)

    def note(self, name: str, text: str) -> None:
        """Add a line with the time. A full disk must not end the writer."""
        try:
            with self.open(name) as log:
                log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n".encode())
        except OSError:
            return

    def trim(self) -> None:
        """Once a minute: what grew too large is copied aside and emptied in place."""
        if time.monotonic() - self._looked < EVERY:
            return
        self._looked = time.monotonic()
        for log in self.folder.glob("*.log"):
            try:
                if log.stat().st_size > LARGEST:
                    shutil.copyfile(log, log.with_suffix(".log.1"))
                    log.open("wb").close()
            except OSError:
                continue  # a full disk: next time
