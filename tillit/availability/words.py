"""How windows and states are said to people, in their language and in the time zone that is active."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from datetime import date, datetime
from datetime import time as clock_time
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from babel import Locale, dates, units
from django.apps import apps
from django.db import InterfaceError, OperationalError
from django.db.models import F
from django.utils import translation
from django.utils.timezone import get_current_timezone, get_current_timezone_name
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tillit.availability.models import Component, Effect, Incident, Interruption, MaintenanceWindow
from tillit.availability.models.components import Shown
from tillit.foundation.formats import LANGUAGES, locale
from tillit.foundation.regions import known_regions
from tillit.foundation.texts import pick

STATUS = {  # by `Status.summary`: what to say, in which tone
    "silent": (gettext_lazy("Nothing is said about this service yet."), "idle"),
    "unknown": (gettext_lazy("Not every part of the service is being measured just now."), "idle"),
    "none": (gettext_lazy("All parts of the service are working."), "good"),
    "maintenance": (gettext_lazy("Maintenance is under way."), "info"),
    "minor": (gettext_lazy("Parts of the service are slower than usual."), "warn"),
    "major": (gettext_lazy("Part of the service is not working."), "bad"),
    "critical": (gettext_lazy("The service is not working."), "bad"),
}
STATE_TONES = {
    Shown.OPERATIONAL: "good",
    Shown.UNKNOWN: "idle",
    Shown.MAINTENANCE: "info",
    Shown.DEGRADED: "warn",
    Shown.PARTIAL_OUTAGE: "bad",
    Shown.MAJOR_OUTAGE: "bad",
}
PHASE_TONES = {
    MaintenanceWindow.Phase.SCHEDULED: "info",
    MaintenanceWindow.Phase.IN_PROGRESS: "info",
    MaintenanceWindow.Phase.COMPLETED: "idle",
    MaintenanceWindow.Phase.CANCELLED: "warn",
}
IMPACT_TONES = {
    Incident.Impact.NONE: "idle",
    Incident.Impact.MINOR: "warn",
    Incident.Impact.MAJOR: "bad",
    Incident.Impact.CRITICAL: "bad",
}


class Timed(Protocol):
    starts_at: datetime
    ends_at: datetime


def in_every_language(say: Callable[[], str]) -> dict[str, str]:
    """By language what `say` says while that language is active."""
    said = {}
    for language, _name in LANGUAGES:
        with translation.override(language):
            said[language] = str(say())
    return said


def day(moment: datetime) -> str:
    """`Fri, 4 Dec 2026`, as the reader writes it."""
    return _written(_here(moment).date(), "yMMMEd", locale())


def weekday(moment: datetime) -> str:
    """`Fri 4 Dec`, where the year has been said."""
    return _written(_here(moment).date(), "MMMEd", locale())


def month(moment: datetime) -> str:
    return _written(_here(moment).date(), "yMMMM", locale())


def clock(moment: datetime) -> str:
    """`06:00`, which is how all our languages write a time of day in a timetable."""
    return f"{_here(moment):%H:%M}"


def zone(moment: datetime) -> str:
    """The zone's abbreviation at this moment: `CET`, `MESZ`; `UTC+09:00` where the language has none."""
    local = _here(moment)
    return _abbreviation(get_current_timezone_name(), local.isoformat()[-6:], bool(local.dst()), locale())


