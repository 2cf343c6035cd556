"""Size is no matter: memory stays flat and no corner of a file takes for ever."""

from __future__ import annotations

import contextlib
import csv
import time
import tracemalloc
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pytest
import xlsxwriter

from tillit.crm.imports.cleaning import BadValue, row_cleaner
from tillit.crm.imports.fields import COMPANY_FIELDS
from tillit.crm.imports.mapping import guess
from tillit.crm.imports.models import Import
from tillit.crm.imports.problems import Problem, Unreadable
from tillit.crm.imports.queries import batches
from tillit.crm.imports.reading import inspect, rows
from tillit.crm.tables import write_csv, write_xlsx
from tillit.foundation.models import StoredFile

MEGABYTE = 1024 * 1024
HEADINGS = ["Name", "Code", "E-mail", "Phone", "Street", "ZIP", "City", "Country"]


def firms(count: int) -> Iterator[list[str]]:
    """Invented companies, each with texts of its own."""
    for i in range(count):
        yield [f"Førm {i} AS", f"F{i}", f"post@firm{i}.example", f"22 {i:06}", f"Street {i}", f"{i:06}", "Oslo", "NO"]


@pytest.fixture(scope="module")
def large_csv(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("large") / "firms.csv"
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(HEADINGS)
        writer.writerows(firms(200_000))
    return path


@pytest.fixture(scope="module")
def large_workbook(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("large") / "firms.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:  # with shared texts, as Excel writes
        sheet = book.add_worksheet()
        for number, row in enumerate([HEADINGS, *firms(8_000)]):
            sheet.write_row(number, 0, row)
    return path


def peak(work: Callable[[], int]) -> tuple[int, float]:
    """What the work returns, and the most memory Python held meanwhile, in MB."""
    tracemalloc.start()
    try:
        result = work()
        return result, tracemalloc.get_traced_memory()[1] / MEGABYTE
    finally:
        tracemalloc.stop()


def test_two_hundred_thousand_rows_of_csv_are_read_in_flat_memory(large_csv):
    count, megabytes = peak(lambda: sum(1 for _row in rows(inspect(large_csv, "firms.csv"))))
    assert count == 200_000
    assert megabytes < 20


def test_a_large_workbook_is_read_in_flat_memory(large_workbook):
    count, megabytes = peak(lambda: sum(1 for _row in rows(inspect(large_workbook, "firms.xlsx"))))
    assert count == 8_000
    assert megabytes < 20


def test_cleaning_the_cells_costs_little_beside_reading_them(large_csv):
    """Measured beside the bare csv module, because machines are noisy: 2.5 times; 340,000 rows a second when idle."""
    sheet = inspect(large_csv, "firms.csv")
    start = time.process_time()
    with large_csv.open(encoding="cp1252", newline="") as file:
        count = sum(1 for _row in csv.reader(file, delimiter=";"))
    bare = time.process_time() - start
    assert sum(1 for _row in rows(sheet)) == count - 1
    assert time.process_time() - start - bare < 6 * bare


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_whose_every_row_is_rejected_is_read_in_flat_memory(tmp_path, kind):
    count, path = {"csv": 20_000, "xlsx": 4_000}[kind], tmp_path / f"ragged.{kind}"
    fitting = [["Name", "City"], *([["", "Oslo"]] * 300)]  # these, too, are rejected: a name is missing
    too_wide = (["Name", "Oslo", "one too many", "x" * 400] for _number in range(count))
    if kind == "csv":
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(chain(fitting, too_wide))
    else:
        with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate(chain(fitting, too_wide)):
                sheet.write_row(number, 0, row)
    every = Import(kind="company", mapping={"0": "name"}, file=StoredFile(name=path.name, key=str(path)))
    reported, megabytes = peak(lambda: sum(len(batch.problems) for batch in batches(every)))
    assert reported == count + 300
    assert megabytes < 10


def test_exports_are_written_in_flat_memory():
    size, megabytes = peak(lambda: sum(map(len, write_csv(HEADINGS, firms(40_000)))))
    assert size > 3 * MEGABYTE
    assert megabytes < 5

    def workbook() -> int:
        with write_xlsx(HEADINGS, firms(5_000)) as file:
            return len(file.read(4))

    assert peak(workbook)[1] < 10


def test_a_file_full_of_open_quotation_marks_is_given_up_soon(tmp_path):
    path = tmp_path / "broken.csv"
    path.write_text("Name,City\n" + '"Acme,Oslo "x" y\n' * 900)
    problems: list[Problem] = []
    start = time.perf_counter()
    taken = list(rows(inspect(path, "broken.csv"), problems.append))
    assert len(taken) + len(problems) == 900
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize(
    "line",
    [
        "'" * 900_000,
        "' " * 450_000,
        "1" * 900_000 + "x",
        "," * 400 + "1," * 90_000,
        "a@" * 450_000,
        "'a'," * 225_000,
        "x" * 900_000,
        "(" * 100_000 + "\u0301" * 300_000,
    ],
    ids=["apostrophes", "spaced", "digits", "commas", "ats", "quoted", "long", "accents"],
)
def test_no_strange_line_takes_for_ever(tmp_path, line):
    path = tmp_path / "strange.csv"
    path.write_text(f"Name,City\nAcme,Oslo\n{line}\n{line}\n")
    clean_row = row_cleaner(COMPANY_FIELDS, {0: "email", 1: "country"})
    start = time.perf_counter()
    try:
        sheet = inspect(path, "strange.csv")
        guess(sheet.headers, sheet.samples, COMPANY_FIELDS)
        for _number, cells in rows(sheet):
            with contextlib.suppress(BadValue):
                clean_row(cells)
    except Unreadable:
        pass  # more columns than we take
    assert time.perf_counter() - start < 5


def test_a_gigabyte_is_refused_without_being_read(tmp_path):
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(1024 * MEGABYTE)
    start = time.perf_counter()
    with pytest.raises(Exception, match=r"The file is larger than 512 MB\."):
        inspect(path, "huge.csv")
    assert time.perf_counter() - start < 1
