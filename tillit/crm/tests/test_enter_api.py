"""Programs come in with a token of a person, at that person's tenant, and never with a cookie."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from tillit.foundation.models import Membership
from tillit.foundation.tenancy import in_tenant
from tillit.tenants.actions.people import end_membership
from tillit.tenants.models import AccessToken


def test_annas_program_reads_and_writes(annas):
    made = annas.add("companies", name="Nordwind AS")
    assert made.status_code == 201
    assert annas.read("companies").json()["items"] == [made.json()]


def test_bens_program_reads_but_does_not_write(annas, bens):
    company = annas.add("companies", name="Nordwind AS").json()["id"]
    assert bens.read(f"companies/{company}").json()["name"] == "Nordwind AS"
    assert bens.read("persons").json() == {"items": [], "next": None}
    attempts = [
        bens.add("companies", name="Hansen AS"),
        bens.add("persons", last_name="Hansen"),
        bens.change(f"companies/{company}", 1, name="Hansen AS"),
        bens.send("DELETE", f"companies/{company}"),
        bens.send("POST", f"companies/{company}/restore"),
    ]
    assert [answer.status_code for answer in attempts] == [403] * 5
    assert bens.read("companies").json()["items"][0]["version"] == 1


@pytest.mark.parametrize("kind", ["companies", "persons"])
def test_chiara_finds_nothing_under_annas_numbers(annas, chiaras, kind):
    values = {"name": "Nordwind AS"} if kind == "companies" else {"last_name": "Solberg"}
    address = f"{kind}/{annas.add(kind, **values).json()['id']}"
    attempts = [
        chiaras.read(address),
        chiaras.change(address, 1, note="mine"),
        chiaras.send("PATCH", address, {"note": "mine"}, if_match="*"),
        chiaras.send("DELETE", address),
        chiaras.send("DELETE", address, if_match='"1"'),
        chiaras.send("POST", f"{address}/restore"),
    ]
    assert {answer.status_code for answer in attempts} == {404}
    assert chiaras.read(kind).json()["items"] == []
    assert annas.read(address).json()["version"] == 1


def test_chiara_cannot_place_a_person_at_annas_company(annas, chiaras):
    company = annas.add("companies", name="Nordwind AS").json()["id"]
    refused = chiaras.add("persons", last_name="Rossi", company=company)
    assert refused.status_code == 409
    assert refused.json()["errors"][0]["field"] == "company"
    assert chiaras.read(f"persons?company={company}").json()["items"] == []


def test_without_a_token_nobody_comes_in(annas, anna):
    del annas.defaults["HTTP_AUTHORIZATION"]
    refused = annas.read("companies")
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"] == 'Bearer realm="fjordlys"'
    assert refused["Content-Type"] == "application/problem+json"


def test_a_session_cookie_counts_for_nothing(anna):
    assert anna.get("/companies/").status_code == 200
    refused = anna.get("/api/v1/companies")
    assert refused.status_code == 401
    assert not refused.cookies


def test_answers_set_no_cookie(annas):
    assert not annas.add("companies", name="Nordwind AS").cookies
    assert not annas.get("/api/v1/docs").cookies


@pytest.mark.parametrize(
    "said", ["Bearer nonsense", "Bearer ", "Bearer tillit_" + "x" * 43, "Basic YW5uYTp4", "tillit_x", "Bearer \u00e6"]
)
def test_what_is_no_token_opens_nothing(annas, said):
    annas.defaults["HTTP_AUTHORIZATION"] = said
    refused = annas.read("companies")
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused["WWW-Authenticate"]


def test_a_token_is_good_on_its_own_tenants_host_only(annas, chiaras, operator):
    for host in (chiaras.defaults["HTTP_HOST"], operator.defaults["HTTP_HOST"]):
        assert annas.read("companies", host=host).status_code == 401
    assert annas.read("companies").status_code == 200


def test_a_revoked_or_expired_token_opens_nothing(anna, annas):
    with in_tenant(anna.tenant):
        AccessToken.objects.update(expires_at=now() - timedelta(seconds=1))
    assert annas.read("companies").status_code == 401
    with in_tenant(anna.tenant):
        AccessToken.objects.update(expires_at=None, revoked_at=now())
    assert annas.read("companies").status_code == 401


def test_the_token_of_somebody_who_left_opens_nothing(anna, ben, bens):
    assert bens.read("companies").status_code == 200
    with in_tenant(anna.tenant):
        membership = Membership.objects.get(user=ben.user)
    end_membership(anna.actor, membership=membership)
    assert bens.read("companies").status_code == 401


def test_too_many_requests_are_told_to_wait(annas, bens, settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    first = annas.read("companies")
    assert first["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert first["RateLimit"].startswith('"minute";r=1;t=')
    assert annas.read("companies").status_code == 200
    refused = annas.read("companies")
    assert refused.status_code == 429
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert bens.read("companies").status_code == 200


def test_who_guesses_tokens_is_told_to_wait_and_others_are_not(annas, chiaras):
    chiaras.defaults["HTTP_AUTHORIZATION"] = "Bearer tillit_guess"
    guesses = [chiaras.read("companies").status_code for _guess in range(61)]
    assert guesses[59:] == [401, 429]
    assert annas.read("companies").status_code == 200


def test_when_a_token_was_used_is_noted_once_a_minute(anna, annas, django_assert_num_queries):
    annas.read("companies")
    with in_tenant(anna.tenant):
        first = AccessToken.objects.get().last_used_at
    annas.read("companies")
    with in_tenant(anna.tenant):
        assert AccessToken.objects.get().last_used_at == first is not None


def test_refusals_speak_the_callers_language(program_of, ben):
    german = program_of(ben, **{"accept-language": "de-CH,de;q=0.9"}).add("companies", name="Hansen AS")
    norwegian = program_of(ben, **{"accept-language": "nb-NO"}).add("companies", name="Hansen AS")
    assert (german.json()["title"], german["Content-Language"]) == ("Nicht erlaubt", "de")
    assert (norwegian.json()["title"], norwegian["Content-Language"]) == ("Ikke tillatt", "nb")
