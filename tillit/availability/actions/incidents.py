"""What is wrong, how far we are, and the state of the parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from tillit.availability.models import (
    Component,
    Incident,
    IncidentUpdate,
)
from tillit.availability.refusals import refuse_contradictions
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record

Texts = dict[str, str]  # by language


@dataclass(frozen=True)
class Said:
    """One thing said about an incident: texts by language, how far we are, and the state its parts are in now."""

    body: Texts
    status: str = Incident.Status.INVESTIGATING
    state: str = ""  # of the parts it touches; empty: as it was
    also: Sequence[Component] = field(default=())  # parts it touches besides those known


@action
def open_incident(
    actor: Actor, *, title: Texts, impact: str, said: Said, started_at: datetime | None = None
) -> Incident:
    """Tell everybody that something is wrong, what it touches and how badly."""
    require(actor, "availability.manage_incidents")
    at = now()
    if started_at and started_at > at:
        raise Refused(_("An incident cannot start in the future."), field="started_at")
    if said.status in (Incident.Status.RESOLVED, Incident.Status.POSTMORTEM):
        raise Refused(_("An incident is open when it begins."), field="status")
    incident = Incident(title=title, impact=impact, started_at=started_at or at)
    refuse_contradictions(incident)
    incident.save(force_insert=True)
    record(actor, "availability.incident_opened", incident, impact=impact)
    _say(actor, incident, said, at)
    return incident


@action
def update_incident(actor: Actor, *, incident: Incident, said: Said) -> IncidentUpdate:
    """Say how far we are with an open incident."""
    require(actor, "availability.manage_incidents")
    incident = _open(incident)
    if said.status == Incident.Status.POSTMORTEM:
        raise Refused(_("Resolve the incident first, then look back at it."), field="status")
    if said.status == Incident.Status.RESOLVED:
        raise Refused(_("Use “Resolve” to end an incident."), field="status")
    update = _say(actor, incident, said, now())
    record(actor, "availability.incident_updated", incident, status=said.status)
    return update


@action
def resolve_incident(actor: Actor, *, incident: Incident, body: Texts) -> IncidentUpdate:
    """End an incident: everything it touched works again, unless another open incident says otherwise."""
    require(actor, "availability.manage_incidents")
    incident = _open(incident)
    said = Said(body, Incident.Status.RESOLVED, Component.State.OPERATIONAL)
    update = _say(actor, incident, said, now())
    record(actor, "availability.incident_resolved", incident)
    return update


@action
def change_component_state(actor: Actor, *, component: Component, state: str) -> Component:
    """Say in which state a part of the service is."""
    require(actor, "availability.manage_incidents")
    component = Component.objects.select_for_update().get(pk=component.pk)
    _set_state(actor, component, state, now())
    return component


def _open(incident: Incident) -> Incident:
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    if incident.resolved_at:
        raise Refused(_("This incident is already resolved."))
    return incident


def _say(actor: Actor, incident: Incident, said: Said, at: datetime) -> IncidentUpdate:
    """Add an update, and carry its status and states to the incident and the parts it touches."""
    if not any(text.strip() for text in said.body.values()):
        raise Refused(_("Please say what is going on."), field="body")
    incident.components.add(*said.also)
    affected = _affect(actor, incident, said.state, at)
    update = IncidentUpdate.objects.create(
        incident=incident, status=said.status, body=said.body, at=at, by=actor.user, affected=affected
    )
    incident.status, incident.changed_at = said.status, at
    if said.status == Incident.Status.MONITORING:
        incident.monitoring_at = incident.monitoring_at or at
    if said.status == Incident.Status.RESOLVED:
        incident.resolved_at = at
    incident.save(update_fields=["status", "changed_at", "monitoring_at", "resolved_at"])
    return update


def _affect(actor: Actor, incident: Incident, state: str, at: datetime) -> list[dict[str, str]]:
    """Set the parts of an incident to this state; a part that works again must not be in another open incident."""
    touched = incident.components.select_for_update(of=("self",)).order_by("position")
    changes = []
    for component in touched:
        elsewhere = component.incidents.unresolved().exclude(pk=incident.pk).exists()
        before = component.state
        if state and not (state == Component.State.OPERATIONAL and elsewhere):
            _set_state(actor, component, state, at)
        changes.append({"slug": component.slug, "old_state": before, "new_state": component.state})
    return changes


def _set_state(actor: Actor, component: Component, state: str, at: datetime) -> None:
    if state not in Component.State.values:
        raise Refused(_("This is no state a part of the service can have."), field="state")
    if state == component.state:
        return
    old, component.state, component.changed_at = component.state, state, at
    component.save(update_fields=["state", "changed_at"])
    record(actor, "availability.component_state_changed", component, old=old, new=state)
