"""Anna finds people by what she remembers of them."""

import re

import pytest
from django.db import connection
from psycopg import sql

from tillit.crm.actions import archive_person, create_company, create_person
from tillit.crm.lists import PERSONS, Criteria
from tillit.crm.models import Person
from tillit.crm.queries import count_up_to, duplicates_of, page_of, quick_find, similar_to
from tillit.foundation.tenancy import in_tenant

PEOPLE = [
    ("Åse", "Ødegård", "ase@fjell.example", "+47 22 33 44 55"),
    ("Jürgen", "Müller", "j.mueller@werk.example", "+49 (0)89 123 456"),
    ("Anna", "Hansen", "anna@hav.example", ""),
    ("Hannah", "Berg", "", ""),
    ("Joanna", "O'Neil-Straße", "", ""),
    ("李", "明", "", ""),
    ("محمد", "الفاسي", "", ""),
]


@pytest.fixture
def people(anna):
    for first, last, email, phone in PEOPLE:
        create_person(anna.actor, values={"first_name": first, "last_name": last, "email": email, "phone": phone})


def found(person, text, **headers):
    page = person.get("/persons/", {"q": text}, headers=headers).content.decode()
    return re.sub(r"</?mark>", "", page)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("ødegård", "Ødegård, Åse"),
        ("odegard", "Ødegård, Åse"),
        ("ODEGÅRD åse", "Ødegård, Åse"),
        ("muller", "Müller, Jürgen"),
        ("ann hans", "Hansen, Anna"),
        ("werk.exam", "Müller, Jürgen"),
        ("22334455", "Ødegård, Åse"),
        ("+47 22 33", "Ødegård, Åse"),
        ("0047 22 33 44 55", "Ødegård, Åse"),
        ("strasse", "O&#x27;Neil-Straße, Joanna"),
        ("o'neil", "O&#x27;Neil-Straße, Joanna"),
        ("明", "明, 李"),
        ("الفاسي", "الفاسي, محمد"),
        ("be", "Berg, Hannah"),
    ],
)
def test_any_part_of_name_address_or_phone_finds(anna, people, text, name):
    assert name in found(anna, text)


@pytest.mark.parametrize(("text", "name"), [("hansenn", "Hansen, Anna"), ("jorgen", "Müller, Jürgen")])
def test_a_misspelt_name_is_found_as_similar(anna, people, text, name):
    page = found(anna, text)
    assert "this is similar" in page and name in page


def test_a_short_first_name_tells_which_of_many_similar_people_is_meant(anna, people):
    for first in (*"ABCDEFGHIJKL", "Ola"):
        create_person(anna.actor, values={"first_name": first, "last_name": "Hansen"})
    ola = found(anna, "hanssen ola")
    assert "this is similar" in ola and "Hansen, Ola" in ola and "Hansen, A<" not in ola
    assert "Hansen, A<" in found(anna, "hanssen xyz")


@pytest.mark.parametrize("text", ["qxyzzy", "%", "_", "\\", "a%b", "00000", "(((((", "+ - - -"])
def test_what_is_not_there_is_not_found(anna, people, text):
    assert "Nothing found" in found(anna, text)


def test_what_was_found_is_marked(anna, people):
    page = anna.get("/persons/?q=odegard").content.decode()
    assert "<mark>Ødegård</mark>, Åse" in page


def test_typing_swaps_the_table_only_and_keeps_the_address_shareable(anna, people):
    reply = anna.get("/persons/?q=hansen&sort=-name", headers={"HX-Request": "true"})
    assert b"<html" not in reply.content and b"Hansen" in reply.content
    assert reply.headers["HX-Push-Url"] == "/persons/?q=hansen&sort=-name"


def test_nothing_is_searched_before_the_third_letter_while_typing(anna, people):
    assert anna.get("/persons/?q=ha", headers={"HX-Request": "true"}).status_code == 204
    assert anna.get("/persons/?q=%E6%98%8E", headers={"HX-Request": "true"}).status_code == 200


def test_archived_people_are_not_found_unless_asked_for(anna, people):
    with in_tenant(anna.tenant):
        gone = Person.objects.get(last_name="Berg")
    archive_person(anna.actor, person=gone)
    assert "Nothing found" in found(anna, "hannah berg")
    assert "Berg, Hannah" in re.sub("</?mark>", "", anna.get("/persons/?q=berg&archived=1").content.decode())


def test_a_search_that_finds_many_has_pages_too(anna):
    with in_tenant(anna.tenant):
        Person.objects.bulk_create(
            Person(tenant=anna.tenant, first_name="Anna", last_name=f"Nr {number:03}") for number in range(120)
        )
    page = anna.get("/persons/?q=anna").content.decode()
    address = re.search(r'rel="next" href="([^"]+)"', page)[1].replace("&amp;", "&")
    assert "q=anna" in address
    assert "Nr 050" in anna.get(address).content.decode()


