"""Tell the person at the terminal what takes long. Standard library only: it runs before the environment exists."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

PATIENCE = 2.0  # seconds a step may take before it is mentioned
REMINDER = 15.0  # seconds between signs of life where lines cannot be rewritten


class Progress:
    """Names steps that take longer than two seconds, with the time they took.

    On a terminal the line is rewritten every second; in a log file or pipe there is one line when the step turns
    out to be slow, one every 15 seconds, and one at its end.
    """

    def __init__(self, *, quiet: bool = False, out: TextIO | None = None) -> None:
        self.quiet = quiet
        self.out = out or sys.stdout
        self.detail = ""

    def say(self, text: str = "") -> None:
        """Print a line, unless quiet."""
        if not self.quiet:
            self._write(text + "\n")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Show `name` with its seconds while the block runs, if it runs for more than two seconds."""
        if self.quiet:
            yield
            return
        self.detail = ""
        done = threading.Event()
        began = time.monotonic()
        ticker = threading.Thread(target=self._tick, args=(name, began, done), daemon=True)
        ticker.start()
        try:
            yield
        except BaseException:
            done.set()
            ticker.join()
            if self.out.isatty():
                self._write("\n")
            raise
        done.set()
        ticker.join()
        seconds = time.monotonic() - began
        if seconds >= PATIENCE:
            self._line(name, seconds, final=True)

    def _tick(self, name: str, began: float, done: threading.Event) -> None:
        wait = PATIENCE
        while not done.wait(wait):
            self._line(name, time.monotonic() - began)
            wait = 1.0 if self.out.isatty() else REMINDER

    def _line(self, name: str, seconds: float, *, final: bool = False) -> None:
        detail = f" ({self.detail})" if self.detail and not final else ""
        text = f"  {name} {'took' if final else '…'} {seconds:.0f} s{detail}"
        if self.out.isatty():
            self._write(f"\r\x1b[K{text}" + ("\n" if final else ""))
        else:
            self._write(text + "\n")

    def _write(self, text: str) -> None:
        with suppress(OSError):  # a closed terminal or pipe is no reason to stop working
            self.out.write(text)
            self.out.flush()
