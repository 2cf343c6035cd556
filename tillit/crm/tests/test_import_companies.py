"""A table becomes companies or persons, and can be taken back as a whole."""

from pathlib import Path

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tillit.crm.imports import queries
from tillit.crm.imports.models import Import
from tillit.crm.models import Company, Person, SelectionMember
from tillit.foundation.models import Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened, run_jobs

REAL = Path(__file__).resolve().parents[1] / "demo_data" / "companies-sp500.csv"


def upload(person, content, name="list.csv", kind="companies"):
    data = content if isinstance(content, bytes) else content.encode()
    return person.post(f"/{kind}/import/", {"file": SimpleUploadedFile(name, data)})


def start(person, page, **choices):
    """Take the guessed columns as they are, with these choices, and start."""
    form = person.get(page).context["form"]
    data = {field.html_name: field.value() or "" for field in form.columns()}
    data |= {"match_on": form["match_on"].value(), "on_match": form["on_match"].value(), "start": "1"} | choices
    return person.post(page, data)


def bring_in(person, content, name="list.csv", kind="companies", **choices):
    """Upload, start and run; returns the import."""
    page = upload(person, content, name, kind).url
    started = start(person, page, **choices)
    assert started.status_code == 302, started.context["form"].errors
    run_jobs()
    with in_tenant(person.tenant):
        return Import.objects.get(pk=int(started.url.strip("/").split("/")[-1]))


def names(person):
    with in_tenant(person.tenant):
        return sorted(Company.objects.values_list("name", flat=True))


def test_the_503_real_companies_come_in_without_hand_editing(anna):
    done = bring_in(anna, REAL.read_bytes(), REAL.name)
    assert (done.state, done.read, done.added, done.rejected) == ("done", 503, 503, 0)
    with in_tenant(anna.tenant):
        mmm = Company.objects.get(code="MMM")
        abbvie = Company.objects.get(code="ABBV")
    assert (mmm.name, mmm.city, mmm.registration_number) == ("3M", "Saint Paul, Minnesota", "66740")
    assert abbvie.founded == 2013
    assert happened("imports.finished")


def test_a_reader_cannot_import(ben):
    assert ben.get("/companies/import/").status_code == 403
    assert upload(ben, "Name\nX\n").status_code == 403


def test_a_stranger_does_not_find_the_import(anna, chiara):
    page = upload(anna, "Name\nNordlys AS\n").url
    assert chiara.get(page).status_code == 404
    number = page.split("/")[2]
    for verb in ("stop", "undo"):
        assert chiara.post(f"/imports/{number}/{verb}/").status_code == 404
    assert chiara.get(f"/imports/{number}/rejected.csv").status_code == 404


def test_importing_the_same_file_twice_changes_nothing(anna):
    bring_in(anna, REAL.read_bytes())
    again = bring_in(anna, REAL.read_bytes(), match_on=["registration_number", "name"])
    assert (again.added, again.changed, again.unchanged + again.rejected) == (0, 0, 503)


@pytest.mark.parametrize(
    ("on_match", "city", "phone", "count"),
    [("add", "Oslo", "", 2), ("merge", "Oslo", "22 33", 1), ("replace", "Bergen", "22 33", 1), ("skip", "Oslo", "", 1)],
)
def test_what_happens_to_a_company_that_is_there_already(anna, on_match, city, phone, count):
    bring_in(anna, "Name,City\nNordlys AS,Oslo\n")
    bring_in(anna, "Name,City,Phone\nNORDLYS as,Bergen,22 33\n", match_on=["name"], on_match=on_match)
    with in_tenant(anna.tenant):
        first = Company.objects.order_by("id").first()
        assert (first.city, first.phone, Company.objects.count()) == (city, phone, count)


@pytest.mark.parametrize(
    "typed", ["https://www.Nordlys.example/om", "nordlys.example:443", "http://u:pw@nordlys.example?x"]
)
def test_a_company_entered_by_hand_is_found_by_its_web_address(anna, typed):
    anna.post("/companies/new/", {"name": "Nordlys AS", "domain": typed})
    done = bring_in(anna, "Name,Website\nNordlys,www.nordlys.example\n", match_on=["domain"], on_match="replace")
    assert (done.added, done.changed) == (0, 1)
    with in_tenant(anna.tenant):
        assert Company.objects.values_list("name", "domain").get() == ("Nordlys", "nordlys.example")


