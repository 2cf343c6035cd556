"""From the lines of a download to minutes. Knows no Django: pages, clock and command line all go this way.

A line: `2026-11-22T09:00:20.001Z,api,oslo-1,norway,1,12,` (at, probe, prober, region, ok, milliseconds, what); `ok` is
1, 0, or empty where nothing could be measured.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from tillit.availability.probes.arithmetic import (
    MINUTES,
    UNKNOWN,
    Counts,
    Row,
    Window,
    count,
    excused_minutes,
    excuses,
    verdicts,
)

HEADER = "at,probe,prober,region,ok,milliseconds,what"
NOTHING = (UNKNOWN,) * MINUTES  # what a probe says that nobody runs
OK = {"1": True, "0": False, "": None}


@dataclass(frozen=True)
class Frame:
    """What must be known beside the samples of a day: which probes prove which part, in how long slots, in which
    regions, and what was announced."""

    components: Mapping[str, Sequence[str]]
    slots: Mapping[str, int]
    regions: Sequence[str]
    windows: Sequence[Window]
    wave: str


def reckon(day: date, lines: Iterable[str], frame: Frame, minutes: int) -> dict[tuple[str, str], Counts]:
    """Part and region -> minutes of this day."""
    by_region: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        at, probe, _prober, region, ok, _rest = line.split(",", 5)
        second = int(at[11:13]) * 3600 + int(at[14:16]) * 60 + int(at[17:19])
        by_region[region].append((second, probe, OK[ok]))
    midnight = int(datetime.combine(day, time(), UTC).timestamp())
    found = {}
    for region in frame.regions:
        said = verdicts(by_region[region], frame.slots)
        for component, probes in frame.components.items():
            relevant = [window for window in frame.windows if excuses(window, component, region, frame.wave)]
            of_probes = [said.get(probe, NOTHING) for probe in probes] or [NOTHING]
            found[(component, region)] = count(of_probes, excused_minutes(midnight, relevant), minutes)
    return found


def by_day(lines: Iterable[str]) -> dict[str, list[str]]:
    """`2026-11-22` -> its lines."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if line and line != HEADER:
            found[line[:10]].append(line)
    return found


def read_frame(told: Mapping[str, Any]) -> Frame:
    """As it stands beside a day."""
    return Frame(told["components"], told["slots"], told["regions"], read_windows(told["windows"]), told["wave"])


def read_windows(told: Iterable[Mapping[str, Any]]) -> list[Window]:
    """As they stand beside a download."""
    return [
        Window(
            seconds(one["starts_at"]), seconds(one["ends_at"]), seconds(one["announced_at"]), one["effect"],
            tuple(one["components"]), one["region"] or "", one["wave"] or "",
        )
        for one in told
    ]  # fmt: skip


def seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp())


def again(beside: Mapping[str, Any], lines: Iterable[str]) -> dict[tuple[str, str], Counts]:
    """The minutes of a whole month, from a download and what stands beside it (`2026-11.json`)."""
    samples = by_day(lines)
    sums: dict[tuple[str, str], Counts] = defaultdict(Counts)
    for one in beside["days"]:
        day = date.fromisoformat(one["day"])
        for key, counts in reckon(day, samples.get(one["day"], ()), read_frame(one), one["minutes"]).items():
            sums[key] += counts
    return dict(sums)
