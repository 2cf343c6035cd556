"""Anna adds companies and persons, and is warned of what may be there already."""

import re

import pytest

from tillit.crm.actions import create_company, create_person
from tillit.crm.models import Company, Person
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened

NEW = "/companies/new/"


def companies(person):
    with in_tenant(person.tenant):
        return list(Company.objects.order_by("id"))


def persons(person):
    with in_tenant(person.tenant):
        return list(Person.objects.select_related("company").order_by("id"))


def test_anna_adds_a_company_and_lands_on_its_card(anna):
    reply = anna.post(
        NEW, {"name": "  Nordlys   Energi AS ", "country": "NO", "email": "Post@Nordlys.Example"}, follow=True
    )
    (made,) = companies(anna)
    assert reply.redirect_chain[-1][0] == f"/companies/{made.pk}/"
    assert (made.name, made.email, made.version) == ("Nordlys Energi AS", "post@nordlys.example", 1)
    assert "Nordlys Energi AS is added." in reply.content.decode()
    assert happened("crm.company_created")


def test_ben_who_may_only_read_cannot_add(ben):
    assert ben.get(NEW).status_code == 403
    assert ben.post(NEW, {"name": "Not allowed"}).status_code == 403
    assert not companies(ben)


def test_back_after_sending_does_not_add_it_twice(anna):
    key = re.search(r'name="key" value="([^"]+)"', anna.get(NEW).content.decode())[1]
    first = anna.post(NEW, {"name": "Once AS", "key": key})
    second = anna.post(NEW, {"name": "Once AS", "key": key})
    assert first.url == second.url
    other = anna.post(NEW, {"name": "Once AS", "note": "Typed after going back", "key": key})
    assert other.status_code == 422
    assert b"Typed after going back" in other.content
    assert "Once AS was added" in other.content.decode()
    assert len(companies(anna)) == 1


@pytest.mark.parametrize(
    ("there", "entered", "reason"),
    [
        ({"name": "Fjell og Fjord AS"}, {"name": "Fjell & Fjord AS"}, "nearly the same name"),
        ({"name": "Müller Maschinen GmbH"}, {"name": "Muller Machinen GmbH"}, "nearly the same name"),
        (
            {"name": "A", "domain": "fjell.example"},
            {"name": "B", "domain": "https://Fjell.example/om"},
            "the same domain",
        ),
        ({"name": "A", "email": "a@b.example"}, {"name": "B", "email": "A@B.example"}, "the same e-mail"),
        (
            {"name": "A", "registration_number": "987 654 321"},
            {"name": "B", "registration_number": "987 654 321"},
            "the same registration number",
        ),
    ],
)
def test_a_likely_duplicate_is_shown_before_saving_and_may_be_added_anyway(anna, there, entered, reason):
    create_company(anna.actor, values=there)
    page = anna.post(NEW, entered)
    assert page.status_code == 422 and reason in page.content.decode()
    assert len(companies(anna)) == 1
    anna.post(NEW, entered | {"anyway": "1"})
    assert len(companies(anna)) == 2


def test_another_name_is_no_duplicate(anna):
    create_company(anna.actor, values={"name": "Fjell og Fjord AS"})
    assert anna.post(NEW, {"name": "Bakke Bygg AS"}).status_code == 302


