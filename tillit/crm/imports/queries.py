"""Looking at an import: what the file would become, and its rows in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from tillit.crm.imports.cleaning import BadValue, RowCleaner, Value, row_cleaner
from tillit.crm.imports.models import Import, RejectedRow
from tillit.crm.imports.problems import Cells, Problem
from tillit.crm.imports.reading import Sheet, inspect, reopen, rows_and_problems
from tillit.crm.imports.writing import Batch, Row
from tillit.foundation.files import path_of

BATCH = 2_000
SHOWN = 20


@dataclass(frozen=True)
class PreviewRow:
    """What one of the first rows would become: values by field, warnings, or why it would be rejected."""

    number: int
    cells: list[str]
    values: dict[str, Value]
    warnings: list[str]
    problem: str = ""


def sheet_of(of_import: Import) -> Sheet:
    """The file as a table, as it was found when somebody last looked at it. Raises `Unreadable`."""
    path, reading = path_of(of_import.file), of_import.reading
    if "kind" not in reading:  # only wishes: uploaded before what was found was kept
        return inspect(path, of_import.file.name, **reading)
    return reopen(path, of_import.file.name, of_import.headers, reading)


def preview(of_import: Import, sheet: Sheet) -> list[PreviewRow]:
    """The first rows as they would be taken, and those among them that would not be."""
    cleaner = row_cleaner(of_import.fields, of_import.plan)
    shown: list[PreviewRow] = []
    remark: Problem | None = None  # about the row that follows
    for item in rows_and_problems(sheet):
        if isinstance(item, Problem):
            if item.rejected:
                shown.append(PreviewRow(item.number, item.cells, {}, [], item.reason))
            remark = item
        else:
            told = [remark.reason] if remark and remark.number == item[0] else []
            shown.append(_preview_row(item, cleaner, told))
        if len(shown) == SHOWN:
            break
    return shown


def _preview_row(item: Cells, cleaner: RowCleaner, told: list[str]) -> PreviewRow:
    number, cells = item
    try:
        values, warnings = cleaner(cells)
    except BadValue as bad:
        return PreviewRow(number, cells, {}, told, str(bad))
    return PreviewRow(number, cells, values, [*told, *warnings])


def batches(of_import: Import) -> Iterator[Batch]:
    """What is left of the file, cleaned, some thousand rows at a time. Memory does not grow with the file."""
    cleaner = row_cleaner(of_import.fields, of_import.plan)
    batch = Batch(of_import.position)
    for item in rows_and_problems(sheet_of(of_import)):
        number = item.number if isinstance(item, Problem) else item[0]
        if number <= of_import.position:
            continue
        if number > batch.last and len(batch.rows) + len(batch.problems) >= BATCH:
            yield batch
            batch = Batch(batch.last)
        batch.last = number
        if isinstance(item, Problem):
            batch.problems.append(item)
        else:
            _take(batch, item, cleaner)
    yield batch


def _take(batch: Batch, item: Cells, cleaner: RowCleaner) -> None:
    number, cells = item
    try:
        values, warnings = cleaner(cells)
    except BadValue as bad:
        batch.problems.append(Problem(number, cells, str(bad)))
    else:
        batch.rows.append(Row(number, cells, values))
        batch.problems += [Problem(number, cells, warning, rejected=False) for warning in warnings]


def rejected_rows(of_import: Import) -> Iterator[Problem]:
    """Every row that was not taken, in the order of the file."""
    found = RejectedRow.objects.filter(of_import=of_import, rejected=True).order_by("number", "id")
    for row in found.iterator(chunk_size=2_000):
        yield Problem(row.number, row.cells, row.reason)


def unchanged_rows(of_import: Import) -> Iterator[Problem]:
    """The first rows that were there already and changed nothing, in the order of the file."""
    for row in RejectedRow.objects.filter(of_import=of_import, unchanged=True).order_by("number", "id"):
        yield Problem(row.number, row.cells, row.reason)


def first_remarks(of_import: Import, limit: int = 50) -> list[RejectedRow]:
    """The first rows that were rejected, or taken with something worth telling; then those that changed nothing."""
    told = RejectedRow.objects.filter(of_import=of_import).order_by("number", "id")
    first = list(told.filter(unchanged=False)[:limit])
    return [*first, *told.filter(unchanged=True)[: limit - len(first)]] if of_import.unchanged else first


def earlier_imports(kind: str) -> QuerySet[Import]:
    return Import.objects.filter(kind=kind).select_related("file", "created_by").order_by("-id")
