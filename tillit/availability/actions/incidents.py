"""What is wrong, how far we are, and the state of the parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from tillit.availability.filling import Known, fill, refuse_gaps
from tillit.availability.models import (
    Component,
    Incident,
    IncidentUpdate,
    MaintenanceWindow,
    PostmortemDraft,
    UpdateVersion,
)
from tillit.availability.once import UNSENT, Sent, made_before, one_at_a_time
from tillit.availability.refusals import refuse_contradictions
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.jobs import later
from tillit.foundation.texts import one_line_each

ONE_REPORTER = 0x7469_6C6C_6974_696E  # the advisory lock of the desk, any number that no other room uses
Texts = dict[str, str]  # by language


@dataclass(frozen=True)
class Said:
    """One thing said about an incident: texts by language, how far we are, and the state its parts are in now.

    What is left empty stays as it was; but without `next_update_at` nothing is promised any more.
    """

    body: Texts
    status: str = Incident.Status.INVESTIGATING
    state: str = ""  # of the parts it touches
    also: Sequence[Component] = field(default=())  # parts it touches besides those known
    impact: str = ""
    started_at: datetime | None = None  # it began earlier than we thought
    next_update_at: datetime | None = None  # by when we write again
    sent: Sent = UNSENT  # the form: sending it twice says it once


@dataclass(frozen=True)
class Found:
    """Who noticed that something is wrong: a person, unless it is said otherwise; when, where, in which window.

    `detected_at` is the moment of the probe's sample or of the window's end, not that of writing it down.
    """

    source: str = Incident.Source.PERSON
    detected_at: datetime | None = None
    region: str = ""  # none: all
    window: MaintenanceWindow | None = None


@action
def open_incident(
    actor: Actor, *, title: Texts, impact: str, said: Said, started_at: datetime | None = None, found: Found = Found()
) -> Incident:
    """Tell everybody that something is wrong, what it touches and how badly.

    A probe or the clock opens one as the system: it is public at once, and nobody has posted anything yet.
    """
    require(actor, "availability.manage_incidents")
    if said.sent.request_key:  # a probe has no form, and may hold a part that somebody with this lock waits for
        one_at_a_time(ONE_REPORTER)
    if before := made_before(IncidentUpdate, said.sent):
        return before.incident
    at = now()
    if said.status in (Incident.Status.RESOLVED, Incident.Status.POSTMORTEM):
        raise Refused(_("An incident is open when it begins."), field="status")
    began = started_at or said.started_at or found.detected_at or at
    _refuse_start(began, found.detected_at, at)
    named = _filled(actor, one_line_each(title), "title", Known(said.also, began, said.next_update_at))
    incident = Incident(title=named, impact=impact, started_at=began, **vars(found))
    refuse_contradictions(incident)
    incident.save(force_insert=True)
    record(actor, "availability.incident_opened", incident, impact=impact)
    _say(actor, incident, said, at)
    return incident


@action
def take_over_incident(actor: Actor, *, incident: Incident) -> Incident:
    """Say that a person looks after an open incident; the first time counts as acknowledged."""
    require(actor, "availability.manage_incidents")
    incident = _open(incident)
    if actor.user is None:
        raise Refused(_("Only a person can take an incident over."))
    if incident.taken_by_id == actor.user.pk:
        return incident
    _take(incident, actor, now())
    incident.save(update_fields=["taken_by", "acknowledged_at"])
    record(actor, "availability.incident_taken_over", incident)
    return incident


@action
def update_incident(actor: Actor, *, incident: Incident, said: Said) -> IncidentUpdate:
    """Say how far we are with an open incident."""
    require(actor, "availability.manage_incidents")
    incident = _open(incident)
    if before := made_before(IncidentUpdate, said.sent, incident=incident):
        return before
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
def revise_update(actor: Actor, *, update: IncidentUpdate, body: Texts) -> IncidentUpdate:
    """Put what was said differently. What was said before stays public beside it, with its time."""
    require(actor, "availability.manage_incidents")
    incident = Incident.objects.select_for_update().get(pk=update.incident_id)
    update = IncidentUpdate.objects.select_for_update().get(pk=update.pk)
    _refuse_silence(body)
    if body == update.body:
        raise Refused(_("These are the words it has already."), field="body")
    at = now()
    UpdateVersion.objects.create(
        update=update, sequence=update.sequence, body=update.body, said_at=update.edited_at or update.at,
        replaced_at=at, replaced_by=actor.user,
    )  # fmt: skip
    update.body, update.sequence, update.edited_at = body, update.sequence + 1, at
    update.save(update_fields=["body", "sequence", "edited_at"])
    incident.changed_at = at
    incident.save(update_fields=["changed_at"])
    record(actor, "availability.incident_revised", incident, update=update.pk)
    return update


@action
def draft_postmortem(actor: Actor, *, incident: Incident, body: Texts) -> PostmortemDraft:
    """Keep what is being written to look back at a resolved incident (Markdown by language); nobody else reads it."""
    require(actor, "availability.manage_incidents")
    incident = _looked_back_at(incident)
    draft, _created = PostmortemDraft.objects.update_or_create(
        incident=incident, defaults={"body": body, "changed_at": now(), "changed_by": actor.user}
    )
    return draft


@action
def publish_postmortem(actor: Actor, *, incident: Incident, body: Texts) -> IncidentUpdate:
    """Look back at a resolved incident in public; the draft is done with. Later changes are versions of the update."""
    require(actor, "availability.manage_incidents")
    incident = _looked_back_at(incident)
    update = _say(actor, incident, Said(body, Incident.Status.POSTMORTEM), now())
    PostmortemDraft.objects.filter(incident=incident).delete()
    record(actor, "availability.postmortem_published", incident)
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


def _looked_back_at(incident: Incident) -> Incident:
    incident = Incident.objects.select_for_update().get(pk=incident.pk)
    if incident.status != Incident.Status.RESOLVED:
        said = incident.resolved_at is not None
        raise Refused(
            _("It is published already: put its words differently instead.")
            if said
            else _("Resolve the incident first, then look back at it.")
        )
    return incident


def _say(actor: Actor, incident: Incident, said: Said, at: datetime) -> IncidentUpdate:
    """Add an update, and carry its status and states to the incident and the parts it touches."""
    _refuse_silence(said.body)
    if said.impact and said.impact not in Incident.Impact.values:
        raise Refused(_("This is no impact an incident can have."), field="impact")
    if said.next_update_at and said.next_update_at <= at:
        raise Refused(_("The next word can only be promised for later."), field="next_update_at")
    incident.components.add(*said.also)
    affected = _affect(actor, incident, said.state, at)
    parts = incident.components.order_by("position")
    known = Known(
        parts, said.started_at or incident.started_at, said.next_update_at, said.status == Incident.Status.POSTMORTEM
    )
    body = _filled(actor, said.body, "body", known)
    update = IncidentUpdate.objects.create(
        incident=incident, status=said.status, body=body, at=at, by=actor.user, affected=affected,
        impact=said.impact if said.impact != incident.impact else "", **vars(said.sent),
    )  # fmt: skip
    _carry(actor, incident, said, at)
    incident.save()
    if said.next_update_at:
        system = Actor.system(actor.tenant)  # whoever promised may be away by then
        later("availability.remind_of_promise", system, at=said.next_update_at, incident_id=incident.pk)
    return update


def _filled(actor: Actor, texts: Texts, name: str, known: Known) -> Texts:
    """The texts of the field `name` with parts, since and next update filled in, in the operator's time."""
    filled = fill(texts, known, zone=actor.tenant.time_zone)
    refuse_gaps(filled, name)
    return filled


