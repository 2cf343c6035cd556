"""An import is taken back as a whole; what somebody works with stays, is shown, and may go later."""

import re

import pytest

from tillit.crm.imports import queries, undoing
from tillit.crm.imports.actions import fail_import, undo_rows
from tillit.crm.imports.jobs import run_import
from tillit.crm.imports.models import Import
from tillit.crm.models import Company, Person, SelectionMember
from tillit.crm.tests.test_import_companies import bring_in, names, start, upload
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened, run_jobs

PEOPLE = "First name,Last name,Company\nOle,Sol,Solvik AS\nKari,Nord,Nordlys AS\nAda,Fjell,Fjell AS\nEva,Fjell,Fjell AS"


def test_an_import_can_be_undone_as_a_whole(anna):
    bring_in(anna, "Name,City\nNordlys AS,Oslo\n")
    done = bring_in(
        anna, "Name,City,Phone\nNordlys AS,Bergen,22 33\nSolvik AS,Bergen,\n", match_on=["name"], on_match="replace"
    )
    assert names(anna) == ["Nordlys AS", "Solvik AS"]
    anna.post(f"/imports/{done.pk}/undo/")
    run_jobs()
    assert names(anna) == ["Nordlys AS"]
    with in_tenant(anna.tenant):
        assert Company.objects.values_list("city", "phone").get() == ("Oslo", "")
        assert Import.objects.get(pk=done.pk).state == "undone"
    assert happened("imports.undone")


def test_undo_comes_even_while_a_job_of_the_import_still_waits(anna):
    page = upload(anna, "Name\nNordlys AS\n").url
    number = int(start(anna, page).url.strip("/").split("/")[-1])
    run_import(anna.actor, import_id=number)  # as the command line does, before any worker
    anna.post(f"/imports/{number}/undo/")
    run_jobs()
    assert names(anna) == []
    with in_tenant(anna.tenant):
        assert Import.objects.get(pk=number).state == "undone"


def test_undo_takes_persons_and_the_companies_made_for_them(anna):
    people = "First name,Last name,Company\nOle,Sol,Solvik AS\n"
    done = bring_in(anna, people, kind="persons", on_match="add")
    anna.post(f"/imports/{done.pk}/undo/")
    run_jobs()
    with in_tenant(anna.tenant):
        assert not Person.objects.exists()
        assert not Company.objects.exists()


@pytest.mark.parametrize("portion", [1, 2, 3])
def test_undo_in_several_portions_takes_persons_and_companies(anna, monkeypatch, portion):
    monkeypatch.setattr(undoing, "PORTION", portion)
    monkeypatch.setattr(queries, "BATCH", 2)
    done = bring_in(anna, PEOPLE, kind="persons", on_match="merge", match_on=["name"])
    anna.post(f"/imports/{done.pk}/undo/")
    run_jobs()
    with in_tenant(anna.tenant):
        assert (Person.objects.count(), Company.objects.count(), SelectionMember.objects.count()) == (0, 0, 0)
        assert Import.objects.values_list("state", "kept_at_undo").get(pk=done.pk) == ("undone", 0)


def test_an_undo_that_is_run_again_goes_on_where_it_was_and_counts_nothing_twice(anna, monkeypatch):
    monkeypatch.setattr(undoing, "PORTION", 2)
    done = bring_in(anna, PEOPLE, kind="persons", on_match="add")
    with in_tenant(anna.tenant, actor_id=anna.user.pk, action="test.edit"):
        Person.objects.filter(last_name="Fjell").update(phone="55 66")
    anna.post(f"/imports/{done.pk}/undo/")
    went = []
    for _attempt in range(50):  # a worker that is killed after every portion
        went.append(undo_rows(anna.actor, import_id=done.pk))
        if not went[-1]:
            break
    assert len(went) > 3
    run_jobs()
    with in_tenant(anna.tenant):
        undone = Import.objects.get(pk=done.pk)
        assert sorted(Person.objects.values_list("first_name", flat=True)) == ["Ada", "Eva"]
        assert list(Company.objects.values_list("name", flat=True)) == ["Fjell AS"]
    assert (undone.state, undone.kept_at_undo) == ("undone", 3)


