"""The gate between two waves: may the release go on, must it wait, or is it worse than the one before?

Pure functions; the thresholds are data (`GATE`) and stand at `/status/releases.json`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

BOUNDS = (5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)  # milliseconds; a last bucket holds what took longer
BUCKETS = len(BOUNDS) + 1
GOOD, WAITING, WORSE = "good", "waiting", "worse"


@dataclass(frozen=True)
class Gate:
    """What counts as worse, and how much must have been seen. Rates are shares: 0.01 is one in a hundred."""

    version: int = 1
    least_requests: int = 200  # of the new release, before it may go on
    least_requests_to_hold: int = 30  # of the new release, before its requests can hold it
    least_jobs_to_hold: int = 5
    error_rate_factor: float = 2.0  # worse: more than this many times the rest's, and
    error_rate_margin: float = 0.01  # more than this above it
    p95_factor: float = 1.5
    p95_margin_ms: float = 100.0
    job_rate_factor: float = 2.0
    job_rate_margin: float = 0.05


GATE = Gate()


@dataclass(frozen=True)
class Figures:
    """What was counted of one side. `buckets`: requests by duration, as `BOUNDS` says."""

    requests: int = 0
    errors: int = 0
    buckets: tuple[int, ...] = (0,) * BUCKETS
    jobs: int = 0
    failed_jobs: int = 0

    @property
    def error_rate(self) -> float:
        return self.errors / self.requests if self.requests else 0.0

    @property
    def job_rate(self) -> float:
        return self.failed_jobs / self.jobs if self.jobs else 0.0

    @property
    def p95(self) -> float | None:
        """Milliseconds within which 95 of 100 requests were answered, straight between the bounds of its bucket.

        None without requests; the last bucket is open, so what lies in it is told as its lower bound.
        """
        total = sum(self.buckets)
        if not total:
            return None
        wanted, reached = total * 0.95, 0
        for bound, lower, count in zip(BOUNDS, (0, *BOUNDS), self.buckets, strict=False):
            if count and reached + count >= wanted:
                return lower + (bound - lower) * (wanted - reached) / count
            reached += count
        return float(BOUNDS[-1])

    def as_json(self) -> dict[str, Any]:
        told = {name: value for name, value in asdict(self).items() if name != "buckets"}
        p95 = self.p95
        rates = {"error_rate": round(self.error_rate, 5), "failed_job_rate": round(self.job_rate, 5)}
        return told | rates | {"p95_ms": None if p95 is None else round(p95, 1)}


@dataclass(frozen=True)
class Verdict:
    """`because`: what is worse, or what is missing: `errors`, `p95`, `jobs`; `requests`, `time`."""

    outcome: str
    because: tuple[str, ...] = ()


def judge(new: Figures, rest: Figures, *, baked: timedelta, bake: timedelta, gate: Gate = GATE) -> Verdict:
    """Compare the release with the rest since it began. Not enough seen is no promotion, and never a reason to hold."""
    worse = _worse(new, rest, gate)
    if worse:
        return Verdict(WORSE, worse)
    missing = (*(["requests"] if new.requests < gate.least_requests else ()), *(["time"] if baked < bake else ()))
    return Verdict(WAITING, missing) if missing else Verdict(GOOD)


def _worse(new: Figures, rest: Figures, gate: Gate) -> tuple[str, ...]:
    found = []
    if new.requests >= gate.least_requests_to_hold:
        if _above(new.error_rate, rest.error_rate, gate.error_rate_factor, gate.error_rate_margin):
            found.append("errors")
        known = rest.requests >= gate.least_requests_to_hold  # a duration says nothing without one beside it
        if known and _above(new.p95 or 0, rest.p95 or 0, gate.p95_factor, gate.p95_margin_ms):
            found.append("p95")
    if new.jobs >= gate.least_jobs_to_hold and _above(
        new.job_rate, rest.job_rate, gate.job_rate_factor, gate.job_rate_margin
    ):
        found.append("jobs")
    return tuple(found)


def _above(new: float, rest: float, factor: float, margin: float) -> bool:
    return new > rest * factor and new > rest + margin
