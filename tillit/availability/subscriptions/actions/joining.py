"""Asking to hear, confirming, choosing otherwise, leaving."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from tillit.availability.subscriptions import letters
from tillit.availability.subscriptions.models import Endpoint, Subscriber
from tillit.availability.subscriptions.sending import PURPOSE
from tillit.availability.subscriptions.tokens import CONFIRMED_WITHIN
from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.models import NamedWay, Tenant
from tillit.foundation.named_ways import forget_way, read_address

MOST_WEBHOOKS = 10  # for one address


@dataclass(frozen=True)
class Choice:
    """What somebody wants to hear, and in which language. `components`: slugs; none: all."""

    language: str
    incidents: bool = True
    maintenance: bool = True
    reminders: bool = False
    components: list[str] = field(default_factory=list)


@action
@even_in_maintenance
def subscribe(actor: Actor, *, email: str, choice: Choice, tenant: Tenant | None = None) -> Subscriber:
    """Ask this address whether it wants mails. `tenant`: the customer on whose host it was asked.

    Who is on the list already is sent the way to its own page, and nobody else learns it.
    """
    require(actor, "subscriptions.subscribe")
    subscriber, new = Subscriber.objects.select_for_update(of=("self",)).get_or_create(
        way=Subscriber.Way.MAIL, email=email.lower(), tenant=tenant, defaults=vars(choice) | {"asked_at": now()}
    )
    if subscriber.confirmed_at:
        letters.already_there(subscriber)
        return subscriber
    if not new:
        _choose(subscriber, choice)
        subscriber.asked_at = now()
        subscriber.save()
    letters.ask(subscriber)
    return subscriber


@action
@even_in_maintenance
def subscribe_webhook(
    actor: Actor, *, email: str, url: str, choice: Choice, tenant: Tenant | None = None
) -> Subscriber | None:
    """Ask who looks after this address whether it should be called. Nothing is sent there before.

    Refused for what is no public address over TLS. None where this address has webhooks enough, which nobody is told.
    """
    require(actor, "subscriptions.subscribe")
    read_address(url)
    known = Subscriber.objects.filter(way=Subscriber.Way.WEBHOOK, email=email.lower())
    if known.count() >= MOST_WEBHOOKS:
        return None
    subscriber = Subscriber.objects.create(
        way=Subscriber.Way.WEBHOOK, email=email.lower(), tenant=tenant, asked_at=now(), **vars(choice)
    )
    Endpoint.objects.create(subscriber=subscriber, url=url.strip())
    letters.ask(subscriber)
    return subscriber


@action
@even_in_maintenance
def confirm_subscription(actor: Actor, *, subscriber_id: int) -> Subscriber:
    """The address said yes. Refused where it has been forgotten meanwhile."""
    require(actor, "subscriptions.subscribe")
    subscriber = _locked(subscriber_id)
    if subscriber.confirmed_at is None:
        subscriber.confirmed_at = now()
        subscriber.save(update_fields=["confirmed_at"])
        record(actor, "subscriptions.confirmed", subscriber, way=subscriber.way)
    return subscriber


@action
@even_in_maintenance
def change_choice(actor: Actor, *, subscriber_id: int, choice: Choice) -> Subscriber:
    """From now on hear something else, or in another language."""
    require(actor, "subscriptions.subscribe")
    subscriber = _locked(subscriber_id)
    _choose(subscriber, choice)
    subscriber.save()
    return subscriber


@action
@even_in_maintenance
def leave(actor: Actor, *, subscriber_id: int) -> bool:
    """Forget everything of this subscriber. False where it was not there (any more), which is as good."""
    require(actor, "subscriptions.subscribe")
    subscriber = Subscriber.objects.select_for_update(of=("self",)).filter(pk=subscriber_id).first()
    if subscriber is None:
        return False
    record(actor, "subscriptions.left", subscriber, way=subscriber.way)
    _forget(subscriber)
    return True


@action
def forget_unconfirmed(actor: Actor) -> int:
    """Delete who did not confirm within two days, and webhooks given up before their server said yes."""
    require(actor, "subscriptions.tell")
    late = now() - CONFIRMED_WITHIN
    silent = Subscriber.objects.confirmed().filter(endpoint__verified_at=None, way=Subscriber.Way.WEBHOOK)
    gone = [*Subscriber.objects.unconfirmed().filter(asked_at__lt=late), *silent.filter(endpoint__disabled_at__lt=late)]
    for subscriber in gone:
        _forget(subscriber)
    return len(gone)


def _forget(subscriber: Subscriber) -> None:
    for way in NamedWay.objects.filter(purpose=PURPOSE, pk__in=_ways_of(subscriber)):
        forget_way(way)
    subscriber.delete()


def _ways_of(subscriber: Subscriber) -> list[int]:
    known = Endpoint.objects.filter(subscriber=subscriber).values_list("named_way_id", flat=True)
    return [pk for pk in known if pk is not None]


def _choose(subscriber: Subscriber, choice: Choice) -> None:
    for name, value in vars(choice).items():
        setattr(subscriber, name, value)


def _locked(subscriber_id: int) -> Subscriber:
    subscriber = Subscriber.objects.select_for_update(of=("self",)).filter(pk=subscriber_id).first()
    if subscriber is None:
        raise Refused(_("This link no longer works. Please subscribe once more."))
    return subscriber
