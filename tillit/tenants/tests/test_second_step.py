"""Authenticator app and recovery codes; passkeys need a browser and are walked through in tests/browser."""

from datetime import timedelta
from time import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.test import Client
from django.utils.timezone import now

from tillit.foundation.testing import PASSWORD


def code_of(secret):
    return format_hotp_value(hotp_value(secret, int(time()) // 30))


@pytest.fixture
def anna_inside(anna, has_password, browser_at, sign_in):
    has_password(anna)
    browser = browser_at(anna.tenant)
    sign_in(browser, anna.user.email)
    return browser


@pytest.fixture
def secret(anna_inside):
    """Anna has set up her app; the secret in it."""
    confirm = anna_inside.get("/account/security/totp/activate/")
    assert confirm.url.startswith("/account/confirm/")
    anna_inside.post(confirm.url, {"password": PASSWORD, "next": "/account/security/totp/activate/"})
    page = anna_inside.get("/account/security/totp/activate/").text
    secret = page.split('id="secret">')[1].split("<")[0]
    answer = anna_inside.post("/account/security/totp/activate/", {"code": code_of(secret)})
    assert answer.url == "/account/security/recovery-codes/"
    return secret


def test_a_password_alone_is_no_longer_enough(anna, secret, browser_at, sign_in, time_machine):
    browser = browser_at(anna.tenant)
    assert sign_in(browser, anna.user.email).url == "/account/security/authenticate/"
    assert browser.get("/profile/").status_code == 302
    assert "Incorrect code" in browser.post("/account/security/authenticate/", {"code": "000000"}).text
    time_machine.move_to(now() + timedelta(minutes=1))  # a code is good once
    assert browser.post("/account/security/authenticate/", {"code": code_of(secret)}).url == "/"
    assert browser.get("/profile/").status_code == 200


def test_a_recovery_code_works_once(anna, anna_inside, secret, browser_at, sign_in):
    page = anna_inside.get("/account/security/recovery-codes/").text
    code = page.split('<pre id="codes">')[1].split()[0]
    for expected in (302, 200):
        browser = browser_at(anna.tenant)
        sign_in(browser, anna.user.email)
        assert browser.post("/account/security/authenticate/", {"code": code}).status_code == expected


def test_the_secret_is_not_in_the_database_in_clear(anna, secret):
    rows = Authenticator.objects.filter(user=anna.user)
    assert {row.type for row in rows} == {"totp", "recovery_codes"}
    assert all(secret not in str(row.data) for row in rows)


def test_codes_cannot_be_guessed(anna, secret, browser_at, sign_in):
    browser = browser_at(anna.tenant)
    sign_in(browser, anna.user.email)
    for _n in range(12):
        answer = browser.post("/account/security/authenticate/", {"code": "000000"})
    assert "Too many failed" in answer.text


@pytest.mark.parametrize("code", ["", "x" * 5000, "\x00", "🦊", "１２３４５６"])
def test_a_code_that_is_none(anna, secret, browser_at, sign_in, code):
    browser = browser_at(anna.tenant)
    sign_in(browser, anna.user.email)
    assert browser.post("/account/security/authenticate/", {"code": code}).status_code == 200


def test_giving_up_at_the_second_step_leads_back(anna, secret, browser_at, sign_in):
    browser = browser_at(anna.tenant)
    sign_in(browser, anna.user.email)
    assert browser.post("/sign-out/", {"next": "/sign-in/"}).url == "/sign-in/"
    assert browser.get("/sign-in/").status_code == 200


def test_anna_switches_the_app_off_after_confirming(anna, anna_inside, secret, browser_at, sign_in):
    assert "Switch off" in anna_inside.get("/account/security/totp/deactivate/").text
    anna_inside.post("/account/security/totp/deactivate/")
    assert sign_in(browser_at(anna.tenant), anna.user.email).url == "/"


def test_changing_the_second_step_asks_who_is_there(anna_inside, secret, time_machine):
    time_machine.move_to(now() + timedelta(minutes=6))
    assert anna_inside.post("/account/security/recovery-codes/generate/").url.startswith("/account/confirm/")
    wrong = anna_inside.post("/account/confirm/", {"password": "wrong", "next": "/account/security/"})
    assert "Incorrect password" in wrong.text


def test_a_changed_password_is_told_by_mail(anna, anna_inside, last_mail):
    new = "quite another secret 42"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert anna_inside.post("/account/password/change/", form).url == "/account/security/"
    assert "127.0.0.1" in last_mail(anna.user.email).text
    assert anna_inside.get("/profile/").status_code == 200


@pytest.mark.parametrize(
    "page",
    [
        "/account/security/",
        "/account/sessions/",
        "/account/password/change/",
        "/account/security/recovery-codes/",
        "/account/security/recovery-codes/generate/",
        "/account/security/webauthn/",
        "/account/security/webauthn/add/",
        "/account/security/totp/deactivate/",
        "/account/confirm/",
        "/account/security/reauthenticate/",
    ],
)
@pytest.mark.parametrize("language", ["de", "nb"])
def test_every_page_about_signing_in_is_ours_and_translated(anna_inside, secret, page, language):
    english = anna_inside.get(page).text
    translated = anna_inside.get(f"{page}?lang={language}").text
    assert "Tillit 0" in english  # our frame's foot
    assert heading(english) != heading(translated)
    assert "<style" not in english and " style=" not in english


def heading(page):
    return page.split("<h1>")[1].split("</h1>")[0]


@pytest.mark.parametrize(
    ("base", "belongs_to"), [("tillit.test", "tillit.test"), ("localhost:8000", "fjordlys.localhost")]
)
def test_a_passkey_belongs_to_the_whole_installation_where_the_domain_allows(fjordlys, settings, base, belongs_to):
    settings.BASE_HOST = base
    browser = Client(HTTP_HOST=f"fjordlys.{base}")
    offered = browser.get("/account/security/webauthn/login/", headers={"accept": "application/json"}).json()
    assert offered["request_options"]["publicKey"]["rpId"] == belongs_to


@pytest.mark.parametrize("credential", ["", "{}", "null", "[]", '{"id": "x", "rawId": "x"}', "\x00", "x" * 5000])
def test_a_made_up_passkey_is_turned_away(public, credential):
    answer = public.post("/account/security/webauthn/login/", {"credential": credential}, follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain == [("/sign-in/", 302)]
