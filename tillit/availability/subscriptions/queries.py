"""Who acts on a public form, and what a subscriber's own page shows."""

from __future__ import annotations

from tillit.availability import queries as status
from tillit.availability.models import Component
from tillit.availability.subscriptions.models import Delivery, Subscriber
from tillit.foundation.access import Actor
from tillit.foundation.texts import pick

SHOWN = 50


def visitor() -> Actor:
    """Somebody without an account: may subscribe, change and leave by a secret link, and nothing else."""
    return Actor(status.operating_tenant(), None, "visitor", frozenset({"subscriptions.subscribe"}))


def subscriber(pk: int | None) -> Subscriber | None:
    """With its webhook, if it has one."""
    return Subscriber.objects.select_related("endpoint", "tenant").filter(pk=pk).first() if pk else None


def recent_deliveries(subscriber: Subscriber) -> list[Delivery]:
    return list(subscriber.deliveries.order_by("-pk")[:SHOWN])


def part_choices() -> list[tuple[str, str]]:
    """Slug and name of every part, in the language that is active."""
    return [(component.slug, pick(component.name)[0]) for component in Component.objects.in_service()]