@pytest.mark.parametrize("typed", ["x:443", "user:pw@x?y", "anna@nordlys.example", "no host"])
def test_what_is_no_web_address_is_refused_in_the_form_and_by_the_api(anna, program_of, typed):
    page = anna.post("/companies/new/", {"name": "Nordlys AS", "domain": typed})
    assert page.status_code == 422
    assert "is no web address." in page.content.decode()
    answer = program_of(anna).add("companies", name="Nordlys AS", domain=typed)
    assert answer.status_code == 422
    assert "is no web address." in answer.content.decode()
    assert names(anna) == []


def test_what_is_added_though_something_alike_was_there_is_told(anna):
    bring_in(anna, "First name,Last name,Company\nOla,Hansen,Nordvik AS\nKari,Nord,Solvik AS\n", kind="persons")
    people = (
        "First name,Last name,E-mail,Company\nOla,Hanssen,o@nordvik.example,Nordvik AS\n"
        "Ola,Hanssen,ola@solvik.example,Solvik AS\nEva,Lie,eva@nordvik.example,Nordvik\n"
        "Eva,Lie,e@fjell.example,Fjell AS\nTor,Lie,t@nordvik.example,Nordvik AS 2\n"
    )
    done = bring_in(anna, people, kind="persons", match_on=["email"])
    assert (done.added, done.companies_added, done.warned) == (5, 3, 2)
    page = anna.get(f"/imports/{done.pk}/").content.decode()
    assert page.count("perhaps the same as “Ola Hansen”, which was there before.") == 1
    assert page.count("The company “Nordvik” was added; perhaps it is the same as “Nordvik AS”.") == 1


@pytest.mark.parametrize(("on_match", "same"), [("merge", 2), ("replace", 1), ("skip", 2)])
def test_the_rows_that_changed_nothing_are_told_with_their_record(anna, chiara, ben, on_match, same):
    bring_in(anna, "Name,City\nNordlys AS,Oslo\n")
    rows = "Name,City\nNordlys AS,Oslo\nSolvik AS,Bergen\nSolvik AS,Tromsø\n"
    done = bring_in(anna, rows, match_on=["name"], on_match=on_match)
    assert (done.added, done.unchanged, done.warned) == (1, same, 0)
    address = f"/imports/{done.pk}/unchanged.csv"
    page = anna.get(f"/imports/{done.pk}/").content.decode()
    assert address in page and "There already as “Nordlys AS”; the row" in page
    told = b"".join(anna.get(address).streaming_content).decode("utf-8-sig").splitlines()[1:]
    first = "Nordlys AS,Oslo,2,There already as “Nordlys AS”; the row adds nothing."
    assert told == [first, "Solvik AS,Tromsø,4,The same as row 3; it adds nothing."][:same]
    assert (chiara.get(address).status_code, ben.get(address).status_code) == (404, 403)


def test_the_same_company_twice_in_one_file_is_one_company(anna):
    done = bring_in(anna, "Name,City,Phone\nNordlys AS,Oslo,\nnordlys as,,22 33\n", match_on=["name"])
    assert (done.added, done.changed) == (1, 1)
    with in_tenant(anna.tenant):
        assert Company.objects.get().phone == "22 33"


def test_a_row_that_fits_two_companies_is_rejected_with_its_reason(anna):
    bring_in(anna, "Name\nNordlys AS\nNordlys AS\n", on_match="add")
    done = bring_in(anna, "Name,City\nNordlys AS,Oslo\nSolvik AS,Bergen\n", match_on=["name"])
    assert (done.added, done.rejected) == (1, 1)
    report = b"".join(anna.get(f"/imports/{done.pk}/rejected.csv").streaming_content).decode("utf-8-sig")
    assert "2 records match" in report
    assert "Nordlys AS,Oslo,2," in report


