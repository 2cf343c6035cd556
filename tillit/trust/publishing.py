"""How a public page is answered: for everybody, to read only, made once for many readers.

Browsers and proxies keep it for a minute and then ask for it by its ETag. Each web process keeps what it made for some
seconds, by language and host, until another register is applied: an auditor's robot that reads everything costs next to
nothing.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.utils.cache import set_response_etag
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page, require_safe

from tillit.foundation.requests import Request
from tillit.trust.models import Revision

View = Callable[..., HttpResponse]
CACHED_SECONDS = 60
MOST_KEPT = 2_000
LARGEST_KEPT = 1_000_000  # bytes
MOST_BYTES = 32_000_000  # of all kept pages together, in each web process


class Made(NamedTuple):
    """A page as it was made, and until when it is kept."""

    until: float
    revision: int | None
    content: bytes
    headers: dict[str, str]


_made: dict[tuple[str, str, str], Made] = {}


def public_page(view: View) -> View:
    """For everybody, to read only; kept by browsers and proxies for a minute, then asked for by its ETag."""

    @functools.wraps(view)
    def answered(request: Request, **arguments: Any) -> HttpResponse:
        key = _key(request)
        revision = Revision.objects.values_list("pk", flat=True).first() if key else None
        kept = _made.get(key) if key else None
        if kept is not None and kept.until > time.monotonic() and kept.revision == revision:
            return HttpResponse(kept.content, headers=kept.headers)
        response = view(request, **arguments)
        set_response_etag(response)
        if key and response.status_code == 200 and not response.streaming and len(response.content) <= LARGEST_KEPT:
            _keep(key, Made(_until(), revision, response.content, dict(response.items())))
        return response

    cached = cache_control(public=True, max_age=CACHED_SECONDS)(conditional_page(answered))
    # Nothing is changed here: whoever posts is told so (405), not that a form went stale.
    return csrf_exempt(login_not_required(require_safe(cached)))


def forget_pages() -> None:
    """Make every page anew when it is next asked for."""
    _made.clear()


def _key(request: Request) -> tuple[str, str, str] | None:
    """Host, address and language; None for an address with other questions in it, which is made every time."""
    if settings.PUBLIC_PAGES_KEPT <= 0 or request.GET.keys() - {"lang"}:
        return None
    return request.get_host(), f"{request.path}?{request.GET.get('lang', '')}", request.LANGUAGE_CODE


def _until() -> float:
    return time.monotonic() + settings.PUBLIC_PAGES_KEPT


def _keep(key: tuple[str, str, str], made: Made) -> None:
    bytes_kept = sum(len(page.content) for page in _made.values())
    if len(_made) >= MOST_KEPT or bytes_kept + len(made.content) > MOST_BYTES:  # somebody is inventing addresses
        _made.clear()
    _made[key] = made
