"""A webhook's receiver: asked whether it wants to be called, its secret, one delivery after the other, given up."""

from __future__ import annotations

import random
import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.utils import translation
from django.utils.translation import gettext as _

from tillit.availability.subscriptions import letters, payloads, sealing
from tillit.availability.subscriptions.models import Delivery, Endpoint, Subscriber
from tillit.availability.subscriptions.sealing import new_message
from tillit.availability.subscriptions.sending import PURPOSE, Outcome, Post
from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.jobs import later
from tillit.foundation.named_ways import close_way, confirm_way, open_way

# Standard Webhooks' own example: the pause before each attempt, three days in all
SCHEDULE = (
    *(timedelta(0), timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2)),
    *(timedelta(hours=5), timedelta(hours=10), timedelta(hours=14), timedelta(hours=20), timedelta(hours=24)),
)
JITTER = 0.1  # so that receivers that came back are not met by all at once
OVERLAP = timedelta(hours=24)  # in which the secret before still signs, too
BROKER_KNOWS = timedelta(seconds=2)  # an address that was just named
OVERDUE = timedelta(minutes=10)
CHALLENGE = "challenge/"


@dataclass(frozen=True)
class Shown:
    """The secret, which nobody can be shown again."""

    subscriber: Subscriber
    secret: str


@action
@even_in_maintenance
def challenge_receiver(actor: Actor, *, subscriber_id: int) -> Shown | None:
    """Ask the server whether it wants to be called, with a signed word; a 2xx is a yes. Gives the new secret to show.

    None where it was asked already and has not been given up.
    """
    require(actor, "subscriptions.subscribe")
    endpoint = _endpoint(subscriber_id)
    if endpoint.secret and endpoint.disabled_at is None:
        return None
    secret = sealing.new_secret()
    endpoint.secret, endpoint.secret_before, endpoint.before_until = sealing.seal(secret), "", None
    endpoint.disabled_at, endpoint.disabled_because, endpoint.verified_at = None, "", None
    endpoint.failing_since = None
    if endpoint.named_way is None or endpoint.named_way.closed_at:
        endpoint.named_way = open_way(actor, PURPOSE, endpoint.url)
    endpoint.save()
    word = secrets.token_hex(16)
    body = payloads.challenge(endpoint.subscriber, word)
    _queue(actor, endpoint.subscriber, f"{CHALLENGE}{word}", body)
    return Shown(endpoint.subscriber, secret)


@action
@even_in_maintenance
def rotate_secret(actor: Actor, *, subscriber_id: int) -> Shown:
    """Make a new secret. For a day the one before signs as well, so that no delivery is doubted meanwhile."""
    require(actor, "subscriptions.subscribe")
    endpoint = _endpoint(subscriber_id)
    if not endpoint.secret:
        raise Refused(_("This webhook has no secret yet: confirm it first."))
    secret = sealing.new_secret()
    endpoint.secret_before, endpoint.before_until = endpoint.secret, now() + OVERLAP
    endpoint.secret = sealing.seal(secret)
    endpoint.save(update_fields=["secret", "secret_before", "before_until"])
    return Shown(endpoint.subscriber, secret)


@action
@even_in_maintenance
def resend(actor: Actor, *, subscriber_id: int, delivery_id: int) -> Delivery:
    """Deliver something once more, now and from the beginning of the schedule. Its `webhook-id` stays the same."""
    require(actor, "subscriptions.subscribe")
    endpoint = _endpoint(subscriber_id)
    if endpoint.disabled_at:
        raise Refused(_("This webhook is switched off. Switch it on first."))
    delivery = Delivery.objects.select_for_update().filter(pk=delivery_id, subscriber_id=subscriber_id).first()
    if delivery is None or not delivery.body:
        raise Refused(_("This delivery is not kept any more."))
    if delivery.state != Delivery.State.WAITING:
        delivery.state, delivery.attempts, delivery.next_at = Delivery.State.WAITING, 0, now()
        delivery.save(update_fields=["state", "attempts", "next_at"])
        later("subscriptions.deliver", actor, delivery_id=delivery.pk, attempt=0)
    return delivery


@action
def begin_delivery(actor: Actor, *, delivery_id: int, attempt: int) -> Post | None:
    """What is to be sent; None where this attempt was made already, or nothing may be sent there any more."""
    require(actor, "subscriptions.tell")
    waiting = Delivery.objects.filter(pk=delivery_id, attempts=attempt, state=Delivery.State.WAITING)
    delivery = waiting.select_related("subscriber__endpoint").first()
    if delivery is None or delivery.subscriber.endpoint.disabled_at:
        return None
    endpoint = delivery.subscriber.endpoint
    known = [sealing.unseal(sealed) for sealed in endpoint.secrets(now())]
    language = delivery.subscriber.language
    return Post(None, endpoint.url, language, delivery.message, delivery.body.encode(), known)


