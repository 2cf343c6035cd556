"""How a web worker goes unnoticed: it takes no more connections, says good-bye on those it has, then ends.

Granian alone, asked to end, closes a connection it has just taken before the request on it has come. So asked the first
time, the worker first puts a socket that nobody calls in the place of the one it shares with its successor; what is on
its way is answered with `Connection: close`, and a moment later it ends.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import signal
import socket
import stat
import sys
from collections.abc import Callable
from typing import NoReturn

from granian import _signals
from granian._granian import WorkerSignal

MOMENT = 1.0  # seconds: for requests on connections that were taken, for the next request on kept ones


class Leaving:
    """Whether this worker is about to end, and what happens first when it is asked to."""

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self.begun = False

    def listen_to_signals(self) -> None:
        """In Granian's place, which then hears of the second signal, or of ours a moment later."""

        def set_ours(loop: asyncio.AbstractEventLoop) -> WorkerSignal:
            end = WorkerSignal()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._asked, loop, end.set)
            return end

        _signals.set_loop_signals = set_ours

    def _asked(self, loop: asyncio.AbstractEventLoop, end: Callable[[], None]) -> None:
        if self.begun or sys.platform != "linux":
            end()
            return
        self.begun = True
        take_no_more(self.handle)
        loop.call_later(MOMENT, end)


def take_no_more(handle: int) -> None:
    """Leave the listening socket `handle` to the other processes that share it."""
    shared = os.fstat(handle).st_ino
    with socket.socket(socket.AF_UNIX) as nobodys:
        nobodys.bind("")  # the kernel finds a name that is free
        nobodys.listen(1)
        nobodys.setblocking(False)
        for name in os.listdir("/proc/self/fd"):
            number = int(name)
            try:
                known = os.fstat(number)
            except OSError:
                continue  # closed meanwhile
            if stat.S_ISSOCK(known.st_mode) and known.st_ino == shared:
                os.dup2(nobodys.fileno(), number, inheritable=False)


def leave() -> NoReturn:
    """End the process without taking Python apart, which one of Granian's threads may still be in: it would abort."""
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
