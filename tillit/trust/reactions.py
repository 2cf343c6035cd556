"""Customers are told when something is announced to them or ends."""

from __future__ import annotations

from tillit.foundation.access import Actor
from tillit.foundation.events import reaction
from tillit.foundation.jobs import later
from tillit.foundation.models import Event


@reaction("trust.entry_announced")
def tell_of_what_comes(actor: Actor, event: Event) -> None:
    _tell(actor, event, ended=False)


@reaction("trust.entry_ended")
def tell_of_what_went(actor: Actor, event: Event) -> None:
    _tell(actor, event, ended=True)


def _tell(actor: Actor, event: Event, *, ended: bool) -> None:
    system = Actor.system(actor.tenant)  # also when whoever announced has left meanwhile
    later("trust.tell_customers", system, section=event.data["section"], version=event.subject_id, ended=ended)
