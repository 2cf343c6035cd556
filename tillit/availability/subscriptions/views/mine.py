"""What a secret link opens: confirming, choosing otherwise, a webhook's secret and deliveries, leaving."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from tillit.availability.subscriptions import queries, tokens
from tillit.availability.subscriptions.actions import joining, returned, webhooks
from tillit.availability.subscriptions.forms import ChoiceForm
from tillit.availability.subscriptions.models import Subscriber
from tillit.availability.subscriptions.views.frame import dead, known, page, public_form
from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request


@public_form
def confirm(request: Request, token: str) -> HttpResponse:
    """GET shows a button: programs that look at links in mails must not confirm for people."""
    found = known(tokens.CONFIRM, token)
    if found is None:
        return dead(request)
    if request.method != "POST" and found.pauses.filter(ended_at=None).exists():
        return redirect(_address(found))  # where it says that nothing is sent, and why
    if request.method != "POST" and found.confirmed_at:
        text = _("There is nothing more to do: this subscription holds.")
        return page(request, "note", title=_("Already confirmed"), text=text, mine=_address(found))
    if request.method != "POST":
        return page(request, "confirm", subscriber=found, chosen=queries.choice_in_words(found))
    joining.confirm_subscription(queries.visitor(), subscriber_id=found.pk)
    if found.way == Subscriber.Way.WEBHOOK:
        return _challenge(request, found)
    mine = _address(found)
    text = _("From now on this address hears of what you chose. Every mail has a link to leave.")
    return page(request, "note", title=_("Confirmed"), text=text, mine=mine)


@public_form
def mine(request: Request, token: str) -> HttpResponse:
    """Choices, and of a webhook what was delivered."""
    found = known(tokens.MINE, token)
    if found is None:
        return dead(request)
    if request.method != "POST":
        return _mine(request, found, ChoiceForm.of(found))
    form = ChoiceForm(request.POST)
    if not form.is_valid():
        return _mine(request, found, form, 422)
    joining.change_choice(queries.visitor(), subscriber_id=found.pk, choice=form.choice)
    return redirect(f"{_address(found)}&saved=1")


@public_form
def leave(request: Request, token: str) -> HttpResponse:
    """RFC 8058: a POST leaves, from the button or from a mail program; GET only shows the button."""
    pk = tokens.subscriber_in(tokens.LEAVE, token)
    if pk is None:
        return dead(request)
    if request.method != "POST" and queries.subscriber(pk):
        return page(request, "leave")
    left = request.method == "POST" and joining.leave(queries.visitor(), subscriber_id=pk)
    title = _("You are unsubscribed") if left else _("You are unsubscribed already")
    text = _("Everything we kept of this subscription is deleted. Nothing more is sent.")
    return page(request, "note", title=title, text=text, again=True)


@public_form
def secret(request: Request, token: str) -> HttpResponse:
    """POST makes a new secret and shows it once."""
    found = known(tokens.MINE, token)
    if found is None:
        return dead(request)
    if request.method != "POST":
        return redirect(_address(found))
    try:
        shown = webhooks.rotate_secret(queries.visitor(), subscriber_id=found.pk)
    except Refused as refusal:
        return _mine(request, found, ChoiceForm.of(found), 409, refusal=str(refusal))
    return page(request, "secret", secret=shown.secret, mine=_address(found), rotated=True)


@public_form
def switch_on(request: Request, token: str) -> HttpResponse:
    """POST asks the receiver again whether it wants to be called; mails that rest are sent again."""
    found = known(tokens.MINE, token)
    if found is None:
        return dead(request)
    if request.method == "POST" and found.way == Subscriber.Way.MAIL:
        returned.resume(queries.visitor(), subscriber_id=found.pk)
        return redirect(_address(found))
    return _challenge(request, found) if request.method == "POST" else redirect(_address(found))


@public_form
def resend(request: Request, token: str, delivery: int) -> HttpResponse:
    """POST delivers one thing once more."""
    found = known(tokens.MINE, token)
    if found is None:
        return dead(request)
    if request.method == "POST":
        try:
            webhooks.resend(queries.visitor(), subscriber_id=found.pk, delivery_id=delivery)
        except Refused as refusal:
            return _mine(request, found, ChoiceForm.of(found), 409, refusal=str(refusal))
    return redirect(f"{_address(found)}#deliveries")


def _challenge(request: Request, found: Subscriber) -> HttpResponse:
    try:
        shown = webhooks.challenge_receiver(queries.visitor(), subscriber_id=found.pk)
    except Refused as refusal:
        return _mine(request, found, ChoiceForm.of(found), 409, refusal=str(refusal))
    return page(request, "secret", secret=shown.secret, mine=_address(found)) if shown else redirect(_address(found))


def _mine(request: Request, found: Subscriber, form: ChoiceForm, status: int = 200, refusal: str = "") -> HttpResponse:
    is_webhook = found.way == Subscriber.Way.WEBHOOK
    context = {
        "subscriber": found,
        "endpoint": found.endpoint if is_webhook else None,
        "deliveries": queries.recent_deliveries(found) if is_webhook else [],
        "pause": found.pauses.filter(ended_at=None).first(),
        "form": form,
        "refusal": refusal,
        "token": tokens.token_for(tokens.MINE, found.pk),
        "leave": reverse("subscriptions:leave", args=[tokens.token_for(tokens.LEAVE, found.pk)]),
        "saved": "saved" in request.GET,
    }
    return page(request, "mine", status, **context)


def _address(found: Subscriber) -> str:
    path = reverse("subscriptions:mine", args=[tokens.token_for(tokens.MINE, found.pk)])
    return f"{path}?lang={found.language}"
