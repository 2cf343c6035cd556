"""Telling subscribers in the background. Webhooks have a queue of their own: one that hangs delays nobody's mail."""

from __future__ import annotations

from tillit.availability.subscriptions.actions import joining, news, returned, webhooks
from tillit.availability.subscriptions.sending import send
from tillit.foundation.access import Actor
from tillit.foundation.jobs import by_the_clock, job


@job("subscriptions.tell_batch")
def tell_batch(actor: Actor, *, thing: str, after: int) -> None:
    news.tell_batch(actor, thing=thing, after=after)


@job("subscriptions.deliver", queue="webhooks")
def deliver(actor: Actor, *, delivery_id: int, attempt: int) -> None:
    """The call itself is made outside of any transaction: a receiver that hangs holds no lock."""
    system = Actor.system(actor.tenant)
    post = webhooks.begin_delivery(system, delivery_id=delivery_id, attempt=attempt)
    if post is not None:
        webhooks.end_delivery(system, delivery_id=delivery_id, attempt=attempt, outcome=send(post))


@by_the_clock("subscriptions.send_overdue", "*/10 * * * *")
def send_overdue(actor: Actor) -> None:
    webhooks.send_overdue(actor)


@by_the_clock("subscriptions.remind", "*/10 * * * *")
def remind(actor: Actor) -> None:
    news.remind(actor)


@by_the_clock("subscriptions.forget_unconfirmed", "27 * * * *")
def forget_unconfirmed(actor: Actor) -> None:
    joining.forget_unconfirmed(actor)


@by_the_clock("subscriptions.pause_returned", "3-59/10 * * * *")
def pause_returned(actor: Actor) -> None:
    returned.pause_returned(actor)
