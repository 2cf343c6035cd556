"""People sign in where they work, and nowhere else."""

import pytest
from django.test import Client

from tillit.foundation.models import Tenant
from tillit.foundation.testing import PASSWORD, happened


def test_anna_signs_in_with_her_password(anna, has_password, browser_at, sign_in):
    has_password(anna)
    browser = browser_at(anna.tenant)
    answer = sign_in(browser, "Anna@Fjordlys.example")
    assert answer.status_code == 302
    assert answer.url == "/"
    assert browser.get("/profile/").status_code == 200
    assert happened("tenants.signed_in")


def test_a_wrong_password_is_said_and_the_address_kept(anna, has_password, browser_at, sign_in):
    has_password(anna)
    answer = sign_in(browser_at(anna.tenant), "anna@fjordlys.example", "something else")
    assert answer.status_code == 200
    assert "not correct" in answer.text
    assert "anna@fjordlys.example" in answer.text
    assert "something else" not in answer.text


def test_after_signing_in_one_is_where_one_wanted_to_go(anna, has_password, browser_at, sign_in):
    has_password(anna)
    browser = browser_at(anna.tenant)
    wanted = browser.get("/people/")
    assert wanted.url == "/sign-in/?next=/people/"
    assert sign_in(browser, anna.user.email, next="/people/").url == "/people/"


def test_nobody_is_led_to_another_site(anna, has_password, browser_at, sign_in):
    has_password(anna)
    assert sign_in(browser_at(anna.tenant), anna.user.email, next="https://evil.example/").url == "/"


def test_chiara_does_not_enter_where_she_does_not_work(chiara, fjordlys, has_password, browser_at, sign_in):
    has_password(chiara)
    browser = browser_at(fjordlys)
    answer = sign_in(browser, chiara.user.email)
    assert answer.status_code == 403
    assert "You have no access to Fjordlys" in answer.text
    assert 'href="/sign-in/"' in answer.text
    assert browser.get("/profile/").url.startswith("/sign-in/")
    assert sign_in(browser_at(chiara.tenant), chiara.user.email).status_code == 302


def test_a_session_without_membership_leads_to_a_way_out(chiara, fjordlys, browser_at):
    browser = browser_at(fjordlys, chiara.user)
    answer = browser.get("/profile/")
    assert answer.status_code == 403
    assert "You have no access to Fjordlys" in answer.text
    assert 'action="/sign-out/"' in answer.text
    assert browser.post("/sign-out/").status_code == 302


@pytest.mark.parametrize("state", [Tenant.State.SUSPENDED, Tenant.State.OFFLINE])
def test_a_closed_tenant_says_so(anna, has_password, browser_at, sign_in, state):
    has_password(anna)
    Tenant.objects.filter(pk=anna.tenant.pk).update(state=state)
    answer = sign_in(browser_at(anna.tenant), anna.user.email)
    assert answer.status_code == 403
    assert "is not open at present" in answer.text


def test_a_session_lives_on_its_own_host(anna, has_password, browser_at, sign_in):
    has_password(anna)
    browser = browser_at(anna.tenant)
    sign_in(browser, anna.user.email)
    cookie = browser.cookies["tillit_session"]
    assert cookie["domain"] == ""
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_signing_out_ends_the_session(anna, has_password, browser_at, sign_in):
    has_password(anna)
    browser = browser_at(anna.tenant)
    sign_in(browser, anna.user.email)
    assert browser.get("/sign-out/").status_code == 200
    assert browser.post("/sign-out/").url == "/sign-in/"
    assert browser.get("/profile/").status_code == 302


@pytest.mark.parametrize("email", ["", "x" * 5000 + "@a.example", "a\x00b@a.example", "🦊", "anna@fjordlys.example "])
def test_nonsense_is_answered_with_a_sentence(anna, browser_at, sign_in, email):
    answer = sign_in(browser_at(anna.tenant), email, "p\x00w" * 10)
    assert answer.status_code == 200
    assert 'class="error' in answer.text


def test_sign_up_and_changing_ones_address_do_not_exist(anna, public):
    for path in ("/account/signup/", "/account/email/", "/account/confirm-email/", "/account/login/code/"):
        assert anna.get(path).status_code == 404
        assert public.get(path).status_code in (302, 404)


def test_the_sign_in_page_shows_the_ways_without_signing_in(public, django_assert_max_num_queries):
    public.get("/sign-in/")
    with django_assert_max_num_queries(14):
        page = public.get("/sign-in/")
    assert page.status_code == 200
    assert 'href="/trust/"' in page.text
    assert 'href="/status/"' in page.text


@pytest.mark.parametrize(("language", "word"), [("de", "Anmelden"), ("nb", "Logg inn"), ("en", "Sign in")])
def test_the_sign_in_page_speaks_the_readers_language(public, language, word):
    assert word in public.get(f"/sign-in/?lang={language}").text
    assert word in public.get("/sign-in/", headers={"accept-language": language}).text


def test_the_password_is_kept_as_argon2(anna, has_password):
    has_password(anna, PASSWORD)
    assert anna.user.password.startswith("argon2$")


def test_signing_in_in_two_tabs_leads_on_in_both(anna, has_password):
    has_password(anna)
    browser = Client(HTTP_HOST="fjordlys.tillit.test", enforce_csrf_checks=True)
    token = browser.get("/sign-in/?next=/people/").text.split('csrfmiddlewaretoken" value="')[1].split('"')[0]
    form = {"login": anna.user.email, "password": PASSWORD, "csrfmiddlewaretoken": token}
    assert browser.post("/sign-in/?next=/people/", form).url == "/people/"
    again = browser.post("/sign-in/?next=/people/", form, follow=True)
    assert again.redirect_chain[-1][0] == "/people/"
    assert browser.post("/profile/", form).status_code == 403
    assert browser.post("/sign-out/", form).url == "/sign-out/"
