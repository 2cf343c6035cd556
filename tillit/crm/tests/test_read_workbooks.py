"""A person uploads an Excel workbook and finds the same text in it that they saw on their screen."""

from __future__ import annotations

import zipfile
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.cell.cell import Cell

from tillit.crm.imports.problems import Problem, Unreadable
from tillit.crm.imports.reading import inspect, rows

SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.fixture
def written(tmp_path):
    """A workbook of openpyxl with these rows on its first sheet."""

    def write(*table: list[object]) -> Path:
        book = openpyxl.Workbook()
        for row in table:
            book.active.append(row)
        path = tmp_path / "written.xlsx"
        book.save(path)
        return path

    return write


def read(path: Path) -> list[list[str]]:
    return [cells for _number, cells in rows(inspect(path, path.name))]


def value(written, cell: object, number_format: str = "General") -> str:
    """What an import reads from one cell."""
    path = written(["Name", "Value"], ["Acme", cell])
    book = openpyxl.load_workbook(path)
    held = book.active["B2"]
    assert isinstance(held, Cell)
    held.number_format = number_format
    book.save(path)
    return read(path)[0][1]


def at(hour: int, minute: int, second: int = 0) -> datetime:
    """A moment of one day, without a zone: a workbook knows none."""
    return datetime.combine(date(2026, 11, 22), time(hour, minute, second))


@pytest.mark.parametrize(
    ("cell", "seen"),
    [
        (1902, "1902"),
        (1902.0, "1902"),
        (0.1 + 0.2, "0.3"),
        (-1234.5, "-1234.5"),
        (123456789012345, "123456789012345"),
        (1e20, "1e+20"),
        (True, "true"),
        (False, "false"),
        (date(1957, 3, 4), "1957-03-04"),
        (at(13, 45), "2026-11-22 13:45"),
        (at(13, 45, 30), "2026-11-22 13:45:30"),
        (time(13, 45), "13:45"),
        ("007", "007"),
        ("  spaced\u00a0 ", "spaced"),
        ("two\r\nlines", "two\nlines"),
        ("'=kept", "'=kept"),
        ("שלום 株式会社 🦀", "שלום 株式会社 🦀"),
        ("Cafe\u0301", "Café"),
    ],
)
def test_a_cell_is_read_as_it_is_seen(written, cell, seen):
    number_format = {date: "yyyy-mm-dd", datetime: "yyyy-mm-dd hh:mm:ss", time: "hh:mm"}.get(type(cell), "General")
    assert value(written, cell, number_format) == seen


def test_a_postal_code_keeps_the_zeros_its_format_shows(written):
    assert value(written, 1067, "00000") == "01067"


def test_an_impossible_date_empties_its_cell_only(written):
    path = written(["Name", "Founded"], ["Acme", 10**9], ["Beta", 1999])
    book = openpyxl.load_workbook(path)
    book.active["B2"].number_format = "yyyy-mm-dd"
    book.save(path)
    problems: list[Problem] = []
    assert [cells for _n, cells in rows(inspect(path, path.name), problems.append)] == [["Acme", ""], ["Beta", "1999"]]
    assert [(p.number, p.rejected) for p in problems] == [(2, False)]


def test_the_other_day_zero_of_old_macs_is_heeded(tmp_path):
    path = tmp_path / "mac.xlsx"
    with xlsxwriter.Workbook(str(path), {"date_1904": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Name", "Day"])
        sheet.write_string(1, 0, "Acme")
        sheet.write_datetime(1, 1, at(0, 0))
    assert read(path) == [["Acme", "2026-11-22"]]


def test_cells_with_an_error_are_empty_and_noted(tmp_path):
    path = tmp_path / "errors.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Name", "City", "Sum"])
        sheet.write_row(1, 0, ["Acme"])
        sheet.write_formula(1, 1, "=X9!A1", None, "#REF!")
        sheet.write_formula(1, 2, "=1+1", None, 2)
        sheet.write_row(2, 0, ["Beta", "#1 in town", "x"])
    sheet = inspect(path, path.name)
    assert [cells for _number, cells in rows(sheet)] == [["Acme", "", "2"], ["Beta", "#1 in town", "x"]]
    assert sheet.notes == ("Cells with an error such as #REF! are read as empty.",)


