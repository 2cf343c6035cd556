"""Roles change and memberships end; one administrator always remains."""

import pytest

from tillit.foundation.models import Membership, Role
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import Person, happened, make_person
from tillit.tenants.actions.sign_in import create_access_token
from tillit.tenants.models import AccessToken


def membership_of(person):
    with in_tenant(person.tenant):
        return Membership.objects.filter(user=person.user).latest("pk")


def test_anna_sees_who_works_here(anna, ben, chiara, has_password, sign_in, browser_at):
    has_password(ben)
    sign_in(browser_at(ben.tenant), ben.user.email)
    page = anna.get("/people/").text
    assert "Ben Hansen" in page and "Reader" in page
    assert "Chiara" not in page
    assert page.count("Never") == 1  # Anna herself was let in by the test, not by the door


def test_ben_does_not(ben):
    assert ben.get("/people/").status_code == 403


def test_people_are_found_by_part_of_a_name(anna, ben):
    assert "Ben Hansen" not in anna.get("/people/?q=Lund").text
    fragment = anna.get("/people/?q=hans", headers={"hx-request": "true"}).text
    assert "Ben Hansen" in fragment
    assert "<html" not in fragment


@pytest.mark.parametrize(
    "query",
    ["?q=%00", "?q=" + "x" * 5000, "?after=abc", "?after=99999999999999999999", "?after=" + "9" * 5000, "?after=²"],
)
def test_odd_searches_are_answered(anna, query):
    assert anna.get(f"/people/{query}").status_code == 200


def test_a_page_costs_the_same_for_many_people(anna, fjordlys, django_assert_max_num_queries):
    for number in range(60):
        make_person(fjordlys, f"P{number:02} Person", Role.READER)
    anna.get("/people/")
    with django_assert_max_num_queries(14):
        first = anna.get("/people/").text
    after = first.split("?after=")[1].split("&")[0]
    second = anna.get(f"/people/?after={after}").text
    assert "P05 Person" in first and "P59 Person" in second
    assert "P05 Person" not in second


def test_anna_makes_ben_a_member(anna, ben):
    where = f"/people/{membership_of(ben).pk}/"
    assert anna.post(where, {"role": "member"}).url == "/people/"
    assert membership_of(ben).role == "member"
    assert happened("tenants.role_changed")


def test_others_do_not_change_roles(anna, ben, mia, chiara):
    where = f"/people/{membership_of(ben).pk}/"
    assert ben.post(where, {"role": "administrator"}).status_code == 403
    assert mia.post(where, {"role": "administrator"}).status_code == 403
    assert chiara.post(where, {"role": "administrator"}).status_code == 404
    assert membership_of(ben).role == "reader"


@pytest.mark.parametrize("role", ["", "operator", "king", "a\x00"])
def test_a_role_that_does_not_exist_is_refused(anna, ben, role):
    assert anna.post(f"/people/{membership_of(ben).pk}/", {"role": role}).status_code == 422
    assert membership_of(ben).role == "reader"


def test_the_last_administrator_stays_one(anna, ben):
    own = membership_of(anna).pk
    answer = anna.post(f"/people/{own}/", {"role": "reader"})
    assert answer.status_code == 422
    assert "Somebody has to look after the people here" in answer.text
    assert anna.post(f"/people/{own}/end/").status_code == 409
    anna.post(f"/people/{membership_of(ben).pk}/", {"role": "administrator"})
    assert anna.post(f"/people/{own}/", {"role": "reader"}).status_code == 302
    assert membership_of(anna).role == "reader"


def test_who_leaves_is_out_at_once(anna, ben, has_password, sign_in, browser_at):
    has_password(ben)
    browser = browser_at(ben.tenant)
    sign_in(browser, ben.user.email)
    create_access_token(ben.actor, name="script")
    where = f"/people/{membership_of(ben).pk}/end/"
    assert "no longer work here?" in anna.get(where).text
    assert anna.post(where).url == "/people/"
    assert browser.get("/profile/").url.startswith("/sign-in/")
    assert sign_in(browser, ben.user.email).status_code == 403
    with in_tenant(ben.tenant):
        assert not AccessToken.objects.live().exists()
    assert happened("tenants.membership_ended")
    assert ben.user.email not in anna.get("/people/").text


def test_leaving_one_tenant_keeps_the_sessions_at_another(anna, chiara, fjordlys, has_password, sign_in):
    with in_tenant(fjordlys):
        second = Membership.objects.create(tenant=fjordlys, user=has_password(chiara).user, role="reader")
    here, there = Person(fjordlys), Person(chiara.tenant)
    sign_in(here, chiara.user.email)
    sign_in(there, chiara.user.email)
    anna.post(f"/people/{second.pk}/end/")
    assert here.get("/profile/").status_code == 302
    assert there.get("/profile/").status_code == 200


def test_others_do_not_end_memberships(ben, chiara, anna):
    where = f"/people/{membership_of(anna).pk}/end/"
    assert ben.post(where).status_code == 403
    assert chiara.post(where).status_code == 404
    assert membership_of(anna).ended_at is None


def test_two_tabs_end_a_membership_once(anna, ben):
    where = f"/people/{membership_of(ben).pk}/end/"
    anna.post(where)
    again = anna.post(where)
    assert again.status_code == 409
    assert "no longer works here" in again.text
