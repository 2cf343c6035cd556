"""A person uploads a CSV file, however their program wrote it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from tillit.crm.imports.problems import Problem
from tillit.crm.imports.reading import Sheet, inspect, rows

DEMO = Path(__file__).parents[1] / "demo_data" / "companies-sp500.csv"
NORDIC = [["Blåbær AS", "Tromsø"], ["Grüezi GmbH", "Zürich"], ["Ålesund Sjømat", "Ålesund"]]


@pytest.fixture
def uploaded(tmp_path):
    """Bytes or text to a file on disk, looked at."""

    def upload(content: str | bytes, written_as: str = "utf-8", **wishes) -> Sheet:
        path = tmp_path / "upload"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(written_as))
        return inspect(path, "upload.csv", **wishes)

    return upload


def read(sheet: Sheet) -> list[list[str]]:
    return [cells for _number, cells in rows(sheet)]


def told(sheet: Sheet) -> tuple[dict[int, list[str]], list[Problem]]:
    problems: list[Problem] = []
    return dict(rows(sheet, problems.append)), problems


@pytest.mark.parametrize(
    ("written_as", "read_as"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
        ("latin-1", "cp1252"),
    ],
)
def test_umlauts_arrive_whatever_the_encoding(uploaded, written_as, read_as):
    text = "Name;Ort\r\n" + "".join(f"{name};{city}\r\n" for name, city in NORDIC)
    sheet = uploaded(text, written_as)
    assert (sheet.encoding, sheet.headers) == (read_as, ("Name", "Ort"))
    assert read(sheet) == NORDIC


def test_utf16_with_the_big_end_first_and_a_mark_is_read(uploaded):
    assert read(uploaded("﻿Name,City\nBlåbær AS,Tromsø\n", "utf-16-be")) == [NORDIC[0]]


def test_an_umlaut_at_the_very_end_of_a_long_file_decides_about_the_encoding(uploaded):
    text = "Name,City\n" + "Plain Ltd,Leeds\n" * 200_000 + "Blåbær AS,Tromsø\n"
    sheet = uploaded(text, "cp1252")
    assert sheet.encoding == "cp1252"
    assert read(sheet)[-1] == NORDIC[0]


def test_one_bad_byte_does_not_spoil_the_other_umlauts(uploaded):
    sheet = uploaded("Name,City\nBlåbær AS,Tromsø\nÅlesund Sjømat,".encode() + b"\xc5lesund\n")
    assert read(sheet) == [NORDIC[0], NORDIC[2]]
    assert any("mixes two encodings" in note for note in sheet.notes)


def test_a_person_can_overrule_the_encoding(uploaded):
    text = "Name,City\nЯндекс,Москва\n"
    assert read(uploaded(text, "cp1251", encoding="cp1251")) == [["Яндекс", "Москва"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_delimiter_and_any_line_end_will_do(uploaded, delimiter, end):
    lines = [["Name", "City", "Country"], ["Acme, Inc", "Oslo", "Norway"], ["Beta", "Bern", ""]]
    text = end.join(delimiter.join(f'"{cell}"' for cell in line) for line in lines)
    sheet = uploaded(text)
    assert (sheet.delimiter, sheet.headers) == (delimiter, ("Name", "City", "Country"))
    assert read(sheet) == lines[1:]


def test_a_semicolon_wins_over_decimal_commas(uploaded):
    sheet = uploaded("Firma;Umsatz;Ort\nAcme;1,5;Bonn\nBeta;2,75;Köln\nGamma;3,0;Ulm\n")
    assert sheet.headers == ("Firma", "Umsatz", "Ort")


def test_the_hint_of_excel_about_the_delimiter_is_no_row(uploaded):
    sheet = uploaded("sep=;\r\nName;City\r\nAcme;Oslo\r\n")
    assert sheet.headers == ("Name", "City")
    assert list(rows(sheet)) == [(2, ["Acme", "Oslo"])]


def test_a_single_column_is_a_table_too(uploaded):
    assert read(uploaded("Location\nOslo, Norway\nBern, Switzerland\n")) == [["Oslo, Norway"], ["Bern, Switzerland"]]
    assert read(uploaded("Name\nAcme\nBeta\n")) == [["Acme"], ["Beta"]]


def test_cells_in_apostrophes_are_unwrapped(uploaded):
    assert read(uploaded("'Name';'City'\n'Acme; Inc';'Oslo'\n'Beta';'Bern'\n")) == [
        ["Acme; Inc", "Oslo"],
        ["Beta", "Bern"],
    ]


def test_line_breaks_and_quotation_marks_inside_cells_stay(uploaded):
    sheet = uploaded('Name,Note\r\nAcme,"first line\r\nsecond ""line"""\r\nBeta,plain\r\n')
    assert list(rows(sheet)) == [(2, ["Acme", 'first line\nsecond "line"']), (3, ["Beta", "plain"])]


def test_rows_keep_the_numbers_a_spreadsheet_shows_and_empty_ones_are_left_out(uploaded):
    sheet = uploaded("Name,City\n\nAcme,Oslo\n , \n,,\nBeta,Bern\n")
    assert list(rows(sheet)) == [(3, ["Acme", "Oslo"]), (6, ["Beta", "Bern"])]


