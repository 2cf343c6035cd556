"""What probes would have found in the demo's half year: whole days of samples that tell the same story as the incidents
and windows do. Invented, and made cheaply: a day on which nothing happened is written once and dated anew."""

from __future__ import annotations

import gzip
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

from tillit.availability.actions.measuring import Proof, take_measurement
from tillit.availability.models import Component, Incident, MaintenanceWindow
from tillit.availability.probes.actions.account import provide_account
from tillit.availability.probes.actions.probers import OURS
from tillit.availability.probes.arithmetic import MINUTES, Counts, excused_minutes, excuses, formula_of
from tillit.availability.probes.models import Prober, Sample, SampleDay, UptimeDay
from tillit.availability.probes.plan import INSIDE, PROBES, probes_of
from tillit.availability.probes.queries import (
    DAY,
    Json,
    measured_components,
    measured_regions,
    measured_wave,
    midnight,
    slots,
    touches,
    window_as_json,
    windows_between,
)
from tillit.availability.probes.reckoning import Frame, read_windows, reckon
from tillit.foundation.access import Actor

DAYS = 182
GAP = (61, range(13 * 60, 15 * 60 + 30))  # days ago, minutes: the rack had no electricity
PLACE = "oslo-1"
EACH_WINDOW = 2  # minutes that announced work really interrupts
ONE_IN = 5  # minutes of a minor incident in which nothing answers
# probe, second of the minute, who asks
QUESTIONS = [
    (name, 0 if probe.place == INSIDE else 20, OURS if probe.place == INSIDE else PLACE)
    for name, probe in sorted(PROBES.items(), key=lambda item: (item[1].place == INSIDE, item[0]))
    if not probe.optional
]
QUESTIONS.sort(key=lambda question: (question[1], question[0]))
Down = dict[date, set[tuple[str, int]]]  # day -> probe and minute in which it failed


def tell_half_a_year(staff: Actor, until: datetime) -> None:
    """Samples and uptimes up to `until`. The incidents and windows of that time have been told."""
    provide_account(Actor.system(staff.tenant))
    region = staff.tenant.region
    place = Prober(name=PLACE, place="A rack in Oslo (invented)", region=region, ended_at=until, heard_at=until)
    place.save()
    ours = Prober.objects.get(name=OURS)
    today = until.astimezone(UTC).date()
    windows = windows_between(midnight(today) - DAYS * DAY, until)
    as_json = [window_as_json(window) for window in windows]
    told = read_windows(as_json)
    frame = Frame(measured_components(), slots(), measured_regions(), told, measured_wave())
    down = _story(frame, windows, until)
    plain = _lines("@", region, set())
    days: list[SampleDay] = []
    uptimes: list[UptimeDay] = []
    for back in range(DAYS, 0, -1):
        day = today - back * DAY
        eventful = day in down or back == GAP[0]
        lines = _lines(str(day), region, down[day], _gap(back)) if eventful else [plain[0].replace("@", str(day))]
        days.append(_packed(day, lines, frame, [one for one in as_json if touches(one, day)]))
        found = reckon(day, (line for line in lines if line), frame, MINUTES) if eventful else _calm(day, frame)
        uptimes += _told(day, found)
    SampleDay.objects.bulk_create(days)
    UptimeDay.objects.bulk_create(uptimes)
    minutes = int((until - midnight(today)) / timedelta(minutes=1))
    _prove(Actor.system(staff.tenant), until)
    Sample.objects.bulk_create(_samples(place, ours, midnight(today), minutes), batch_size=2000)


def _prove(system: Actor, until: datetime) -> None:
    """The parts of which there are samples were measured: the last time when the story ends."""
    for component in Component.objects.in_service():
        probes = probes_of(component.slug, component.probes)
        if probes and not any(PROBES[probe].optional for probe in probes):
            proof = Proof(Component.State.OPERATIONAL, until, until + timedelta(minutes=1))
            take_measurement(system, component=component, proof=proof)


