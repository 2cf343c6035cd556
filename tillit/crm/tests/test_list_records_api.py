"""Programs read lists: the same search, filters and orders as on the page, page by page to the end."""

import pytest

from tillit.crm.actions import create_selection
from tillit.crm.lists import COMPANIES, PERSONS


def fill(program, *names, **values):
    return [program.add("companies", name=name, **values).json()["id"] for name in names]


def names(answer):
    return [item["name"] for item in answer.json()["items"]]


def walk(program, address, meanwhile=lambda: None):
    """Every item, following the header Link to the end."""
    items, following = [], f"/api/v1/{address}"
    while following:
        page = program.get(following)
        assert page.status_code == 200, page.content
        items += page.json()["items"]
        link = page.headers.get("Link")
        assert bool(link) == bool(page.json()["next"])
        following = link.removeprefix("<").partition(">")[0] if link else None
        meanwhile()
    return items


@pytest.mark.parametrize("sort", ["name", "-name", "city", "-city", "created_at", "-updated_at", "industry"])
def test_pages_are_complete_and_hold_nothing_twice(annas, sort):
    for number in range(11):
        annas.add("companies", name=f"Company {number % 4}", city=["", "Oslo", "Ålesund"][number % 3])
    items = walk(annas, f"companies?limit=3&sort={sort}")
    assert len(items) == len({item["id"] for item in items}) == 11
    field = sort.removeprefix("-")
    if field in ("name", "created_at", "updated_at"):
        values = [item[field] for item in items]
        assert values == sorted(values, reverse=sort.startswith("-"))


def test_pages_hold_together_while_others_add_and_remove(annas):
    before = fill(annas, *(f"Company {letter}" for letter in "bdfhjln"))
    added = iter("acegikmoqs")

    def meanwhile():
        fill(annas, f"Company {next(added)}")

    items = walk(annas, "companies?limit=2&q=company", meanwhile)
    found = [item["id"] for item in items]
    assert len(found) == len(set(found))
    assert set(before) <= set(found)
    assert names_of(items) == sorted(names_of(items))


def names_of(items):
    return [item["name"] for item in items]


def test_the_last_page_says_so(annas):
    fill(annas, "A", "B", "C")
    first = annas.read("companies?limit=2")
    assert first["Link"].endswith('; rel="next"')
    last = annas.read(f"companies?limit=2&cursor={first.json()['next']}")
    assert names(last) == ["C"]
    assert last.json()["next"] is None
    assert "Link" not in last.headers


def test_search_finds_parts_of_words_as_the_page_does(annas):
    fill(annas, "Fjellström Logistikk AS", "Nordwind GmbH", "Strøm og Vann AS")
    assert names(annas.read("companies?q=llstrom")) == ["Fjellström Logistikk AS"]
    assert names(annas.read("companies?q=AS%20logis")) == ["Fjellström Logistikk AS"]
    assert names(annas.read("companies?q=%00%25_")) == []


def test_filters_narrow_the_list(annas, anna):
    _first, second = fill(annas, "A", "B", country="NO", city="Bergen", industry="Shipping")
    annas.add("companies", name="C", country="DE", email="c@c.example")
    selection = create_selection(anna.actor, name="Fair", kind="company", ids=[second])
    assert names(annas.read("companies?country=no")) == ["A", "B"]
    assert names(annas.read("companies?city=Bergen&industry=Shipping")) == ["A", "B"]
    assert names(annas.read("companies?has_email=true")) == ["C"]
    assert names(annas.read("companies?has_email=false")) == ["A", "B"]
    assert names(annas.read(f"companies?selection={selection.pk}")) == ["B"]
    assert names(annas.read("companies?selection=999999")) == []


def test_archived_ones_are_asked_for(annas):
    first, _second = fill(annas, "A", "B")
    annas.send("DELETE", f"companies/{first}")
    assert names(annas.read("companies")) == names(annas.read("companies?archived=false")) == ["B"]
    assert names(annas.read("companies?archived=true")) == ["A"]
    assert names(annas.read("companies?archived=all")) == ["A", "B"]


def test_persons_are_sorted_by_last_name(annas):
    for first, last in (("Ada", "Zimmer"), ("Zoe", "Ås"), ("Åse", "Berg")):
        annas.add("persons", first_name=first, last_name=last)
    assert [item["last_name"] for item in annas.read("persons").json()["items"]] == ["Ås", "Berg", "Zimmer"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limt=2", "limt"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("sort=note", "sort"),
        ("archived=perhaps", "archived"),
        ("has_email=perhaps", "has_email"),
        ("selection=-1", "selection"),
        ("selection=99999999999999999999", "selection"),
        ("country=%00", "country"),
        ("cursor=nonsense", "cursor"),
        ("cursor=WyJhIiwgMSwgMl0", "cursor"),
        ("cursor=WyJcdWQ4MDAiLDFd", "cursor"),  # half a character
        ("sort=created_at&cursor=WyJhIiwgMV0", "cursor"),
        ("sort=created_at&cursor=WyI5OTk5LTEyLTMxVDIzOjU5OjU5LTIzOjU5IiwgMV0", "cursor"),  # in the year 10000
        ("sort=created_at&cursor=WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzIzOjU5IiwgMV0", "cursor"),  # in the year 0
        ("q=" + "x" * 201, "q"),
    ],
)
def test_a_question_that_makes_no_sense_is_not_answered_with_everything(annas, query, field):
    refused = annas.read(f"companies?{query}")
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert refused.json()["errors"][0]["message"]


@pytest.mark.parametrize(("kind", "of"), [("companies", COMPANIES), ("persons", PERSONS)])
def test_every_order_of_the_page_is_there(annas, kind, of):
    described = annas.read("openapi.json").json()["paths"][f"/api/v1/{kind}"]["get"]["parameters"]
    offered = next(one["schema"]["enum"] for one in described if one["name"] == "sort")
    orders = {column.name for column in of.columns if column.order}
    assert {name.removesuffix("_at") for name in offered if name[0] != "-"} == orders
    for sort in offered:
        assert annas.read(f"{kind}?sort={sort}").status_code == 200


def test_a_list_costs_the_same_whatever_it_holds(annas, django_assert_max_num_queries):
    fill(annas, *(f"Company {number}" for number in range(30)))
    for query in ("", "?limit=20", "?q=company&limit=5", "?sort=-updated_at", "?sort=city"):
        with django_assert_max_num_queries(7):
            annas.read(f"companies{query}")
