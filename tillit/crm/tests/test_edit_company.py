"""Two people edit one card: what they change apart merges, what they change both they are asked about."""

import re

import pytest

from tillit.crm.actions import archive_company, create_company, create_person, edit_company, edit_person
from tillit.crm.models import Company, Person
from tillit.foundation.errors import Refused
from tillit.foundation.models import LedgerEntry
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened, names_in

HTMX = {"HX-Request": "true"}


@pytest.fixture
def nordlys(anna):
    return create_company(anna.actor, values={"name": "Nordlys AS", "city": "Oslo", "phone": "22"})


def now(person, record):
    with in_tenant(person.tenant):
        return type(record).objects.get(pk=record.pk)


def edit(person, record, address="edit/", **values):
    return person.post(f"{record.get_absolute_url()}{address}", values)


def all_of(record, **values):
    """What the whole form sends."""
    fields = ("name", "code", "city", "phone", "country", "email")
    return {name: getattr(record, name) for name in fields} | {"version": record.version} | values


def test_anna_edits_a_company_on_a_page_of_its_own(anna, nordlys):
    assert 'value="Nordlys AS"' in anna.get(f"/companies/{nordlys.pk}/edit/").content.decode()
    reply = edit(anna, nordlys, **all_of(nordlys, city="Bergen"))
    assert reply.url == f"/companies/{nordlys.pk}/"
    company = now(anna, nordlys)
    assert (company.city, company.phone, company.version) == ("Bergen", "22", 2)
    assert company.updated_at >= company.created_at
    assert happened("crm.company_changed")


def test_anna_edits_one_line_in_place(anna, nordlys):
    form = anna.get(f"/companies/{nordlys.pk}/edit/?line=phone", headers=HTMX).content.decode()
    assert "<html" not in form and 'name="phone"' in form and 'name="city"' not in form
    reply = anna.post(
        f"/companies/{nordlys.pk}/edit/", {"line": "phone", "phone": "+47 33", "version": 1}, headers=HTMX
    )
    text = reply.content.decode()
    assert 'href="tel:+4733"' in text and 'id="history" hx-swap-oob' in text
    assert (now(anna, nordlys).phone, now(anna, nordlys).city) == ("+47 33", "Oslo")


def test_a_wrong_value_in_place_is_refused_beside_its_field(anna, nordlys):
    reply = anna.post(
        f"/companies/{nordlys.pk}/edit/", {"line": "email", "email": "nonsense", "version": 1}, headers=HTMX
    )
    assert reply.status_code == 422
    assert "valid email" in reply.content.decode() and "nonsense" in reply.content.decode()


def test_cancelling_shows_the_line_as_it_was(anna, nordlys):
    text = anna.get(f"/companies/{nordlys.pk}/?line=phone", headers=HTMX).content.decode()
    assert "<html" not in text and 'id="line-phone"' in text


def test_nothing_changed_leaves_no_trace(anna, nordlys):
    edit(anna, nordlys, **all_of(nordlys))
    assert now(anna, nordlys).version == 1
    assert "crm.company_changed" not in names_in(anna.tenant)


def test_edits_of_different_fields_merge_in_silence(anna, mia, nordlys):
    edit(anna, nordlys, **all_of(nordlys, city="Bergen"))
    reply = edit(mia, nordlys, **all_of(nordlys, phone="99"))  # her form still says Oslo
    assert reply.status_code == 302
    company = now(anna, nordlys)
    assert (company.city, company.phone, company.version) == ("Bergen", "99", 3)


def test_the_second_sees_both_values_and_who_was_faster_and_when(anna, mia, nordlys):
    edit(anna, nordlys, **all_of(nordlys, city="Bergen", code="B"))
    page = edit(mia, nordlys, **all_of(nordlys, city="Trondheim", phone="99"))
    assert page.status_code == 409
    text = page.content.decode()
    assert "Bergen" in text and "Trondheim" in text and "Saved by Anna Lund" in text
    assert 'name="city_choice"' in text and 'name="phone_choice"' not in text
    assert 'value="99"' in text and 'value="B"' in text, "what she typed, and what merged, is in the form"
    assert (now(anna, nordlys).city, now(anna, nordlys).phone) == ("Bergen", "22"), "nothing is written yet"


@pytest.mark.parametrize(("choice", "city"), [("mine", "Trondheim"), ("theirs", "Bergen")])
def test_the_choice_is_what_stands(anna, mia, nordlys, choice, city):
    edit(anna, nordlys, **all_of(nordlys, city="Bergen", code="B"))
    page = edit(mia, nordlys, **all_of(nordlys, city="Trondheim", phone="99")).content.decode()
    sent = dict(re.findall(r'<input type="[a-z]+" name="([a-z_]+)" value="([^"]*)"', page))
    edit(mia, nordlys, **sent | {"city_choice": choice})
    company = now(anna, nordlys)
    assert (company.city, company.phone, company.code, company.version) == (city, "99", "B", 3)


