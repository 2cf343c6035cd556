"""Mails to subscribers: plain text, in their language, left by a page with one button (RFC 8058)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from tillit.availability.calendars import address
from tillit.availability.subscriptions import queries, tokens
from tillit.availability.subscriptions.models import Delivery, Subscriber
from tillit.availability.telling import Entry
from tillit.foundation.operating import operators_name


def site_of(subscriber: Subscriber) -> str:
    """Where this subscriber's pages are: on the host on which it subscribed."""
    host = f"{subscriber.tenant.slug}.{settings.BASE_HOST}" if subscriber.tenant else settings.BASE_HOST
    return f"{'https' if settings.HTTPS else 'http'}://{host}"


def link(subscriber: Subscriber, name: str, salt: str) -> str:
    """An address that is this subscriber's secret, in its language."""
    path = reverse(f"subscriptions:{name}", args=[tokens.token_for(salt, subscriber.pk)])
    return f"{site_of(subscriber)}{path}?lang={subscriber.language}"


def ask(subscriber: Subscriber) -> None:
    """Whether the address wants this, before anything else is sent there."""
    confirm = link(subscriber, "confirm", tokens.CONFIRM)
    chosen = queries.choice_in_words(subscriber)
    _send(subscriber, "subscriptions/mail_confirm.txt", confirm=confirm, url=_url_of(subscriber), chosen=chosen)


def already_there(subscriber: Subscriber) -> None:
    """Also where mails rest: it is how somebody without an account learns that, once letters arrive again."""
    resting = subscriber.pauses.filter(ended_at=None).exists()
    _send(subscriber, "subscriptions/mail_already.txt", resting=resting)


def tell(subscriber: Subscriber, entry: Entry) -> None:
    status = f"{site_of(subscriber)}{reverse('availability:status')}?lang={subscriber.language}"
    _send(subscriber, "subscriptions/mail_news.txt", entry=entry, page=address(status, entry.place))


def gave_up(subscriber: Subscriber, delivery: Delivery) -> None:
    """A webhook that nobody takes is told to who looks after it."""
    said = {"url": _url_of(subscriber), "reason": subscriber.endpoint.disabled_because, "delivery": delivery}
    _send(subscriber, "subscriptions/mail_gave_up.txt", **said)


def _url_of(subscriber: Subscriber) -> str:
    return subscriber.endpoint.url if subscriber.way == Subscriber.Way.WEBHOOK else ""


def _send(subscriber: Subscriber, template: str, **context: Any) -> None:
    leave = link(subscriber, "leave", tokens.LEAVE)
    mine = link(subscriber, "mine", tokens.MINE)
    said = {"leave": leave, "mine": mine, "operator": operators_name()} | context
    with translation.override(subscriber.language):
        subject, _blank, body = render_to_string(template, said).lstrip().partition("\n")
    headers = {
        "List-Unsubscribe": f"<{leave}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's absence notice answers
    }
    EmailMessage(subject.strip(), body.strip() + "\n", to=[subscriber.email], headers=headers).send()