@action
def end_delivery(actor: Actor, *, delivery_id: int, attempt: int, outcome: Outcome) -> Delivery | None:
    """Keep how the attempt went, and plan the next one where it was not taken. Three days of no: the webhook is off."""
    require(actor, "subscriptions.tell")
    waiting = Delivery.objects.select_for_update(of=("self",)).select_related("subscriber__endpoint__named_way")
    delivery = waiting.filter(pk=delivery_id, attempts=attempt, state=Delivery.State.WAITING).first()
    if delivery is None:
        return None
    endpoint = delivery.subscriber.endpoint
    delivery.attempts, delivery.status, delivery.error = attempt + 1, outcome.status, outcome.error
    if outcome.taken:
        delivery.state, delivery.sent_at, delivery.next_at = Delivery.State.SENT, now(), None
        _works(actor, endpoint, delivery)
    elif outcome.gone or delivery.attempts >= len(SCHEDULE):
        delivery.state, delivery.next_at = Delivery.State.FAILED, None
        _give_up(actor, endpoint, delivery, outcome)
    else:
        _plan(actor, delivery, outcome)
        endpoint.failing_since = endpoint.failing_since or now()
        endpoint.save(update_fields=["failing_since"])
    delivery.save()
    return delivery


@action
def send_overdue(actor: Actor) -> int:
    """Queue again what should have been sent long ago, whatever became of its job; returns how many."""
    require(actor, "subscriptions.tell")
    late = Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lt=now() - OVERDUE)
    found = list(late.filter(subscriber__endpoint__disabled_at=None)[:500])
    for delivery in found:
        later("subscriptions.deliver", actor, delivery_id=delivery.pk, attempt=delivery.attempts)
    return len(found)


def _queue(actor: Actor, subscriber: Subscriber, thing: str, body: str) -> None:
    at = now() + BROKER_KNOWS
    delivery = Delivery.objects.create(
        subscriber=subscriber, thing=thing, message=new_message(), body=body, created_at=now(), next_at=at
    )
    system = Actor.system(actor.tenant)
    later("subscriptions.deliver", system, at=at, delivery_id=delivery.pk, attempt=0)


def _works(actor: Actor, endpoint: Endpoint, delivery: Delivery) -> None:
    endpoint.failing_since = None
    if endpoint.verified_at is None and delivery.thing.startswith(CHALLENGE):
        endpoint.verified_at = now()
        if endpoint.named_way:
            confirm_way(endpoint.named_way)
        record(actor, "subscriptions.webhook_verified", endpoint.subscriber)
    endpoint.save(update_fields=["failing_since", "verified_at"])


def _give_up(actor: Actor, endpoint: Endpoint, delivery: Delivery, outcome: Outcome) -> None:
    """Off, unless something was taken since this delivery was first tried: then only this one is lost."""
    first = endpoint.failing_since or delivery.created_at
    if not outcome.gone and first > delivery.created_at + SCHEDULE[1] + OVERDUE:
        return
    with translation.override(endpoint.subscriber.language):
        gone = _("The server answered that it wants nothing any more (410).")
        endpoint.disabled_because = gone if outcome.gone else outcome.error[:200]
    endpoint.disabled_at = now()
    endpoint.save(update_fields=["disabled_at", "disabled_because"])
    if endpoint.named_way:
        close_way(endpoint.named_way)
    record(actor, "subscriptions.webhook_disabled", endpoint.subscriber)
    letters.gave_up(endpoint.subscriber, delivery)


def _plan(actor: Actor, delivery: Delivery, outcome: Outcome) -> None:
    pause = SCHEDULE[delivery.attempts] * random.uniform(1, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing
    delivery.next_at = now() + max(pause, outcome.retry_after)
    attempt = delivery.attempts
    later("subscriptions.deliver", actor, at=delivery.next_at, delivery_id=delivery.pk, attempt=attempt)


def _endpoint(subscriber_id: int) -> Endpoint:
    locked = Endpoint.objects.select_for_update(of=("self",)).select_related("subscriber__tenant", "named_way")
    endpoint = locked.filter(subscriber_id=subscriber_id).exclude(subscriber__confirmed_at=None).first()
    if endpoint is None:
        raise Refused(_("This link no longer works. Please subscribe once more."))
    return endpoint