def test_an_undo_that_failed_is_undone_again_and_counts_nothing_twice(anna, monkeypatch):
    monkeypatch.setattr(undoing, "PORTION", 2)
    done = bring_in(anna, "Name\nNordlys AS\nSolvik AS\nFjell AS\n", on_match="add")
    with in_tenant(anna.tenant, actor_id=anna.user.pk, action="test.edit"):
        Company.objects.update(phone="55 66")
    anna.post(f"/imports/{done.pk}/undo/")
    while undo_rows(anna.actor, import_id=done.pk):
        with in_tenant(anna.tenant):
            if Import.objects.get(pk=done.pk).kept_at_undo:
                break
    fail_import(anna.actor, import_id=done.pk, reason="the machine stopped")
    anna.post(f"/imports/{done.pk}/undo/")
    run_jobs()
    with in_tenant(anna.tenant):
        assert Import.objects.values_list("state", "kept_at_undo").get(pk=done.pk) == ("undone", 3)


def test_undo_takes_what_another_import_only_found(anna):
    done = bring_in(anna, PEOPLE, kind="persons", match_on=["name"])
    again = bring_in(anna, PEOPLE, kind="persons", match_on=["name"])
    assert (again.added, again.unchanged, again.can_be_undone()) == (0, 4, False)
    anna.post(f"/imports/{done.pk}/undo/")
    run_jobs()
    with in_tenant(anna.tenant):
        assert (Person.objects.count(), Company.objects.count(), SelectionMember.objects.count()) == (0, 0, 0)
        assert Import.objects.values_list("state", "kept_at_undo").get(pk=done.pk) == ("undone", 0)


def test_undo_keeps_and_shows_what_somebody_has_worked_with_since(anna):
    done = bring_in(anna, PEOPLE, kind="persons", on_match="add")
    with in_tenant(anna.tenant, actor_id=anna.user.pk, action="test.edit"):
        Person.objects.filter(first_name="Ole").update(phone="55 66")
    anna.post("/persons/selections/new/?q=Kari", {"name": "Guests"})
    anna.post(f"/imports/{done.pk}/undo/")
    run_jobs()
    page = anna.get(f"/imports/{done.pk}/").content.decode()
    assert "4 records were kept" in page
    assert "undone, 4 kept" in anna.get("/persons/import/").content.decode()
    for kind, there in (("persons", ["Ole", "Kari"]), ("companies", ["Solvik AS", "Nordlys AS"])):
        address = re.search(rf"/{kind}/\?selection=\d+", page).group()
        listed = anna.get(address).content.decode()
        assert all(name in listed for name in there) and "Fjell" not in listed


def test_what_undo_kept_can_be_undone_when_nothing_holds_it_any_more(anna):
    done = bring_in(anna, "Name,City\nNordlys AS,Oslo\nSolvik AS,Bergen\nFjell AS,\n")
    later = bring_in(anna, "Name,City\nNordlys AS,Tromsø\n", match_on=["name"], on_match="replace")
    chosen = anna.post("/companies/selections/new/?q=Solvik", {"name": "Guests"}).url
    assert names_after_undoing(anna, done) == ["Nordlys AS", "Solvik AS"]
    assert "Undo the rest" in anna.get(f"/imports/{done.pk}/").content.decode()
    names_after_undoing(anna, later)
    assert names_after_undoing(anna, done) == ["Solvik AS"]
    anna.post(f"/companies/selections/{chosen.rpartition('=')[2]}/forget/")
    assert names_after_undoing(anna, done) == []
    refused = anna.post(f"/imports/{done.pk}/undo/", follow=True).content.decode()
    assert "There is nothing to undo" in refused and "Undo the rest" not in refused


def names_after_undoing(person, done):
    person.post(f"/imports/{done.pk}/undo/")
    run_jobs()
    return names(person)


def test_undoing_the_rest_leaves_what_was_typed_again_since(anna):
    bring_in(anna, "Name,Phone\nNordlys AS,\n")
    done = bring_in(anna, "Name,Phone\nNordlys AS,22 33\nSolvik AS,\n", match_on=["name"])
    with in_tenant(anna.tenant, actor_id=anna.user.pk, action="test.edit"):
        Company.objects.filter(name="Solvik AS").update(city="Bergen")
    for phone in ("", "22 33"):
        anna.post(f"/imports/{done.pk}/undo/")
        run_jobs()
        with in_tenant(anna.tenant, actor_id=anna.user.pk, action="test.edit"):
            assert Company.objects.get(name="Nordlys AS").phone == phone
            Company.objects.filter(name="Nordlys AS").update(phone="22 33")


def test_undo_takes_what_the_import_made_and_later_completed(anna, monkeypatch):
    monkeypatch.setattr(queries, "BATCH", 1)
    done = bring_in(anna, "Name,Phone\nNordlys AS,\nNordlys AS,22 33\n", match_on=["name"])
    assert (done.added, done.changed) == (1, 1)
    anna.post(f"/imports/{done.pk}/undo/")
    run_jobs()
    assert names(anna) == []