def duration(seconds: int) -> str:
    """`3 seconds`, `30 minutes`, `2 hours`: the largest unit that says it exactly."""
    for size, unit in ((3600, "duration-hour"), (60, "duration-minute")):
        if seconds and seconds % size == 0:
            return units.format_unit(seconds // size, unit, locale=locale())
    return units.format_unit(seconds, "duration-second", locale=locale())


def expected(work: Interruption) -> str:
    """What people will notice of a window or of a rule's windows."""
    length = ""
    if work.most_seconds is not None:
        length = duration(work.most_seconds)
        if work.least_seconds is not None and work.least_seconds < work.most_seconds < 60:
            length = f"{work.least_seconds}–{length}"
        elif work.least_seconds is None:
            length = _("up to %(length)s") % {"length": length}
    if work.effect == Effect.SECONDS:
        return length or _("usually a few seconds")
    said = str(Effect(work.effect).label)
    return f"{said}: {length}" if length else said


def noticed(work: Interruption) -> str:
    """The same as a sentence of its own: `Expected interruption: 1–3 seconds`, `Not available: up to 2 hours`."""
    said = expected(work)
    return f"{_('Expected interruption:')} {said}" if work.effect == Effect.SECONDS else said


def ends(timed: Timed, first_day: Callable[[datetime], str] = day) -> tuple[str, str, str]:
    """Start, dash and end of a span. The zone stands at both ends only where the clocks change in between."""
    start, end = timed.starts_at, timed.ends_at
    said, last = f"{first_day(start)}, {clock(start)}", f"{clock(end)} {zone(end)}"
    one_zone, one_day = zone(start) == zone(end), day(start) == day(end)
    said = said if one_zone else f"{said} {zone(start)}"
    last = last if one_day else f"{weekday(end)}, {last}"
    return said, "–" if one_zone and one_day else " – ", last


def span(timed: Timed) -> str:
    """`Fri, 4 Dec 2026, 00:00–06:00 CET`, in plain text, as pages say it: for feeds, mails and calendars."""
    return "".join(ends(timed))


def moment(at: datetime) -> str:
    """`Fri, 4 Dec 2026, 00:00 CET`, in plain text."""
    return f"{day(at)}, {clock(at)} {zone(at)}"


def named(window: MaintenanceWindow) -> str:
    """`System maintenance, Fri, 4 Dec 2026, 00:00 CET`: which window, in a sentence about it."""
    return f"{pick(window.title)[0]}, {moment(window.starts_at)}"


def job(name: str) -> str:
    """`Upgrade of the product`: what a room calls its work that may run only inside a window."""
    return windowed_jobs().get(name, name)


def windowed_jobs() -> dict[str, str]:
    """Work that may run only inside its windows, as the rooms declare it: `windowed_jobs = {"restart": label}`."""
    declared = [getattr(room, "windowed_jobs", {}) for room in apps.get_app_configs()]
    return {name: str(label) for jobs in declared for name, label in jobs.items()}


def audience(window: MaintenanceWindow) -> str:
    """Whom a window concerns, when not everybody."""
    said = []
    if window.wave and window.percent:
        said.append(
            _("Wave %(wave)s (%(percent)s %% of customers)") % {"wave": window.wave.upper(), "percent": window.percent}
        )
    elif window.wave:
        said.append(_("Wave %(wave)s") % {"wave": window.wave.upper()})
    if window.region:
        said.append(_("Region %(region)s") % {"region": region(window.region)})
    return ", ".join(said)


def parts(*windows: MaintenanceWindow) -> str:
    """The parts that these windows concern, in the order of the status page; "" where one of them concerns all.

    A window from the last good copy brings their names along (`part_names`); a part without a name is told by its slug.
    """
    if not all(window.components for window in windows):
        return ""
    named = {slug for window in windows for slug in window.components}
    names = next((vars(window)["part_names"] for window in windows if "part_names" in vars(window)), None)
    known = _names_of_parts() if names is None else names
    listed = [slug for slug in known if slug in named]
    return ", ".join([*(pick(known[slug])[0] for slug in listed), *sorted(named - known.keys())])


def region(slug: str) -> str:
    """By its name in the reader's language; as it is written where no register in force knows it, or none answers."""
    try:
        return _region_names(translation.get_language(), time.monotonic() // 5).get(slug, slug)
    except (OperationalError, InterfaceError):
        return slug


@functools.lru_cache(maxsize=len(LANGUAGES))
def _region_names(_language: str | None, _five_seconds: float) -> dict[str, str]:
    return known_regions()


forget_regions = _region_names.cache_clear


def _names_of_parts() -> dict[str, dict[str, str]]:
    try:
        return _part_names(time.monotonic() // 5)
    except (OperationalError, InterfaceError):
        return {}


@functools.lru_cache(maxsize=1)
def _part_names(_five_seconds: float) -> dict[str, dict[str, str]]:
    """By slug, those in service first, in their order."""
    every = Component.objects.order_by(F("retired_at").asc(nulls_first=True), "position")
    return dict(every.values_list("slug", "name"))


forget_parts = _part_names.cache_clear


def _here(moment: datetime) -> datetime:
    return moment.astimezone(get_current_timezone())


# A page of twelve months says some two hundred days; finding the locale's pattern anew for each took most of its time.


@functools.lru_cache(maxsize=5000)
def _written(day: date, skeleton: str, language: Locale) -> str:
    return dates.format_skeleton(skeleton, datetime.combine(day, clock_time()), locale=language)


@functools.lru_cache(maxsize=5000)
def _abbreviation(zone: str, offset: str, summer: bool, language: Locale) -> str:
    variant: Literal["daylight", "standard"] = "daylight" if summer else "standard"
    name = dates.get_timezone_name(ZoneInfo(zone), width="short", zone_variant=variant, locale=language)
    return name if name.isalpha() and len(name) < 6 else f"UTC{offset}"
