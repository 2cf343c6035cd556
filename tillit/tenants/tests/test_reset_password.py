"""A forgotten password is replaced by mail, on the host where it was asked for."""

import pytest
from django.utils import timezone

from tillit.foundation.models import OutgoingMail
from tillit.foundation.testing import PASSWORD

NEW = "quite another secret 42"


@pytest.fixture
def asked(anna, has_password, browser_at, last_mail):
    has_password(anna)
    browser = browser_at(anna.tenant)
    assert browser.post("/account/password/reset/", {"email": "Anna@Fjordlys.example"}).status_code == 302
    return browser, last_mail(anna.user.email)


def choose(browser, path, password=NEW):
    where = browser.get(path).url
    return browser.post(where, {"password1": password, "password2": password})


def test_anna_gets_a_link_to_her_host_and_chooses_anew(anna, asked, sign_in, browser_at, last_mail):
    browser, mail = asked
    assert mail.host == "fjordlys.tillit.test"
    assert "Hello Anna Lund" in mail.text
    assert choose(browser, mail.path).status_code == 302
    assert sign_in(browser_at(anna.tenant), anna.user.email, PASSWORD).status_code == 200
    assert sign_in(browser_at(anna.tenant), anna.user.email, NEW).status_code == 302


def test_a_reset_link_works_once(asked):
    browser, mail = asked
    choose(browser, mail.path)
    assert "no longer works" in browser.get(mail.path).text


def test_a_reset_link_ends(asked, time_machine):
    browser, mail = asked
    time_machine.move_to(timezone.now() + timezone.timedelta(days=4))
    assert "no longer works" in browser.get(mail.path).text


@pytest.mark.parametrize("tail", ["zzz-abc/", "1-set-password/", "1-%00/", "🦊-🦊/"])
def test_a_made_up_link_is_nobodys(public, tail):
    answer = public.get(f"/account/password/reset/{tail}")
    assert answer.status_code in (200, 404)
    assert answer.status_code == 404 or "no longer works" in answer.text


def test_a_trivial_password_is_refused(asked):
    browser, mail = asked
    assert "too common" in choose(browser, mail.path, "password1234").text or "common" in browser.get(mail.path).text


def test_a_stranger_gets_no_mail_and_no_hint(anna, has_password, public, browser_at):
    has_password(anna)
    unknown = browser_at(anna.tenant).post("/account/password/reset/", {"email": "nobody@example.com"}, follow=True)
    known = browser_at(anna.tenant).post("/account/password/reset/", {"email": anna.user.email}, follow=True)
    assert unknown.redirect_chain == known.redirect_chain
    assert [mail.to for mail in OutgoingMail.objects.all()] == [anna.user.email]


def test_a_german_reader_gets_german_mail(chiara, has_password, browser_at, last_mail):
    has_password(chiara)
    chiara.user.language = "de"
    chiara.user.save()
    browser_at(chiara.tenant).post("/account/password/reset/", {"email": chiara.user.email})
    assert "Guten Tag Chiara Rossi" in last_mail(chiara.user.email).text
    assert last_mail(chiara.user.email).subject.startswith("Alpenrose")


def test_asking_too_often_is_slowed_down(anna, has_password, browser_at):
    has_password(anna)
    for _n in range(8):
        answer = browser_at(anna.tenant).post("/account/password/reset/", {"email": anna.user.email})
    assert answer.status_code == 429
    assert OutgoingMail.objects.count() <= 5
