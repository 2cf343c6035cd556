"""The operator's calendar: every window of some weeks, by day or by hour, in the time zone that is active."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import combinations

from django.utils.timezone import get_current_timezone

from tillit.availability import queries, recurrence
from tillit.availability.models import MaintenanceRule, MaintenanceWindow
from tillit.foundation.clock import now

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Slot:
    """A window on a day. `kind` is announced, running, foreseen, routine, emergency, cancelled or over."""

    window: MaintenanceWindow
    kind: str
    begins: bool  # on this day (or in this hour); else it goes on from before
    collides: bool = False

    @property
    def is_movable(self) -> bool:
        return self.kind == "announced"  # an emergency is called off, and another asked for


@dataclass
class Cell:
    """A day, or an hour of one. What is dropped here would begin then; `too_soon`: no notice would be left."""

    at: datetime
    too_soon: bool
    slots: list[Slot] = field(default_factory=list)
    is_today: bool = False
    is_past: bool = False
    is_outside: bool = False  # of the month that is looked at

    @property
    def day(self) -> str:
        return self.at.date().isoformat()

    @property
    def clock(self) -> str:
        return f"{self.at:%Y-%m-%dT%H:%M}"


@dataclass(frozen=True)
class Grid:
    """Rows of seven cells: the weeks of a month, or the hours of a week."""

    first: date
    rows: list[list[Cell]]
    collisions: int
    daily: list[MaintenanceRule] = field(default_factory=list)  # routine of every day: said once, not drawn

    @property
    def days(self) -> list[datetime]:
        return [cell.at for cell in self.rows[0]]


def month(of: date) -> Grid:
    """The weeks, from Monday to Sunday, that have a day of this month."""
    first = of.replace(day=1)
    last = (first + 32 * DAY).replace(day=1) - DAY
    monday, until = first - first.weekday() * DAY, last + (7 - last.weekday()) * DAY
    daily = [rule for rule in queries.routine_rules() if _is_daily(rule, monday, until)]
    slots, collisions = _slots(monday, until, without=daily)
    days = [monday + number * DAY for number in range((until - monday).days)]
    cells = [_cell(_local(day), DAY, slots, outside=day.month != of.month) for day in days]
    return Grid(first, [cells[at : at + 7] for at in range(0, len(cells), 7)], collisions, daily)


def week(of: date) -> Grid:
    """The hours of the week, from Monday to Sunday, in which this day lies."""
    monday = of - of.weekday() * DAY
    slots, collisions = _slots(monday, monday + 7 * DAY)
    hour = timedelta(hours=1)
    rows = [[_cell(_local(monday + day * DAY, time(at)), hour, slots) for day in range(7)] for at in range(24)]
    return Grid(monday, rows, collisions)


def _cell(at: datetime, length: timedelta, slots: Iterable[Slot], *, outside: bool = False) -> Cell:
    end = at + length  # by the clock: a day of 23 or 25 hours is one day
    here = [
        Slot(one.window, one.kind, at <= one.window.starts_at, one.collides)
        for one in slots
        if one.window.starts_at < end and one.window.ends_at > at
    ]
    soonest, today = now() + MaintenanceWindow.NOTICE, now().astimezone(at.tzinfo).date()
    return Cell(at, end <= soonest, here, at.date() == today, end <= now(), outside)


def _is_daily(rule: MaintenanceRule, first: date, until: date) -> bool:
    """Whether it comes on every one of these days, but perhaps one or two that are exceptions."""
    return len(list(MaintenanceWindow.foreseen(rule, _local(first), _local(until)))) >= (until - first).days - 2


def _slots(first: date, until: date, *, without: Collection[MaintenanceRule] = ()) -> tuple[list[Slot], int]:
    """All windows with a moment on these days, earliest first; and how many collide with another."""
    after, before = _local(first), _local(until)
    at = now()
    kept = MaintenanceWindow.objects.filter(starts_at__lt=before, ends_at__gt=after).select_related("rule")
    windows = [(window, _kind(window)) for window in kept]
    taken = {window.identity for window, _kind in windows} | queries.settled()
    foreseen = (
        window
        for rule in MaintenanceRule.objects.planned()
        for window in MaintenanceWindow.foreseen(rule, max(after, at), before)
        if window.identity not in taken and window.gives_enough_notice(at)
    )
    windows += [(window, "foreseen") for window in foreseen] if before > at else []
    colliding = _colliding([window for window, kind in windows if kind not in ("cancelled", "over")])
    for rule in queries.routine_rules():
        if rule not in without:
            windows += [(window, "routine") for window in MaintenanceWindow.foreseen(rule, after, before)]
    ordered = sorted(windows, key=lambda found: found[0].starts_at)
    return [Slot(window, kind, True, id(window) in colliding) for window, kind in ordered], len(colliding)


def _kind(window: MaintenanceWindow) -> str:
    phases = {"cancelled": "cancelled", "completed": "over", "in_progress": "running"}
    return phases.get(window.phase.value, "announced" if window.is_planned else "emergency")


def _colliding(windows: list[MaintenanceWindow]) -> set[int]:
    """Those at the same time as another for some of the same customers."""
    found: set[int] = set()
    for one, other in combinations(windows, 2):
        together = one.starts_at < other.ends_at and other.starts_at < one.ends_at
        shared = all("" in pair or len(set(pair)) == 1 for pair in ((one.wave, other.wave), (one.region, other.region)))
        if together and shared:
            found |= {id(one), id(other)}
    return found


def _local(day: date, at: time = time()) -> datetime:
    zone = get_current_timezone()
    return recurrence.moment(datetime.combine(day, at), zone).astimezone(zone)
