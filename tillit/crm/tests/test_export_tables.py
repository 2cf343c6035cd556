"""A person downloads a list: any program opens it, nothing in it becomes a formula, and we read it back unchanged."""

from __future__ import annotations

import csv
import io
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillit.crm import tables
from tillit.crm.imports.problems import Problem
from tillit.crm.imports.reading import inspect, rows
from tillit.crm.imports.rejected import RejectedRows
from tillit.crm.tables import delimiter_for, write_csv, write_xlsx
from tillit.foundation.cells import guard, tidy, unguard
from tillit.foundation.errors import Refused

FORMULAS = [
    "=1+1", "+1+cmd", "+1-2", "+1 - 2", "+(1)", "+1 2 3\t=1", "-1", "-2+3", "@SUM(A1)",
    "\t=1", "\r=1", "\n=1", " =1", "＝1", "＋1", "－1", "＠x", "'=1", "''+1",
    "=HYPERLINK(\"http://evil.example\",\"x\")", "=cmd|' /C calc'!A0",
]  # fmt: skip
HEADER = ["Name", "City", "Note"]
# What the database may hold: trimmed, composed, without control characters
_TEXTS = (
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    | st.sampled_from(FORMULAS)
    | st.sampled_from(["_x0041_", "_x005F_", "a,b;c", 'say "hi"', "'quoted'", "two\nlines", "#1", "https://x.example"])
).map(tidy)


def as_csv(table: list[list[object]], **options: str) -> bytes:
    return b"".join(write_csv(HEADER, table, **options))


def read_back(content: bytes) -> list[list[str]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        path.write_bytes(content)
        return [cells for _number, cells in rows(inspect(path, "export"))]


def test_csv_opens_in_excel_and_everywhere_else():
    content = as_csv([["Blåbær AS", "Tromsø", None], ["Acme; Inc", 'say "hi"', 7]])
    assert content.startswith(b"\xef\xbb\xbfName,City,Note\r\n")
    assert content.decode("utf-8-sig").split("\r\n")[1:] == ["Blåbær AS,Tromsø,", 'Acme; Inc,"say ""hi""",7', ""]


def test_german_and_norwegian_readers_get_semicolons():
    assert [delimiter_for(language) for language in ("de", "de-ch", "nb", "en")] == [";", ";", ";", ","]
    assert b"Acme;Oslo;" in as_csv([["Acme", "Oslo", ""]], delimiter=delimiter_for("nb"))


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula_in_csv(text):
    cell = list(csv.reader(io.StringIO(as_csv([[text, "", "x"]]).decode("utf-8-sig"))))[1][0]
    assert cell == f"'{text}"


@pytest.mark.parametrize("phone", ["+47 900 00 016", "+4790000016", "+1 (555) 123-4567", "+49 30/12 34-0", "+1.555.12"])
def test_a_phone_number_leaves_as_it_is_and_comes_back_so(phone):
    content = as_csv([["Acme", phone, f"'{phone}"]])
    assert content.decode("utf-8-sig").splitlines()[1] == f"Acme,{phone},''{phone}"
    assert read_back(content) == [["Acme", phone, f"'{phone}"]]
    assert read_back(f"Name,Phone\nAcme,'{phone}\n".encode()) == [["Acme", phone]]  # as it left formerly


@pytest.mark.parametrize("text", [*FORMULAS, "https://evil.example", "mailto:x@y.example", "{=1}", "123"])
def test_no_text_becomes_a_formula_or_a_link_in_a_workbook(text):
    with write_xlsx(HEADER, [[text, "", ""]]) as file:
        cell = openpyxl.load_workbook(file).active["A2"]
    assert (cell.data_type, cell.hyperlink) == ("s", None)
    assert cell.value.replace("_x000D_", "\r") == text


@pytest.mark.parametrize("number", [-5, 1.5, 0])
def test_numbers_stay_numbers(number):
    assert f"Acme,{number},".encode() in as_csv([["Acme", number, None]])
    with write_xlsx(HEADER, [["Acme", number, None]]) as file:
        assert openpyxl.load_workbook(file).active["B2"].value == number


def test_days_and_moments_are_written_as_such():
    row = ["Acme", date(2026, 11, 22), datetime(2026, 11, 22, 13, 45, tzinfo=UTC)]
    assert b"Acme,2026-11-22,2026-11-22 13:45" in as_csv([row])
    with write_xlsx(HEADER, [row]) as file:
        assert read_back(file.read()) == [["Acme", "2026-11-22", "2026-11-22 13:45"]]


def test_the_headings_of_a_workbook_are_bold_stay_in_sight_and_filter():
    with write_xlsx(HEADER, [["Acme", "Oslo", "x" * 200]], name="Companies") as file:
        sheet = openpyxl.load_workbook(file).active
    assert sheet.title == "Companies"
    assert [cell.value for cell in sheet[1]] == HEADER
    assert all(cell.font.bold for cell in sheet[1])
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:C2")
    assert sheet.column_dimensions["C"].width > 50


def test_a_workbook_refuses_more_rows_than_excel_opens(monkeypatch):
    monkeypatch.setattr(tables, "XLSX_ROWS", 3)
    with pytest.raises(Refused, match="export it as CSV"):
        write_xlsx(HEADER, [["a", "b", "c"]] * 3)
    with write_xlsx(HEADER, [["a", "b", "c"]] * 2) as file:
        assert len(read_back(file.read())) == 2


@settings(max_examples=300, deadline=None)
@given(text=_TEXTS)
def test_the_guard_against_formulas_is_taken_off_again(text):
    assert unguard(guard(text)) == text


@settings(max_examples=100, deadline=None)
@given(table=st.lists(st.tuples(_TEXTS, _TEXTS, _TEXTS), min_size=1, max_size=6), delimiter=st.sampled_from(",;\t"))
def test_an_exported_csv_is_imported_unchanged(table, delimiter):
    table = [["Acme", *row] for row in table]
    content = b"".join(write_csv(["Name", *HEADER[1:], "City 2"], table, delimiter=delimiter))
    assert read_back(content) == table


@settings(max_examples=60, deadline=None)
@given(table=st.lists(st.tuples(_TEXTS, _TEXTS), min_size=1, max_size=6))
def test_an_exported_workbook_is_imported_unchanged(table):
    table = [["Acme", *row] for row in table]
    with write_xlsx(HEADER, table) as file:
        assert read_back(file.read()) == table


def test_rejected_rows_can_be_mended_and_uploaded_again():
    file = io.BytesIO()
    rejected = RejectedRows(file, ["Name", "City"])
    rejected.add(Problem(3, ["=Acme", "Atlantis"], "“Atlantis” is no country Tillit knows."))
    rejected.add(Problem(7, ["Beta", "Bern", "", "spare"], "The row has 4 cells, but there are only 2 columns."))
    rejected.add(Problem(8, ["Gamma"], "Cells with an error are read as empty.", rejected=False))
    rejected.close()
    content = file.getvalue()
    assert rejected.count == 2
    assert content.decode("utf-8-sig").splitlines()[0] == "Name,City,Row,Reason"
    assert b"'=Acme" in content
    assert read_back(content) == [
        ["=Acme", "Atlantis", "3", "“Atlantis” is no country Tillit knows."],
        ["Beta", "Bern spare", "7", "The row has 4 cells, but there are only 2 columns."],
    ]
