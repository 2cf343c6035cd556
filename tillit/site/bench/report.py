"""The table for people, the same figures as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tillit.site.bench.importing import FLAT, SHARE_OF_COPY, Comparison
from tillit.site.bench.measuring import MOST_ABOVE_SQL, MOST_PUBLIC, Result
from tillit.site.bench.tables import table

MOST_GROWTH = 1.5  # of list and search, from the smallest to the largest tenant


@dataclass
class Report:
    """Everything one run found. `stages`: results by number of persons, when a tenant grew."""

    machine: dict[str, Any]
    data: dict[str, Any]
    results: list[Result] = field(default_factory=list)
    imports: list[Comparison] = field(default_factory=list)
    stages: dict[int, list[Result]] = field(default_factory=dict)

    def growth(self) -> list[tuple[Result, Result]]:
        """Each operation in the smallest and in the largest tenant."""
        if len(self.stages) < 2:
            return []
        return list(zip(self.stages[min(self.stages)], self.stages[max(self.stages)], strict=True))

    def all_kept(self) -> bool:
        """Whether every aim was met."""
        rows = [*self.results, *(row for stage in self.stages.values() for row in stage)]
        kept = [row.kept is not False for row in rows] + [one.kept for one in self.imports]
        return all(kept) and all(grown(pair) <= MOST_GROWTH for pair in self.growth() if pair[0].clients == 1)

    def as_json(self) -> dict[str, Any]:
        return {
            "machine": self.machine,
            "data": self.data,
            "aims": {
                "page_above_sql_ms": MOST_ABOVE_SQL,
                "public_page_ms": MOST_PUBLIC,
                "import_share_of_copy": SHARE_OF_COPY,
                "import_memory_growth": FLAT,
                "growth": MOST_GROWTH,
            },
            "operations": [row.as_json() for row in self.results],
            "imports": [one.as_json() for one in self.imports],
            "growth": {str(persons): [row.as_json() for row in rows] for persons, rows in self.stages.items()},
            "aims_met": self.all_kept(),
        }

    def as_text(self) -> str:
        parts = [_machine(self.machine, self.data), _operations(self.results), _imports(self.imports)]
        for persons, rows in self.stages.items():
            parts += [f"With {persons:,} persons", _operations(rows)]
        parts += [_growth(self.growth(), self.stages), _noise(self.machine)]
        return "\n\n".join(part for part in parts if part) + "\n"


def grown(pair: tuple[Result, Result]) -> float:
    return pair[1].product.p50 / pair[0].product.p50


def _machine(machine: dict[str, Any], data: dict[str, Any]) -> str:
    return (
        f"Tillit {data['release']}, {machine['date'][:10]}: {machine['cores']} cores ({machine['processor']}),"
        f" {machine['memory_gb']} GB, {machine['system']}, Python {machine['python']}, PostgreSQL"
        f" {machine['postgresql']}, {data['web_workers']} web workers.\n"
        f"{data['persons']:,} persons in {data['companies']:,} companies of one tenant, {data['neighbours']} small"
        f" tenants beside it. Milliseconds; each figure is the median of {data['rounds']} rounds of"
        f" {data['seconds']:g} s; CPU is what a web worker used for one answer."
    )


def _operations(results: Sequence[Result]) -> str:
    if not results:
        return ""
    heads = ("", "clients", "p50", "p95", "req/s", "SQL p50", "SQL p95", "SQL/s", "above SQL", "ratio", "aim", "CPU")
    rows = [
        (
            row.operation.name,
            str(row.clients),
            f"{row.product.p50:.1f}",
            f"{row.product.p95:.1f}",
            f"{row.product.per_second:,.0f}",
            f"{row.bare.p50:.2f}",
            f"{row.bare.p95:.2f}",
            f"{row.bare.per_second:,.0f}",
            f"{row.above:.1f}",
            f"{row.product.p50 / row.bare.p50:.1f}" if row.statements else "",
            _said(row.kept, f"p50 ≤ {MOST_PUBLIC:g}" if row.operation.public else f"≤ {MOST_ABOVE_SQL:g}"),
            f"{row.processor:.1f}",
        )
        for row in results
    ]
    return table(heads, rows)


def _imports(imports: Sequence[Comparison]) -> str:
    if not imports:
        return ""
    heads = ("import", "rows", "rows/s", "COPY rows/s", "share", "aim", "memory", "with a tenth", "aim")
    rows = [
        (
            one.name,
            f"{one.large.rows:,}",
            f"{one.per_second:,.0f}",
            f"{one.copy_per_second:,.0f}",
            f"{one.share:.2f}",
            _said(one.share >= SHARE_OF_COPY, f"≥ {SHARE_OF_COPY:g}"),
            f"{one.large.memory:.0f} MB",
            f"{one.small.memory:.0f} MB",
            _said(one.growth <= FLAT, "flat"),
        )
        for one in imports
    ]
    note = (
        "COPY runs as superuser (row-level security forbids it to others), with the tenant set, into the same indexed\n"
        "tables, the ledger's triggers on; the company's number is known to it, and it leaves no selection."
    )
    return f"{table(heads, rows)}\n{note}"


def _growth(pairs: Sequence[tuple[Result, Result]], stages: dict[int, list[Result]]) -> str:
    if not pairs:
        return ""
    heads = ("growth", "clients", *(f"{persons:,}" for persons in stages), "times", "SQL times", "aim")
    rows = [
        (
            pair[0].operation.name,
            str(pair[0].clients),
            *(f"{stage[number].product.p50:.1f}" for stage in stages.values()),
            f"{grown(pair):.2f}",
            f"{pair[1].bare.p50 / pair[0].bare.p50:.2f}",
            _said(grown(pair) <= MOST_GROWTH if pair[0].clients == 1 else None, f"≤ {MOST_GROWTH:g}"),
        )
        for number, pair in enumerate(pairs)
    ]
    return table(heads, rows)


def _noise(machine: dict[str, Any]) -> str:
    before, after = machine["before"], machine["after"]
    return (
        f"The machine: load {before['load']} before, {after['load']} after; a fixed loop took"
        f" {before['loop_median_ms']} ms before and {after['loop_median_ms']} ms after (at best"
        f" {min(before['loop_fastest_ms'], after['loop_fastest_ms'])} ms)."
    )


def _said(kept: bool | None, aim: str) -> str:
    return "" if kept is None else f"{aim} {'met' if kept else 'MISSED'}"
