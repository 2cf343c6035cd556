"""Whether the process lives and can serve; and the pages for requests nobody could answer."""

from __future__ import annotations

import sys

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tillit.site.api.problems import problem
from tillit.site.standstill import without_database


@login_not_required
def lives(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
def ready(_request: HttpRequest) -> HttpResponse:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database unreachable\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    del exception  # told to the log by Django; the reader needs a sentence, not the cause
    return problem(400) if _is_for_api(request) else render(None, "400.html", status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Asked while the error is still being handled: that the database is away is a pause, not a fault."""
    if isinstance(sys.exception(), OperationalError | InterfaceError):
        return without_database(request)
    return problem(500) if _is_for_api(request) else render(None, "500.html", status=500)


def _is_for_api(request: HttpRequest) -> bool:
    """Whether a program asked; it may get this far without having met a view of the API."""
    return request.path.startswith("/api/v1/")
