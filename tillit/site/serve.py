"""One web worker: a WSGI application on the listening socket the supervisor opened.

    python -m tillit.site.serve [APPLICATION]        socket number in TILLIT_LISTEN_FD

Granian usually starts processes of its own and has no option for an inherited socket. Here the supervisor watches, so
this process is itself the worker. Both lean on private parts of Granian: its version is pinned, and
`tests/test_supervise_processes.py` proves the result.
"""

from __future__ import annotations

import gc
import importlib
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
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
from granian.constants import Interfaces, RuntimeModes

from tillit.foundation.supervision import report_ready
from tillit.site.gently import WISH, gently
from tillit.site.handing import OWN, hands
from tillit.site.leaving import Leaving
from tillit.site.listening import BACKLOG

APPLICATION = "tillit.site.wsgi:application"
SECRETS = ("TILLIT_DSN", "TILLIT_SECRET_KEY", "TILLIT_SMTP_URL", "TILLIT_IMAP_URL", "TILLIT_METRICS_TOKEN")
TOO_LONG = 300.0  # seconds in one request without a word from the visitor: statements end after 60
GOOD_BYE = ("Connection", "close")
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


class Heard:
    """What a visitor sends, read; each time something comes, `heard` is called: a slow upload is no hung thread."""

    def __init__(self, body: Any, heard: Callable[[], None]) -> None:
        self.body = body
        self.heard = heard

    def read(self, *size: int) -> bytes:
        return self._told(self.body.read(*size))

    def readline(self, *size: int) -> bytes:
        return self._told(self.body.readline(*size))

    def readlines(self, *hint: int) -> list[bytes]:
        return list(self) if not hint else [self._told(line) for line in self.body.readlines(*hint)]

    def __iter__(self) -> Iterator[bytes]:
        return map(self._told, self.body)

    def _told(self, piece: bytes) -> bytes:
        if piece:
            self.heard()
        return piece


class Watched:
    """The application, and whether any of its threads is still free or at something that has not lasted too long."""

    def __init__(self, application: Application, threads: int, leaving: Leaving) -> None:
        self.application = application
        self.threads = threads
        self.leaving = leaving
        self.busy_since: dict[int, float] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        me = threading.get_ident()
        self.busy_since[me] = time.monotonic()
        environ["wsgi.input"] = Heard(environ["wsgi.input"], lambda: self.busy_since.update({me: time.monotonic()}))

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, [*headers, *([GOOD_BYE] if self.leaving.begun else [])], *rest)

        try:
            return self.application(environ, start)
        finally:
            self.busy_since.pop(me, None)

    def moves(self) -> bool:
        late = time.monotonic() - TOO_LONG
        return sum(since < late for since in list(self.busy_since.values())) < self.threads


def serve(name: str) -> None:
    """Serve the application `module:attribute` until SIGTERM; requests under way are finished."""

    def load() -> Application:
        application = gently(lambda: warmed(load_application(name)))
        os.environ.pop(WISH, None)
        for secret in SECRETS:  # known to the settings by now; Granian hands the rest to every request
            os.environ.pop(secret, None)
        gc.collect()
        gc.freeze()  # what is loaded by now stays: the collector need not walk it while somebody waits
        server.listen()
        watched = Watched(application, OWN + hands(), leaving)
        report_ready(moves=watched.moves)
        return watched

    server = InheritedSocket(
        name,
        interface=Interfaces.WSGI,
        runtime_mode=RuntimeModes.mt,
        blocking_threads=OWN + hands(),
        log_enabled=True,
        log_level="warning",
    )
    server._init_shared_socket()
    leaving = Leaving(server._sfd)
    leaving.listen_to_signals()
    worker = server._spawn_worker(0, server._spawn_wsgi_worker, load)
    worker.inner.run()  # the task of a multiprocessing.Process, in this process


def load_application(name: str) -> Application:
    module, _, attribute = name.partition(":")
    application: Application = getattr(importlib.import_module(module), attribute or "application")
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
