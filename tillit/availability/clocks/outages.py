"""When a part was completely out of service in an incident, and how much of that announced maintenance explains.

Only what was said counts here: the states of parts and the impact that updates carry; of an overrun, the window's end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tillit.availability.models import Component, Effect, Incident, MaintenanceWindow
from tillit.foundation.clock import now
from tillit.foundation.models import Event

OUT = Component.State.MAJOR_OUTAGE


@dataclass(frozen=True)
class Span:
    """From a moment until another; both in UTC or another zone."""

    begin: datetime
    end: datetime

    def without(self, other: Span) -> list[Span]:
        """What is left when the other is taken out: nothing, one piece or two."""
        pieces = [Span(self.begin, min(self.end, other.begin)), Span(max(self.begin, other.end), self.end)]
        if other.end <= self.begin or other.begin >= self.end:
            return [self]
        return [piece for piece in pieces if piece.begin < piece.end]


def outages(incident: Incident) -> list[Span]:
    """The times in which it was critical or one of its parts was not working at all, as far as it was said."""
    updates = sorted(incident.updates.all(), key=lambda update: (update.at, update.pk))
    impact = _first_impact(incident)
    states: dict[str, str] = {}
    found: list[Span] = []
    since: datetime | None = None
    for number, update in enumerate(updates):
        impact = update.impact or impact
        states |= {one["slug"]: one["new_state"] for one in update.affected}
        is_out = not _is_over(update.status) and (impact == Incident.Impact.CRITICAL or OUT in states.values())
        if is_out and since is None:
            since = update.at if number else incident.started_at
        elif not is_out and since is not None:
            found.append(Span(since, update.at))
            since = None
    return [*found, Span(since, max(now(), since))] if since else found


def excused(incident: Incident) -> list[MaintenanceWindow]:
    """Planned windows announced in time whose work explains it: of everybody's or this region, and about these parts.

    Scheduled maintenance is no significant incident (Implementing Regulation (EU) 2024/2690, Art. 3 and recital 33).
    """
    kind, effect = MaintenanceWindow.Kind.PLANNED, Effect.OFFLINE
    end = incident.resolved_at or now()
    windows = MaintenanceWindow.objects.standing().filter(
        kind=kind, effect=effect, starts_at__lt=end, ends_at__gt=incident.started_at, wave=""
    )
    slugs = {component.slug for component in incident.components.all()}
    return [
        window
        for window in windows.order_by("starts_at", "id")
        if window.region in ("", incident.region)
        and (not window.components or slugs <= set(window.components))
        and window.gives_enough_notice(window.announced_at)
    ]


def unexcused(found: Iterable[Span], windows: Iterable[MaintenanceWindow]) -> list[Span]:
    """The outages without the announced time; what a window took beyond its end stays."""
    left = list(found)
    for window in windows:
        announced = Span(window.starts_at, min(window.ends_at, window.completed_at or window.ends_at))
        left = [piece for span in left for piece in span.without(announced)]
    return left


def _first_impact(incident: Incident) -> str:
    """What it was opened with: the incident itself carries what was said last."""
    if not any(update.impact for update in incident.updates.all()):
        return incident.impact
    opened = Event.objects.filter(name="availability.incident_opened", subject_id=incident.pk).first()
    return opened.data.get("impact", "") if opened else incident.impact


def _is_over(status: str) -> bool:
    return status in (Incident.Status.RESOLVED, Incident.Status.POSTMORTEM)
