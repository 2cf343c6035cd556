"""How a public page is answered: for everybody, to read only, kept for a minute and then asked for by its ETag."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.utils.cache import set_response_etag
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from tillit.foundation.requests import Request

View = Callable[..., HttpResponse]
CACHED_SECONDS = 60


def public_page(view: View) -> View:
    """For everybody, to read only; kept by browsers and proxies for a minute, then asked for by its ETag."""

    @functools.wraps(view)
    def marked(request: Request, **arguments: Any) -> HttpResponse:
        response = view(request, **arguments)
        set_response_etag(response)
        return response

    cached = cache_control(public=True, max_age=CACHED_SECONDS)(conditional_page(marked))
    return login_not_required(require_safe(cached))
