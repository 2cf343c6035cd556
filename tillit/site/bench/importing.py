"""The import of large files by the job worker, beside COPY of rows like theirs into the same tables."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from tillit.crm.imports.actions import choose_columns, start_import, upload_table
from tillit.crm.imports.models import Import
from tillit.crm.models import Company, Kind
from tillit.foundation.tenancy import in_tenant
from tillit.site.bench import data
from tillit.site.bench.customers import Customer
from tillit.site.bench.machine import peak_memory
from tillit.site.problems import Problem

SHARE_OF_COPY = 0.25  # at least, says docs/figures.md
SMALL_SHARE = 10  # the file whose memory the large one's is held against is so many times smaller
FLAT = 1.25  # times the memory of the small file
CHUNK = 1 << 20
GLANCE = 0.02  # seconds between looks whether it is done
SLOWEST = 100  # rows a second; slower counts as failed
HEADINGS = {
    "first_name": "First name", "last_name": "Last name", "title": "Job title", "company_id": "Company",
    "email": "E-mail", "phone": "Phone", "city": "City", "country": "Country", "note": "Note",
}  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """What importing one file took, from its upload on; the worker's memory at its highest so far, in MB."""

    rows: int
    seconds: float
    memory: float


@dataclass(frozen=True)
class Comparison:
    """One kind of file: the import of a small and of a large one, and COPY of as many rows."""

    name: str
    small: Taken
    large: Taken
    copy_seconds: float

    @property
    def per_second(self) -> float:
        return self.large.rows / self.large.seconds

    @property
    def copy_per_second(self) -> float:
        return self.large.rows / self.copy_seconds

    @property
    def share(self) -> float:
        return self.per_second / self.copy_per_second

    @property
    def growth(self) -> float:
        """How many times the memory of the small file the large one took."""
        return self.large.memory / self.small.memory if self.small.memory else 1.0

    @property
    def kept(self) -> bool:
        return self.share >= SHARE_OF_COPY and self.growth <= FLAT

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.name,
            "rows_per_second": round(self.per_second),
            "copy_rows_per_second": round(self.copy_per_second),
            "share_of_copy": round(self.share, 3),
            "memory_growth": round(self.growth, 3),
            "small": asdict(self.small),
            "large": asdict(self.large),
            "copy_seconds": round(self.copy_seconds, 3),
            "aim_met": self.kept,
        }


@dataclass(frozen=True)
class Importer:
    """Who imports where. `worker`: the process of the job worker, 0 where the system does not tell."""

    admin: psycopg.Connection[Any]
    customer: Customer
    folder: Path
    worker: int

    def compare(self, rows: int, *, linked: bool) -> Comparison:
        """COPY, then the import of a small and of a large file; with the company by name, or without."""
        numbers = data.company_ids(self.admin, self.customer.tenant.pk) if linked else []
        sign = "l" if linked else "p"
        seconds = self._copy(list(data.persons(0, rows, numbers, group=f"{sign}0")))
        taken = []
        for size, group in ((max(1, rows // SMALL_SHARE), f"{sign}1"), (rows, f"{sign}2")):
            file = self.folder / f"persons-{group}.csv"
            write_file(file, self.customer, data.persons(0, size, numbers, group=group))
            taken.append(self._import(file))
        small, large = taken
        return Comparison("persons, company by name" if linked else "persons", small, large, seconds)

    def _copy(self, rows: list[data.Values]) -> float:
        data.tidy_up(self.admin)
        began = time.perf_counter()
        with self.admin.transaction():
            data.copy_rows(self.admin, "crm_person", self.customer.tenant.pk, data.PERSON, rows)
        return time.perf_counter() - began

    def _import(self, file: Path) -> Taken:
        data.tidy_up(self.admin)
        actor = self.customer.actor
        began = time.perf_counter()
        with file.open("rb") as handle:
            chunks = iter(lambda: handle.read(CHUNK), b"")
            made = upload_table(actor, kind=Kind.PERSON, name=file.name, chunks=chunks)
        choose_columns(actor, import_id=made.pk, mapping=made.plan, match_on=made.match_on, on_match="merge")
        start_import(actor, import_id=made.pk)
        patience = began + 60 + (made.about_rows or 0) / SLOWEST
        while made.is_under_way() or made.state == Import.State.MAPPING:
            if time.perf_counter() > patience:
                raise Problem("The import that was to be measured does not come to its end.")
            time.sleep(GLANCE)
            with in_tenant(self.customer.tenant):
                made = Import.objects.get(pk=made.pk)
        seconds = time.perf_counter() - began
        if made.state != Import.State.DONE or made.added != made.read:
            raise Problem(f"The import that was to be measured ended {made.state}: {made.counts()} {made.problem}")
        return Taken(made.read, seconds, peak_memory(self.worker))


def write_file(place: Path, customer: Customer, rows: Iterator[data.Values]) -> None:
    """A file as other programs write it: companies stand there by name; no column is empty throughout."""
    with in_tenant(customer.tenant):
        names = dict(Company.objects.values_list("pk", "name"))
    company = data.PERSON.index("company_id")
    with place.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        shown: list[int] = []
        for row in rows:
            if not shown:
                shown = [n for n, column in enumerate(data.PERSON) if column in HEADINGS and row[n] is not None]
                writer.writerow(HEADINGS[data.PERSON[n]] for n in shown)
            writer.writerow(names[row[n]] if n == company else row[n] for n in shown)
