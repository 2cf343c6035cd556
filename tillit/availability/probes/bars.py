"""Ninety days of a part as a row of bars, drawn here: one glance, and a table for who cannot or will not look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from tillit.availability.probes.arithmetic import Counts

STEP, WIDTH, HEIGHT = 6, 5, 30  # of a bar, in the units of the drawing
SHORT = 30  # minutes down that are still called short
FEW = 2  # minutes without a sample that a day may have without being marked: a probe that was asked late
LEAST = 8  # the height of what was not measured, so that minutes of a day are seen as well
APART = 2  # between it and what was measured
NOTHING = Counts()


@dataclass(frozen=True)
class Bar:
    """A day: where it stands, how it went (`good`, `warn`, `bad`, `none`), and its minutes."""

    day: date
    x: int
    tone: str
    counts: Counts

    @property
    def y(self) -> int:
        """A day of which nothing is known is lower, and one with a gap begins below it."""
        if self.tone == "none":
            return HEIGHT - LEAST
        return self.gap + APART if self.has_gap else 0

    @property
    def height(self) -> int:
        return HEIGHT - self.y

    @property
    def has_gap(self) -> bool:
        """Whether it was measured, but not all of it."""
        return self.tone != "none" and self.counts.unknown > FEW

    @property
    def gap(self) -> int:
        """The height of what was not measured, from above; 0 without a gap."""
        minutes = self.counts.up + self.counts.down + self.counts.unknown
        share = HEIGHT * self.counts.unknown // minutes if minutes else 0
        return min(max(LEAST, share), HEIGHT - LEAST) if self.has_gap else 0

    @property
    def is_worth_a_line(self) -> bool:
        return bool(self.counts.down) or self.has_gap


@dataclass(frozen=True)
class Row:
    """A part in one region: its bars, and what they add up to."""

    name: Mapping[str, str]
    region: str
    bars: list[Bar]
    total: Counts

    @property
    def width(self) -> int:
        return len(self.bars) * STEP

    @property
    def told(self) -> list[Bar]:
        """The days on which something was down or went unmeasured, the newest first."""
        return [bar for bar in reversed(self.bars) if bar.is_worth_a_line]

    @property
    def interrupted(self) -> int:
        return sum(bool(bar.counts.down) for bar in self.bars)

    @property
    def gaps(self) -> int:
        return sum(bar.has_gap for bar in self.bars)

    @property
    def unmeasured(self) -> int:
        return sum(bar.tone == "none" for bar in self.bars)


def row(name: Mapping[str, str], region: str, days: Mapping[date, Counts], first: date, number: int) -> Row:
    """The row of a part over `number` days from `first`."""
    dates = [first + timedelta(days=back) for back in range(number)]
    bars = [
        Bar(day, place * STEP, _tone(days.get(day, NOTHING)), days.get(day, NOTHING)) for place, day in enumerate(dates)
    ]
    return Row(name, region, bars, sum((bar.counts for bar in bars), NOTHING))


def _tone(counts: Counts) -> str:
    if counts.up + counts.down == 0:
        return "none"
    if counts.down == 0:
        return "good"
    return "warn" if counts.down <= SHORT else "bad"
