"""Programs find every public JSON with a schema that it keeps to, and the page once more as JSON-LD."""

import json
import re

import pytest
from django.urls import URLResolver, get_resolver
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from tillit.foundation.access import Actor
from tillit.trust.evidence import published
from tillit.trust.proof.jobs.checks import keep_retention, run_due_checks

ONE_PAGE = re.compile(r"^\^?trust/([a-z-]+)\.json\$?$")
CERTIFICATE = """
[[certificates]]
slug = "iso27001"
processor = ""
standard = "ISO/IEC 27001:2022"
body = "Invented Certifiers"
certificate_number = "NO-27"
valid_from = 2026-01-01
valid_to = 2027-12-31
""".replace('processor = ""\n', "")


def patterns(resolver):
    for one in resolver.url_patterns:
        if isinstance(one, URLResolver):
            yield from patterns(one)
        else:
            yield str(one.pattern)


def pages():
    """The names of all JSON below /trust/ that have one address."""
    return sorted({found[1] for one in patterns(get_resolver()) if (found := ONE_PAGE.match(one))})


@pytest.fixture
def schema_of(public):
    """A validator as a foreign program makes it: from the published addresses alone."""

    def fetch(address):
        return Resource.from_contents(json.loads(public.get(address).content))

    def validator(name):
        address = f"/trust/schemas/{name}.json"
        schema = {"$id": address, **json.loads(public.get(address).content)}
        Draft202012Validator.check_schema(schema)
        return Draft202012Validator(schema, registry=Registry(retrieve=fetch))

    return validator


@pytest.fixture
def lived(seed, operator_tenant):
    """Checks have run and marked records are planted."""
    system = Actor.system(operator_tenant)
    run_due_checks(system)
    keep_retention(system)


def test_every_public_json_has_a_schema():
    assert [name for name in pages() if published.read(name) is None] == []


@pytest.mark.parametrize("name", published.names())
def test_every_schema_is_one(name, schema_of):
    assert schema_of(name).schema["title"]


@pytest.mark.parametrize("name", pages())
def test_every_twin_keeps_to_its_schema(lived, public, schema_of, name):
    answer = public.get(f"/trust/{name}.json")
    assert answer.status_code == 200
    assert not answer.cookies
    schema_of(name).validate(answer.json())


@pytest.mark.parametrize("name", pages())
def test_a_complete_register_keeps_to_the_schemas_too(in_force, linked_text, public, schema_of, name):
    in_force(linked_text + CERTIFICATE)
    schema_of(name).validate(public.get(f"/trust/{name}.json").json())


@pytest.mark.parametrize("name", pages())
def test_an_empty_cloud_keeps_to_the_schemas_too(operator_tenant, public, schema_of, name):
    schema_of(name).validate(public.get(f"/trust/{name}.json").json())


def test_one_agreement_keeps_to_its_schema(seed, public, schema_of):
    schema_of("agreement").validate(public.get("/trust/agreements/crm-online-dpa.json").json())


def test_a_twin_that_loses_a_key_is_noticed(seed, public, schema_of):
    twin = public.get("/trust/processors.json").json()
    del twin["processors"][0]["seat"]
    assert not schema_of("processors").is_valid(twin)


def test_the_index_names_every_twin_with_its_schema(seed, public):
    index = public.get("/trust/index.json").json()
    assert [one["name"] for one in index["twins"]] == pages()
    for one in index["twins"]:
        assert public.get(one["url"]).status_code == 200
        assert public.get(one["schema"]).headers["Content-Type"] == "application/schema+json"
        assert public.get(one["schema"]).headers["Access-Control-Allow-Origin"] == "*"


def test_an_unknown_schema_is_not_found(public):
    assert public.get("/trust/schemas/nothing.json").status_code == 404


def linked_data(public):
    sent = public.get("/trust/").content.decode()
    (address,) = re.findall(r'<link rel="alternate" type="application/ld\+json" href="([^"]+)"', sent)
    answer = public.get(address)
    assert answer.headers["Content-Type"] == "application/ld+json"
    return answer.json()


def test_the_page_carries_itself_as_linked_data(in_force, linked_text, public):
    in_force(linked_text + CERTIFICATE)
    said = linked_data(public)
    assert said["@context"] == "https://schema.org"
    assert (said["@type"], said["legalName"], said["leiCode"]) == (
        "Organization", "Tillit Drift AS", "549300TILLITDRIFT096",
    )  # fmt: skip
    service = said["makesOffer"]["itemOffered"]
    assert service["areaServed"] == [{"@type": "Country", "name": "NO"}]
    assert service["termsOfService"] == "http://tillit.test/trust/#agreements"
    (certificate,) = said["hasCertification"]
    assert certificate["issuedBy"]["name"] == "Invented Certifiers"
    assert certificate["expires"] == "2027-12-31"


def test_before_the_first_register_the_linked_data_is_empty(public):
    assert linked_data(public) == {}


@pytest.mark.parametrize("path", ["/trust/dora/", "/trust/gdpr/", "/trust/jurisdiction/", "/trust/annexes/"])
def test_every_page_names_its_twin(seed, public, path):
    sent = public.get(path).content.decode()
    twin = path.rstrip("/") + ".json"
    assert f'<link rel="alternate" type="application/json" href="{twin}"' in sent


def test_the_trust_page_leads_to_the_evidence(seed, public):
    sent = public.get("/trust/", {"lang": "de"}).content.decode()
    for path in ("dora", "gdpr", "jurisdiction", "annexes", "subscribe"):
        assert f'href="/trust/{path}/?lang=de"' in sent
    assert 'href="/trust/index.json"' in sent
