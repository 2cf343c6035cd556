"""Who hears of new and ended processors by mail: asking, confirming, leaving, and being told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.trust.evidence import letters
from tillit.trust.evidence.models import SentNews, Subscriber
from tillit.trust.evidence.tokens import CONFIRMED_WITHIN


@action
@even_in_maintenance
def subscribe(actor: Actor, *, email: str, language: str, site: str) -> Subscriber:
    """Ask this address whether it wants to hear of changes. `site`: the address of the pages, for the link.

    Who is on the list already is told so by mail, and nobody else learns it.
    """
    require(actor, "evidence.subscribe")
    subscriber, new = Subscriber.objects.select_for_update().get_or_create(
        email=email.lower(), defaults={"language": language, "asked_at": now()}
    )
    if subscriber.confirmed_at is None:
        if not new:
            subscriber.language, subscriber.asked_at = language, now()
            subscriber.save(update_fields=["language", "asked_at"])
        letters.ask(subscriber, site)
    else:
        letters.already_there(subscriber, site)
    return subscriber


@action
@even_in_maintenance
def confirm_subscription(actor: Actor, *, subscriber_id: int) -> Subscriber:
    """The address said yes. Refused where it has been forgotten meanwhile."""
    require(actor, "evidence.subscribe")
    subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
    if subscriber is None:
        raise Refused(_("This link no longer works. Please ask once more."))
    if subscriber.confirmed_at is None:
        subscriber.confirmed_at = now()
        subscriber.save(update_fields=["confirmed_at"])
        record(actor, "evidence.subscribed", subscriber)
    return subscriber


@action
@even_in_maintenance
def leave_list(actor: Actor, *, subscriber_id: int) -> bool:
    """Forget the address. False where it was not there (any more), which is as good."""
    require(actor, "evidence.subscribe")
    subscriber = Subscriber.objects.select_for_update().filter(pk=subscriber_id).first()
    if subscriber is None:
        return False
    record(actor, "evidence.unsubscribed", subscriber)
    subscriber.delete()
    return True


@action
def tell_subscribers(actor: Actor, *, news: str, facts: Mapping[str, Any]) -> int:
    """Queue a mail to every confirmed address that was not told of this; returns how many.

    `news` names what happened (`announced/nordpost/2`); a second run sends nothing again.
    """
    require(actor, "evidence.tell")
    told = SentNews.objects.filter(news=news).values("subscriber_id")
    waiting = Subscriber.objects.confirmed().exclude(pk__in=told).order_by("pk").select_for_update()
    count = 0
    for subscriber in waiting:
        _told, new = SentNews.objects.get_or_create(subscriber=subscriber, news=news)
        if new:
            letters.tell(subscriber, facts)
            count += 1
    return count


@action
def forget_unconfirmed(actor: Actor) -> int:
    """Delete addresses that did not confirm in time; returns how many."""
    require(actor, "evidence.tell")
    gone, _each = Subscriber.objects.unconfirmed().filter(asked_at__lt=now() - CONFIRMED_WITHIN).delete()
    return gone
