"""Programs add, change, archive and restore records by the same actions as people on pages."""

from uuid import uuid4

import pytest

from tillit.crm.models import Company, Person
from tillit.foundation.ledger import history_of
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened, names_in


@pytest.fixture
def nordwind(annas):
    """Address of a company, at version 1."""
    made = annas.add("companies", name="Nordwind AS", city="Bergen", employees=140)
    return f"companies/{made.json()['id']}"


def test_a_new_company_is_answered_whole_with_its_address_and_version(annas):
    made = annas.add(
        "companies", name="  Nordwind\u00a0 AS ", email="Post@Nordwind.Example", country="no", founded=1994
    )
    assert made.status_code == 201
    assert made["Location"] == f"/api/v1/companies/{made.json()['id']}"
    assert made["ETag"] == '"1"'
    told = made.json()
    assert (told["name"], told["email"], told["country"]) == ("Nordwind AS", "post@nordwind.example", "NO")
    assert (told["founded"], told["employees"], told["archived_at"], told["note"]) == (1994, None, None, "")
    assert annas.get(made["Location"]).json() == told
    assert happened("crm.company_created")


def test_a_new_person_stands_at_its_company(annas, nordwind):
    company = int(nordwind.split("/")[1])
    person = annas.add("persons", first_name="Ingrid", last_name="Solberg", company=company)
    assert person.status_code == 201
    assert person.json()["company"] == company
    assert annas.read(f"persons?company={company}").json()["items"] == [person.json()]


def test_the_ledger_knows_who_sent_it_and_which_action_it_was(anna, annas, nordwind):
    annas.change(nordwind, 1, city="Oslo")
    with in_tenant(anna.tenant):
        changed, made = history_of(Company.objects.get())
    assert (made.actor, made.action) == (anna.user, "crm.create_company")
    assert (changed.actor, changed.action) == (anna.user, "crm.edit_company")
    shown = {change.field: (change.before, change.after) for change in changed.changes}
    assert shown["city"] == ("Bergen", "Oslo")


def test_only_what_was_sent_changes(annas, nordwind):
    changed = annas.change(nordwind, 1, city="Oslo", employees=None, code=None)
    assert changed.status_code == 200
    assert changed["ETag"] == '"2"'
    told = changed.json()
    assert (told["name"], told["city"], told["employees"], told["code"]) == ("Nordwind AS", "Oslo", None, "")
    assert annas.read(nordwind).json() == told


def test_a_change_that_changes_nothing_makes_no_version(annas, nordwind):
    assert annas.change(nordwind, 1, city=" Bergen ")["ETag"] == '"1"'
    assert annas.change(nordwind, 1)["ETag"] == '"1"'
    assert not happened("crm.company_changed")


def test_who_has_the_version_gets_no_body(annas, nordwind):
    known = annas.read(nordwind, if_none_match='"1"')
    assert (known.status_code, known["ETag"], known.content) == (304, '"1"', b"")
    assert annas.read(nordwind, if_none_match='W/"7", W/"1"').status_code == 304
    annas.change(nordwind, 1, city="Oslo")
    assert annas.read(nordwind, if_none_match='"1"').json()["city"] == "Oslo"


def test_a_change_must_name_its_version(annas, nordwind):
    refused = annas.send("PATCH", nordwind, {"city": "Oslo"})
    assert refused.status_code == 428
    assert refused.json()["type"].endswith("/api/v1/docs#version-required")
    assert annas.read(nordwind).json()["city"] == "Bergen"


@pytest.mark.parametrize("said", ["3", '"three"', '"-1"', "", '"1" x', '"99999999999"'])
def test_a_version_that_is_none_is_refused(annas, nordwind, said):
    answer = annas.send("PATCH", nordwind, {"city": "Oslo"}, if_match=said)
    assert answer.status_code == 400
    assert "If-Match" in answer.json()["detail"]


def test_changes_of_different_fields_meanwhile_both_stand(annas, nordwind):
    annas.change(nordwind, 1, city="Oslo")
    second = annas.change(nordwind, 1, phone="+47 22 33")
    assert second.status_code == 200
    assert (second.json()["city"], second.json()["phone"], second["ETag"]) == ("Oslo", "+47 22 33", '"3"')


def test_changes_of_the_same_field_meanwhile_are_told_with_both_values(anna, annas, nordwind):
    annas.change(nordwind, 1, city="Oslo", phone="+47 22 33")
    stale = annas.change(nordwind, 1, city="Tromsø", code="NW")
    assert stale.status_code == 412
    assert stale["ETag"] == '"2"'
    told = stale.json()
    (clash,) = told["conflicts"]
    assert (clash["field"], clash["theirs"], clash["yours"], clash["by"]) == ("city", "Oslo", "Tromsø", "Anna Lund")
    assert told["current"] == annas.read(nordwind).json()
    assert (told["current"]["city"], told["current"]["code"]) == ("Oslo", "")
    assert annas.change(nordwind, stale["ETag"].strip('"'), city="Tromsø").status_code == 200


