"""Load in the background: a successor that starts leaves the processor to those who serve meanwhile.

Niceness belongs to a thread (Linux), so the work is done in one of its own that steps back; what runs afterwards, in
other threads, is as quick as everybody. Lowering a niceness again would need a privilege.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

WISH = "TILLIT_GENTLY"  # set by the supervisor for the successors of a restart
# A quarter of a core where one other wants it too, a seventh where two do. A start takes about 4.4 seconds of processor
# time, so five programs in a row are through in 90 s, or 160 s: every restart is waited for 300 s. At 10 they were not.
STEP = 5
T = TypeVar("T")


def wished() -> bool:
    return sys.platform == "linux" and os.environ.get(WISH) == "1"


def gently(work: Callable[[], T]) -> T:
    """What `work` returns or raises; if wished for, from a thread that steps back."""
    if not wished():
        return work()
    found: Future[T] = Future()

    def behind_others() -> None:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), STEP)
        try:
            found.set_result(work())
        except BaseException as error:
            found.set_exception(error)

    thread = threading.Thread(target=behind_others, name="gently", daemon=True)
    thread.start()
    thread.join()  # it is gone, not only done: a fork must find no other thread
    return found.result()