def _carry(actor: Actor, incident: Incident, said: Said, at: datetime) -> None:
    """What an update changes of its incident. When it was noticed and first written of is set once."""
    if said.started_at:
        _refuse_start(said.started_at, incident.detected_at, at)
    incident.status, incident.changed_at = said.status, at
    incident.impact = said.impact or incident.impact
    incident.started_at = said.started_at or incident.started_at
    incident.next_update_at, incident.reminded_at = said.next_update_at, None
    if actor.user or incident.source == Incident.Source.PERSON:
        incident.posted_at = incident.posted_at or at
        if said.status != Incident.Status.POSTMORTEM:
            _take(incident, actor, at)
    if said.status == Incident.Status.MONITORING:
        incident.monitoring_at = incident.monitoring_at or at
    if said.status == Incident.Status.RESOLVED:
        incident.resolved_at = at


def _take(incident: Incident, actor: Actor, at: datetime) -> None:
    incident.taken_by = actor.user
    incident.acknowledged_at = incident.acknowledged_at or at


def _refuse_start(began: datetime, detected_at: datetime | None, at: datetime) -> None:
    if began > at:
        raise Refused(_("An incident cannot start in the future."), field="started_at")
    if detected_at and began > detected_at:
        raise Refused(_("It cannot have begun after it was noticed."), field="started_at")


def _refuse_silence(body: Texts) -> None:
    if not any(text.strip() for text in body.values()):
        raise Refused(_("Please say what is going on."), field="body")


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
