"""What is announced and said stands in the last good copy at once, not only with the next minute."""

from __future__ import annotations

from tillit.foundation.access import Actor
from tillit.foundation.events import reaction
from tillit.foundation.jobs import later
from tillit.foundation.models import Event

CHANGES = (
    "availability.maintenance_announced",
    "availability.maintenance_moved",
    "availability.maintenance_cancelled",
    "availability.maintenance_completed",
    "availability.work_ended",
    "availability.incident_opened",
    "availability.incident_updated",
    "availability.incident_resolved",
)


def keep_copy(actor: Actor, event: Event) -> None:
    del event  # the copy is made of everything there is
    later("availability.keep_changed_copy", Actor.system(actor.tenant), only_one="availability.keep_changed_copy")


for _name in CHANGES:
    reaction(_name)(keep_copy)