def test_a_conflict_in_place_asks_in_place(anna, mia, nordlys):
    edit(anna, nordlys, **all_of(nordlys, phone="11"))
    address = f"/companies/{nordlys.pk}/edit/"
    reply = mia.post(address, {"line": "phone", "phone": "99", "version": 1}, headers=HTMX)
    assert reply.status_code == 409
    text = reply.content.decode()
    assert "<html" not in text and 'name="phone_choice"' in text and 'name="version" value="2"' in text
    mia.post(address, {"line": "phone", "phone": "99", "phone_choice": "mine", "version": 2}, headers=HTMX)
    assert now(anna, nordlys).phone == "99"


def test_both_typed_the_same_is_no_conflict(anna, mia, nordlys):
    edit(anna, nordlys, **all_of(nordlys, city="Bergen"))
    assert edit(mia, nordlys, **all_of(nordlys, city="Bergen")).status_code == 302


def test_a_third_edit_meanwhile_is_asked_about_again(anna, mia, nordlys):
    edit(anna, nordlys, **all_of(nordlys, city="Bergen"))
    edit(mia, nordlys, **all_of(nordlys, city="Trondheim"))
    edit(anna, nordlys, **all_of(now(anna, nordlys), city="Bodø"))
    reply = edit(mia, nordlys, **all_of(nordlys, city="Trondheim", city_choice="mine", version=2))
    assert reply.status_code == 409 and "Bodø" in reply.content.decode()


def test_a_conflict_about_a_persons_company_shows_names(anna, mia, nordlys):
    other, third = (create_company(anna.actor, values={"name": name}) for name in ("Other AS", "Third AS"))
    kari = create_person(anna.actor, values={"last_name": "Nord", "company": nordlys})
    edit_person(anna.actor, person=kari, version=1, values={"company": other})
    address = f"/persons/{kari.pk}/edit/"
    reply = mia.post(address, {"line": "company", "company": "Third AS", "version": 1}, headers=HTMX)
    assert reply.status_code == 409
    assert "Other AS" in reply.content.decode() and "Third AS" in reply.content.decode()
    mia.post(address, {"line": "company", "company": "Third AS", "company_choice": "mine", "version": 2}, headers=HTMX)
    assert now(anna, kari).company_id == third.pk


def test_where_the_ledger_no_longer_tells_every_difference_is_asked_about(anna, mia, nordlys):
    with in_tenant(anna.tenant):
        Company.objects.filter(pk=nordlys.pk).update(version=7)  # as if the entries in between had been thinned out
    assert edit(mia, nordlys, **all_of(nordlys, city="Bergen")).status_code == 409


def test_an_archived_company_is_not_edited(anna, nordlys):
    archive_company(anna.actor, company=nordlys)
    page = edit(anna, nordlys, **all_of(nordlys, city="Bergen", version=2))
    assert page.status_code == 422 and "is archived" in page.content.decode()


def test_ben_may_read_a_card_and_change_nothing(anna, ben, nordlys):
    card = ben.get(f"/companies/{nordlys.pk}/")
    assert card.status_code == 200 and "/edit/" not in card.content.decode()
    assert ben.get(f"/companies/{nordlys.pk}/edit/").status_code == 403
    assert edit(ben, nordlys, **all_of(nordlys, city="Bergen")).status_code == 403
    assert edit(ben, nordlys, "archive/").status_code == 403


@pytest.mark.parametrize("address", ["", "edit/", "history/", "?line=phone"])
def test_chiara_finds_none_of_annas_companies(anna, chiara, nordlys, address):
    assert chiara.get(f"/companies/{nordlys.pk}/{address}").status_code == 404


@pytest.mark.parametrize("address", ["edit/", "archive/", "restore/"])
def test_chiara_changes_none_of_annas_companies(anna, chiara, nordlys, address):
    assert edit(chiara, nordlys, address, **all_of(nordlys, city="Milano")).status_code == 404
    assert now(anna, nordlys).city == "Oslo"


@pytest.mark.parametrize("number", ["0", "999999999", "99999999999999999999999"])
def test_a_number_nobody_has_is_not_found(anna, number):
    assert anna.get(f"/companies/{number}/").status_code == 404


def test_a_person_cannot_be_moved_to_a_company_of_another_tenant(anna, chiara, nordlys):
    hers = create_person(chiara.actor, values={"last_name": "Rossi"})
    with pytest.raises(Refused):
        edit_person(chiara.actor, person=hers, version=1, values={"company": nordlys.pk})
    assert now(chiara, hers).company_id is None


def test_the_database_itself_refuses_a_company_of_another_tenant(anna, chiara, nordlys):
    from django.db import IntegrityError, connection, transaction

    hers = create_person(chiara.actor, values={"last_name": "Rossi"})
    with pytest.raises(IntegrityError), in_tenant(chiara.tenant), transaction.atomic():
        Person.objects.filter(pk=hers.pk).update(company_id=nordlys.pk)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_version_is_one_entry_of_the_ledger(anna, nordlys):
    edit_company(anna.actor, company=nordlys, version=1, values={"city": "Bergen", "phone": "1"})
    with in_tenant(anna.tenant):
        last = LedgerEntry.objects.filter(table_name="crm_company", row_id=nordlys.pk).order_by("id").last()
    assert last.action == "crm.edit_company" and last.actor_id == anna.user.pk
    assert last.before == {"city": "Oslo", "phone": "22", "version": 1}
    assert last.after == {"city": "Bergen", "phone": "1", "version": 2}
