"""The last ninety nights."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

from tillit.availability.restarts.models import NIGHTS, RestartRun

WIDTH, HEIGHT = 7, 72  # of one night's bar, with the space beside it, and of the tallest, in units of the drawing
LEAST_MS, MOST_MS = 10, 10_000  # the drawing's scale, which is logarithmic


@dataclass(frozen=True)
class Bar:
    """One restart in the drawing."""

    run: RestartRun
    x: int
    y: int
    height: int


def last_night() -> RestartRun | None:
    """The newest restart in its window, or that did not take place in it."""
    return RestartRun.objects.recent().nightly().first()


def recent_runs() -> list[RestartRun]:
    return list(RestartRun.objects.recent())


def bars(runs: list[RestartRun]) -> list[Bar]:
    """The nights of `runs` (newest first), drawn from the oldest on; as high as the longest wait."""
    nights = [run for run in runs if run.occasion == RestartRun.Occasion.NIGHT][:NIGHTS][::-1]
    return [_bar(run, number) for number, run in enumerate(nights, start=NIGHTS - len(nights))]


def height_of(milliseconds: int) -> int:
    """Of a wait in the drawing: 10 ms is the least that is seen, 10 s the most."""
    within = min(max(milliseconds, LEAST_MS), MOST_MS)
    return round(2 + (HEIGHT - 2) * log10(within / LEAST_MS) / log10(MOST_MS / LEAST_MS))


def _bar(run: RestartRun, number: int) -> Bar:
    height = HEIGHT if run.longest_ms is None else height_of(run.longest_ms)
    return Bar(run, number * WIDTH, HEIGHT - height, height)
