"""Every change to the maintenance plan, its windows, incidents, parts of the service and notices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from tillit.availability.models import (
    Component,
    Effect,
    Incident,
    IncidentUpdate,
    MaintenanceRule,
    MaintenanceWindow,
    NoticeReceipt,
    WindowVersion,
)
from tillit.availability.numbering import next_sequence, number_rule
from tillit.availability.queries import NOTICE_DAYS, computed_windows, settled
from tillit.availability.refusals import refuse_contradictions, refuse_times
from tillit.availability.register import Entry, read_component, read_rule
from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record

Texts = dict[str, str]  # by language


@dataclass(frozen=True)
class Details:
    """What may be said of a window beyond kind, title and times. An empty wave or region means all of them."""

    wave: str = ""
    region: str = ""
    reason: str = ""
    effect: str = Effect.SECONDS
    most_seconds: int | None = None
    rule: MaintenanceRule | None = None


@dataclass(frozen=True)
class Said:
    """One thing said about an incident: texts by language, how far we are, and the state its parts are in now."""

    body: Texts
    status: str = Incident.Status.INVESTIGATING
    state: str = ""  # of the parts it touches; empty: as it was
    also: Sequence[Component] = field(default=())  # parts it touches besides those known


# The maintenance plan


@action
def apply_rules(actor: Actor, *, rules: Iterable[Entry]) -> list[MaintenanceRule]:
    """Make these entries of the register the whole maintenance plan, and announce what is due by it.

    A rule that is not among them is retired. Refuses entries that contradict themselves, and then changes nothing.
    """
    require(actor, "availability.announce")
    read = [read_rule(entry, position) for position, entry in enumerate(rules)]
    _refuse_doubles([rule.key for rule in read])
    known = {rule.key: rule for rule in MaintenanceRule.objects.select_for_update()}
    for rule in read:
        number_rule(rule, known.get(rule.key))
        rule.save()
    kept = {rule.key for rule in read}
    MaintenanceRule.objects.exclude(key__in=kept).filter(retired_at=None).update(retired_at=now())
    record(actor, "availability.rules_applied", keys=sorted(kept))
    announce_due_windows(actor)
    return read


@action
def apply_components(actor: Actor, *, components: Iterable[Entry]) -> list[Component]:
    """Make these entries of the register the parts the status page speaks of; known ones keep their state."""
    require(actor, "availability.announce")
    read = [read_component(entry, position) for position, entry in enumerate(components)]
    _refuse_doubles([component.slug for component in read])
    for component in read:
        told = {"name": component.name, "text": component.text, "position": component.position, "retired_at": None}
        Component.objects.update_or_create(slug=component.slug, defaults=told)
    slugs = [component.slug for component in read]
    Component.objects.exclude(slug__in=slugs).filter(retired_at=None).update(retired_at=now())
    record(actor, "availability.components_applied", slugs=slugs)
    return list(Component.objects.in_service())


@action
def announce_due_windows(actor: Actor) -> list[MaintenanceWindow]:
    """Announce what the rules foresee for the next 14 days, never with less than 24 hours' notice.

    Running it again changes nothing. An announced window that the rules no longer foresee is withdrawn; one that a
    person cancelled stays cancelled.
    """
    require(actor, "availability.announce")
    at = now()
    rules = list(MaintenanceRule.objects.planned().select_for_update())  # two runs at once wait for each other here
    foreseen = {window.identity: window for window in computed_windows(at + timedelta(days=NOTICE_DAYS), rules)}
    standing = _withdraw_unforeseen(actor, foreseen, at)
    due = [window for key, window in foreseen.items() if key not in standing and window.gives_enough_notice(at)]
    for window in due:
        window.announced_at, window.sequence = at, next_sequence(window)
        window.save(force_insert=True)
        record(actor, "availability.maintenance_announced", window)
    return due


# Windows


@action
def announce_maintenance(
    actor: Actor, *, kind: str, starts_at: datetime, ends_at: datetime, title: Texts, details: Details = Details()
) -> MaintenanceWindow:
    """Tell every customer about an interruption before it happens.

    Planned work is refused under 24 hours' notice, outside the frame of its line of the plan, and beside other work
    for the same customers, which would make two announcements of one interruption. An emergency needs its reason,
    and may come at any time.
    """
    require(actor, "availability.announce")
    at = now()
    window = MaintenanceWindow(
        kind=kind,
        title=title,
        starts_at=starts_at,
        ends_at=ends_at,
        announced_at=at,
        announced_by=actor.user,
        **vars(details),
    )
    if kind == MaintenanceWindow.Kind.EMERGENCY and not details.reason.strip():
        raise Refused(_("An emergency needs its reason."), field="reason")
    refuse_times(window)
    window.save(force_insert=True)
    record(actor, "availability.maintenance_announced", window)
    return window


@action
def move_maintenance(
    actor: Actor, *, window: MaintenanceWindow, starts_at: datetime, ends_at: datetime, because: str
) -> MaintenanceWindow:
    """Announce other times for a window that has not begun; what was announced before stays public beside them.

    The notice counts anew, from now, and everybody is shown it again. Refused where an announcement would be.
    """
    require(actor, "availability.announce")
    window = MaintenanceWindow.objects.select_for_update(of=("self",)).select_related("rule").get(pk=window.pk)
    if window.phase != window.Phase.SCHEDULED:
        raise Refused(_("Only a window that has not begun can be moved."))
    if (starts_at, ends_at) == (window.starts_at, window.ends_at):
        raise Refused(_("These are the times it has already."), field="starts_at")
    if not because.strip():
        raise Refused(_("Please say why it is moved: customers will read it."), field="because")
    before = {name: getattr(window, name) for name in ("sequence", "starts_at", "ends_at", "announced_at")}
    at = window.announced_at = window.moved_at = now()
    window.starts_at, window.ends_at = starts_at, ends_at
    window.sequence += 1
    refuse_times(window)
    said = {"replaced_at": at, "replaced_by": actor.user, "because": because.strip()}
    WindowVersion.objects.create(window=window, **before, **said)
    window.save()
    record(actor, "availability.maintenance_moved", window, sequence=window.sequence)
    return window


@action
def cancel_maintenance(actor: Actor, *, window: MaintenanceWindow, because: str) -> MaintenanceWindow:
    """Call off a window that has not begun. It leaves every notice and stays in the list of the past."""
    require(actor, "availability.announce")
    window = MaintenanceWindow.objects.select_for_update().get(pk=window.pk)
    if window.phase != window.Phase.SCHEDULED:
        raise Refused(_("Only a window that has not begun can be cancelled."))
    if not because.strip():
        raise Refused(_("Please say why it is cancelled: customers will read it."), field="because")
    _cancel(actor, window, because.strip())
    return window


@action
def complete_maintenance(actor: Actor, *, window: MaintenanceWindow) -> MaintenanceWindow:
    """Say that the work of a running window is done before its time is over."""
    require(actor, "availability.announce")
    window = MaintenanceWindow.objects.select_for_update().get(pk=window.pk)
    if not window.is_active:
        raise Refused(_("Only a window that is under way can be completed."))
    window.completed_at, window.completed_by = now(), actor.user
    window.save(update_fields=["completed_at", "completed_by"])
    record(actor, "availability.maintenance_completed", window)
    return window


# Incidents and parts of the service


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


# Notices


@action
@even_in_maintenance
def record_notice_shown(actor: Actor, *, windows: Iterable[MaintenanceWindow]) -> None:
    """Keep that this person was shown the notice of these windows now; the first time counts."""
    require(actor, "availability.dismiss")
    receipts = [
        NoticeReceipt(
            tenant=actor.tenant, user=actor.user, window=window, sequence=window.sequence, first_shown_at=now()
        )
        for window in windows
    ]
    NoticeReceipt.objects.bulk_create(receipts, ignore_conflicts=True)
    record(actor, "availability.notice_shown", windows=[receipt.window_id for receipt in receipts])


@action
@even_in_maintenance
def dismiss_notice(actor: Actor, *, windows: Iterable[int]) -> int:
    """Put the notices of these windows away for this person; returns how many there were."""
    require(actor, "availability.dismiss")
    at = now()
    seen = NoticeReceipt.objects.filter(user=actor.user, window__in=list(windows), dismissed_at=None)
    dismissed = list(seen.values_list("window", flat=True))
    seen.update(dismissed_at=at)
    if dismissed:
        record(actor, "availability.notice_dismissed", windows=dismissed)
    return len(dismissed)


# Shared by several of the above


def _refuse_doubles(names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise Refused(_("“%(name)s” stands twice in the register.") % {"name": name})


def _withdraw_unforeseen(
    actor: Actor, foreseen: dict[Any, MaintenanceWindow], at: datetime
) -> set[tuple[int | None, str, object]]:
    """Cancel announced windows of rules that no longer fire then; returns what needs no announcement."""
    of_rules = MaintenanceWindow.objects.standing().exclude(day=None).exclude(rule=None)
    standing = settled()
    for window in of_rules.filter(ends_at__gt=at, moved_at=None).select_for_update():
        planned = foreseen.get(window.identity)
        as_planned = planned and (planned.starts_at, planned.ends_at) == (window.starts_at, window.ends_at)
        if as_planned or window.starts_at <= at or window.starts_at >= at + timedelta(days=NOTICE_DAYS):
            standing.add(window.identity)
        else:
            _cancel(actor, window, "", by_plan=True)
    return standing


def _cancel(actor: Actor, window: MaintenanceWindow, because: str, *, by_plan: bool = False) -> None:
    window.cancelled_at, window.cancelled_because = now(), because
    window.cancelled_by = None if by_plan else actor.user
    window.sequence += 1
    window.save(update_fields=["cancelled_at", "cancelled_by", "cancelled_because", "sequence"])
    record(actor, "availability.maintenance_cancelled", window)


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