def test_a_rare_name_that_sorts_last_is_found_through_the_index(anna):
    """The walk along the sort order gives up after 2,000 rows; then the trigram index is asked."""
    with in_tenant(anna.tenant):
        Person.objects.bulk_create(
            Person(tenant=anna.tenant, first_name="Kari", last_name=f"Aaberg {number}") for number in range(2_100)
        )
    create_person(anna.actor, values={"first_name": "Rare", "last_name": "Zwetschge"})
    assert "Zwetschge" in found(anna, "etsch")


@pytest.mark.parametrize(
    ("criteria", "index"),
    [
        ({}, "person_by_name"),
        ({"sort": "-updated"}, "person_by_change"),
        ({"sort": "created"}, "person_by_creation"),
        ({"sort": "city"}, "person_by_city"),
        ({"sort": "-country"}, "person_by_country"),
        ({"sort": "-email"}, "person_by_email"),
        ({"company": "1"}, "person_by_company"),
        ({"archived": "1"}, "person_archived"),
    ],
)
def test_lists_are_read_from_an_index_under_row_level_security(anna, criteria, index):
    """The table is empty and has no statistics, so that the dearer ways are closed: is there an index to go by?"""
    with in_tenant(anna.tenant):
        close_dearer_ways()
        plans = plans_of(Criteria.read(PERSONS, criteria))
    assert any(index in plan for plan in plans), plans


def test_row_level_security_leaves_the_search_operators_their_index(db):
    """PostgreSQL keeps an operator from the index unless its function is marked as telling nothing about other rows."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oprname, proleakproof FROM pg_operator JOIN pg_proc ON pg_proc.oid = oprcode"
            " WHERE (oprname, oprleft) IN (('~~', 'text'::regtype), ('<%%', 'text'::regtype))",
            [],
        )
        assert dict(cursor.fetchall()) == {"~~": True, "<%": True}


def test_a_whole_list_keeps_its_plan_and_what_is_narrowed_is_planned_for_its_values(anna, people):
    """A plan that is kept suits the values of the first few times: not those of a name that everybody bears."""
    with in_tenant(anna.tenant), connection.cursor() as cursor:
        close_dearer_ways()
        for _ in range(8):
            for asked in ({}, {"q": "ann"}, {"q": "hansenn"}, {"city": "Oslo"}):
                criteria = Criteria.read(PERSONS, asked)
                similar_to(criteria, ["first_name"], page_of(criteria, ["first_name"]).rows)
                count_up_to(criteria)
            quick_find(PERSONS, "hans")
            duplicates_of(Person, {"last_name": "Hansenn", "email": "anna@hav.example"})
        cursor.execute(
            "SELECT statement, name FROM pg_prepared_statements WHERE statement LIKE 'SELECT%%crm_person%%'", []
        )
        whole, count = sorted(cursor.fetchall())
        assert [count[0].startswith("SELECT COUNT(*)"), "fold(" in count[0] + whole[0]] == [True, False]
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(sql.SQL("EXPLAIN EXECUTE {}({})").format(sql.Identifier(whole[1]), sql.Literal(anna.tenant.pk)))
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using person_by_name" in plan and "(tenant_id = $1)" in plan, plan


def close_dearer_ways():
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")


def plans_of(criteria):
    """What PostgreSQL plans for the queries of this page, as the application's role."""
    plans = []

    def explain(execute, sql, parameters, many, context):
        if "crm_person" in sql and not sql.startswith("EXPLAIN"):
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN " + sql, parameters)
                plans.append("\n".join(line for (line,) in cursor.fetchall()))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(explain):
        page_of(criteria, ["first_name", "last_name"])
    return plans


def test_everything_is_searched_at_once_from_the_head_of_the_page(anna, people, ben):
    create_company(anna.actor, values={"name": "Hansen & Co"})
    for somebody in (anna, ben):
        page = re.sub("</?mark>", "", somebody.get("/search/?q=hansen").content.decode())
        assert "Hansen &amp; Co" in page and "Hansen, Anna" in page
    fragment = anna.get("/search/?q=hansen", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment and "Hansen" in fragment
    assert "Nothing found" in anna.get("/search/?q=qxyzzy").content.decode()
    assert anna.get("/search/").status_code == 200


def test_chiara_finds_nobody_of_annas(anna, people, chiara):
    for address in ("/search/?q=hansen", "/persons/?q=hansen", "/persons/?q=hansenn", "/companies/suggest/?company=h"):
        reply = chiara.get(address).content.decode()
        assert "Anna" not in reply and "hav.example" not in reply
