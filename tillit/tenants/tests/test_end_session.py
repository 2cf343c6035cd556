"""Sessions are listed and end where their owner says so; an expired one says so even to htmx."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.utils.timezone import now

from tillit.foundation.access import Actor
from tillit.foundation.testing import happened
from tillit.tenants.actions.sign_in import forget_ended_sessions


def two_browsers(person, has_password, browser_at, sign_in):
    has_password(person)
    here, there = browser_at(person.tenant), browser_at(person.tenant)
    for browser in (here, there):
        sign_in(browser, person.user.email)
    return here, there


def test_anna_sees_and_ends_her_other_session(anna, has_password, browser_at, sign_in):
    here, there = two_browsers(anna, has_password, browser_at, sign_in)
    page = here.get("/account/sessions/").text
    assert page.count("fjordlys.tillit.test") >= 2
    other = UserSession.objects.get(session_key=there.session.session_key)
    assert here.post(f"/account/sessions/{other.pk}/end/").url == "/account/sessions/"
    assert there.get("/profile/").url.startswith("/sign-in/")
    assert here.get("/profile/").status_code == 200
    assert happened("tenants.session_ended")


def test_all_others_end_at_once(anna, has_password, browser_at, sign_in):
    here, there = two_browsers(anna, has_password, browser_at, sign_in)
    here.post("/account/sessions/")
    assert there.get("/profile/").status_code == 302
    assert here.get("/profile/").status_code == 200


def test_ben_cannot_end_annas_session(anna, ben, has_password, browser_at, sign_in):
    here, _there = two_browsers(anna, has_password, browser_at, sign_in)
    session = UserSession.objects.get(session_key=here.session.session_key)
    assert ben.post(f"/account/sessions/{session.pk}/end/").status_code == 404
    assert here.get("/profile/").status_code == 200


def test_an_expired_session_does_not_swap_the_sign_in_page_into_a_section(anna, has_password, browser_at, sign_in):
    here, there = two_browsers(anna, has_password, browser_at, sign_in)
    assert there.get("/people/", headers={"hx-request": "true"}).status_code == 200
    here.post("/account/sessions/")
    answer = there.get("/people/?q=a", headers={"hx-request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Trigger"] == "session-expired"
    assert answer.text == ""
    answer = there.post("/people/invite/", {}, headers={"hx-request": "true"})
    assert answer.status_code == 401


def test_sessions_that_ran_out_are_forgotten(anna, operator_tenant, has_password, browser_at, sign_in, time_machine):
    here, there = two_browsers(anna, has_password, browser_at, sign_in)
    there.post("/sign-out/")
    assert forget_ended_sessions(Actor.system(operator_tenant)) == 1
    assert here.get("/profile/").status_code == 200
    time_machine.move_to(now() + timedelta(days=15))
    assert forget_ended_sessions(Actor.system(operator_tenant)) == 1
    assert not Session.objects.exists()


def test_nobody_at_a_customer_forgets_them(anna):
    with pytest.raises(PermissionDenied):
        forget_ended_sessions(anna.actor)
