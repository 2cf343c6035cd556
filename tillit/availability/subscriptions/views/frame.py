"""What all pages here share: for everybody, without a cookie, never kept by a cache.

Forms carry a signed token instead of CSRF's cookie: there is no session that a foreign page could misuse, and nothing
happens before an address confirms or a secret link is known.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tillit.availability.subscriptions import queries, tokens
from tillit.availability.subscriptions.models import Subscriber
from tillit.availability.zone import in_operators_time
from tillit.foundation.requests import Request

View = Callable[..., HttpResponse]


def public_form(view: View) -> View:
    """To read and to send, in the operator's time; what is at a secret address tells no other page where it is."""

    @functools.wraps(view)
    def answered(request: Request, **words: Any) -> HttpResponse:
        response = in_operators_time(functools.partial(view, **words))(request)
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    return login_not_required(csrf_exempt(never_cache(require_http_methods(["GET", "HEAD", "POST"])(answered))))


def known(salt: str, token: str) -> Subscriber | None:
    """Whose secret link this is."""
    return queries.subscriber(tokens.subscriber_in(salt, token))


def page(request: Request, name: str, status: int = 200, **context: Any) -> HttpResponse:
    asked = f"?lang={request.LANGUAGE_CODE}" if "lang" in request.GET else ""
    said = {"asked": asked} | context
    return render(request, f"subscriptions/{name}.html", said, status=status)


def dead(request: Request) -> HttpResponse:
    return page(
        request,
        "note",
        410,
        title=_("This link no longer works"),
        text=_("It is too old, or not complete, or the subscription is gone."),
        again=True,
    )
