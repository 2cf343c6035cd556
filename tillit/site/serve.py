"""One web worker: a WSGI application on the listening socket the supervisor opened.

    python -m tillit.site.serve [APPLICATION]        socket number in TILLIT_LISTEN_FD

Granian usually starts processes of its own and has no option for an inherited socket. Here the supervisor watches, so
this process is itself the worker. Both lean on private parts of Granian: its version is pinned, and
`tests/test_supervise_processes.py` proves the result.
"""

from __future__ import annotations

import gc
import logging
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.template import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template
from django.template.utils import get_app_template_dirs
from django.urls import get_resolver
from django.utils import translation
from granian import Granian
from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces, RuntimeModes

from tillit.foundation.supervision import report_ready
from tillit.site.fitting import SECRETS
from tillit.site.gently import WISH, gently
from tillit.site.handing import OWN, hands
from tillit.site.leaving import Leaving, leave
from tillit.site.listening import BACKLOG, connections
from tillit.site.receiving import Reception, Rules

APPLICATION = "tillit.site.wsgi:application"
Application = Callable[..., Any]


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
        application = gently(lambda: warmed(load_application(name)))
        rules = import_module("tillit.site.admitting").RulesOfTheHouse() if settings.configured else Rules()
        os.environ.pop(WISH, None)
        for secret in SECRETS:  # known to the settings by now; Granian hands the rest to every request
            os.environ.pop(secret, None)
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


def load_application(name: str) -> Application:
    module, _, attribute = name.partition(":")
    application: Application = getattr(import_module(module), attribute or "application")
    return application


def warmed(application: Application) -> Application:
    """Answer one request and compile every template before reporting ready: no visitor waits for what loads lazily."""
    environ: dict[str, Any] = {"PATH_INFO": "/healthz", "HTTP_HOST": os.environ.get("TILLIT_BASE_HOST", "localhost")}
    setup_testing_defaults(environ)
    try:
        answer = application(environ, lambda *_args: None)
        for _part in answer:
            pass
        getattr(answer, "close", lambda: None)()
        if settings.configured:
            _compile_templates()
            _load_languages()
    except Exception:
        logging.getLogger(__name__).exception("The first request failed; serving all the same.")
    return application


def _load_languages() -> None:
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            translation.gettext("Sign in")
            get_resolver().reverse_dict  # noqa: B018 - it is made for each language when first asked for


def _compile_templates() -> None:
    for folder in get_app_template_dirs("templates"):
        for place in Path(folder).rglob("*.html"):
            with suppress(TemplateSyntaxError, TemplateDoesNotExist):  # fragments that only others complete
                get_template(str(place.relative_to(folder)))


if __name__ == "__main__":
    serve(sys.argv[1] if len(sys.argv) > 1 else APPLICATION)
