"""Every event that a room declares as public is put into the log; the first job takes in all that waits."""

from __future__ import annotations

from tillit.foundation.access import Actor
from tillit.foundation.events import reaction
from tillit.foundation.jobs import later
from tillit.foundation.models import Event
from tillit.trust.proof.published import declared


def log_published(actor: Actor, event: Event) -> None:
    later("proof.log_event", Actor.system(actor.tenant), event_id=event.pk)


for name in declared():
    reaction(name)(log_published)