def test_a_short_row_is_filled_up_and_a_long_one_is_told(uploaded):
    taken, problems = told(uploaded("Name,City\nAcme\nBeta,Bern,spare\nGamma,Genf,,\n"))
    assert taken == {2: ["Acme", ""], 4: ["Gamma", "Genf"]}
    assert [(p.number, p.cells, p.rejected) for p in problems] == [(3, ["Beta", "Bern", "spare"], True)]
    assert problems[0].reason == "The row has 3 cells, but there are only 2 columns."


def test_a_quotation_mark_that_is_never_closed_costs_one_row_only(uploaded):
    text = 'Name,City\nAcme,Oslo\n"Broken,Bern\n' + "".join(f"Firm {i},Paris\n" for i in range(5_000))
    taken, problems = told(uploaded(text))
    assert len(taken) == 5_001
    assert taken[5_003] == ["Firm 4999", "Paris"]
    assert [(p.number, p.cells) for p in problems] == [(3, ['"Broken', "Bern"])]


def test_a_quotation_mark_left_open_in_the_last_rows_is_told(uploaded):
    taken, problems = told(uploaded('Name,City\nAcme,Oslo\n"Broken,Bern\nLast,Paris\n'))
    assert taken == {2: ["Acme", "Oslo"], 4: ["Last", "Paris"]}
    assert [p.number for p in problems] == [3]


def test_a_cell_longer_than_a_book_is_told_and_the_next_rows_are_read(uploaded):
    taken, problems = told(uploaded(f"Name,Note\nAcme,x\nBeta,{'x' * 200_000}\nGamma,y\n"))
    assert list(taken) == [2, 4]
    assert [(p.number, p.reason) for p in problems] == [(3, "A cell in this row has more than 131072 characters.")]


def test_a_stray_mark_that_another_cell_seems_to_close_swallows_nothing(uploaded):
    taken, problems = told(uploaded('Name,City\n"Broken,Bern\nBeta,Oslo\n"Gamma",Paris\nDelta,Rome\n'))
    assert list(taken.values()) == [["Beta", "Oslo"], ["Gamma", "Paris"], ["Delta", "Rome"]]
    assert [p.number for p in problems] == [2]


def test_doubled_headings_are_numbered_and_noted(uploaded):
    sheet = uploaded("Name,E-mail,E-mail,,E-mail (2)\nAcme,a@x.example,b@x.example,z,c@x.example\n")
    assert sheet.headers == ("Name", "E-mail", "E-mail (3)", "Column 4", "E-mail (2)")
    assert any("“E-mail”" in note for note in sheet.notes)


def test_a_file_without_headings_gets_numbered_columns(uploaded):
    sheet = uploaded("Acme AS,post@acme.example,Oslo\nBeta AG,info@beta.example,Bern\n")
    assert (sheet.header_row, sheet.headers) == (0, ("Column 1", "Column 2", "Column 3"))
    assert len(read(sheet)) == 2


def test_a_title_above_the_headings_is_left_out(uploaded):
    sheet = uploaded("Customer list\n22.11.2026\n\nName;City;Country\nAcme;Oslo;Norway\nBeta;Bern;Schweiz\n")
    assert (sheet.header_row, sheet.headers) == (4, ("Name", "City", "Country"))
    assert list(rows(sheet)) == [(5, ["Acme", "Oslo", "Norway"]), (6, ["Beta", "Bern", "Schweiz"])]


def test_columns_beyond_the_headings_are_offered_if_most_rows_have_them(uploaded):
    sheet = uploaded("Name,City\nAcme,Oslo,a\nBeta,Bern,b\nGamma,Genf,c\n")
    assert sheet.headers == ("Name", "City", "Column 3")


@pytest.mark.parametrize(
    "name",
    [
        "株式会社トヨタ",
        "שלום בע״מ",
        "شركة النور",
        "Ελληνική Εταιρεία",
        "Ωμέγα\u037eΑΕ",
        "Ромашка ООО",
        "हिन्दी",
        "🦀 Crab 🇳🇴",
    ],
)
def test_every_script_passes_unharmed(uploaded, name):
    assert read(uploaded(f"Name,City\n{name},Oslo\n")) == [[unicodedata.normalize("NFC", name), "Oslo"]]


def test_accents_written_as_two_characters_become_one(uploaded):
    assert read(uploaded("Name,City\nCafe\u0301,Bodø\n")) == [["Café", "Bodø"]]


def test_control_characters_and_surrounding_space_vanish(uploaded):
    sheet = uploaded("Name,City\n\x07  Ac\x00me\u00a0, Os\x0clo\t\n")
    assert read(sheet) == [["Acme", "Oslo"]]


def test_the_apostrophe_that_guards_against_formulas_is_taken_away(uploaded):
    sheet = uploaded("Name,Phone\n'=Acme,'+47 22 00 00 00\nO'Brien,'quoted'\n")
    assert read(sheet) == [["=Acme", "+47 22 00 00 00"], ["O'Brien", "'quoted'"]]


def test_the_first_rows_can_be_looked_at_without_reading_on(uploaded):
    sheet = uploaded("Name,City\n" + "".join(f"Firm {i},Oslo\n" for i in range(1_000)))
    assert len(sheet.samples) == 20
    assert sheet.samples[0] == ("Firm 0", "Oslo")
    assert sheet.about == 1_000


def test_the_503_real_companies_are_read_as_they_are():
    sheet = inspect(DEMO, DEMO.name)
    assert (sheet.encoding, sheet.delimiter, sheet.header_row, sheet.notes) == ("utf-8", ",", 1, ())
    table = read(sheet)
    assert len(table) == 503
    assert table[0][:2] == ["MMM", "3M"]
