"""The API describes itself: as OpenAPI 3.1 for programs, and on a page for people."""

import re

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tillit.crm.api.schemas import CompanyChange, NewCompany, NewPerson, PersonChange
from tillit.crm.models import Company, Person
from tillit.crm.values import fields_of


@pytest.fixture
def document(public):
    return public.get("/api/v1/openapi.json").json()


def test_the_document_is_valid_openapi(document):
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_operation_is_told_with_its_answers_and_errors(document):
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len(operations) == 12
    for operation in operations:
        assert operation["summary"] and operation["description"]
        assert operation["security"] == [{"AccessToken": []}]
        assert {"401", "403", "429", "500"} <= set(operation["responses"])
    patch = document["paths"]["/api/v1/companies/{id}"]["patch"]
    assert {"400", "404", "409", "412", "413", "415", "422", "428"} <= set(patch["responses"])
    match = next(one for one in patch["parameters"] if one["name"] == "If-Match")
    assert match["required"]


@pytest.mark.parametrize(
    ("model", "sent"), [(Company, NewCompany), (Company, CompanyChange), (Person, NewPerson), (Person, PersonChange)]
)
def test_what_is_described_is_what_the_models_take(model, sent):
    assert set(sent.model_fields) == set(fields_of(model))
    for name, described in sent.model_json_schema()["properties"].items():
        field = model._meta.get_field(name)
        assert described["description"] and described["examples"]
        limits = {type(one).__name__: one.limit_value for one in field.validators if hasattr(one, "limit_value")}
        assert described.get("maxLength") == limits.get("MaxLengthValidator"), name
        if "minimum" in described:
            assert (described["minimum"], described["maximum"]) == (
                limits["MinValueValidator"],
                limits["MaxValueValidator"],
            )


def test_examples_are_good_examples(annas, document):
    for kind, schema in (("companies", "NewCompany"), ("persons", "NewPerson")):
        described = document["components"]["schemas"][schema]["properties"]
        example = {name: field["examples"][0] for name, field in described.items() if name != "company"}
        assert annas.add(kind, **example).status_code == 201


def test_answers_hold_what_is_described(annas, document):
    schemas = document["components"]["schemas"]
    company = annas.add("companies", name="Nordwind AS").json()
    person = annas.add("persons", last_name="Solberg").json()
    assert list(company) == list(schemas["Company"]["properties"])
    assert list(person) == list(schemas["Person"]["properties"])
    assert set(schemas["Person"]["required"]) == set(person)
    assert set(annas.read("persons").json()) == set(schemas["PersonList"]["properties"])


def test_the_page_is_readable_without_sign_in_script_or_foreign_host(public):
    page = public.get("/api/v1/docs")
    text = page.content.decode()
    assert page.status_code == 200
    assert not page.cookies
    assert "<h1>" in text and "/api/v1/companies/{id}/restore" in text
    assert "<style" not in text and not re.search(r"<script(?![^>]*src=\"/static/)", text)
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", text)


def test_every_kind_of_problem_has_its_paragraph(public, document):
    page = public.get("/api/v1/docs").content.decode()
    for slug in document["components"]["responses"]:
        assert f'id="{slug}"' in page


def test_the_document_is_fetched_once(public):
    first = public.get("/api/v1/openapi.json")
    assert first["Access-Control-Allow-Origin"] == "*"
    assert public.get("/api/v1/openapi.json", headers={"if-none-match": first["ETag"]}).status_code == 304
