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
# What nobody else wants of the processor, and a fifteenth of a core where one other wants all of it. A restart takes
# about 11 seconds of processor time, 8.5 of them gently, half of these for the code of all workers: it is through in
# 15 s on a machine at rest, and on one at its limit within the 600 s for which every restart is waited for.
STEP = 12
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
