"""The import of large files, beside COPY of rows like theirs into the same tables.

Run as a program it is the importing process itself, alone, so that its memory can be told:

    python -m tillit.site.bench.within tillit.site.bench.importing TENANT EMAIL FILE     prints JSON
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psycopg

from tillit.crm.imports.actions import choose_columns, start_import, upload_table
from tillit.crm.imports.jobs import run_import
from tillit.crm.imports.models import Import
from tillit.crm.models import Company, Kind
from tillit.foundation.access import Actor
from tillit.foundation.models import Tenant, User
from tillit.foundation.tenancy import in_tenant
from tillit.site.bench import data
from tillit.site.bench.customers import Customer
from tillit.site.bench.machine import peak_memory
from tillit.site.bench.serving import leashed
from tillit.site.problems import Problem

SHARE_OF_COPY = 0.25  # at least, says docs/figures.md
SMALL_SHARE = 10  # the file whose memory the large one's is held against is so many times smaller
FLAT = 1.25  # times the memory of the small file
CHUNK = 1 << 20
HEADINGS = {
    "first_name": "First name", "last_name": "Last name", "title": "Job title", "company_id": "Company",
    "email": "E-mail", "phone": "Phone", "city": "City", "country": "Country", "note": "Note",
}  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """What importing one file took; memory in MB."""

    rows: int
    seconds: float
    memory: float
    memory_before: float


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


def compare(admin: psycopg.Connection[Any], customer: Customer, folder: Path, rows: int, *, linked: bool) -> Comparison:
    """COPY, then the import of a small and of a large file; with the company by name, or without."""
    numbers = data.company_ids(admin, customer.tenant.pk)
    sign = "l" if linked else "p"
    used = numbers if linked else []
    copied = list(data.persons(0, rows, used, group=f"{sign}0"))
    data.tidy_up(admin)
    began = time.perf_counter()
    with admin.transaction():
        data.copy_rows(admin, "crm_person", customer.tenant.pk, data.PERSON, copied)
    seconds = time.perf_counter() - began
    del copied
    small, large = (
        _import(
            admin, customer, _write(folder / f"{sign}{size}.csv", customer, data.persons(0, size, used, group=group))
        )
        for size, group in ((max(1, rows // SMALL_SHARE), f"{sign}1"), (rows, f"{sign}2"))
    )
    return Comparison("persons with their company by name" if linked else "persons alone", small, large, seconds)


def _write(place: Path, customer: Customer, rows: Iterator[data.Values]) -> Path:
    """A file as other programs write it: companies stand there by name."""
    with in_tenant(customer.tenant):
        names = dict(Company.objects.values_list("pk", "name"))
    shown = [data.PERSON.index(column) for column in HEADINGS]
    company = data.PERSON.index("company_id")
    linked = False
    with place.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        for number, row in enumerate(rows):
            cells: list[Any] = list(row)
            linked = linked or cells[company] is not None
            cells[company] = names.get(cells[company], "")
            if not number:
                writer.writerow(HEADINGS[data.PERSON[index]] for index in shown if linked or index != company)
            writer.writerow(cells[index] for index in shown if linked or index != company)
    return place


def _import(admin: psycopg.Connection[Any], customer: Customer, file: Path) -> Taken:
    data.tidy_up(admin)
    arguments = (customer.tenant.slug, customer.administrator.email, str(file))
    with leashed(
        "tillit.site.bench.within", __name__, *arguments, environment=os.environ, out=subprocess.PIPE
    ) as process:
        said, _errors = process.communicate()
    if process.returncode:
        raise Problem("The import that was to be measured failed.")
    return Taken(**json.loads(said))


def main(arguments: Sequence[str]) -> None:
    slug, email, file = arguments
    actor = Actor.of(User.objects.get(email=email), Tenant.objects.get(slug=slug))
    before = peak_memory()
    began = time.perf_counter()
    with Path(file).open("rb") as handle:
        made = upload_table(actor, kind=Kind.PERSON, name=Path(file).name, chunks=iter(lambda: handle.read(CHUNK), b""))
    choose_columns(actor, import_id=made.pk, mapping=made.plan, match_on=made.match_on, on_match="merge")
    start_import(actor, import_id=made.pk)
    run_import(actor, import_id=made.pk)
    seconds = time.perf_counter() - began
    with in_tenant(actor.tenant):
        made = Import.objects.get(pk=made.pk)
    if made.state != Import.State.DONE or made.rejected or not made.added:
        raise Problem(f"The import ended {made.state}: {made.counts()} {made.problem}")
    sys.stdout.write(json.dumps(asdict(Taken(made.read, seconds, peak_memory(), before))))


if __name__ == "__main__":
    main(sys.argv[1:])
