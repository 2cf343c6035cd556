"""Telling subscribers: what is new, to some hundred at a time, nothing twice."""

from __future__ import annotations

from datetime import timedelta

from tillit.availability.subscriptions import letters, payloads
from tillit.availability.subscriptions.models import Delivery, Subscriber, Told
from tillit.availability.subscriptions.sealing import new_message
from tillit.availability.subscriptions.things import Thing, find, news_of, reminders_due
from tillit.availability.telling import Entry
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.jobs import later
from tillit.foundation.models import Event

BATCH = 300
SLACK = timedelta(minutes=1)  # who confirms while something is being said hears of it


@action
def tell_news(actor: Actor, *, event: Event) -> list[str]:
    """Begin to tell what an event of plan and status has to say and nobody was told; returns the keys."""
    require(actor, "subscriptions.tell")
    return _begin(actor, news_of(event))


@action
def remind(actor: Actor) -> list[str]:
    """Begin to tell of maintenance within a day those who want to be reminded; returns the keys."""
    require(actor, "subscriptions.tell")
    return _begin(actor, reminders_due())


@action
def tell_batch(actor: Actor, *, thing: str, after: int) -> int:
    """Tell the next three hundred subscribers after this one, and leave the rest to the next job; returns how many.

    A second run tells nobody twice: a row for each subscriber and thing is written with the mail or the webhook's job.
    """
    require(actor, "subscriptions.tell")
    found = find(thing)
    if found is None:
        return 0
    waiting = Subscriber.objects.reachable().filter(pk__gt=after, confirmed_at__lte=found.at + SLACK)
    if found.of == "components":  # said by the incident to people, and here to machines
        waiting = waiting.filter(way=Subscriber.Way.WEBHOOK)
    batch = list(waiting.select_related("tenant", "endpoint").order_by("pk")[:BATCH])
    words: dict[str, Entry] = {}
    told = 0
    for subscriber in batch:
        if subscriber.wants(found.of, found.components) and found.concerns(subscriber.tenant):
            told += _tell(actor, subscriber, found, words)
    if len(batch) == BATCH:
        later("subscriptions.tell_batch", actor, thing=thing, after=batch[-1].pk)
    return told


def _begin(actor: Actor, keys: list[str]) -> list[str]:
    begun = []
    for key in keys:
        _row, new = Told.objects.get_or_create(thing=key, defaults={"at": now()})
        if new:
            begun.append(key)
            later("subscriptions.tell_batch", actor, thing=key, after=0)
    return begun


def _tell(actor: Actor, subscriber: Subscriber, thing: Thing, words: dict[str, Entry]) -> int:
    is_mail = subscriber.way == Subscriber.Way.MAIL
    at = now()
    sent = {"state": Delivery.State.SENT, "sent_at": at} if is_mail else {"message": new_message(), "next_at": at}
    delivery, new = Delivery.objects.get_or_create(
        subscriber=subscriber, thing=thing.key, defaults={"created_at": at, **sent}
    )
    if not new:
        return 0
    if is_mail:
        if subscriber.language not in words:
            words[subscriber.language] = thing.entry(subscriber.language)
        letters.tell(subscriber, words[subscriber.language])
        return 1
    delivery.body = payloads.write(subscriber, thing)
    delivery.save(update_fields=["body"])
    later("subscriptions.deliver", actor, delivery_id=delivery.pk, attempt=0)
    return 1