def _lines(day: str, region: str, down: set[tuple[str, int]], gap: range = range(0)) -> list[str]:
    """One line each; of a day that only stands for others, all in one."""
    lines = []
    for minute in range(MINUTES):
        if minute in gap:
            continue
        clock = f"{day}T{minute // 60:02}:{minute % 60:02}:"
        for probe, second, prober in QUESTIONS:
            if minute % PROBES[probe].slot == 0:
                failed = (probe, minute) in down
                took = 10_000 if failed else 40 + (minute * 7 + second) % 90
                told = f"{'0' if failed else '1'},{took},{'time-out' if failed else ''}"
                lines.append(f"{clock}{second:02}.000Z,{probe},{prober},{region},{told}")
    return ["\n".join(lines)] if day == "@" else lines


def _gap(back: int) -> range:
    return GAP[1] if back == GAP[0] else range(0)


def _story(frame: Frame, windows: list[MaintenanceWindow], until: datetime) -> Down:
    """What failed when: all of it in a major incident, a minute now and then in a minor one, the start of a window."""
    down: Down = defaultdict(set)
    for incident in Incident.objects.prefetch_related("components"):
        ends_at = incident.monitoring_at or incident.resolved_at or until
        every = 1 if incident.impact in ("major", "critical") else ONE_IN
        for component in incident.components.all():
            for probe in frame.components.get(component.slug, [])[:1]:
                _fail(down, probe, incident.started_at, ends_at, every)
    for window in windows:
        if not window.wave:
            for probe in ("sign-in", "list-page", "api"):
                _fail(down, probe, window.starts_at, window.starts_at + timedelta(minutes=EACH_WINDOW), 1)
    return down


def _fail(down: Down, probe: str, starts_at: datetime, ends_at: datetime, every: int) -> None:
    moment = starts_at.astimezone(UTC).replace(second=0, microsecond=0)
    slot = PROBES[probe].slot
    while moment < ends_at:
        minute = moment.hour * 60 + moment.minute
        if (minute // slot) % every == 0:
            down[moment.date()].add((probe, minute - minute % slot))
        moment += timedelta(minutes=1)


def _calm(day: date, frame: Frame) -> dict[tuple[str, str], Counts]:
    """The minutes of a day on which nothing failed."""
    found = {}
    start = int(midnight(day).timestamp())
    for region in frame.regions:
        for component, probes in frame.components.items():
            proven = bool(probes) and not any(PROBES[probe].optional for probe in probes)
            windows = [window for window in frame.windows if excuses(window, component, region, frame.wave)]
            due = MINUTES - sum(excused_minutes(start, windows))
            known, unknown = (MINUTES, 0) if proven else (0, MINUTES)
            found[(component, region)] = Counts(known, 0, unknown, due if proven else 0, 0, 0 if proven else due)
    return found


def _packed(day: date, lines: list[str], frame: Frame, windows: list[Json]) -> SampleDay:
    said = "\n".join([*lines, ""]).encode()
    return SampleDay(
        day=day,
        rows=said.count(b"\n"),
        body=gzip.compress(said, 1, mtime=0),
        sha256=hashlib.sha256(said).hexdigest(),
        components=dict(frame.components),
        slots=dict(frame.slots),
        frame={"regions": frame.regions, "wave": frame.wave, "windows": windows},
    )


def _told(day: date, found: dict[tuple[str, str], Counts]) -> Iterator[UptimeDay]:
    formula = formula_of(f"{day:%Y-%m}")
    for (component, region), counts in found.items():
        yield UptimeDay(component=component, region=region, day=day, formula=formula, **asdict(counts))


def _samples(place: Prober, ours: Prober, start: datetime, minutes: int) -> Iterator[Sample]:
    """Today, which is not closed: as rows."""
    for minute in range(minutes):
        for probe, second, prober in QUESTIONS:
            if minute % PROBES[probe].slot == 0:
                at = start + timedelta(minutes=minute, seconds=second)
                by = ours if prober == OURS else place
                yield Sample(prober=by, probe=probe, at=at, ok=True, milliseconds=40 + minute % 90)