def test_persons_are_linked_to_their_companies_and_missing_ones_are_made(anna):
    bring_in(anna, "Name\nNordlys AS\n")
    people = (
        "First name,Last name,E-mail,Company\n"
        "Kari,Nord,kari@nordlys.example,nordlys as\n"
        "Ole,Sol,ole@sol.example,Solvik AS\n"
    )
    done = bring_in(anna, people, kind="persons")
    assert (done.added, done.companies_added) == (2, 1)
    page = anna.get(f"/imports/{done.pk}/").content.decode()
    assert "<dt>Companies added</dt><dd>1</dd>" in page
    missing = anna.get(f"/companies/?selection={done.company_selection_id}").content.decode()
    assert f"/companies/?selection={done.company_selection_id}" in page
    assert "Solvik AS" in missing and "Nordlys AS" not in missing
    with in_tenant(anna.tenant):
        employers = dict(Person.objects.values_list("first_name", "company__name"))
    assert employers == {"Kari": "Nordlys AS", "Ole": "Solvik AS"}


def test_no_company_is_made_for_a_person_who_is_rejected_or_left_as_she_is(anna):
    bring_in(anna, "First name,Last name\nKari,Nord\nKari,Nord\nOle,Sol\n", kind="persons", on_match="add")
    people = "First name,Last name,Company\nKari,Nord,Nordlys AS\n"
    done = bring_in(anna, people, kind="persons", match_on=["name"])
    assert (done.added, done.changed, done.rejected, done.can_be_undone()) == (0, 0, 1, False)
    people = "First name,Last name,Company\nOle,Sol,Solvik AS\n"
    done = bring_in(anna, people, kind="persons", match_on=["name"], on_match="skip")
    assert (done.added, done.unchanged, done.can_be_undone()) == (0, 1, False)
    assert names(anna) == []
    done = bring_in(anna, people, kind="persons", match_on=["name"], on_match="merge")
    assert (done.changed, done.can_be_undone(), names(anna)) == (1, True, ["Solvik AS"])


def test_persons_whose_new_company_is_spelled_in_two_ways_work_at_one_company(anna):
    people = (
        "First name,Last name,Company,Company domain\nOle,Sol,Solvik AS,\nKari,Nord,SOLVIK as,\n"
        "Ada,Fjell,Fjell AS,fjell.example\nEva,Fjell,Fjell Holding,www.fjell.example\nIda,Fjell,,fjell.example\n"
    )
    done = bring_in(anna, people, kind="persons", match_on=["name"])
    assert done.added == 5
    assert names(anna) == ["Fjell AS", "Solvik AS"]
    with in_tenant(anna.tenant):
        assert Person.objects.filter(company__name="Fjell AS").count() == 3


def test_persons_of_one_name_at_two_companies_are_two_persons(anna):
    people = (
        "First name,Last name,Company,Phone\nKari,Nord,Nordlys AS,\nKari,Nord,Solvik AS,\nKari,Nord,Nordlys AS,22 33\n"
    )
    done = bring_in(anna, people, kind="persons", match_on=["name"])
    assert (done.added, done.changed) == (2, 1)
    with in_tenant(anna.tenant):
        phones = dict(Person.objects.values_list("company__name", "phone"))
    assert phones == {"Nordlys AS": "22 33", "Solvik AS": ""}


def test_no_row_is_lost_behind_a_cell_with_an_error(anna, monkeypatch, tmp_path):
    monkeypatch.setattr(queries, "BATCH", 2)
    book = openpyxl.Workbook()
    for row in (["Name", "City"], *([f"Company {letter}", "Oslo"] for letter in "ABCDE"), ["Company F", "#REF!"]):
        book.active.append(row)
    book.save(tmp_path / "list.xlsx")
    done = bring_in(anna, (tmp_path / "list.xlsx").read_bytes(), "list.xlsx")
    assert (done.added, done.read, done.warned) == (6, 6, 1)
    assert names(anna) == [f"Company {letter}" for letter in "ABCDEF"]


