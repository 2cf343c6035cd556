"""What a process says to the supervisor that started it (`tillit.site.supervisor`)."""

from __future__ import annotations

import os


def report_ready() -> None:
    """Tell the supervisor that this process can do its work. Harmless without one, and the second time."""
    handle = os.environ.pop("TILLIT_READY_FD", "")
    if handle:
        os.write(int(handle), b"ready\n")
        os.close(int(handle))
