"""What happened, recorded with the change itself; rooms above react in a job."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db.models import Model

from tillit.foundation.access import Actor
from tillit.foundation.jobs import job, later
from tillit.foundation.models import Event
from tillit.foundation.tenancy import in_tenant

Reaction = Callable[[Actor, Event], None]
_reactions: dict[str, list[Reaction]] = defaultdict(list)


def record(actor: Actor, name: str, subject: Model | None = None, **data: Any) -> Event:
    """Add an event to the actor's tenant, in the transaction that is open. `data` must be JSON and no secret."""
    if name not in declared_events():
        raise LookupError(f"No room declares the event {name!r}.")
    event = Event(tenant=actor.tenant, actor=actor.user, name=name, data=data)
    if subject is not None:
        event.subject_type, event.subject_id = subject._meta.label_lower, subject.pk
    event.save(force_insert=True)
    if name in _reactions:
        later("foundation.react", actor, event_id=event.pk)
    return event


def reaction(name: str) -> Callable[[Reaction], Reaction]:
    """In a room's `reactions.py`: call this function, as a job, after the event was committed."""

    def register(function: Reaction) -> Reaction:
        _reactions[name].append(function)
        return function

    return register


@job("foundation.react")
def react(actor: Actor, *, event_id: int) -> None:
    with in_tenant(actor.tenant):
        event = Event.objects.get(pk=event_id)
    for function in _reactions[event.name]:
        function(actor, event)


@functools.cache
def declared_events() -> frozenset[str]:
    return frozenset(name for room in apps.get_app_configs() for name in getattr(room, "events", ()))