def test_every_row_of_a_file_whose_rows_are_all_too_wide_is_reported(anna, monkeypatch):
    monkeypatch.setattr(queries, "BATCH", 1_000)
    done = bring_in(anna, "Name,City\n" + "Nordlys AS,Oslo\n" * 300 + "Nordlys AS,Oslo,too many\n" * 2_500)
    assert (done.state, done.read, done.added, done.rejected) == ("done", 2_800, 1, 2_500)
    report = b"".join(anna.get(f"/imports/{done.pk}/rejected.csv").streaming_content).decode()
    assert report.count("there are only 2 columns") == 2_500


@pytest.mark.parametrize("step", ["run", "undo"])
def test_an_import_that_maintenance_interrupts_says_so_and_can_be_undone(anna, step):
    if step == "run":
        page = upload(anna, "Name\nNordlys AS\n").url
        number = int(start(anna, page).url.strip("/").split("/")[-1])
    else:
        number = bring_in(anna, "Name\nNordlys AS\n").pk
        anna.post(f"/imports/{number}/undo/")
    Tenant.objects.filter(pk=anna.tenant.pk).update(state=Tenant.State.READ_ONLY)
    run_jobs()
    with in_tenant(anna.tenant):
        stopped = Import.objects.get(pk=number)
    assert stopped.state == "failed"
    assert "In maintenance" in stopped.problem
    assert stopped.can_be_undone() is (step == "undo")


def test_an_import_runs_only_once_though_started_in_two_tabs(anna):
    page = upload(anna, "Name\nNordlys AS\n").url
    start(anna, page, on_match="add")
    assert start_again(anna, page).status_code == 302
    run_jobs()
    assert names(anna) == ["Nordlys AS"]


def start_again(person, page):
    return person.post(page, {"column_0": "name", "on_match": "add", "start": "1"})


def test_the_imported_records_stand_in_a_selection(anna):
    done = bring_in(anna, "Name\nNordlys AS\nSolvik AS\n")
    with in_tenant(anna.tenant):
        assert SelectionMember.objects.filter(selection=done.selection).count() == 2


def test_without_a_name_column_nothing_starts(anna):
    page = upload(anna, "Town,Phone\nOslo,22 33\n").url
    answer = anna.post(page, {"column_0": "city", "column_1": "phone", "on_match": "add", "start": "1"})
    assert answer.status_code == 422
    assert "Choose the column that holds the name" in answer.content.decode()


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "empty.csv", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "picture.csv", "CSV or XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old.xls", "xlsx"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_a_sentence_and_not_kept(anna, content, name, sentence):
    answer = upload(anna, content, name)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    with in_tenant(anna.tenant):
        assert not Import.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_names_survive_every_encoding(anna, encoding):
    bring_in(anna, "Name;Ort\nMüller & Söhne;Zürich\n".encode(encoding))
    assert names(anna) == ["Müller & Söhne"]


def test_the_pages_speak_german(anna):
    anna.user.language = "de"
    anna.user.save(update_fields=["language"])
    assert "Die Datei ist leer." in upload(anna, b"").content.decode()
    done = bring_in(anna, "Name\nNordlys AS\n")
    page = anna.get(f"/imports/{done.pk}/").content.decode()
    words = [page.index(f"<dt>{word}</dt>") for word in ("Hinzugefügt", "Geändert", "Unverändert", "Abgewiesen")]
    assert words == sorted(words)
    assert ">fertig</td>" in anna.get("/companies/import/").content.decode()


def test_a_gigabyte_is_refused_before_it_is_read(anna):
    answer = anna.generic("POST", "/companies/import/", b"", CONTENT_LENGTH=str(1_000_000_000))
    assert answer.status_code == 413
    assert "too large" in answer.content.decode()


def test_the_result_names_what_was_changed_on_the_way(anna):
    done = bring_in(anna, "Name,Founded\nNordlys AS,2013 (1888)\nSolvik AS,long ago\n")
    page = anna.get(f"/imports/{done.pk}/").content.decode()
    assert (done.warned, done.rejected) == (1, 1)
    assert "read as 2013" in page
    assert "long ago" in page
