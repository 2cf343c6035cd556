"""Everybody reads under whose law the infrastructure stands, and the annexes of the agreement on data processing."""

import pytest

from tillit.trust.evidence.queries.annexes import annexes
from tillit.trust.evidence.queries.cloud import Cloud
from tillit.trust.evidence.queries.jurisdiction import seats


def test_the_owner_of_a_data_centre_and_the_chain_are_named(linked, public):
    sent = public.get("/trust/jurisdiction/").content.decode()
    assert "Fjell 1 (Norway)" in sent
    found = {seat.processor.slug: seat for seat in seats(Cloud())}
    assert [one.slug for one in found["kaldvann"].above] == ["nordrack"]
    assert found["kaldvann"].third == []


def test_a_seat_above_in_the_chain_brings_its_law_along(in_force, linked_text):
    in_force(linked_text.replace('registration = "NOBRREG.912345678"', "", 1).replace(
        'seat_city = "Bergen"\nseat_country = "NO"', 'seat_country = "US"', 1))  # fmt: skip
    found = {seat.processor.slug: seat for seat in seats(Cloud())}
    assert found["nordrack"].third == ["US"]
    assert found["kaldvann"].third == ["US"]


def test_what_is_not_stated_is_said(seed, public):
    sent = public.get("/trust/jurisdiction/").content.decode()
    assert "not stated" in sent
    assert "A record of requests by authorities is not kept here yet." in sent
    assert "nicht angegeben" in public.get("/trust/jurisdiction/", {"lang": "de"}).content.decode()


@pytest.mark.parametrize(("language", "title"), [("en", "Sub-processors"), ("de", "Unterauftragsverarbeiter")])
def test_annexes_are_plain_data_in_the_language_that_is_asked_for(linked, fjordlys, language, title):
    made = annexes(language, fjordlys)
    assert [annex["number"] for annex in made["annexes"]] == ["I", "II", "III"]
    assert made["annexes"][2]["title"] == title
    assert made["revision"] == linked.pk
    parties = dict(made["annexes"][0]["parts"][0]["facts"])
    assert "Fjordlys AS (invented)" in parties.values()
    (chain,) = made["annexes"][2]["parts"]
    rows = {row[0]: row for row in chain["table"]["rows"]}
    assert rows["Kaldvann AB (SEBOLREG.5561234567)"][9:11] == ["Nordrack AS", "3"]


def test_the_annexes_say_from_what_they_were_made(linked, public):
    sent = public.get("/trust/annexes/").content.decode()
    assert f"Made from revision {linked.pk} of the register" in sent
    assert public.get("/trust/annexes.json").json()["revision"] == linked.pk
