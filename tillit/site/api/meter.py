"""How often somebody may ask: a count per minute, kept in this process, because it must cost nothing.

With two web workers a program gets at most twice what is announced; never less.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

MOST_REMEMBERED = 10_000
WINDOW = 60  # seconds


@dataclass(frozen=True)
class Allowance:
    """What is left of `limit` requests until the window ends in `seconds`. Negative: one too many."""

    limit: int
    left: int
    seconds: int

    @property
    def exceeded(self) -> bool:
        return self.left < 0

    def headers(self) -> dict[str, str]:
        """As the IETF's draft-ietf-httpapi-ratelimit-headers has them."""
        return {
            "RateLimit-Policy": f'"minute";q={self.limit};w={WINDOW}',
            "RateLimit": f'"minute";r={max(self.left, 0)};t={self.seconds}',
        }


class Meter:
    """Counts of several askers, each in windows that begin with its first request."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: dict[Hashable, tuple[float, int]] = {}

    def take(self, key: Hashable, limit: int) -> Allowance:
        """Count one request."""
        allowance = self.look(key, limit)
        end, count = self._window(key)
        self._windows[key] = (end, count + 1)
        return Allowance(limit, allowance.left - 1, allowance.seconds)

    def look(self, key: Hashable, limit: int) -> Allowance:
        """What is left, without counting."""
        end, count = self._window(key)
        return Allowance(limit, limit - count, max(1, round(end - self._clock())))

    def forget(self) -> None:
        self._windows.clear()

    def _window(self, key: Hashable) -> tuple[float, int]:
        now = self._clock()
        end, count = self._windows.get(key, (0.0, 0))
        if end > now:
            return end, count
        if len(self._windows) >= MOST_REMEMBERED:
            self._windows = {key: window for key, window in self._windows.items() if window[0] > now}
        return now + WINDOW, 0
