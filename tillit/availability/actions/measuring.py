"""What probes prove of the parts of the service. The probes' own room measures; here the result is taken over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from tillit.availability.models import Component
from tillit.foundation.access import Actor, action, require
from tillit.foundation.errors import Refused
from tillit.foundation.events import record

# The advisory lock of whoever changes several parts, in whatever order; any number that no other room uses.
ONE_KEEPER = 0x7469_6C6C_6974_7074


@dataclass(frozen=True)
class Proof:
    """A state of `Component.State`, the time of the newest sample that shows it, and until when it is believed."""

    state: str
    at: datetime
    until: datetime


@action
def take_measurement(actor: Actor, *, component: Component, proof: Proof) -> Component:
    """Keep what probes proved of a part. An older proof than the one that is known changes nothing.

    Not recorded as an event while it proves the same: that happens several times a minute.
    """
    require(actor, "availability.measure")
    if proof.state not in Component.State.values:
        raise Refused(_("This is no state a part of the service can have."), field="state")
    component = Component.objects.select_for_update().get(pk=component.pk)
    if component.measured_at and proof.at < component.measured_at:
        return component
    before, component.measured_state = component.measured_state, proof.state
    component.measured_at, component.proven_until = proof.at, proof.until
    changed = ["measured_state", "measured_at", "proven_until"]
    if before != proof.state:
        component.changed_at = max(component.changed_at, proof.at)
        changed.append("changed_at")
        record(actor, "availability.component_measured", component, old=before, new=proof.state)
    component.save(update_fields=changed)
    return component
