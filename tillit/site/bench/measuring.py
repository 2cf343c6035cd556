"""Rounds: the product and its limit take turns, so that a busy moment meets both."""

from __future__ import annotations

import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tillit.site.bench.baseline import Bare, catch
from tillit.site.bench.client import Visitor
from tillit.site.bench.customers import Customer
from tillit.site.bench.loop import Client, Figures, middle, run
from tillit.site.bench.machine import processor_time, wait_for_quiet
from tillit.site.bench.operations import Operation

MOST_ABOVE_SQL = 15.0  # ms: what an HTML list, search or card may cost above its SQL, docs/figures.md
MOST_PUBLIC = 5.0  # ms: what a page of the trust centre may take in all
CAUGHT = 25  # variants of which the SQL is caught
BARE_SHARE = 0.5  # of a round's seconds: it is steadier


@dataclass(frozen=True)
class Setting:
    """How to measure, and against which Tillit. `workers`: the processes of its web workers, where the system tells."""

    port: int
    workers: list[int]
    seconds: float
    rounds: int
    patience: float


@dataclass(frozen=True)
class Result:
    """One operation with so many clients at a time, and its SQL. `processor`: milliseconds of a web worker's."""

    operation: Operation
    clients: int
    product: Figures
    bare: Figures
    processor: float
    statements: int
    statements_in_all: int
    size: int

    @property
    def above(self) -> float:
        """Milliseconds above the SQL, at the median."""
        return self.product.p50 - self.bare.p50

    @property
    def kept(self) -> bool | None:
        """Whether the aim is met; None where there is none. With several clients at a time they wait for each other."""
        if self.clients > 1:
            return None
        if self.operation.public:
            return self.product.p50 <= MOST_PUBLIC
        return self.above <= MOST_ABOVE_SQL if self.operation.page else None

    def as_json(self) -> dict[str, Any]:
        return {
            "part": self.operation.part,
            "operation": self.operation.name,
            "clients": self.clients,
            "tillit": self.product.as_json(),
            "sql": self.bare.as_json(),
            "above_sql_ms": round(self.above, 3),
            "processor_ms": round(self.processor, 2),
            "ratio": round(self.product.p50 / self.bare.p50, 2),
            "statements": self.statements,
            "statements_in_all": self.statements_in_all,
            "bytes": self.size,
            "aim_met": self.kept,
        }


def measure(setting: Setting, customer: Customer, operation: Operation, clients: Sequence[int]) -> list[Result]:
    """The operation with each number of clients: rounds of SQL and of HTTP in turn, the median of each."""
    caught = catch(operation.requests[:CAUGHT], customer.host, operation.status)
    dsn = os.environ["TILLIT_DSN"]

    def bare(count: int) -> list[Client]:
        return [Bare(dsn, customer.tenant.pk, caught) for _ in range(count)]

    def visitors(count: int) -> list[Client]:
        return [Visitor(setting.port, customer.host, operation.requests, operation.status) for _ in range(count)]

    first = Visitor(setting.port, customer.host, operation.requests, operation.status)
    first.once(0)
    first.close()
    results = []
    for count in clients:
        rounds = [_round(setting, bare(count), visitors(count)) for _ in range(setting.rounds)]
        limits, products, processor = zip(*rounds, strict=True)
        results.append(
            Result(
                operation,
                count,
                middle(products),
                middle(limits),
                statistics.median(processor),
                len(caught[0].statements),
                caught[0].total,
                len(first.answer),
            )
        )
    return results


def _round(setting: Setting, bare: Sequence[Client], visitors: Sequence[Client]) -> tuple[Figures, Figures, float]:
    """The limit, the product, and the milliseconds of processor the web workers used for one answer."""
    wait_for_quiet(setting.patience)
    limit = run(bare, setting.seconds * BARE_SHARE)
    before = processor_time(setting.workers)
    product = run(visitors, setting.seconds)
    return limit, product, (processor_time(setting.workers) - before) / product.turns * 1000
