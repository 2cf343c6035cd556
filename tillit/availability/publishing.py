"""Windows and incidents as everybody may read them, and what their changes put into the public trust log."""

from __future__ import annotations

from typing import Any

from tillit.availability import noticed, statuspage
from tillit.availability.models import Incident, IncidentUpdate, MaintenanceWindow
from tillit.foundation.models import Event

Json = dict[str, Any]


def window(event: Event) -> Json:
    """A maintenance window as `/trust/maintenance.json` shows it; and when it was cancelled or done early."""
    found = MaintenanceWindow.objects.select_related("rule").get(pk=event.subject_id or 0)
    ends = {"cancelled_at": found.cancelled_at, "completed_at": found.completed_at}
    over = {key: statuspage.moment(at) for key, at in ends.items() if at is not None}
    because = {"cancelled_because": found.cancelled_because} if found.cancelled_because else {}
    return {"subject": f"windows/{found.pk}", "content": as_json(found) | over | because}


def notice(event: Event) -> Json:
    """The window with how far its notice reached when it began."""
    found = MaintenanceWindow.objects.select_related("rule").get(pk=event.subject_id or 0)
    return {
        "subject": f"windows/{found.pk}",
        "content": as_json(found) | {"notice": noticed.as_json([found])[found.pk]},
    }


def incident(event: Event) -> Json:
    found = Incident.objects.told().get(pk=event.subject_id or 0)
    return {"subject": f"incidents/{found.pk}", "content": incident_as_json(found)}


def incident_as_json(found: Incident) -> Json:
    """An incident with everything that was said about it; never who said it."""
    times = ("detected_at", "posted_at", "acknowledged_at", "resolved_at", "next_update_at")
    return {
        "title": found.title,
        "impact": found.impact,
        "status": found.status,
        "source": found.source,
        "region": found.region or None,
        "components": sorted(component.slug for component in found.components.all()),
        "started_at": statuspage.moment(found.started_at),
        **{name: statuspage.moment(at) if (at := getattr(found, name)) else None for name in times},
        "updates": [_said(update) for update in found.updates.all()],
    }


def _said(update: IncidentUpdate) -> Json:
    """What was said at a moment; and, where its words were changed, what they were before."""
    told: Json = {"at": statuspage.moment(update.at), "status": update.status, "body": update.body}
    if update.impact:
        told["impact"] = update.impact
    if update.edited_at:
        told["edited_at"] = statuspage.moment(update.edited_at)
        told["earlier"] = [
            {
                "said_at": statuspage.moment(one.said_at),
                "replaced_at": statuspage.moment(one.replaced_at),
                "body": one.body,
            }
            for one in update.versions.all()
        ]
    return told


def next_as_json(window: MaintenanceWindow) -> Json:
    return {
        "starts_at": statuspage.moment(window.starts_at),
        "ends_at": statuspage.moment(window.ends_at),
        "kind": window.kind,
        "effect": window.effect,
        "expected_interruption": _seconds(window),
    }


def as_json(window: MaintenanceWindow) -> Json:
    """An announced window, or, without `id`, one that the rules foresee."""
    return {
        "id": window.pk,
        "rule": window.rule.key if window.rule else None,
        "title": window.title,
        "wave": window.wave or None,
        "region": window.region or None,
        "components": window.components,
        "job": window.meant_for or None,
        "announced_at": statuspage.moment(window.announced_at) if window.announced_at else None,
        "reason": window.reason or None,
        "reasons": window.why,
        "sequence": window.sequence,
        **_moves(window),
    } | next_as_json(window)


def _moves(window: MaintenanceWindow) -> Json:
    """What was announced before, of a window that was moved; nothing of others."""
    if window.moved_at is None and window.revised_at is None:
        return {}
    earlier = [
        {
            "sequence": version.sequence,
            "starts_at": statuspage.moment(version.starts_at),
            "ends_at": statuspage.moment(version.ends_at),
            "announced_at": statuspage.moment(version.announced_at),
            "replaced_at": statuspage.moment(version.replaced_at),
            "because": version.because,
            **({"said": version.said} if version.said else {}),
        }
        for version in window.versions.all()
    ]
    return {"earlier": earlier}


def _seconds(window: MaintenanceWindow) -> Json | None:
    """Seconds, least and most; None where nothing is known but the effect."""
    if window.most_seconds is None:
        return None
    return {"least_seconds": window.least_seconds, "most_seconds": window.most_seconds}
