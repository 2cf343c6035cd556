"""The invited join: once, as themselves, with a password worth the name."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from tillit.foundation.models import Membership, User
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import PASSWORD, happened
from tillit.tenants.models import Invitation

NORA = {"email": "nora@example.com", "name": "Nora Vik", "role": "member", "language": "nb"}
ACCEPT = {"name": "Nora Vik", "password": PASSWORD}


@pytest.fixture
def link(anna, last_mail):
    anna.post("/people/invite/", NORA)
    return last_mail("nora@example.com").path


def role_of(email, tenant):
    with in_tenant(tenant):
        found = Membership.objects.filter(user__email=email, ended_at=None).first()
        return found.role if found else None


def test_nora_joins_with_name_and_password_and_is_signed_in(anna, link, browser_at, sign_in):
    browser = browser_at(anna.tenant)
    assert "nora@example.com" in browser.get(link).text
    assert browser.post(link, ACCEPT).url == "/"
    assert role_of("nora@example.com", anna.tenant) == "member"
    assert browser.get("/profile/").status_code == 200
    assert User.objects.get(email="nora@example.com").language == "nb"
    assert happened("tenants.invitation_accepted")
    assert sign_in(browser_at(anna.tenant), "nora@example.com").status_code == 302


def test_a_link_works_once(anna, link, browser_at):
    browser_at(anna.tenant).post(link, ACCEPT)
    again = browser_at(anna.tenant).post(link, ACCEPT | {"name": "Somebody else"})
    assert again.status_code == 410
    assert "has been accepted" in again.text
    assert User.objects.filter(email="nora@example.com").count() == 1


def test_an_expired_link_says_so(anna, link, browser_at):
    with in_tenant(anna.tenant):
        Invitation.objects.update(expires_at=now() - timedelta(seconds=1))
    assert browser_at(anna.tenant).post(link, ACCEPT).status_code == 410
    assert role_of("nora@example.com", anna.tenant) is None


@pytest.mark.parametrize("token", ["wrong", "x" * 3000, "%00", "🦊"])
def test_a_wrong_token_is_nobodys(anna, browser_at, token):
    answer = browser_at(anna.tenant).get(f"/invitation/{token}/")
    assert answer.status_code == 410
    assert "no longer works" in answer.text


def test_a_link_opens_nothing_on_another_tenants_host(link, alpenrose, browser_at):
    assert browser_at(alpenrose).get(link).status_code == 410


@pytest.mark.parametrize("password", ["", "short", "password1234", "1234567890123", "nora@example.com", "p" * 200])
def test_trivial_and_breached_passwords_are_refused(anna, link, browser_at, password):
    answer = browser_at(anna.tenant).post(link, ACCEPT | {"password": password})
    assert answer.status_code == 422
    assert 'class="error' in answer.text
    assert not User.objects.filter(email="nora@example.com").exists()


@pytest.mark.parametrize("name", ["", "n" * 121, "a\x00b"])
def test_a_name_must_be_one(anna, link, browser_at, name):
    assert browser_at(anna.tenant).post(link, ACCEPT | {"name": name}).status_code == 422


def test_chiara_signs_in_and_accepts(anna, chiara, has_password, last_mail, browser_at, sign_in):
    has_password(chiara)
    anna.post("/people/invite/", NORA | {"email": chiara.user.email})
    link = last_mail(chiara.user.email).path
    browser = browser_at(anna.tenant)
    assert "already a sign-in" in browser.get(link).text
    assert browser.post(link, ACCEPT).status_code == 200  # a newcomer's form changes nothing
    assert role_of(chiara.user.email, anna.tenant) is None
    assert sign_in(browser, chiara.user.email, next=link).url == link
    assert browser.get("/profile/").status_code == 403
    assert browser.post(link).url == "/"
    assert role_of(chiara.user.email, anna.tenant) == "member"
    assert browser.get("/profile/").status_code == 200


def test_ben_cannot_accept_what_was_sent_to_nora(ben, link):
    assert "This invitation is for nora@example.com" in ben.get(link).text
    assert ben.post(link).status_code == 200
    assert role_of("nora@example.com", ben.tenant) is None


def test_many_tries_from_one_address_are_slowed_down(anna, browser_at):
    browser = browser_at(anna.tenant)
    answers = {browser.get(f"/invitation/guess{n}/").status_code for n in range(31)}
    assert answers == {410, 429}
