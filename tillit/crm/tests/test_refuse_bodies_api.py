"""What a program sends wrongly is refused in a clear sentence, and nothing is written."""

import pytest

from tillit.crm.models import Company
from tillit.foundation.tenancy import in_tenant


def written(person):
    with in_tenant(person.tenant):
        return Company.objects.count()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"name=Nordwind",
        b"\xff\xfe{\x00}\x00",
        b'{"name": NaN}',
        b"[" * 5_000,
        b'{"name": "\\ud800"}',
        b"\x00",
        b"1e",
    ],
)
def test_a_body_that_is_no_json_is_refused(anna, annas, body):
    refused = annas.send("POST", "companies", body)
    assert refused.status_code == 400
    assert "JSON" in refused.json()["detail"]
    assert written(anna) == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", ""),
        (b"[]", ""),
        (b"null", ""),
        (b'"Nordwind"', ""),
        (b"{}", "name"),
        (b'{"name": null}', "name"),
        (b'{"name": ""}', "name"),
        (b'{"name": " \\u00a0 "}', "name"),
        (b'{"name": 7}', "name"),
        (b'{"name": ["x"]}', "name"),
        (b'{"name": "a\\u0000b"}', "name"),
        (b'{"name": "%s"}' % (b"x" * 201), "name"),
        (b'{"name": "x", "id": 5}', "id"),
        (b'{"name": "x", "tenant": 5}', "tenant"),
        (b'{"name": "x", "version": 5}', "version"),
        (b'{"name": "x", "employees": "7"}', "employees"),
        (b'{"name": "x", "employees": 7.5}', "employees"),
        (b'{"name": "x", "employees": true}', "employees"),
        (b'{"name": "x", "employees": -1}', "employees"),
        (b'{"name": "x", "employees": 9999999999999999999999}', "employees"),
        (b'{"name": "x", "founded": 12}', "founded"),
        (b'{"name": "x", "country": "Norway"}', "country"),
        (b'{"name": "x", "email": "post@"}', "email"),
        (b'{"name": "x", "email": "a\\u0000@b.example"}', "email"),
        (b'{"name": "x", "note": "%s"}' % (b"x" * 20_001), "note"),
    ],
)
def test_values_that_are_none_are_named_by_field(anna, annas, body, field):
    refused = annas.send("POST", "companies", body)
    assert refused.status_code == 422, refused.content
    assert {error["field"] for error in refused.json()["errors"]} == {field}
    assert all(error["message"] for error in refused.json()["errors"])
    assert written(anna) == 0


def test_a_person_needs_a_name_and_a_company_that_is_there(annas):
    assert annas.add("persons", title="Head").json()["errors"][0]["field"] == "last_name"
    for company in (999_999, 10**30, -1):
        assert annas.add("persons", last_name="Solberg", company=company).status_code == 409
    assert annas.add("persons", last_name="Solberg", company="1").status_code == 422


def test_names_in_every_script_come_back_as_they_were(annas):
    for name in (
        "株式会社北風",
        "شركة الشمال",
        "Żółw & Søn",
        "😀 GmbH",
        "צפון בע״מ",
        "<script>alert(1)</script>",
        "=1+1",
    ):
        made = annas.add("companies", name=name)
        assert made.status_code == 201
        assert annas.get(made["Location"]).json()["name"] == name


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json; charset=latin1", ""],
)
def test_bodies_of_another_type_are_refused(anna, annas, kind):
    refused = annas.send("POST", "companies", {"name": "Nordwind AS"}, content_type=kind)
    assert refused.status_code == 415
    assert written(anna) == 0


@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", "application/merge-patch+json"])
def test_json_by_its_other_names_is_taken(annas, kind):
    assert annas.send("POST", "companies", {"name": "Nordwind AS"}, content_type=kind).status_code == 201


def test_a_body_over_a_million_bytes_is_refused_before_it_is_read(anna, annas):
    refused = annas.send("POST", "companies", b'{"name": "x", "note": "' + b"x" * 1_000_000 + b'"}')
    assert refused.status_code == 413
    assert refused.json()["type"].endswith("#too-large")
    assert written(anna) == 0


def test_a_body_without_a_length_is_refused(annas):
    refused = annas.generic("POST", "/api/v1/companies", headers={"transfer-encoding": "chunked"})
    assert refused.status_code == 411


def test_other_methods_and_addresses_are_told_apart(annas):
    company = annas.add("companies", name="Nordwind AS")["Location"].removeprefix("/api/v1/")
    wrong = annas.send("PUT", company, {"name": "x"})
    assert wrong.status_code == 405
    assert {method.strip() for method in wrong["Allow"].split(",")} == {"GET", "PATCH", "DELETE"}
    for address in ("nothing", "", "companies/", "companies/one", "companies/-1", f"companies/{10**30}", "companies/0"):
        missing = annas.read(address)
        assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json"), address
    assert annas.head(f"/api/v1/{company}").status_code == 200


def test_too_many_parameters_are_refused_before_any_view(annas):
    refused = annas.read("companies?" + "&".join(f"q{number}=1" for number in range(3_000)))
    assert refused.status_code == 400
    assert refused["Content-Type"] == "application/problem+json"


def test_every_refusal_is_a_problem_document(annas, bens):
    refused = [
        annas.send("POST", "companies", b"{"),
        annas.add("companies"),
        bens.add("companies", name="x"),
        annas.read("companies/1000000"),
        annas.send("PUT", "companies", {}),
        annas.send("POST", "companies", {"name": "x"}, content_type="text/csv"),
    ]
    for answer in refused:
        told = answer.json()
        assert answer["Content-Type"] == "application/problem+json"
        assert told["status"] == answer.status_code
        assert told["title"]
        assert told["type"].startswith("http://tillit.test/api/v1/docs#")
        assert answer["Cache-Control"] == "private, no-cache"


def test_values_are_refused_in_the_callers_language(program_of, anna):
    refused = program_of(anna, **{"accept-language": "de"}).send("POST", "companies", {"name": 7, "nme": "x"})
    assert [error["message"] for error in refused.json()["errors"]] == [
        "Das muss ein Text sein.",
        "Ein Feld dieses Namens gibt es nicht.",
    ]
