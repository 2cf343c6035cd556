"""The German page says everything the published trust page says; every fact is looked for."""

import html
import re
import tomllib
from pathlib import Path

import pytest

SEED = tomllib.loads((Path(__file__).parents[3] / "tests" / "seed_statements.toml").read_text())["statements"]
AGREEMENTS = [said for said in SEED if said["id"].startswith("agreement-")]
ROWS = [said for said in SEED if said["id"].startswith("row-")]


def text_of(response):
    """What a reader sees of the page's main part, white space single."""
    main = re.search(r"<main.*</main>", response.content.decode(), re.S)[0]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


def missing(statements, text):
    return [
        f"{said['id']}: {pattern}"
        for said in statements
        for pattern in said["german"]
        if not re.search(pattern, text, re.IGNORECASE)
    ]


@pytest.fixture
def german(seed, public):
    return text_of(public.get("/trust/", {"lang": "de"}))


@pytest.mark.promise("everything-the-seed-says-is-on-the-page")
def test_every_statement_of_the_seed_is_on_the_german_page(german):
    assert len(SEED) > 70
    assert missing(SEED, german) == []


@pytest.mark.promise("agreements-are-listed-with-language-and-file-type")
def test_the_fifteen_agreements_stand_in_order_with_their_marks(german, public):
    page = public.get("/trust/", {"lang": "de"}).content.decode()
    assert len(re.findall(r'href="/trust/agreements/[a-z-]+/\?lang=de"', page)) == len(AGREEMENTS) == 15
    assert missing(AGREEMENTS, german) == []
    assert german.index("Abonnementrahmenvertrag") < german.index("DORA article 30") < german.index("Supplier Code")


@pytest.mark.promise("transparency-list-names-every-processor")
def test_the_transparency_list_has_eight_rows_of_five_columns(german, public):
    page = public.get("/trust/", {"lang": "de"}).content.decode()
    table = re.search(r"<table[^>]*transparency-list.*?</table>", page, re.S)[0]
    rows = re.findall(r"<tr id=.*?</tr>", table, re.S)
    assert len(rows) == len(ROWS) == 8
    assert {len(re.findall(r"<t[hd] ", row)) for row in rows} == {5}
    assert len(re.findall(r'<th scope="col">', table)) == 5
    assert missing(ROWS, german) == []


def test_a_fact_that_is_taken_out_of_the_register_is_missed(in_force, seed_text, public):
    in_force(seed_text.replace("rund um die Uhr überwacht", "bewacht"))
    german = text_of(public.get("/trust/", {"lang": "de"}))
    assert missing(SEED, german) == [
        "measure-locked-alarmed-watched: verschlossen.{0,40}Alarmsystem.{0,60}rund um die Uhr überwacht"
    ]
