"""What is announced and said stands in the last good copy at once, and people who want that are written to."""

from __future__ import annotations

from tillit.foundation.access import Actor
from tillit.foundation.events import reaction
from tillit.foundation.jobs import later
from tillit.foundation.models import Event

CHANGES = (
    "availability.maintenance_announced",
    "availability.maintenance_moved",
    "availability.maintenance_revised",
    "availability.maintenance_cancelled",
    "availability.maintenance_completed",
    "availability.work_ended",
    "availability.incident_opened",
    "availability.incident_updated",
    "availability.incident_revised",
    "availability.incident_resolved",
)


def keep_copy(actor: Actor, event: Event) -> None:
    del event  # the copy is made of everything there is
    later("availability.keep_changed_copy", Actor.system(actor.tenant), only_one="availability.keep_changed_copy")


@reaction("availability.maintenance_announced")
@reaction("availability.maintenance_moved")
@reaction("availability.maintenance_revised")
@reaction("availability.maintenance_cancelled")
def write_to_people(actor: Actor, event: Event) -> None:
    system = Actor.system(actor.tenant)  # also when whoever announced has left meanwhile
    later("availability.mail_notice", system, window_id=event.subject_id)


for _name in CHANGES:
    reaction(_name)(keep_copy)
