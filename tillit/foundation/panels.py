"""Named places in a page that rooms above fill with a fragment, rendered in the same request.

A room lends a view in its `AppConfig`: `panels = {"foundation.banner": "availability:banner"}`. Rendering in-process
(not by a second request) keeps pages whole without script; a panel that fails is logged and leaves its place empty.
"""

from __future__ import annotations

import logging
from typing import Any

from django.apps import apps
from django.db import transaction
from django.urls import resolve, reverse
from django.utils.safestring import SafeString, mark_safe

from tillit.foundation.requests import Request

log = logging.getLogger(__name__)


def render_panels(request: Request, place: str, **arguments: Any) -> SafeString:
    """All fragments lent to this place, in the order of the rooms from the ground up."""
    return mark_safe("".join(_render(request, name, arguments) for name in panels_of(place)))  # noqa: S308


def panels_of(place: str) -> list[str]:
    lent = [getattr(room, "panels", {}).get(place, ()) for room in apps.get_app_configs()]
    return [name for names in lent for name in ([names] if isinstance(names, str) else names)]


def _render(request: Request, name: str, arguments: dict[str, Any]) -> str:
    try:
        view = resolve(reverse(name, kwargs=arguments or None)).func
        with transaction.atomic():
            response = view(request, **arguments)
    except Exception:
        log.exception("Panel %s failed", name)
        return ""
    return response.content.decode() if response.status_code == 200 else ""
