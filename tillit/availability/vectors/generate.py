"""Writes the conformance vectors: every window of the example register's six rules from 2026 to 2030.

    python tillit/availability/vectors/generate.py [FOLDER]

Nothing here comes from the engine that Tillit runs (`recurrence.py`), nor from any library of recurrences: days are
counted with `calendar` and `timedelta`, clocks are read with `zoneinfo`. What both find must be the same.
"""

from __future__ import annotations

import calendar
import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]
YEARS = range(2026, 2031)
OSLO = ZoneInfo("Europe/Oslo")
RULES: dict[str, Json] = {
    "system": {"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "anchor": "2026-01-02", "start": "00:00", "end": "06:00"},
    "application": {
        "rrule": "FREQ=WEEKLY;INTERVAL=3;BYDAY=TU",
        "anchor": "2026-01-13",
        "start": "22:00",
        "end": "00:00",
        "end_days_later": 1,
        "waves": [{"wave": "a", "days_later": 0}, {"wave": "b", "days_later": 3}],
    },
    "restart": {"rrule": "FREQ=DAILY", "anchor": "2026-01-01", "start": "02:00", "end": "02:10"},
    "microsoft-patches": {"rrule": "FREQ=MONTHLY;BYDAY=+2FR", "anchor": "2026-01-09", "start": "00:00", "end": "06:00"},
    "infrastructure": {
        "rrule": "FREQ=WEEKLY;BYDAY=SA",
        "anchor": "2026-01-03",
        "start": "20:00",
        "end": "06:00",
        "end_days_later": 1,
        "as_needed": True,
    },
    "emergency": {"as_needed": True, "start": "18:00"},
    "application-with-exceptions": {
        "rrule": "FREQ=WEEKLY;INTERVAL=3;BYDAY=TU",
        "anchor": "2026-01-13",
        "start": "22:00",
        "end": "00:00",
        "end_days_later": 1,
        "waves": [{"wave": "a", "days_later": 0}, {"wave": "b", "days_later": 3}],
        "exceptions": ["2026-07-21", "2027-03-30", "2027-12-28"],
    },
}  # fmt: skip
OUTSIDE_THE_PLAN = {"application-with-exceptions"}  # an example of its own: no line of the example register


def every(weeks: int, first: date) -> Iterator[date]:
    """Every so many weeks from an anchor, through the last of the years."""
    day = first
    while day.year <= YEARS[-1]:
        yield day
        day += timedelta(weeks=weeks)


def second_fridays() -> Iterator[date]:
    for year in YEARS:
        for month in range(1, 13):
            fridays = [week[calendar.FRIDAY] for week in calendar.monthcalendar(year, month)]
            yield date(year, month, [day for day in fridays if day][1])


def nights() -> Iterator[date]:
    for year in YEARS:
        for number in range(366 if calendar.isleap(year) else 365):
            yield date(year, 1, 1) + timedelta(days=number)


def instant(day: date, clock: str) -> datetime:
    """A clock time in Oslo. Where it comes twice, the first; where it is missing, the first moment after the jump."""
    local = datetime.combine(day, time.fromisoformat(clock), tzinfo=OSLO)
    utc = local.astimezone(UTC)
    if utc.astimezone(OSLO).replace(tzinfo=None) == local.replace(tzinfo=None):
        return utc
    before = utc - timedelta(hours=2)  # the clocks of Oslo jump by an hour, on a whole one
    while before.astimezone(OSLO).dst() == timedelta():
        before += timedelta(minutes=1)
    return before


def window(key: str, day: date, wave: str = "") -> Json:
    rule = RULES[key]
    starts_at = instant(day, rule["start"])
    ends_at = instant(day + timedelta(days=rule.get("end_days_later", 0)), rule["end"])
    if ends_at == starts_at:  # all of it lay in the missing hour: it keeps its length
        length = datetime.combine(day, time.fromisoformat(rule["end"])) - datetime.combine(
            day, time.fromisoformat(rule["start"])
        )
        ends_at = starts_at + length
    return {"rule": key, "wave": wave, "day": day.isoformat()} | told(starts_at, ends_at)


def told(starts_at: datetime, ends_at: datetime) -> Json:
    return {
        "starts_at": f"{starts_at:%Y-%m-%dT%H:%M:%SZ}",
        "ends_at": f"{ends_at:%Y-%m-%dT%H:%M:%SZ}",
        "local_start": starts_at.astimezone(OSLO).isoformat(timespec="minutes"),
        "local_end": ends_at.astimezone(OSLO).isoformat(timespec="minutes"),
        "minutes": (ends_at - starts_at) // timedelta(minutes=1),
    }


def windows(key: str) -> list[Json]:
    """Every window of a rule; for one that works as needed, every frame its work may happen in."""
    if key.startswith("application"):
        skipped = RULES[key].get("exceptions", [])
        tuesdays = list(every(3, date(2026, 1, 13)))
        for day in skipped:  # of both waves
            tuesdays.remove(date.fromisoformat(day))
        found = [window(key, day, "a") for day in tuesdays]
        found += [window(key, day + timedelta(days=3), "b") for day in tuesdays]
        return sorted(found, key=lambda one: one["starts_at"])
    days = {
        "system": lambda: every(2, date(2026, 1, 2)),
        "restart": nights,
        "microsoft-patches": second_fridays,
        "infrastructure": lambda: every(1, date(2026, 1, 3)),
    }
    return [window(key, day) for day in days[key]()] if key in days else []


def collisions() -> list[Json]:
    """Windows that overlap or touch, joined: one interruption to those who have them. Frames are not windows."""
    happening = [one for key in RULES if _happens(key) for one in windows(key)]
    joined: list[list[Json]] = []
    for one in sorted(happening, key=lambda found: found["starts_at"]):
        if joined and one["starts_at"] <= max(other["ends_at"] for other in joined[-1]):
            joined[-1].append(one)
        else:
            joined.append([one])
    return [interruption(group) for group in joined if len(group) > 1]


def _happens(key: str) -> bool:
    return not RULES[key].get("as_needed") and key not in OUTSIDE_THE_PLAN


def interruption(group: list[Json]) -> Json:
    first, last = min(one["starts_at"] for one in group), max(one["ends_at"] for one in group)
    rules = sorted(one["rule"] for one in group)
    return {"rules": rules} | told(datetime.fromisoformat(first), datetime.fromisoformat(last))


def documents() -> dict[str, str]:
    """File name to text."""
    head = {"format": 1, "zone": "Europe/Oslo", "from": f"{YEARS[0]}-01-01", "through": f"{YEARS[-1]}-12-31"}
    found = {f"{key}.json": written(head | {"rule": {"key": key} | RULES[key]}, windows(key)) for key in RULES}
    return found | {"collisions.json": written(head | {"of": "windows that overlap or touch"}, collisions())}


def written(head: Json, rows: list[Json]) -> str:
    """JSON with one window in a line, so that a difference is a line."""
    lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
    body = f"[\n{lines}\n ]" if rows else "[]"
    parts = [*(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()), f' "windows": {body}']
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for name, text in documents().items():
        (folder / name).write_text(text)
