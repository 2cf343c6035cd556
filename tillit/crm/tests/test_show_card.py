"""The card of a company or a person, its history, the archive."""

import re

import pytest

from tillit.crm.actions import archive_company, create_company, create_person, edit_company, edit_person
from tillit.foundation.testing import happened


@pytest.fixture
def nordlys(anna):
    values = {
        "name": "Nordlys AS",
        "country": "DE",
        "email": "post@nordlys.example",
        "phone": "+47 22 33",
        "note": "A\nB <i>",
    }
    return create_company(anna.actor, values=values)


def text(reply):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", reply.content.decode()))


def test_the_card_shows_what_is_known_and_leads_on(anna, nordlys):
    create_person(anna.actor, values={"first_name": "Kari", "last_name": "Nord", "company": nordlys})
    page = anna.get(f"/companies/{nordlys.pk}/").content.decode()
    assert 'href="mailto:post@nordlys.example"' in page and 'href="tel:+472233"' in page
    assert "Germany" in page and "Kari Nord" in page and "&lt;i&gt;" in page
    assert f"/persons/new/?company={nordlys.pk}" in page


def test_country_names_are_in_the_readers_language(anna, nordlys):
    anna.user.language = "de"
    anna.user.save()
    assert "Deutschland" in anna.get(f"/companies/{nordlys.pk}/").content.decode()


def test_history_tells_who_did_what_when_and_the_values_before_and_after(anna, mia, nordlys):
    edit_company(mia.actor, company=nordlys, version=1, values={"phone": "99", "country": "NO"})
    page = text(anna.get(f"/companies/{nordlys.pk}/"))
    assert "Mia Berg changed this" in page and "Anna Lund added this" in page
    assert "Phone +47 22 33 → 99" in page and "Country Germany → Norway" in page
    assert "version" not in page.lower()


def test_history_names_the_companies_a_person_moved_between(anna, nordlys):
    other = create_company(anna.actor, values={"name": "Other AS"})
    kari = create_person(anna.actor, values={"last_name": "Nord", "company": nordlys})
    edit_person(anna.actor, person=kari, version=1, values={"company": other})
    assert "Company Nordlys AS → Other AS" in text(anna.get(f"/persons/{kari.pk}/"))


def test_a_long_history_has_older_pages(anna, nordlys):
    for number in range(45):
        edit_company(anna.actor, company=nordlys, version=number + 1, values={"phone": str(number)})
    page = anna.get(f"/companies/{nordlys.pk}/")
    assert page.content.decode().count("changed this") == 10
    first = anna.get(f"/companies/{nordlys.pk}/history/")
    older = re.search(r'href="([^"]+before=\d+)"', first.content.decode())[1]
    last = anna.get(older)
    assert first.content.decode().count("changed this") + last.content.decode().count("changed this") == 45
    assert "added this" in last.content.decode()
    assert "<html" not in anna.get(older, headers={"HX-Request": "true"}).content.decode()
    assert anna.get(f"/companies/{nordlys.pk}/history/?before=nonsense").status_code == 200


def test_archiving_offers_to_undo_and_restoring_brings_back(anna, nordlys):
    page = anna.post(f"/companies/{nordlys.pk}/archive/", follow=True).content.decode()
    assert "Nordlys AS is archived." in page and f'hx-post="/companies/{nordlys.pk}/restore/"' in page
    assert "Archived by Anna Lund" in page
    assert happened("crm.company_archived")
    undone = anna.post(f"/companies/{nordlys.pk}/restore/", headers={"HX-Request": "true"})
    assert undone.headers["HX-Redirect"] == f"/companies/{nordlys.pk}/"
    page = anna.get(f"/companies/{nordlys.pk}/")
    assert "Archived by" not in page.content.decode() and "is back" in page.content.decode()
    assert "archived this" in text(page) and "restored this" in text(page)
    assert happened("crm.company_restored")


def test_archiving_twice_is_harmless_and_a_look_does_not_archive(anna, nordlys):
    archive_company(anna.actor, company=nordlys)
    assert anna.post(f"/companies/{nordlys.pk}/archive/").status_code == 302
    assert anna.get(f"/companies/{nordlys.pk}/archive/").status_code == 405


def test_a_person_is_archived_and_restored_too(anna):
    kari = create_person(anna.actor, values={"last_name": "Nord"})
    assert "Nord is archived." in anna.post(f"/persons/{kari.pk}/archive/", follow=True).content.decode()
    assert "Nord is back." in anna.post(f"/persons/{kari.pk}/restore/", follow=True).content.decode()


@pytest.mark.parametrize("persons", [0, 60])
def test_a_card_takes_few_queries(anna, nordlys, persons, django_assert_max_num_queries):
    for number in range(persons):
        create_person(anna.actor, values={"last_name": f"Nr {number:02}", "company": nordlys})
    anna.get(f"/companies/{nordlys.pk}/")
    with django_assert_max_num_queries(13):  # ten, and three savepoints of the transaction the test is in
        page = anna.get(f"/companies/{nordlys.pk}/").content.decode()
    assert page.count("Nr ") == min(persons, 50)
    assert ("Show all persons" in page) is (persons > 50)
