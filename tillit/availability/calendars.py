"""Maintenance windows as iCalendar (RFC 5545, 7986): for people who look into their own calendar, not at a page.

The same window keeps its UID for good. Another SEQUENCE means that it was said otherwise, or its end: a window of the
plan is known by rule, wave and day, announced or only foreseen, so that the announcement takes the place of what was
foreseen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Calendar, Component, Event

from tillit.availability import changes, vtimezone, words
from tillit.availability.changes import Step
from tillit.availability.models import MaintenanceWindow
from tillit.foundation.texts import marked, pick

REFRESH = timedelta(hours=1)  # how often calendars should ask again


@dataclass(frozen=True)
class About:
    """What a calendar says of itself."""

    name: str
    description: str
    url: str  # the status page


def place_of(window: MaintenanceWindow) -> str:
    """Where a window stands for good, for `address`; one that is only foreseen stands among the others."""
    return reverse("availability:window_page", args=[window.pk]) if window.pk else ""


def address(page: str, place: str) -> str:
    """Of a path on the host of the status page, asked for in the same language; or of a place on it (`#components`)."""
    if place.startswith("/"):
        return urljoin(page, place) + "".join(page.partition("?")[1:])
    return page + place


def write(about: About, windows: Iterable[MaintenanceWindow]) -> bytes:
    """The calendar; for several versions of the same window, the newest only."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//Tillit//{settings.RELEASE}//{(get_language() or 'en').upper()}")
    calendar.add("calscale", "GREGORIAN")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, clean(about.name))
    for name in ("description", "x-wr-caldesc"):
        calendar.add(name, about.description)
    calendar.add("x-wr-timezone", get_current_timezone_name())
    calendar.add("url", about.url)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    newest = _newest(windows)
    for zone in _zones(newest):
        calendar.add_component(zone)
    for uid, window in newest.items():
        calendar.add_component(_event(uid, window, about))
    return calendar.to_ical()


def uid_of(window: MaintenanceWindow) -> str:
    """What names the window in every calendar, whatever becomes of it."""
    if window.rule and window.day:
        of_wave = f"-{window.wave}" if window.wave else ""
        return f"{window.rule.key}{of_wave}-{window.day:%Y%m%d}@{settings.BASE_HOST}"
    return f"window-{window.pk}@{settings.BASE_HOST}"


def kind_of(window: MaintenanceWindow) -> str:
    """`planned`, `routine` or `emergency`."""
    routine = window.rule is not None and window.rule.kind == window.rule.Kind.ROUTINE
    return "routine" if routine else window.kind


def clean(text: str) -> str:
    """Without characters that neither iCalendar nor XML can carry."""
    return "".join(letter for letter in text if letter in "\n\t" or letter.isprintable() or letter == "\u00ad")


def as_announced(window: MaintenanceWindow) -> str:
    """Whom it concerns, what they will notice, and why: what an announcement says beyond title and times."""
    expected = words.noticed(window)
    named = words.parts(window)
    parts = _("Parts of the service: %(parts)s") % {"parts": named} if named else ""
    said = [words.audience(window) or _("Concerns everybody."), parts, expected, marked(window.why)]
    return clean("\n".join(line for line in said if line))


def _details(window: MaintenanceWindow) -> str:
    """The announcement, and what became of it."""
    said = [as_announced(window)]
    if window.moved_at or window.revised_at:
        said += [_change(step) for step in changes.of(window)]
    if window.cancelled_at:
        said.append(f"{_('Cancelled.')} {window.cancelled_because}".strip())
    elif not window.announced_at:
        said.append(_("Foreseen by the maintenance plan, not announced yet."))
    return clean("\n".join(said))


def _change(step: Step) -> str:
    if not step.version.said:
        return f"{_('Moved from %(span)s:') % {'span': words.span(step.before)}} {step.version.because}"
    return f"{_('Said otherwise:')} {' · '.join(step.lines)}"


def _newest(windows: Iterable[MaintenanceWindow]) -> dict[str, MaintenanceWindow]:
    found: dict[str, MaintenanceWindow] = {}
    for window in sorted(windows, key=lambda one: (one.cancelled_at is None, one.sequence)):
        uid = uid_of(window)
        if uid in found and window.sequence <= found[uid].sequence:  # foreseen again after it was withdrawn
            window.sequence = found[uid].sequence + 1
        found[uid] = window
    return dict(sorted(found.items(), key=lambda one: (one[1].starts_at, one[0])))


def _event(uid: str, window: MaintenanceWindow, about: About) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", window.changed_at.astimezone(UTC))
    event.add("last-modified", window.changed_at.astimezone(UTC))
    event.add("sequence", window.sequence + _unannounced(window))
    zone = _zone_of(window)
    event.add("dtstart", _written(window.starts_at, zone))
    event.add("dtend", _written(window.ends_at, zone))
    title, language = pick(window.title)
    event.add("summary", clean(title), parameters={"LANGUAGE": language})
    event.add("description", _details(window), parameters={"LANGUAGE": get_language() or "en"})
    event.add("categories", [kind_of(window)])
    if window.components:
        event.add("x-tillit-components", ",".join(window.components))
    event.add("status", _status(window))
    event.add("transp", "TRANSPARENT")  # it takes nobody's time
    event.add("url", address(about.url, place_of(window)))
    return event


def _unannounced(window: MaintenanceWindow) -> int:
    """How often the window got better without being announced anew: to calendars that is another SEQUENCE, too."""
    if not window.revised_at:
        return 0
    told = [*(version.sequence for version in window.versions.all()), window.sequence - bool(window.cancelled_at)]
    return sum(before == after for before, after in pairwise(told))


def _status(window: MaintenanceWindow) -> str:
    if window.cancelled_at:
        return "CANCELLED"
    return "CONFIRMED" if window.announced_at else "TENTATIVE"


def _zone_of(window: MaintenanceWindow) -> str:
    return window.rule.zone if window.rule else get_current_timezone_name()


def _written(moment: datetime, zone: str) -> datetime:
    """Local time with its zone; UTC within a doubled hour.

    There local time means the first of two moments (RFC 5545, 3.3.5), but some calendars take the second.
    """
    local = moment.astimezone(ZoneInfo(zone))
    first, second = (local.replace(fold=fold).utcoffset() for fold in (0, 1))
    return local if first == second else moment.astimezone(UTC)


def _zones(windows: dict[str, MaintenanceWindow]) -> list[Component]:
    years: dict[str, list[int]] = {}
    for window in windows.values():
        years.setdefault(_zone_of(window), []).extend([window.starts_at.year, window.ends_at.year])
    # A year on both sides: a window of New Year's night has another year by its own clocks.
    written = [vtimezone.described(zone, min(of) - 1, max(of) + 1) for zone, of in sorted(years.items())]
    return [Component.from_ical(zone) for zone in written]
