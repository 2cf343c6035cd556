"""Load in the background: a successor that starts leaves the processor to those who serve meanwhile.

How it is scheduled belongs to a thread (Linux), so the work is done in one of its own that steps back; what runs
afterwards, in other threads, is as quick as everybody. Coming forward again would need a privilege.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

WISH = "TILLIT_GENTLY"  # set by the supervisor for the successors of a restart, to one of these:
# What nobody else wants of the processor. The scheduler takes a core that does such work for a free one, and lets
# others have it at once; one that works at a low priority it takes for busy, and others wait beside it.
IDLE = "idle"
# A fifteenth of a core where one other wants all of it, for a machine that is never idle.
SLOWLY = "slowly"
STEP = 12
T = TypeVar("T")


def wished() -> bool:
    return sys.platform == "linux" and os.environ.get(WISH) in (IDLE, SLOWLY)


def gently(work: Callable[[], T]) -> T:
    """What `work` returns or raises; if wished for, from a thread that steps back."""
    if not wished():
        return work()
    found: Future[T] = Future()

    def behind_others() -> None:
        _step_back()
        try:
            found.set_result(work())
        except BaseException as error:
            found.set_exception(error)

    thread = threading.Thread(target=behind_others, name="gently", daemon=True)
    thread.start()
    thread.join()  # it is gone, not only done: a fork must find no other thread
    return found.result()


def _step_back() -> None:
    """As far as is wished for, or as this machine lets us."""
    if os.environ.get(WISH) == IDLE:
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
            return
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), STEP)
