"""Subscribing: by mail, feed, calendar or webhook; the first and the last begin with a form."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tillit.availability.subscriptions import queries, tokens
from tillit.availability.subscriptions.actions import joining
from tillit.availability.subscriptions.forms import MailForm, WebhookForm
from tillit.availability.subscriptions.limits import may_ask
from tillit.availability.subscriptions.views.frame import page, public_form
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant
from tillit.foundation.requests import Request


@public_form
def subscribe(request: Request) -> HttpResponse:
    """All the ways, and the form for mails. The same answer, whoever is on the list."""
    return _form(request, MailForm, "subscribe")


@public_form
def webhook(request: Request) -> HttpResponse:
    """What a receiver gets and how it checks the signature, and the form."""
    return _form(request, WebhookForm, "webhook")


def _form(request: Request, kind: type[MailForm], name: str) -> HttpResponse:
    form = kind(request.POST if request.method == "POST" else None, initial={"language": (get_language() or "en")[:2]})
    status = 200
    if request.method == "POST" and form.is_valid():
        status = _take(request, form)
        if status == 200:
            return page(
                request,
                "note",
                title=_("Look into your mail"),
                text=_("We have sent a mail to this address. Open the link in it within two days to confirm."),
            )
    if form.errors:
        status = max(status, 422)
    return page(request, name, status, form=form, token=tokens.form_token(), parts=queries.part_choices())


def _take(request: Request, form: MailForm) -> int:
    """200 where it was taken (or seems so to a program that fills in everything), else what is wrong is in the form."""
    if not tokens.is_form_token(request.POST.get("token", "")):
        form.add_error(None, _("This page was open for too long. Please send it again."))
        return 422
    if not may_ask(request, form.cleaned_data["email"]):
        form.add_error(None, _("There were too many requests. Please try again in an hour."))
        return 429
    if not form.cleaned_data["website"]:
        try:
            _ask(request, form)
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal))
            return 422
    return 200


def _ask(request: Request, form: MailForm) -> None:
    told: dict[str, Any] = {"email": form.cleaned_data["email"], "choice": form.choice, "tenant": _host(request)}
    if isinstance(form, WebhookForm):
        joining.subscribe_webhook(queries.visitor(), url=form.cleaned_data["url"], **told)
    else:
        joining.subscribe(queries.visitor(), **told)


def _host(request: Request) -> Tenant | None:
    """On a customer's host one hears of what concerns the customer; on the operator's of everything."""
    return None if request.tenant.is_operator else request.tenant