def test_a_version_from_the_future_changes_nothing(annas, nordwind):
    assert annas.change(nordwind, 7, city="Oslo").status_code == 412
    assert annas.read(nordwind).json()["city"] == "Bergen"


def test_a_star_overwrites_whatever_is_there(annas, nordwind):
    annas.change(nordwind, 1, city="Oslo")
    assert annas.send("PATCH", nordwind, {"city": "Tromsø"}, if_match="*").json()["city"] == "Tromsø"


def test_an_archived_company_leaves_the_list_and_comes_back(annas, nordwind):
    gone = annas.send("DELETE", nordwind)
    assert (gone.status_code, gone.content, gone["ETag"]) == (204, b"", '"2"')
    assert annas.send("DELETE", nordwind).status_code == 204
    assert annas.read("companies").json()["items"] == []
    assert annas.read(nordwind).json()["archived_at"]
    refused = annas.change(nordwind, 2, city="Oslo")
    assert refused.status_code == 409
    assert "archived" in refused.json()["detail"]
    back = annas.send("POST", f"{nordwind}/restore")
    assert (back.status_code, back.json()["archived_at"], back["ETag"]) == (200, None, '"3"')
    assert annas.read("companies").json()["items"] == [back.json()]


def test_an_archive_that_names_an_old_version_is_refused(annas, nordwind):
    annas.change(nordwind, 1, city="Oslo")
    stale = annas.send("DELETE", nordwind, if_match='"1"')
    assert stale.status_code == 412
    assert stale.json()["current"]["city"] == "Oslo"
    assert annas.send("DELETE", nordwind, if_match='"2"').status_code == 204


def test_persons_change_and_leave_too(annas):
    person = f"persons/{annas.add('persons', last_name='Solberg').json()['id']}"
    assert annas.change(person, 1, title="Head of Procurement").json()["version"] == 2
    assert annas.send("DELETE", person).status_code == 204
    assert annas.send("POST", f"{person}/restore").json()["title"] == "Head of Procurement"


def test_a_repeated_request_with_a_key_adds_one_record(anna, annas):
    first = annas.send("POST", "persons", {"last_name": "Solberg"}, idempotency_key="order 4711")
    again = annas.send("POST", "persons", {"last_name": "Solberg"}, idempotency_key="order 4711")
    other = annas.send("POST", "persons", {"last_name": "Solberg"}, idempotency_key=str(uuid4()))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json() != other.json()
    assert names_in(anna.tenant).count("crm.person_created") == 2


def test_a_key_with_other_content_is_refused_however_the_record_was_changed_since(anna, annas):
    added = annas.send("POST", "persons", {"last_name": "Solberg"}, idempotency_key="order 4712")
    other = annas.send("POST", "persons", {"last_name": "Solberg", "title": "CEO"}, idempotency_key="order 4712")
    assert (other.status_code, other["Content-Type"]) == (409, "application/problem+json")
    assert "Solberg" in other.json()["detail"]
    assert annas.change(f"persons/{added.json()['id']}", 1, title="CFO").status_code == 200
    again = annas.send("POST", "persons", {"last_name": "Solberg"}, idempotency_key="order 4712")
    assert (again.status_code, again.json()["title"]) == (201, "CFO")
    assert names_in(anna.tenant).count("crm.person_created") == 1


def test_a_key_is_ones_own(annas, mia, program_of):
    first = annas.send("POST", "persons", {"last_name": "Solberg"}, idempotency_key="1")
    mias = program_of(mia).send("POST", "persons", {"last_name": "Berg"}, idempotency_key="1")
    assert mias.json()["last_name"] == "Berg"
    assert first.json()["id"] != mias.json()["id"]
    assert annas.send("POST", "persons", {"last_name": "X"}, idempotency_key="k" * 256).status_code == 400


def test_nothing_stays_of_a_request_that_fails_after_writing(anna, annas, monkeypatch):
    def fail(*_arguments):
        raise RuntimeError("the postgres password is swordfish")

    monkeypatch.setattr("tillit.crm.api.records._row_of", fail)
    failed = annas.add("persons", last_name="Solberg")
    assert failed.status_code == 500
    assert failed["Content-Type"] == "application/problem+json"
    assert "swordfish" not in failed.content.decode()
    assert failed.json()["instance"].startswith("urn:uuid:")
    with in_tenant(anna.tenant):
        assert not Person.objects.exists()
    assert not happened("crm.person_created")


def test_requests_need_few_queries(annas, nordwind, django_assert_max_num_queries):
    annas.read("companies")
    with django_assert_max_num_queries(6):  # frame (4), token, the row
        annas.read(nordwind)
    with django_assert_max_num_queries(11):  # frame (4), token, frame of the action (4), the row, the event
        annas.add("companies", name="Hansen AS")
    with django_assert_max_num_queries(14):
        annas.change(nordwind, 1, city="Oslo")