def test_gaps_between_cells_and_rows_stay_gaps(written):
    path = written(["Name", "City", "Country"], [None], ["Acme", None, "Norway"], [None, "Bern"], [" ", None])
    assert list(rows(inspect(path, path.name))) == [(3, ["Acme", "", "Norway"]), (4, ["", "Bern", ""])]


def test_texts_with_formats_inside_and_readings_beside_are_read_whole(tmp_path):
    """Rich text in runs; furigana tell how to pronounce a name and are no part of it."""
    path = tmp_path / "shared.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Name", "City"])
        sheet.write_row(1, 0, ["placeholder", "another"])
    strings = (
        f'<sst xmlns="{NAMESPACE}"><si><t>Name</t></si><si><t>City</t></si>'
        "<si><r><t>東</t></r><r><rPr><b/></rPr><t>京 AG</t></r><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>"
        "<si><t>tab_x0009_ and _x005F_x0041_</t></si></sst>"
    )
    assert read(replaced(path, "xl/sharedStrings.xml", strings)) == [["東京 AG", "tab\t and _x0041_"]]


def test_cells_without_addresses_and_text_inside_cells_are_read(written):
    sheet = (
        f'<x:worksheet xmlns:x="{NAMESPACE}"><x:sheetData>'
        '<x:row><x:c t="inlineStr"><x:is><x:t>Name</x:t></x:is></x:c><x:c t="str"><x:v>City</x:v></x:c></x:row>'
        '<x:row><x:c t="inlineStr"><x:is><x:r><x:t>Ac</x:t></x:r><x:r><x:t>me</x:t></x:r></x:is></x:c>'
        '<x:c t="d"><x:v>2026-11-22T00:00:00Z</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    assert read(replaced(written(["a"], ["b"]), SHEET, sheet)) == [["Acme", "2026-11-22"]]


def test_the_first_visible_sheet_with_rows_is_read_and_another_can_be_chosen(tmp_path):
    path = tmp_path / "sheets.xlsx"
    book = openpyxl.Workbook()
    hidden, empty, data, more = book.active, *(book.create_sheet(name) for name in ("Empty", "Data", "More"))
    hidden.title, hidden.sheet_state = "Secret", "hidden"
    hidden.append(["Name", "Hidden"])
    for sheet, city in ((data, "Oslo"), (more, "Bern")):
        sheet.append(["Name", "City"])
        sheet.append(["Acme", city])
    assert empty.title == "Empty"
    book.save(path)
    seen = inspect(path, path.name)
    assert (seen.name, seen.names) == ("Data", ("Empty", "Data", "More"))
    assert "The workbook has 3 sheets; “Data” is read." in seen.notes
    assert list(rows(inspect(path, path.name, name="More"))) == [(2, ["Acme", "Bern"])]
    with pytest.raises(Unreadable, match="no sheet called “Nowhere”"):
        inspect(path, path.name, name="Nowhere")


def test_a_workbook_is_known_by_its_content_not_by_its_name(written):
    path = written(["Name", "City"], ["Acme", "Oslo"])
    assert inspect(path, "customers.csv").kind == "xlsx"


def test_a_workbook_tells_about_how_many_rows_to_expect(written):
    path = written(["Name", "City"], *[[f"Firm {i}", "Oslo"] for i in range(50)])
    assert inspect(path, path.name).about == 50


def test_formatted_cells_far_to_the_right_are_no_columns(written):
    path = written(["Name", "City"], ["Acme", "Oslo"])
    book = openpyxl.load_workbook(path)
    book.active.cell(2, 16_000).font = openpyxl.styles.Font(bold=True)
    book.save(path)
    assert inspect(path, path.name).headers == ("Name", "City")


def replaced(path: Path, name: str, part: str) -> Path:
    """The workbook with one part written anew."""
    other = path.with_name("other.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for known in old.namelist():
            new.writestr(known, part if known == name else old.read(known))
    return other
