"""Guessing passwords is slow, whether at one account or from one address."""

import pytest

from tillit.foundation.testing import PASSWORD


@pytest.fixture
def guess(browser_at):
    def act(tenant, email, password, address="192.0.2.1"):
        browser = browser_at(tenant)
        form = {"login": email, "password": password}
        return browser.post("/sign-in/", form, REMOTE_ADDR=address)

    return act


def test_five_wrong_passwords_close_the_account_for_a_while(anna, has_password, guess):
    has_password(anna)
    for number in range(5):
        assert "not correct" in guess(anna.tenant, anna.user.email, "wrong", f"192.0.2.{number}").text
    answer = guess(anna.tenant, anna.user.email, PASSWORD, "192.0.2.99")
    assert answer.status_code == 200
    assert "Too many failed login attempts" in answer.text


def test_other_hosts_do_not_give_more_tries(anna, chiara, has_password, guess):
    has_password(anna)
    for number in range(5):
        guess(chiara.tenant, anna.user.email, "wrong", f"192.0.2.{number}")
    assert "Too many failed" in guess(anna.tenant, anna.user.email.upper(), PASSWORD, "192.0.2.99").text


def test_another_account_is_not_touched(anna, ben, has_password, guess):
    has_password(anna)
    has_password(ben)
    for _number in range(6):
        guess(anna.tenant, anna.user.email, "wrong", "192.0.2.1")
    assert guess(ben.tenant, ben.user.email, PASSWORD, "192.0.2.1").status_code == 302


def test_twenty_wrong_passwords_from_one_address_close_it(anna, has_password, guess):
    has_password(anna)
    for number in range(20):
        guess(anna.tenant, f"somebody{number}@example.com", "wrong")
    assert "Too many failed" in guess(anna.tenant, anna.user.email, PASSWORD).text
    assert guess(anna.tenant, anna.user.email, PASSWORD, "192.0.2.2").status_code == 302


def test_a_forwarded_address_is_not_believed(anna, has_password, browser_at):
    has_password(anna)
    for number in range(21):
        answer = browser_at(anna.tenant).post(
            "/sign-in/",
            {"login": f"somebody{number}@example.com", "password": "wrong"},
            HTTP_X_FORWARDED_FOR=f"198.51.100.{number}",
        )
    assert "Too many failed" in answer.text


def test_too_many_posts_in_a_minute_are_turned_away(public, settings):
    assert settings.ACCOUNT_RATE_LIMITS["login"] == "60/m/ip"
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login": "3/m/ip"}
    answers = [public.post("/sign-in/", {"login": "", "password": ""}).status_code for _n in range(4)]
    assert answers == [200, 200, 200, 429]


def test_known_and_unknown_accounts_answer_alike(anna, has_password, guess):
    has_password(anna)
    known = guess(anna.tenant, "anna@fjordlys.example", "wrong").text
    unknown = guess(anna.tenant, "nobody@fjordlys.example", "wrong").text
    assert strip(known, "anna@fjordlys.example") == strip(unknown, "nobody@fjordlys.example")


def strip(page, email):
    lines = page.replace(email, "").splitlines()
    return [line for line in lines if "csrf" not in line]
