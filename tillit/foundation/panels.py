"""Named places in a page that rooms above fill with a fragment, rendered in the same request.

A room lends a view in its `AppConfig`: `panels = {"foundation.banner": "availability:banner"}`. Rendering in-process
(not by a second request) keeps pages whole without script; a panel that fails is logged and leaves its place empty.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.urls import resolve, reverse
from django.utils.safestring import SafeString, mark_safe

from tillit.foundation.requests import Request

log = logging.getLogger(__name__)
_views: dict[tuple[str, str], Callable[..., HttpResponse]] = {}


def render_panels(request: Request, place: str, **arguments: Any) -> SafeString:
    """All fragments lent to this place, in the order of the rooms from the ground up.

    One savepoint for all of them; only when one breaks, each is rendered once more in a savepoint of its own.
    """
    names = panels_of(place)
    if not names:
        return SafeString("")
    try:
        with transaction.atomic():
            shown = [_answer(request, name, arguments) for name in names]
    except Exception:  # told below, by the one that breaks
        shown = [_render(request, name, arguments) for name in names]
    return mark_safe("".join(shown))  # noqa: S308


def panels_of(place: str) -> list[str]:
    lent = [getattr(room, "panels", {}).get(place, ()) for room in apps.get_app_configs()]
    return [name for names in lent for name in ([names] if isinstance(names, str) else names)]


def _render(request: Request, name: str, arguments: dict[str, Any]) -> str:
    try:
        with transaction.atomic():
            return _answer(request, name, arguments)
    except Exception:
        log.exception("Panel %s failed", name)
        return ""


def _answer(request: Request, name: str, arguments: dict[str, Any]) -> str:
    response = _view(name, arguments)(request, **arguments)
    return response.content.decode() if response.status_code == 200 else ""


def _view(name: str, arguments: dict[str, Any]) -> Callable[..., HttpResponse]:
    """What a name stands for, looked up once: every page asks for the same few."""
    key = settings.ROOT_URLCONF, name
    if key not in _views:
        _views[key] = resolve(reverse(name, kwargs=arguments or None)).func
    return _views[key]
