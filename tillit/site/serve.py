"""One web worker: a WSGI application on the listening socket the supervisor opened.

    python -m tillit.site.serve [APPLICATION]        socket number in TILLIT_LISTEN_FD

Granian usually starts processes of its own and has no option for an inherited socket. Here the supervisor watches, so
this process is itself the worker. Both lean on private parts of Granian: its version is pinned, and
`tests/test_supervise_processes.py` proves the result.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
from importlib import import_module

from django.conf import settings
from granian import Granian
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces, RuntimeModes

from tillit.foundation.supervision import report_ready
from tillit.site.fitting import is_secret
from tillit.site.gently import WISH, gently
from tillit.site.handing import OWN, hands
from tillit.site.leaving import Leaving, leave
from tillit.site.listening import BACKLOG, connections
from tillit.site.loading import loaded
from tillit.site.receiving import Reception, Rules

APPLICATION = "tillit.site.wsgi:application"


class InheritedSocket(Granian):  # type: ignore[valid-type, misc]
    """Granian on a socket that is already listening."""

    def _init_shared_socket(self) -> None:
        handle = int(os.environ.pop("TILLIT_LISTEN_FD"))
        self._ssp, self._sfd = None, handle
        self._sso = socket.socket(fileno=handle)
        unix = self._sso.family == socket.AF_UNIX
        self._shd = SocketHolder(handle, unix, self.backlog)  # type: ignore[call-arg]

    def listen(self) -> None:
        """From now on the kernel sends this worker its share of the connections; again is harmless."""
        self._sso.listen(BACKLOG)


def serve(name: str) -> None:
    """Serve the application `module:attribute` until SIGTERM; requests under way are finished."""

    def load() -> Reception:
        application = gently(lambda: loaded(name))
        rules = import_module("tillit.site.admitting").RulesOfTheHouse() if settings.configured else Rules()
        os.environ.pop(WISH, None)
        for secret in [name for name in os.environ if is_secret(name)]:  # known to the settings by now
            del os.environ[secret]
        gc.collect()
        gc.freeze()  # what is loaded by now stays: the collector need not walk it while somebody waits
        server.listen()
        reception = Reception(application, OWN + hands(), leaving, rules)
        report_ready(moves=reception.moves)
        return reception

    server = InheritedSocket(
        name,
        interface=Interfaces.RSGI,
        runtime_mode=RuntimeModes.mt,
        http=HTTPModes.http1,  # others have no limit of time for headers
        websockets=False,
        backpressure=connections(),
        log_enabled=True,
        log_level="warning",
    )
    server._init_shared_socket()
    leaving = Leaving(server._sfd)
    leaving.listen_to_signals()
    worker = server._spawn_worker(0, server._spawn_rsgi_worker, load)
    worker.inner.run()  # the task of a multiprocessing.Process, in this process
    leave()


if __name__ == "__main__":
    serve(sys.argv[1] if len(sys.argv) > 1 else APPLICATION)
