"""Anna looks through her companies: sorted, filtered, page by page."""

import re
from urllib.parse import quote

import pytest

from tillit.crm.actions import archive_company, create_company, create_person, create_selection
from tillit.crm.models import Company
from tillit.foundation.tenancy import in_tenant

LIST = "/companies/"


def company(person, name, **values):
    return create_company(person.actor, values={"name": name, **values})


def many(person, count, **values):
    with in_tenant(person.tenant):
        Company.objects.bulk_create(
            Company(tenant=person.tenant, name=f"Firma {number:04}", **values) for number in range(count)
        )


def names(response):
    return re.findall(r'<th scope="row"><a href="[^"]+">([^<]*)</a>', response.content.decode())


def link(response, relation):
    found = re.search(rf'rel="{relation}" href="([^"]+)"', response.content.decode())
    return found[1].replace("&amp;", "&") if found else None


def test_companies_stand_in_order_of_their_names_whatever_case_and_accents(anna):
    for name in ("Zeta", "ärger AG", "Östlund", "alpha", "Åse AS", "3M"):
        company(anna, name)
    assert names(anna.get(LIST)) == ["3M", "alpha", "ärger AG", "Åse AS", "Östlund", "Zeta"]
    assert names(anna.get(LIST + "?sort=-name")) == ["Zeta", "Östlund", "Åse AS", "ärger AG", "alpha", "3M"]


def test_an_empty_list_offers_the_first_steps(anna, ben):
    page = anna.get(LIST).content.decode()
    assert "No companies yet" in page
    assert "/companies/new/" in page and "/companies/import/" in page
    assert "/companies/new/" not in ben.get(LIST).content.decode()


def test_what_is_empty_comes_last_however_the_list_is_sorted(anna):
    for name, city in (("A", ""), ("B", "Oslo"), ("C", "Bergen"), ("D", "")):
        company(anna, name, city=city)
    assert names(anna.get(LIST + "?sort=city")) == ["C", "B", "A", "D"]
    assert names(anna.get(LIST + "?sort=-city")) == ["B", "C", "D", "A"]


@pytest.mark.parametrize("sort", ["name", "-name", "city", "-city", "created", "-updated", "industry", "-country"])
def test_pages_hold_fifty_and_show_everybody_once_there_and_back(anna, sort):
    many(anna, 60, city="")
    many(anna, 61, city="Oslo", country="NO", industry="Energy")
    page = anna.get(f"{LIST}?sort={sort}")
    pages = [names(page)]
    seen = [re.findall(r'<th scope="row"><a href="/companies/(\d+)/', page.content.decode())]
    while address := link(page, "next"):
        page = anna.get(address)
        pages.append(names(page))
        seen.append(re.findall(r'<th scope="row"><a href="/companies/(\d+)/', page.content.decode()))
    assert [len(some) for some in pages] == [50, 50, 21]
    assert len({number for some in seen for number in some}) == 121
    page = anna.get(link(page, "prev"))
    assert names(page) == pages[1]
    page = anna.get(link(page, "prev"))
    assert names(page) == pages[0]
    assert link(page, "prev") is None


def test_a_company_added_meanwhile_does_not_shift_the_next_page(anna):
    many(anna, 55)
    address = link(anna.get(LIST), "next")
    company(anna, "Aaa first of all")
    assert names(anna.get(address)) == [f"Firma {number:04}" for number in range(50, 55)]


def test_filters_combine_in_the_address_and_each_can_be_taken_off(anna):
    company(anna, "Nord Energi", industry="Energy", country="no", email="post@nord.example")
    company(anna, "Sør Energi", industry="Energy", country="SE")
    company(anna, "Nord Bygg", industry="Construction", country="NO")
    page = anna.get(LIST + "?industry=Energy&country=NO")
    assert names(page) == ["Nord Energi"]
    text = page.content.decode()
    assert "Industry: Energy" in text and "Country: Norway" in text
    assert 'href="/companies/?country=NO"' in text and 'href="/companies/?industry=Energy"' in text
    assert names(anna.get(LIST + "?email=1")) == ["Nord Energi"]
    assert names(anna.get(LIST + "?email=0&sort=-name")) == ["Sør Energi", "Nord Bygg"]


def test_archived_companies_are_left_out_unless_asked_for(anna):
    gone = company(anna, "Gone AS")
    company(anna, "Here AS")
    archive_company(anna.actor, company=gone)
    assert names(anna.get(LIST)) == ["Here AS"]
    assert names(anna.get(LIST + "?archived=1")) == ["Gone AS"]
    assert names(anna.get(LIST + "?archived=all")) == ["Gone AS", "Here AS"]


def test_a_selection_is_a_filter(anna):
    chosen = [company(anna, name) for name in ("One", "Two")]
    company(anna, "Three")
    selection = create_selection(anna.actor, name="Fair 2026", kind="company", ids=[one.pk for one in chosen])
    page = anna.get(f"{LIST}?selection={selection.pk}")
    assert names(page) == ["One", "Two"]
    assert "Selection: Fair 2026" in page.content.decode()


def test_persons_of_a_company_are_a_filter(anna):
    here = company(anna, "Here AS")
    create_person(anna.actor, values={"first_name": "Kari", "last_name": "Nord", "company": here})
    create_person(anna.actor, values={"last_name": "Alone"})
    page = anna.get(f"/persons/?company={here.pk}")
    assert names(page) == ["Nord, Kari"]
    assert "Company: Here AS" in page.content.decode()


def test_how_many_there_are_is_told_exactly_when_all_are_shown_and_else_on_demand(anna):
    many(anna, 3)
    assert "3 companies" in anna.get(LIST).content.decode()
    many(anna, 60)
    page = anna.get(LIST).content.decode()
    assert "More than 50." in page and "63 companies" not in page
    assert "63 companies" in anna.get(LIST + "?count=1").content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "?after=nonsense", "?after=" + quote("W10"), "?before=%FF%FE", "?after=WyJhIiwxXQ&sort=created",
        "?sort=password", "?sort=--name", "?archived=perhaps", "?selection=abc", "?selection=99999999999999999999",
        "?company=-1", "?q=%00", "?q=" + "x" * 5000, "?industry=%00", "?after=" + "A" * 4000, "?q=%25%5F%5C",
        "?q=" + quote("'; DROP TABLE crm_company; --"), "?after=WyJhXHUwMDAwIiwxXQ", "?email=2", "?q=🦊 مرحبا",
    ],
)  # fmt: skip
@pytest.mark.parametrize("place", ["/companies/", "/persons/"])
def test_a_mangled_address_still_shows_a_list(anna, place, address):
    company(anna, "Steady AS")
    assert anna.get(place + address).status_code == 200


def test_the_list_takes_few_queries_however_many_rows(anna, django_assert_max_num_queries):
    many(anna, 60)
    anna.get(LIST)
    with django_assert_max_num_queries(12):
        anna.get(LIST)


def test_chiara_sees_nothing_of_annas_companies(anna, chiara):
    theirs = company(anna, "Secret Fjord AS", industry="Secret industry")
    selection = create_selection(anna.actor, name="Secret selection", kind="company", ids=[theirs.pk])
    for address in ("", "?q=secret", f"?selection={selection.pk}", "filters/", "?archived=all&q=fjord"):
        assert "Secret" not in chiara.get(LIST + address).content.decode()


def test_somebody_who_is_not_signed_in_is_asked_to(fjordlys, anna):
    anna.logout()
    assert anna.get(LIST).status_code == 302
