"""Answers of the API: JSON from rows as the database gives them, and the headers that tell their version.

Rows go to JSON directly; a second validation of what the database holds would cost more than reading it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from pydantic_core import to_json

Row = dict[str, Any]


def answer(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """JSON; times as RFC 3339 in UTC."""
    return HttpResponse(to_json(content), status=status, content_type="application/json", headers=dict(headers or {}))


def nothing(*, headers: Mapping[str, str]) -> HttpResponse:
    """Done, and there is nothing to tell."""
    response = HttpResponse(status=204, headers=dict(headers))
    del response.headers["Content-Type"]
    return response


def etag_of(version: int) -> str:
    """The strong entity tag of a record: everything an answer tells changes with the version only."""
    return f'"{version}"'
