"""The two uptimes, as FORMULA.md says them. Knows no Django: `bin/tillit uptime` reckons with the same lines.

A day has 1440 minutes, in UTC. All numbers are whole minutes; a percentage is made of them at the very end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from decimal import ROUND_DOWN, Decimal

MINUTES = 24 * 60
NOTICE_SECONDS = 24 * 3600
SINCE = ((1, "2026-01"),)  # formula, and the first month that is reckoned by it; never one that has begun
UNKNOWN, UP, DOWN = 0, 1, 2

Row = tuple[int, str, bool | None]  # second of the day, probe, whether it succeeded; None: it could not measure


@dataclass(frozen=True)
class Counts:
    """Minutes of a part in one region: all of them, and those that are left without announced maintenance."""

    up: int = 0
    down: int = 0
    unknown: int = 0
    due_up: int = 0
    due_down: int = 0
    due_unknown: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))

    @property
    def raw(self) -> str | None:
        return percent(self.up, self.up + self.down)

    @property
    def contractual(self) -> str | None:
        return percent(self.due_up, self.due_up + self.due_down)

    @property
    def measured(self) -> str | None:
        return percent(self.up + self.down, self.up + self.down + self.unknown)

    @property
    def excused(self) -> int:
        return self.up + self.down + self.unknown - self.due_up - self.due_down - self.due_unknown


@dataclass(frozen=True)
class Window:
    """Announced maintenance in seconds since 1970, with what it is about; empty means all."""

    starts: int
    ends: int
    announced: int
    effect: str
    components: tuple[str, ...] = ()
    region: str = ""
    wave: str = ""


def percent(part: int, whole: int) -> str | None:
    """`99.9876`, cut and never rounded up; None of nothing."""
    if whole == 0:
        return None
    return str((Decimal(100 * part) / Decimal(whole)).quantize(Decimal("0.0001"), ROUND_DOWN))


def formula_of(month: str) -> int:
    """The version by which a month (`2026-11`) is reckoned."""
    return max((number for number, since in SINCE if since <= month), default=SINCE[0][0])


def excuses(window: Window, component: str, region: str, wave: str) -> bool:
    """Whether its minutes are left out of the contractual uptime: announced in time, and about this part."""
    return (
        window.effect != "none"
        and window.starts - window.announced >= NOTICE_SECONDS
        and (not window.components or component in window.components)
        and window.region in ("", region)
        and window.wave in ("", wave)
    )


def verdicts(rows: Iterable[Row], slots: Mapping[str, int]) -> dict[str, list[int]]:
    """What each probe says of each minute: down when more than half of the samples of its slot failed."""
    tallies = {probe: [[0, 0] for _ in range(-(-MINUTES // slot))] for probe, slot in slots.items()}
    for second, probe, ok in rows:
        if ok is not None and probe in tallies:
            tallies[probe][second // 60 // slots[probe]][ok] += 1
    said = {}
    for probe, tally in tallies.items():
        by_slot = [(DOWN if failed > good else UP) if failed + good else UNKNOWN for failed, good in tally]
        said[probe] = [by_slot[minute // slots[probe]] for minute in range(MINUTES)]
    return said


def count(said: Sequence[Sequence[int]], excused: Sequence[bool], minutes: int = MINUTES) -> Counts:
    """The first `minutes` of a day of a part: down when any of its probes says so, up when all say up."""
    numbers = [0, 0, 0, 0, 0, 0]
    for minute in range(minutes):
        found = {probe[minute] for probe in said}
        state = 1 if DOWN in found else (2 if UNKNOWN in found else 0)
        numbers[state] += 1
        if not excused[minute]:
            numbers[3 + state] += 1
    return Counts(*numbers)


def excused_minutes(midnight: int, windows: Iterable[Window]) -> list[bool]:
    """Which minutes of the day that begins at `midnight` these windows touch, be it for a second."""
    minutes = [False] * MINUTES
    for window in windows:
        first = max(0, (window.starts - midnight) // 60)
        last = min(MINUTES, -(-(window.ends - midnight) // 60))
        for minute in range(first, last):
            minutes[minute] = True
    return minutes
