"""What was found in a file is kept; a person who knows better overrules how it is read."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tillit.crm.imports import encodings
from tillit.crm.imports.models import Import
from tillit.crm.models import Company
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import run_jobs

CYRILLIC = "Name;City\nСолнце;Москва\n".encode("cp1251")


def upload(person, content, name="list.csv"):
    return person.post("/companies/import/", {"file": SimpleUploadedFile(name, content)}).url


def read_as(person, page, **reading):
    return person.post(page.replace("columns", "reading"), reading, follow=True).content.decode()


def test_the_file_is_not_walked_over_again_at_every_look(anna, monkeypatch):
    page = upload(anna, "Name;City\nBlåbær;Tromsø\n".encode("cp1252"))
    first = anna.get(page).content.decode()
    assert "Blåbær" in first and "CP1252" in first

    def walk(*_arguments):
        raise AssertionError("the file is walked over")

    monkeypatch.setattr(encodings, "_walk", walk)
    assert "Blåbær" in anna.get(page).content.decode()
    anna.post(page, {"column_0": "name", "column_1": "city", "on_match": "add", "start": "1"})
    run_jobs()
    with in_tenant(anna.tenant):
        assert Company.objects.get().city == "Tromsø"


def test_anna_chooses_the_encoding_the_guess_missed(anna):
    page = upload(anna, CYRILLIC)
    assert "Солнце" not in anna.get(page).content.decode()
    assert "Солнце" in read_as(anna, page, encoding="cp1251", delimiter="")
    form = anna.get(page).context["reading"]
    assert form["encoding"].value() == "cp1251"
    shown = anna.get(page).content.decode()
    assert shown.index('<div class="stack">') < shown.index('class="steps"') < shown.index("Read the file differently")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_makes_other_columns(anna, delimiter):
    page = upload(anna, b"Name,City;x\nNordlys,Oslo;y\n")
    read_as(anna, page, encoding="", delimiter=delimiter)
    with in_tenant(anna.tenant):
        assert Import.objects.get().headers == (["Name,City", "x"] if delimiter == ";" else ["Name,City;x"])


def test_another_sheet_of_the_workbook_is_read(anna):
    book = openpyxl.Workbook()
    book.active.append(["Name"])
    book.active.append(["Nordlys AS"])
    second = book.create_sheet("Kunden")
    second.append(["Name", "City"])
    second.append(["Solvik AS", "Bergen"])
    file = io.BytesIO()
    book.save(file)
    page = upload(anna, file.getvalue(), "list.xlsx")
    assert "Solvik AS" in read_as(anna, page, name="Kunden")
    with in_tenant(anna.tenant):
        assert Import.objects.get().mapping == {"0": "name", "1": "city"}


def test_what_nobody_offered_is_refused_and_nothing_changes(anna, ben, chiara):
    page = upload(anna, CYRILLIC)
    assert "Select a valid choice" in read_as(anna, page, encoding="rot13")
    address = page.replace("columns", "reading")
    assert ben.post(address, {"encoding": "cp1251"}).status_code == 403
    assert chiara.post(address, {"encoding": "cp1251"}).status_code == 404
    anna.post(page, {"column_0": "name", "on_match": "add", "start": "1"})
    assert "already been started" in read_as(anna, page, encoding="cp1251")
