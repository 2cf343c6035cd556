"""The rules by which a web worker receives bodies for Tillit, and what it says to those it does not take.

They are known once Django is set up, so `tillit.site.serve` looks for them after it has loaded the application.
"""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.handlers.wsgi import WSGIRequest
from django.db import close_old_connections, connection
from django.shortcuts import render
from django.utils import translation

from tillit.foundation.web import HEADERS
from tillit.site.answering import Environ, Headers
from tillit.site.api.problems import problem
from tillit.site.receiving import Rules

OWN_PAGES = (408, 503)


class RulesOfTheHouse(Rules):
    """As `foundation.web.BodyLimit` has them for whoever serves Tillit otherwise."""

    def __init__(self) -> None:
        self.body = settings.LARGEST_BODY

    def large_body(self, environ: Environ) -> int:
        takes_files = environ["PATH_INFO"].endswith(settings.LARGE_UPLOADS)
        brings_session = settings.SESSION_COOKIE_NAME in environ.get("HTTP_COOKIE", "")
        return int(settings.LARGEST_UPLOAD) if takes_files and brings_session else self.body

    def may_be_large(self, environ: Environ) -> bool:
        """Whether the session that is brought is somebody's: a stranger fills no disk."""
        if not connection.in_atomic_block:  # as at the beginning of each request
            close_old_connections()
        key = WSGIRequest(environ).COOKIES.get(settings.SESSION_COOKIE_NAME)
        return SESSION_KEY in import_module(settings.SESSION_ENGINE).SessionStore(key)

    def proxies(self) -> int:
        return int(settings.ALLAUTH_TRUSTED_PROXY_COUNT)

    def refused(self, environ: Environ, status: int) -> tuple[Headers, bytes]:
        """A page, or a problem document for a program; in the language that is asked for."""
        if status not in (400, 408, 413, 503):  # no person ever sees those
            return [*HEADERS.items()], b""
        request = WSGIRequest(environ)
        with translation.override(translation.get_language_from_request(request)):
            by_program = request.path.startswith("/api/")
            page = f"site/{status}.html" if status in OWN_PAGES else f"{status}.html"
            answer = problem(status) if by_program else render(None, page, status=status)
        return [*HEADERS.items(), *answer.items()], answer.content
