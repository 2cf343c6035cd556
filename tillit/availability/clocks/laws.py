"""Which law wants whom told by when: the numbers of `laws.toml`, and what follows from them. No database."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from dateutil.relativedelta import relativedelta

PLACE = Path(__file__).with_name("laws.toml")
START = "start"


@dataclass(frozen=True)
class Limit:
    """So many hours or months after the start of the clock, or after another report.

    `also_late`: where that report was made only after the other limit was over, this one counts alone.
    """

    after: str
    hours: int = 0
    months: int = 0
    also_late: bool = False

    def counted_from(self, moment: datetime) -> datetime:
        return moment + timedelta(hours=self.hours) + relativedelta(months=self.months)


@dataclass(frozen=True)
class Deadline:
    """One report. `limits`: the earliest of them counts; none: it is due by nothing, but others count from it."""

    slug: str
    name: dict[str, str]
    article: str
    limits: tuple[Limit, ...]


@dataclass(frozen=True)
class Law:
    """`who` reports: the provider, or its customers themselves."""

    slug: str
    who: str
    name: dict[str, str]
    text: dict[str, str]
    source: str
    start_after: timedelta
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True)
class Due:
    """When a report is due. `is_estimated`: what it counts from has not been reported yet."""

    deadline: Deadline
    at: datetime | None
    is_estimated: bool
    reported_at: datetime | None


@functools.cache
def laws() -> Mapping[str, Law]:
    """By slug, in the order of the file."""
    content = tomllib.loads(PLACE.read_text())
    return {entry["slug"]: _law(entry) for entry in content["laws"]}


def dues(law: Law, started_at: datetime, reported: Mapping[str, datetime]) -> list[Due]:
    """When each report is due, in the law's order; `reported`: when those that were made were, by slug."""
    known: dict[str, tuple[datetime | None, bool]] = {START: (started_at, False)}
    found = []
    for deadline in law.deadlines:
        bases = [(limit, *known[limit.after]) for limit in deadline.limits]
        counted = [(limit.counted_from(base), guessed) for limit, base, guessed in bases if base is not None]
        at, guessed = min(counted, default=(None, False))
        for limit in deadline.limits:
            base = reported.get(limit.after)
            if limit.also_late and base and at and base > at:
                at, guessed = limit.counted_from(base), False
        made = reported.get(deadline.slug)
        found.append(Due(deadline, at, guessed, made))
        known[deadline.slug] = (made, False) if made else (at, True)
    return found


def _law(entry: dict[str, Any]) -> Law:
    return Law(
        entry["slug"], entry["who"], entry["name"], entry["text"], entry["source"],
        timedelta(minutes=entry["start_after_minutes"]), tuple(_deadline(one) for one in entry["deadlines"]),
    )  # fmt: skip


def _deadline(entry: dict[str, Any]) -> Deadline:
    lasting = {unit: entry[unit] for unit in ("hours", "months") if unit in entry}
    limits = [Limit(entry["after"], **lasting)] if lasting else []
    if "sooner" in entry:
        limits.append(Limit(**entry["sooner"]))
    return Deadline(entry["slug"], entry["name"], entry["article"], tuple(limits))
