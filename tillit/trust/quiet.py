"""Remembers for a minute that there is nothing to tell somebody, so that not every page has to ask the database again.

What has to be told is asked for every time. Each process remembers for itself: another one may be a minute late.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime, timedelta

from django.http import HttpResponse

from tillit.foundation.clock import now
from tillit.foundation.requests import Request

REMEMBERED = timedelta(minutes=1)
MOST_REMEMBERED = 50_000
Panel = Callable[[Request], HttpResponse]
_silent: dict[tuple[str, int, int | None], datetime] = {}


def quiet(panel: Panel) -> Panel:
    """Of a panel that answers 204 when it has nothing to say."""
    name = f"{panel.__module__}.{panel.__name__}"

    @functools.wraps(panel)
    def asked(request: Request) -> HttpResponse:
        key, at = (name, request.tenant.pk, request.actor.user_id), now()
        since = _silent.get(key)
        if since is not None and since <= at < since + REMEMBERED:
            return HttpResponse(status=204)
        response = panel(request)
        if response.status_code == 204:
            _remember(key, at)
        return response

    return asked


def speak() -> None:
    """Ask again: something happened that somebody is to be told."""
    _silent.clear()


def _remember(key: tuple[str, int, int | None], at: datetime) -> None:
    if len(_silent) >= MOST_REMEMBERED:
        _silent.clear()
    _silent[key] = at
