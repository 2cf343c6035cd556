"""Days: reckoned while they grow, closed once nothing can be delivered for them any more."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from tillit.availability.probes import archive
from tillit.availability.probes.actions.samples import LATE
from tillit.availability.probes.arithmetic import MINUTES, Counts, formula_of
from tillit.availability.probes.models import Sample, SampleDay, UptimeDay
from tillit.availability.probes.plan import PROBES
from tillit.availability.probes.queries import (
    DAY,
    Json,
    frame_of,
    midnight,
    open_lines,
    packed,
    whole_months,
)
from tillit.availability.probes.reckoning import read_frame, reckon
from tillit.foundation.access import Actor, action, require
from tillit.foundation.clock import now

WHOLE = 5  # minutes: today is reckoned up to the last slot that is over in every probe
KEPT = ("regions", "wave", "windows")  # of what held for a day, beside its parts and slots


class Reckoned(NamedTuple):
    """`lines`: the samples the figures were made of, of every day that was open, also of those `closed` by now."""

    closed: list[date]
    lines: dict[date, list[str]]


@action
def reckon_days(actor: Actor) -> Reckoned:
    """Add up every day that is not closed, and close those that are long over."""
    require(actor, "probes.measure")
    at = now().astimezone(UTC)
    done = Reckoned([], {})
    for day in _open_days(at.date()):
        lines = done.lines[day] = list(open_lines(day))
        over = midnight(day) + DAY
        minutes = min(MINUTES, int((at - midnight(day)) / timedelta(minutes=WHOLE)) * WHOLE)
        frame = frame_of(day)
        _keep(day, reckon(day, lines, read_frame(frame), minutes))
        if over + LATE + timedelta(hours=1) < at:
            close_day(actor, day=day, lines=lines, frame=frame)
            done.closed.append(day)
    return done


@action
def close_day(actor: Actor, *, day: date, lines: list[str], frame: Json) -> SampleDay:
    """Pack the samples of a day for good, with what held for it: its uptime is never reckoned anew."""
    require(actor, "probes.measure")
    made = SampleDay.objects.create(
        day=day,
        rows=len(lines),
        body=packed(lines),
        sha256=hashlib.sha256(archive.lines_of(lines)).hexdigest(),
        components=frame["components"],
        slots=frame["slots"],
        frame={name: frame[name] for name in KEPT},
    )
    Sample.objects.filter(at__gte=midnight(day), at__lt=midnight(day) + DAY, probe__in=PROBES).delete()
    return made


@action
def pack_months(actor: Actor, *, reckoned: Reckoned) -> list[str]:
    """Pack the months of what was just reckoned, once an hour and when a day was closed, and those that are over and
    have no file (any more) or one that does not hold all of them. Returns them. Raises OSError.

    After that was committed: a full disk takes no figure back, and no file tells what is not so.
    """
    require(actor, "probes.measure")
    hourly = now().minute < WHOLE
    closed, running = ({f"{day:%Y-%m}" for day in days} for days in (reckoned.closed, reckoned.lines))
    due = {month for month in running if hourly or month in closed or not archive.is_packed(month)}
    due |= {month for month in whole_months() if not archive.held(month)}
    for month in sorted(due):
        archive.pack(month, reckoned.lines)
    return sorted(due)


def _open_days(today: date) -> list[date]:
    """From the oldest sample that is not packed to today, also days without any: then nothing was measured."""
    last = SampleDay.objects.order_by("-day").values_list("day", flat=True).first()
    first_at: datetime | None = (
        Sample.objects.filter(probe__in=PROBES).order_by("at").values_list("at", flat=True).first()
    )
    first = last + DAY if last else (first_at.astimezone(UTC).date() if first_at else None)
    if first is None:
        return []
    return [first + DAY * number for number in range((today - first).days + 1)]


def _keep(day: date, found: dict[tuple[str, str], Counts]) -> None:
    formula = formula_of(f"{day:%Y-%m}")
    rows = [
        UptimeDay(component=component, region=region, day=day, formula=formula, **asdict(counts))
        for (component, region), counts in found.items()
    ]
    fields = list(asdict(Counts()))
    UptimeDay.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["component", "region", "day"], update_fields=[*fields, "formula"]
    )
