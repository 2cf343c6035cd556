"""Programs act as a person with a token: shown once, kept as a digest, good in one tenant."""

from datetime import timedelta

import pytest
from django.test import RequestFactory
from django.utils.timezone import now

from tillit.foundation.models import Membership, Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened
from tillit.tenants.actions.sign_in import create_access_token
from tillit.tenants.models import AccessToken
from tillit.tenants.queries import actor_of_token


def who(secret, tenant, scheme="Bearer"):
    request = RequestFactory().get("/api/v1/companies", headers={"authorization": f"{scheme} {secret}"})
    request.tenant = tenant
    return actor_of_token(request)


def make(person, **values):
    return create_access_token(person.actor, name="script", **values)


def tokens(person):
    with in_tenant(person.tenant):
        return list(AccessToken.objects.all())


def test_ben_makes_a_token_and_sees_it_once(ben):
    page = ben.post("/profile/tokens/", {"name": "Monthly report"}).text
    secret = page.split('<code id="secret">')[1].split("<")[0]
    actor = who(secret, ben.tenant)
    assert (actor.user, actor.role) == (ben.user, "reader")
    again = ben.get("/profile/tokens/").text
    assert "Monthly report" in again
    assert secret not in again
    assert secret not in str([vars(token) for token in tokens(ben)])
    assert happened("tenants.token_created")


def test_a_stranger_makes_none(public):
    assert public.post("/profile/tokens/", {"name": "x"}).url.startswith("/sign-in/")


def test_reloading_the_page_makes_no_second_token(ben):
    ben.post("/profile/tokens/", {"name": "Monthly report"})
    answer = ben.post("/profile/tokens/", {"name": "Monthly report"})
    assert answer.status_code == 422
    assert "already have a token of this name" in answer.text
    assert len(tokens(ben)) == 1


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
def test_the_header_is_read_leniently(ben, scheme):
    assert who(make(ben)[1], ben.tenant, scheme).user == ben.user


@pytest.mark.parametrize(
    "secret", ["", "tillit_", "tillit_wrong", "x" * 10_000, "tillit_\x00", "tillit_🦊".encode().decode("latin1")]
)
def test_a_wrong_token_is_nobody(ben, secret):
    make(ben)
    assert who(secret, ben.tenant) is None


def test_another_scheme_is_nobody(ben):
    assert who(make(ben)[1], ben.tenant, "Basic") is None


def test_a_token_opens_one_tenant_only(chiara, fjordlys):
    with in_tenant(fjordlys):
        Membership.objects.create(tenant=fjordlys, user=chiara.user, role="member")
    secret = make(chiara)[1]
    assert who(secret, chiara.tenant) is not None
    assert who(secret, fjordlys) is None


def test_a_revoked_token_is_nobody(ben):
    token, secret = make(ben)
    assert "turned away" in ben.get(f"/profile/tokens/{token.pk}/revoke/").text
    assert ben.post(f"/profile/tokens/{token.pk}/revoke/").url == "/profile/tokens/"
    assert who(secret, ben.tenant) is None
    assert happened("tenants.token_revoked")
    assert ben.post(f"/profile/tokens/{token.pk}/revoke/").status_code == 404


def test_nobody_else_revokes_it(ben, anna, chiara):
    token, secret = make(ben)
    assert anna.post(f"/profile/tokens/{token.pk}/revoke/").status_code == 404
    assert chiara.post(f"/profile/tokens/{token.pk}/revoke/").status_code == 404
    assert who(secret, ben.tenant) is not None


def test_a_token_expires(ben, time_machine):
    secret = make(ben, expires_at=now() + timedelta(days=1))[1]
    assert who(secret, ben.tenant) is not None
    time_machine.move_to(now() + timedelta(days=2))
    assert who(secret, ben.tenant) is None
    assert "expired" in ben.get("/profile/tokens/").text or ben.get("/profile/tokens/").status_code == 302


def test_an_ended_membership_or_closed_tenant_makes_it_nobody(ben):
    secret = make(ben)[1]
    Tenant.objects.filter(pk=ben.tenant.pk).update(state=Tenant.State.SUSPENDED)
    ben.tenant.refresh_from_db()
    assert who(secret, ben.tenant) is None
    Tenant.objects.filter(pk=ben.tenant.pk).update(state=Tenant.State.RUNNING)
    ben.tenant.refresh_from_db()
    assert who(secret, ben.tenant) is not None
    with in_tenant(ben.tenant):
        Membership.objects.filter(user=ben.user).update(ended_at=now())
    assert who(secret, ben.tenant) is None


def test_when_it_was_used_is_noted_once_a_minute(ben, time_machine, django_assert_num_queries):
    _token, secret = make(ben)
    who(secret, ben.tenant)
    first = tokens(ben)[0].last_used_at
    assert first is not None
    with in_tenant(ben.tenant), django_assert_num_queries(1):
        who(secret, ben.tenant)
    time_machine.move_to(now() + timedelta(seconds=61))
    who(secret, ben.tenant)
    assert tokens(ben)[0].last_used_at > first


@pytest.mark.parametrize(
    "form",
    [
        {"name": ""},
        {"name": "n" * 81},
        {"name": "a\x00"},
        {"name": "x", "expires_on": "2020-01-01"},
        {"name": "x", "expires_on": "tomorrow"},
        {"name": "x", "expires_on": "9999-12-31"},
    ],
)
def test_nonsense_is_said(ben, form):
    answer = ben.post("/profile/tokens/", form)
    assert answer.status_code in (200, 422)
    assert answer.status_code == 200 or 'class="error' in answer.text
    assert len(tokens(ben)) == (answer.status_code == 200)


def test_there_is_a_limit(ben):
    for number in range(20):
        create_access_token(ben.actor, name=f"script {number}")
    answer = ben.post("/profile/tokens/", {"name": "one more"})
    assert "Revoke one first" in answer.text
