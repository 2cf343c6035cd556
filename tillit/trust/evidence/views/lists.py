"""Hearing of new processors by mail, without an account and without a cookie.

Forms here carry a signed token of their own instead of CSRF's cookie: there is no session that a foreign page could
misuse, and nothing happens before the address itself confirms. Limits count by address and by network.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request
from tillit.trust.evidence import tokens
from tillit.trust.evidence.actions.lists import confirm_subscription, leave_list
from tillit.trust.evidence.actions.lists import subscribe as ask_to_confirm
from tillit.trust.evidence.forms import SubscribeForm
from tillit.trust.evidence.framing import framed
from tillit.trust.evidence.limits import may_ask
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.evidence.queries.lists import visitor

View = Callable[..., HttpResponse]


def public_form(view: View) -> View:
    """For everybody, to read and to send; never kept."""
    plain = functools.wraps(view)(view)
    return login_not_required(csrf_exempt(never_cache(require_http_methods(["GET", "HEAD", "POST"])(plain))))


@public_form
def subscribe(request: Request) -> HttpResponse:
    """Always the same answer, whoever is on the list."""
    asking = request.method == "POST"
    form = SubscribeForm(request.POST if asking else None, initial={"language": (get_language() or "en")[:2]})
    status = 200
    if asking and form.is_valid():
        said = form.cleaned_data
        if not tokens.is_form_token(request.POST.get("token", "")):
            form.add_error(None, _("This page was open for too long. Please send it again."))
        elif not may_ask(request, said["email"]):
            form.add_error(None, _("There were too many requests. Please try again in an hour."))
            status = 429
        else:
            if not said["website"]:
                site = f"{request.scheme}://{request.get_host()}"
                ask_to_confirm(visitor(), email=said["email"], language=said["language"], site=site)
            return _page(request, "evidence/subscribe_sent.html")
    if form.errors:
        status = max(status, 422)
    return _page(request, "evidence/subscribe.html", status, form=form, token=tokens.form_token())


@public_form
def confirm(request: Request, token: str) -> HttpResponse:
    """GET shows a button: mail programs that look at links must not confirm for people."""
    found = tokens.subscriber_to_confirm(token)
    if found is None:
        return _page(request, "evidence/link_dead.html", 410)
    if request.method != "POST":
        return _page(request, "evidence/confirm.html")
    try:
        confirm_subscription(visitor(), subscriber_id=found)
    except Refused:
        return _page(request, "evidence/link_dead.html", 410)
    return _page(request, "evidence/confirmed.html")


@public_form
def leave(request: Request, token: str) -> HttpResponse:
    """RFC 8058: a POST leaves, from the button or from a mail program; GET only shows the button."""
    found = tokens.subscriber_to_leave(token)
    if found is None:
        return _page(request, "evidence/link_dead.html", 410)
    if request.method != "POST":
        return _page(request, "evidence/leave.html")
    leave_list(visitor(), subscriber_id=found)
    return _page(request, "evidence/left.html")


def _page(request: Request, template: str, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, template, framed(request, Cloud(), **context), status=status)
