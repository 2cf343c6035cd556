"""The clocks that run, and the facts of an incident as reports ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tillit.availability.clocks.laws import Due, Law, dues, laws
from tillit.availability.clocks.models import ClockStart
from tillit.availability.clocks.outages import Span, excused, outages, unexcused
from tillit.availability.models import Incident, MaintenanceWindow
from tillit.availability.publishing import as_json
from tillit.availability.statuspage import moment
from tillit.foundation.clock import now
from tillit.foundation.models import Tenant

Json = dict[str, Any]


@dataclass(frozen=True)
class Clock:
    """A law's clock for an incident, with every report it asks for."""

    start: ClockStart
    law: Law
    dues: list[Due]

    @property
    def next_due(self) -> Due | None:
        """The report to make next; None once all that have a time were made."""
        return next((due for due in self.dues if due.at and not due.reported_at), None)

    @property
    def is_done(self) -> bool:
        return self.next_due is None


def clocks(incident: int | None = None) -> list[Clock]:
    """Of one incident or of all, what is due first at the top; those that are done at the end."""
    starts = ClockStart.objects.select_related("incident").prefetch_related("reports")
    found = [_clock(start) for start in (starts.filter(incident=incident) if incident else starts)]
    far = now() + timedelta(days=36500)
    return sorted(found, key=lambda one: (one.next_due.at or far) if one.next_due else far)


def facts(incident: Incident) -> Json:
    """What reports of an incident ask for, as far as this system knows it; times in UTC.

    Users and records of a customer are not in it: whoever reports for a customer adds its own. The figures of the
    forms of Implementing Regulation (EU) 2025/302 are named where they fit.
    """
    found, windows = outages(incident), excused(incident)
    counted = unexcused(found, windows)
    touched, everybody = _tenants(incident)
    return {
        "format": 1,
        "incident": incident.pk,
        "title": incident.title,
        "impact": incident.impact,
        "status": incident.status,
        "source": incident.source,
        "region": incident.region or None,
        "occurred_at": _utc(incident.started_at),  # 3.2
        "detected_at": _utc(incident.detected_at),  # 2.2
        "first_posted_at": _utc(incident.posted_at),
        "resolved_at": _utc(incident.resolved_at),  # 3.3
        "duration_minutes": _minutes([Span(incident.started_at, incident.resolved_at or now())]),  # 3.15
        "outage_minutes": _minutes(found),  # 3.16
        "outage_minutes_not_announced": _minutes(counted),
        "outages": [{"from": _utc(span.begin), "until": _utc(span.end)} for span in found],
        "components": [{"slug": one.slug, "name": one.name} for one in incident.components.all()],  # 3.28, 3.29
        "tenants": {"affected": touched, "all": everybody, "percent": _percent(touched, everybody)},
        "announced_maintenance": [as_json(window) for window in windows],
        "updates": [
            {"at": _utc(one.at), "status": one.status, "body": one.body}
            for one in sorted(incident.updates.all(), key=lambda update: (update.at, update.pk))
        ],
        "clocks": [_as_json(clock) for clock in clocks(incident.pk)],
    }


def _clock(start: ClockStart) -> Clock:
    law = laws()[start.law]
    reported = {one.deadline: one.reported_at for one in start.reports.all()}
    return Clock(start, law, dues(law, start.started_at, reported))


def _tenants(incident: Incident) -> tuple[int, int]:
    """How many customers live where it happened (in the window's wave, if it was one's), and how many there are."""
    everybody = Tenant.objects.filter(kind=Tenant.Kind.CUSTOMER).exclude(state=Tenant.State.DELETED)
    touched = everybody.filter(region=incident.region) if incident.region else everybody
    window: MaintenanceWindow | None = incident.window
    if window and window.wave:
        touched = touched.filter(wave=window.wave)
    return touched.count(), everybody.count()


def _percent(part: int, whole: int) -> float:
    return round(part * 100 / whole, 1) if whole else 0.0


def _minutes(spans: list[Span]) -> int:
    return sum((span.end - span.begin for span in spans), timedelta()) // timedelta(minutes=1)


def _utc(at: datetime | None) -> str | None:
    return moment(at) if at else None


def _as_json(clock: Clock) -> Json:
    return {
        "law": clock.law.slug,
        "source": clock.law.source,
        "started_at": _utc(clock.start.started_at),
        "outage_from": _utc(clock.start.outage_from),
        "minutes": clock.start.minutes,
        "not_counted": clock.start.not_counted,
        "reports": [
            {
                "report": due.deadline.slug,
                "article": due.deadline.article,
                "due_at": _utc(due.at),
                "is_estimated": due.is_estimated,
                "reported_at": _utc(due.reported_at),
            }
            for due in clock.dues
        ],
    }
