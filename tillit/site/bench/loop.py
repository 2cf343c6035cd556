"""Clients in a closed loop: each does the same thing again as soon as it is done."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

WARM_UP = 10  # goes before the clock runs


class Client(Protocol):
    def once(self, turn: int) -> None:
        """Do it; `turn` tells which variant."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class Figures:
    """Milliseconds of one turn, and how many turns all clients made in a second."""

    p50: float
    p95: float
    per_second: float
    turns: int = 0  # with those before the clock ran

    def as_json(self) -> dict[str, float]:
        return {
            "p50_ms": round(self.p50, 3),
            "p95_ms": round(self.p95, 3),
            "per_second": round(self.per_second, 1),
        }


def run(clients: Sequence[Client], seconds: float) -> Figures:
    """One round with all clients at a time. An exception of any of them ends it."""
    start = threading.Barrier(len(clients))
    times: list[list[float]] = [[] for _ in clients]
    failures: list[BaseException] = []
    spans: list[float] = []

    def work(number: int, client: Client) -> None:
        try:
            for turn in range(WARM_UP):
                client.once(number + turn)
            start.wait()
            spans.append(_turns(client, number * 7919, seconds, times[number]))
        except BaseException as failure:
            failures.append(failure)
            start.abort()
        finally:
            client.close()

    threads = [threading.Thread(target=work, args=pair, daemon=True) for pair in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise next((one for one in failures if not isinstance(one, threading.BrokenBarrierError)), failures[0])
    every = [one for some in times for one in some]
    return Figures(
        _share(every, 0.5) * 1000,
        _share(every, 0.95) * 1000,
        len(every) / max(spans),
        len(every) + WARM_UP * len(clients),
    )


def _turns(client: Client, turn: int, seconds: float, times: list[float]) -> float:
    """Until the time is over; how long it took."""
    began = now = time.perf_counter()
    while now - began < seconds:
        client.once(turn)
        turn += 1
        after = time.perf_counter()
        times.append(after - now)
        now = after
    return now - began


def middle(rounds: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(
        statistics.median(one.p50 for one in rounds),
        statistics.median(one.p95 for one in rounds),
        statistics.median(one.per_second for one in rounds),
    )


def _share(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]
