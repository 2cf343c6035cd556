"""A time zone as iCalendar describes one: when its clocks change, and to what. For readers without tables of their own.

The library's generator dates the onset of summer time by the clocks after the jump; RFC 5545, 3.6.5 wants those before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

Change = tuple[timedelta, timedelta, str, bool, datetime]  # from, to, name, whether in summer; local time before it


@lru_cache(maxsize=64)
def described(name: str, first_year: int, last_year: int) -> bytes:
    """The zone's VTIMEZONE, with every change of its clocks from the first year through the last."""
    zone = ZoneInfo(name)
    begin = datetime(first_year, 1, 1, tzinfo=UTC)
    found = Timezone()
    found.add("tzid", name)
    before, offset = begin.astimezone(zone), _offset(begin, zone)
    start: Change = (offset, offset, before.tzname() or name, bool(before.dst()), before.replace(tzinfo=None))
    changes = sorted(
        [start, *_changes(zone, begin, datetime(last_year + 1, 1, 1, tzinfo=UTC))], key=lambda one: one[:4]
    )
    for (was, becomes, called, summer), group in groupby(changes, key=lambda one: one[:4]):
        onsets = [one[4] for one in group]
        part = TimezoneDaylight() if summer else TimezoneStandard()
        part.add("dtstart", onsets[0])
        if onsets[1:]:
            part.add("rdate", onsets[1:])
        part.add("tzoffsetfrom", was)
        part.add("tzoffsetto", becomes)
        part.add("tzname", called)
        found.add_component(part)
    return found.to_ical()


def _changes(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[Change]:
    """Day by day; on a day whose clocks change, by halves to the minute."""
    at = begin
    while at < end:
        low, high = at, at + timedelta(days=1)
        was = _offset(low, zone)
        if was != _offset(high, zone):
            while high - low > timedelta(minutes=1):
                middle = (low + (high - low) / 2).replace(second=0, microsecond=0)
                low, high = (middle, high) if _offset(middle, zone) == was else (low, middle)
            after = high.astimezone(zone)
            onset = (high + was).replace(tzinfo=None)
            yield was, _offset(high, zone), after.tzname() or "", bool(after.dst()), onset
        at += timedelta(days=1)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()