@pytest.mark.parametrize(
    "name",
    ["李明有限公司", "شركة النور", "Ωmega Αθήνα", "🦊 Fox & Söhne", "O'Neil <b>&amp;</b>", "חברת אור בע״מ", "x" * 200],
)
def test_names_in_every_script_are_kept_as_typed(anna, name):
    reply = anna.post(NEW, {"name": name}, follow=True)
    assert companies(anna)[0].name == name
    assert "<b>&amp;" not in reply.content.decode()
    assert anna.get("/companies/").status_code == 200


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": ""}, "This field is required"),
        ({"name": "x" * 201}, "at most 200 characters"),
        ({"name": "nul\x00byte"}, "Null characters are not allowed"),
        ({"name": "A", "email": "no address"}, "valid email"),
        ({"name": "A", "country": "Atlantis"}, "not one of the available choices"),
        ({"name": "A", "founded": "long ago"}, "whole number"),
        ({"name": "A", "founded": "12"}, "greater than or equal to 500"),
        ({"name": "A", "employees": "99999999999999999999"}, "less than or equal to"),
        ({"name": "A", "note": "x" * 20_001}, "at most 20000 characters"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_typed_is_lost(anna, values, sentence):
    page = anna.post(NEW, values | {"city": "Kept City"})
    assert page.status_code == 422
    text = page.content.decode()
    assert sentence in text and "Kept City" in text
    assert not companies(anna)


def test_a_person_needs_a_first_or_a_last_name(anna):
    page = anna.post("/persons/new/", {"title": "Chair"})
    assert page.status_code == 422 and "needs a first or a last name" in page.content.decode()
    anna.post("/persons/new/", {"first_name": "Pelé"})
    assert [str(person) for person in persons(anna)] == ["Pelé"]


def test_a_person_is_added_to_the_company_named(anna):
    here = create_company(anna.actor, values={"name": "Ærlig Øl AS"})
    anna.post("/persons/new/", {"last_name": "Nord", "company": "aerlig ol as"})
    assert persons(anna)[0].company == here


def test_a_company_nobody_knows_is_refused_and_two_alike_are_told_apart(anna):
    page = anna.post("/persons/new/", {"last_name": "Nord", "company": "Nowhere AS"})
    assert "no company called “Nowhere AS”" in page.content.decode()
    oslo, bergen = (create_company(anna.actor, values={"name": "Twin AS", "city": city}) for city in ("Oslo", "Bergen"))
    page = anna.post("/persons/new/", {"last_name": "Nord", "company": "Twin AS"}).content.decode()
    assert f"Twin AS, Oslo #{oslo.pk}" in page and f"Twin AS, Bergen #{bergen.pk}" in page
    anna.post("/persons/new/", {"last_name": "Nord", "company": "Twin AS, bergen"})
    anna.post("/persons/new/", {"last_name": "South", "company": f"Twin AS, Oslo #{oslo.pk}"})
    assert [person.company for person in persons(anna)] == [bergen, oslo]


def test_the_form_from_a_companys_card_knows_the_company(anna):
    here = create_company(anna.actor, values={"name": "Here AS"})
    create_company(anna.actor, values={"name": "Here AS"})
    address = f"/persons/new/?company={here.pk}"
    assert 'value="Here AS"' in anna.get(address).content.decode()
    anna.post(address, {"last_name": "Nord", "company": "Here AS"})
    assert persons(anna)[0].company == here


def test_a_company_of_another_tenant_can_not_be_a_persons(anna, chiara):
    theirs = create_company(anna.actor, values={"name": "Fjord Secret AS"})
    for text in (f"#{theirs.pk}", "Fjord Secret AS"):
        page = chiara.post("/persons/new/", {"last_name": "Rossi", "company": text})
        assert page.status_code == 422 and "no company called" in page.content.decode()
    assert not persons(chiara)


def test_forms_are_offered_what_companies_and_industries_there_are(anna):
    create_company(anna.actor, values={"name": "Nordlys AS", "industry": "Northern lights"})
    assert '<option value="Northern lights">' in anna.get(NEW).content.decode()
    assert '<option value="Nordlys AS">' in anna.get("/companies/suggest/?company=nordl").content.decode()


def test_a_person_with_the_same_e_mail_is_shown(anna):
    create_person(anna.actor, values={"last_name": "Nord", "email": "kari@nord.example"})
    page = anna.post("/persons/new/", {"last_name": "Someone", "email": "Kari@nord.example"})
    assert "the same e-mail" in page.content.decode()
