"""What is said on the status page stands in the copy at once."""

from __future__ import annotations

from tillit.foundation.access import Actor
from tillit.foundation.events import declared_events, reaction
from tillit.foundation.jobs import later
from tillit.foundation.models import Event

SAID = ("availability.maintenance_", "availability.incident_", "availability.component", "availability.rules")


def copy_again(actor: Actor, event: Event) -> None:  # noqa: ARG001 - whatever it was
    later("copies.write", Actor.system(actor.tenant), only_one="copies.write")


for name in declared_events():
    if name.startswith(SAID):
        reaction(name)(copy_again)
