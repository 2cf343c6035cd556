"""What a process says to the supervisor that started it (`tillit.site.supervisor`)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress

BEAT = 2.0  # seconds between two signs of life


def report_ready(*, moves: Callable[[], bool] | None = None) -> None:
    """Tell the supervisor that this process can do its work. Harmless without one, and the second time.

    With `moves` it goes on telling every two seconds for as long as that is true; a process that has begun to and then
    is silent for long is taken for hung, and replaced.
    """
    handle = os.environ.pop("TILLIT_READY_FD", "")
    if not handle:
        return
    os.write(int(handle), b"ready\n" if moves is None else b"ready\nbeat\n")
    if moves is None:
        os.close(int(handle))
    else:
        threading.Thread(target=_go_on, args=(int(handle), moves), name="beat", daemon=True).start()


def lives() -> bool:
    """For `moves`, where what a process is at may take as long as it likes: that one of its threads runs."""
    return True


def _go_on(handle: int, moves: Callable[[], bool]) -> None:
    with suppress(OSError):  # the supervisor is gone; the leash ends us
        while True:
            time.sleep(BEAT)
            if moves():
                os.write(handle, b"beat\n")
