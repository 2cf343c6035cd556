"""How a web worker goes unnoticed: it takes no more connections, says good-bye on those it has, then ends.

Granian alone, asked to end, closes a connection it has just taken before the request on it has come. So asked the first
time, the worker first puts a socket that nobody calls in the place of the one it shares with its successor; what is on
its way is answered with `Connection: close`, and a moment later it ends.
"""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable
from typing import Any

from granian import _signals

MOMENT = 1.0  # seconds: for requests on connections that were taken, for the next request on kept ones
Handler = Callable[..., Any]


class Leaving:
    """Whether this worker is about to end, and what happens first when it is asked to."""

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self.begun = False

    def listen_to_signals(self) -> None:
        """Before Granian does, which then hears of the second signal: the one that we send ourselves."""
        set_signals = _signals.set_main_signals

        def set_ours(end: Handler, *others: Any) -> None:
            set_signals(lambda *said: self._asked(end, *said), *others)

        _signals.set_main_signals = set_ours

    def _asked(self, end: Handler, *said: Any) -> None:
        if self.begun or sys.platform != "linux":
            end(*said)
            return
        self.begun = True
        take_no_more(self.handle)
        again = threading.Timer(MOMENT, os.kill, (os.getpid(), signal.SIGTERM))
        again.daemon = True
        again.start()


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
