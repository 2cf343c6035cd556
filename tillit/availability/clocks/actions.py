"""What the clock does when something takes too long, and what people say they reported."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from tillit.availability import publishing
from tillit.availability.actions.incidents import Found, Said, open_incident
from tillit.availability.clocks.laws import laws
from tillit.availability.clocks.models import ClockStart, Reported
from tillit.availability.clocks.outages import excused, outages, unexcused
from tillit.availability.clocks.overruns import overruns, title
from tillit.availability.models import Incident, MaintenanceWindow
from tillit.availability.statuspage import moment
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record

LOOKED_BACK = timedelta(days=3)  # an incident that ended while the worker stood still starts its clocks all the same


@action
def open_overruns(actor: Actor) -> list[Incident]:
    """Open an incident, public at once, for each window whose work goes on or whose parts do not work after its end.

    Closes nothing: that is a person's word.
    """
    require(actor, "clocks.keep")
    opened = []
    for one in overruns():
        said = Said(one.body, state=one.state, also=one.parts)
        found = Found(Incident.Source.OVERRUN, one.since, one.region, one.window)
        opened.append(open_incident(actor, title=title(), impact=one.impact, said=said, found=found))
    return opened


@action
def start_clocks(actor: Actor) -> list[ClockStart]:
    """Start the clocks of each law for incidents in which something was out of service for longer than it allows.

    The time of maintenance that was announced in time is not counted. Running it again starts nothing twice.
    """
    require(actor, "clocks.keep")
    recent = Q(resolved_at=None) | Q(resolved_at__gt=now() - LOOKED_BACK)
    started = []
    for incident in Incident.objects.told().filter(recent).prefetch_related("clock_starts").order_by("pk"):
        running = {start.law for start in incident.clock_starts.all()}
        started += [_start(actor, incident, law) for law in laws() if law not in running]
    return [start for start in started if start is not None]


@action
def mark_reported(
    actor: Actor, *, start: ClockStart, deadline: str, reported_at: datetime | None = None, reference: str = ""
) -> Reported:
    """Say that a report was made, when (now, unless said otherwise) and under which reference. Said once, it stays."""
    require(actor, "clocks.keep")
    start = ClockStart.objects.select_for_update().get(pk=start.pk)
    if deadline not in {one.slug for one in laws()[start.law].deadlines}:
        raise Refused(_("This law has no such report."))
    if start.reports.filter(deadline=deadline).exists():
        raise Refused(_("This was marked as reported already."))
    at = reported_at or now()
    if at > now():
        raise Refused(_("A report cannot have been made in the future."), field="reported_at")
    if at < start.outage_from:
        raise Refused(_("A report cannot have been made before the outage."), field="reported_at")
    made = Reported.objects.create(
        start=start, deadline=deadline, reported_at=at, reference=reference.strip(), by=actor.user, marked_at=now()
    )
    record(actor, "clocks.reported", start.incident, law=start.law, deadline=deadline)
    return made


def _start(actor: Actor, incident: Incident, law: str) -> ClockStart | None:
    windows, allowed = excused(incident), laws()[law].start_after
    too_long = [span for span in unexcused(outages(incident), windows) if span.end - span.begin > allowed]
    if not too_long:
        return None
    span = too_long[0]
    start = ClockStart.objects.create(
        incident=incident,
        law=law,
        started_at=max(span.begin + allowed, _known_at(incident)),
        outage_from=span.begin,
        minutes=allowed // timedelta(minutes=1),
        not_counted=[_proof(window) for window in windows],
        noticed_at=now(),
    )
    record(actor, "clocks.started", incident, law=law, started_at=moment(start.started_at))
    return start


def _known_at(incident: Incident) -> datetime:
    """Since when we know of it: by a probe or the clock, else since the first word about it."""
    first = min((update.at for update in incident.updates.all()), default=incident.started_at)
    return min(incident.detected_at or first, first)


def _proof(window: MaintenanceWindow) -> dict[str, object]:
    """What was announced, when, and how many people were shown it in time."""
    figure = window.figures.first()
    shown = {"active_users": figure.active_users, "shown_in_time": figure.shown_in_time} if figure else None
    return publishing.as_json(window) | {"notice": shown}
