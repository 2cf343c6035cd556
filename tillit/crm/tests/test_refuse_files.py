"""Somebody uploads what is no table: they read a sentence that says what it is and what to do."""

from __future__ import annotations

import contextlib
import io
import zipfile
from datetime import UTC, datetime

import pytest
import xlsxwriter
from django.utils.translation import override
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tillit.crm.imports import reading, spreadsheets
from tillit.crm.imports.forms import FileForm
from tillit.crm.imports.problems import Unreadable


@pytest.fixture
def refusal(tmp_path):
    """The sentence with which these bytes are refused, on looking at them or at the latest on reading them."""

    def upload(content: bytes, **wishes) -> str:
        path = tmp_path / "upload"
        path.write_bytes(content)
        with pytest.raises(Unreadable) as refused:
            list(reading.rows(reading.inspect(path, "upload.csv", **wishes)))
        return str(refused.value)

    return upload


def package(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return file.getvalue()


def workbook(rows: list[list[object]] | None = None) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.set_properties({"created": datetime(2026, 11, 22, tzinfo=UTC)})  # the same bytes each time
        sheet = book.add_worksheet()
        for number, row in enumerate([["Name", "City"], ["Acme", "Oslo"]] if rows is None else rows):
            sheet.write_row(number, 0, row)
    return file.getvalue()


def changed(content: bytes, name: str, part: bytes | None) -> bytes:
    """A package with one part replaced, added or (None) left out."""
    old, new = zipfile.ZipFile(io.BytesIO(content)), io.BytesIO()
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
        for known in old.namelist():
            if known != name:
                archive.writestr(known, old.read(known))
        if part is not None:
            archive.writestr(name, part)
    return new.getvalue()


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n\r\n", b" ; ; \n;;\n"])
def test_an_empty_file_is_refused(refusal, content):
    assert "empty" in refusal(content)


@pytest.mark.parametrize("content", [b"Name,City\n", b"Name;City", b"Name,City\r\n\r\n,\r\n"])
def test_headings_without_rows_are_refused(refusal, content):
    assert refusal(content) == "The file has headings but no rows below them."


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10,
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
        b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(100),
        b"\x1f\x8b\x08\x00" + bytes(range(256)),
        bytes(range(256)) * 100,
        b"\x00" * 10_000,
    ],
    ids=["png", "pdf", "jpeg", "gzip", "noise", "zeros"],
)
def test_pictures_and_other_binaries_are_refused(refusal, content):
    assert "CSV files and Excel workbooks (.xlsx)" in refusal(content)


def test_a_web_page_called_a_table_is_refused(refusal):
    assert "web page" in refusal(b"<html><body><table><tr><td>Acme</td></tr></table>")


def test_an_old_excel_file_is_refused_with_the_way_out(refusal):
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "Workbook".encode("utf-16-le") + bytes(600)
    assert refusal(content) == ("Workbooks of Excel before 2007 (.xls) are not read. Please save it as .xlsx or CSV.")


def test_a_workbook_with_a_password_is_refused(refusal):
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    assert "password" in refusal(content)


def test_a_workbook_with_macros_is_refused(refusal):
    assert "macros" in refusal(changed(workbook(), "xl/vbaProject.bin", b"\xd0\xcf\x11\xe0"))


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"}, ".ods"),
        ({"Index__Document.iwa": b"x"}, "Numbers"),
        ({"xl__workbook.bin": b"x"}, ".xlsb"),
        ({"readme.txt": b"hello"}, "no Excel workbook"),
        ({"[Content_Types].xml": b"<Types/>", "word__document.xml": b"<x/>"}, "no Excel workbook"),
    ],
)
def test_other_packages_are_refused_by_name(refusal, parts, said):
    assert said in refusal(package(**parts))


def test_a_file_over_the_limit_is_refused(refusal):
    assert refusal(b"Name\n" + b"Acme\n" * 1_000_000, limit=3 * 1024 * 1024) == "The file is larger than 3 MB."


def test_too_many_columns_are_refused(refusal):
    line = ",".join(f"c{i}" for i in range(501)) + "\n"
    assert refusal((line * 2).encode()) == "The file has more than 500 columns."
    assert refusal(workbook([list(range(501))] * 2)) == "The file has more than 500 columns."


def test_a_line_without_end_is_refused(refusal):
    assert "longer than 1 MB" in refusal(b"Name,City\n" + b"x" * 1_100_000 + b"\nAcme,Oslo\n")
    assert "Line 4 is" in refusal(b"Name\nAcme\nBeta\n" + b"x," * 600_000)


def test_a_bomb_is_refused_before_it_is_unpacked(refusal):
    bomb = b"<worksheet><sheetData>" + b"<row/>" * 10_000_000
    assert "unreasonably large" in refusal(changed(workbook(), "xl/worksheets/sheet1.xml", bomb))
    many_parts = package(**{f"xl/{'x' * 100}{i}.xml": b"" for i in range(8_000)})
    assert "unreasonably large" in refusal(many_parts)


def test_a_large_part_that_would_be_read_whole_is_refused(refusal, monkeypatch):
    monkeypatch.setattr(spreadsheets, "MAX_SMALL_PART", 100)
    assert "unreasonably large" in refusal(workbook())


def test_entities_that_multiply_are_refused(refusal):
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    sheet = laughs + b"<worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>"
    assert "XML document type" in refusal(changed(workbook(), "xl/worksheets/sheet1.xml", sheet))
    assert "damaged" in refusal(changed(workbook(), "xl/workbook.xml", laughs + b"<workbook>&b;</workbook>"))


@pytest.mark.parametrize(
    "name",
    ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "[Content_Types].xml"],
)
@pytest.mark.parametrize("part", [b"", b"<a><b>", b"\x00\xff garbage"])
def test_a_damaged_workbook_is_refused(refusal, name, part):
    assert refusal(changed(workbook(), name, part))


def test_a_workbook_cut_off_in_the_upload_is_refused(refusal):
    content = workbook()
    assert "damaged" in refusal(content[: len(content) // 2])


def test_rows_far_below_excels_last_are_refused(refusal):
    namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = b'<worksheet xmlns="%s"><sheetData><row r="99999999999"><c><v>1</v></c></row></sheetData></worksheet>'
    assert "not in order" in refusal(changed(workbook(), "xl/worksheets/sheet1.xml", sheet % namespace))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_bytes_come_there_is_a_table_or_a_sentence(tmp_path, data):
    whole = data.draw(st.sampled_from([workbook(), 'Name,City\nFørm,"Oslo, x"\nBeta,Bern\n'.encode(), b""]))
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    path = tmp_path / "upload"
    path.write_bytes(whole[:start] + data.draw(st.binary(max_size=40)) + whole[end:])
    with contextlib.suppress(Unreadable):
        sheet = reading.inspect(path, "upload")
        assert all(len(cells) == len(sheet.headers) for _number, cells in reading.rows(sheet))


@pytest.mark.parametrize(
    ("language", "said"), [("de", "Die Datei ist leer."), ("nb", "Filen er tom."), ("en", "The file is empty.")]
)
def test_the_sentence_is_in_the_language_of_the_person(refusal, language, said):
    with override(language):
        assert refusal(b"") == said


def test_what_may_be_uploaded_is_said_in_the_readers_language():
    with override("nb"):
        assert str(FileForm()["file"].help_text).startswith("CSV eller XLSX, høyst 512 MB.")
