"""Anybody hears of new processors by mail: no account, no cookie, confirmed by mail, left by a page with one button."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from django.core.exceptions import PermissionDenied

from tillit.foundation.access import Actor
from tillit.foundation.holdings import holding
from tillit.foundation.models import OutgoingMail
from tillit.foundation.testing import Person, happened, public_of, run_jobs
from tillit.trust.evidence import tokens
from tillit.trust.evidence.actions.lists import subscribe, tell_subscribers
from tillit.trust.evidence.jobs import forget_unconfirmed
from tillit.trust.evidence.limits import MOST_FOR_ADDRESS, MOST_FROM_NETWORK, network_of
from tillit.trust.evidence.models import SentNews, Subscriber
from tillit.trust.evidence.queries.lists import visitor
from tillit.trust.tests.conftest import NEW

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ADDRESS = "nora@kunde.example"


@pytest.fixture(autouse=True)
def clock(time_machine):
    time_machine.move_to(START, tick=False)
    return time_machine


def ask(person, email=ADDRESS, language="en", **more):
    token = re.search(r'name="token" value="([^"]+)"', person.get("/trust/subscribe/").content.decode())[1]
    return person.post("/trust/subscribe/", {"email": email, "language": language, "token": token, **more})


def mails(to=ADDRESS):
    found = OutgoingMail.objects.filter(to=to).order_by("pk")
    return [message_from_bytes(bytes(mail.message), policy=policy.default) for mail in found]


def link_in(mail, part):
    return re.search(rf"https?://[^\s]*/trust/subscribe/{part}/[^\s]+", mail.get_content())[0]


@pytest.fixture
def subscribed(seed, public):
    ask(public)
    public.post(link_in(mails()[0], "confirm"))
    return Subscriber.objects.get()


def test_nothing_happens_before_the_address_itself_says_yes(seed, public):
    answer = ask(public)
    assert "Look into your mail" in answer.content.decode()
    assert Subscriber.objects.get().confirmed_at is None
    link = link_in(mails()[0], "confirm")
    assert public.get(link).status_code == 200
    assert Subscriber.objects.get().confirmed_at is None
    assert public.post(link).status_code == 200
    assert Subscriber.objects.get().confirmed_at == START
    assert happened("evidence.subscribed")


def test_it_works_without_a_cookie_even_where_csrf_is_checked(seed, operator_tenant):
    strict = Person(operator_tenant)
    strict.handler.enforce_csrf_checks = True
    answer = ask(strict)
    assert answer.status_code == 200
    assert not strict.cookies
    assert not answer.cookies
    assert answer.headers["Cache-Control"].startswith("max-age=0")


def test_it_works_on_a_customers_host_too(seed, fjordlys):
    ask(public_of(fjordlys))
    assert link_in(mails()[0], "confirm").startswith("http://fjordlys.tillit.test/")
    assert public_of(fjordlys).post(link_in(mails()[0], "confirm")).status_code == 200
    assert Subscriber.objects.get().confirmed_at


def test_who_is_on_the_list_learns_nobody_else(subscribed, public):
    told = ask(public).content
    assert "already" in mails()[-1]["Subject"]
    assert told == ask(public, "somebody@else.example").content
    assert Subscriber.objects.filter(email=ADDRESS).count() == 1


def test_an_address_in_capitals_is_the_same_address(subscribed, public):
    ask(public, "NORA@Kunde.example")
    assert Subscriber.objects.count() == 1


def test_the_link_holds_for_48_hours(seed, public, clock):
    ask(public)
    link = link_in(mails()[0], "confirm")
    clock.move_to(START + timedelta(hours=48, seconds=1))
    assert public.get(link).status_code == 410
    assert public.post(link).status_code == 410
    assert Subscriber.objects.get().confirmed_at is None


def test_who_does_not_confirm_is_forgotten(seed, public, operator_tenant, clock):
    ask(public)
    clock.move_to(START + timedelta(hours=47))
    forget_unconfirmed(Actor.system(operator_tenant))
    assert Subscriber.objects.exists()
    clock.move_to(START + timedelta(hours=49))
    forget_unconfirmed(Actor.system(operator_tenant))
    assert not Subscriber.objects.exists()


def test_who_confirmed_is_kept(subscribed, operator_tenant, clock):
    clock.move_to(START + timedelta(days=400))
    forget_unconfirmed(Actor.system(operator_tenant))
    assert Subscriber.objects.exists()


def test_unconfirmed_addresses_are_a_declared_holding(operator_tenant, clock):
    kept = holding("unconfirmed-subscriptions")
    key = kept.plant(Actor.system(operator_tenant))
    kept.use(key)
    assert kept.purge(START) == 0
    assert kept.exists(key)
    assert kept.purge(START + timedelta(seconds=1)) == 1
    assert not kept.exists(key)
    with pytest.raises(LookupError):
        kept.use(key)


def test_an_announcement_is_told_once_and_an_end_too(subscribed, in_force, seed_text, operator_tenant):
    in_force(seed_text + NEW)
    run_jobs()
    (told,) = mails()[1:]
    assert told["Subject"] == "Announced: Nordpost AS"
    assert "E-mail provider: Sends mail." in told.get_content()
    assert "1 Apr 2026" in told.get_content()
    facts = {"kind": "announced", "slug": "nordpost", "number": 1, "in_force_at": None}
    assert tell_subscribers(Actor.system(operator_tenant), news="announced/nordpost/1", facts=facts) == 0
    in_force(seed_text)
    run_jobs()
    assert [mail["Subject"] for mail in mails()[2:]] == ["Ended: Nordpost AS"]
    assert SentNews.objects.count() == 2


def test_mails_are_in_the_language_that_was_chosen(seed, public, in_force, seed_text):
    ask(public, language="de")
    public.post(link_in(mails()[0], "confirm"))
    in_force(seed_text + NEW)
    run_jobs()
    assert mails()[0]["Subject"].strip().startswith("Bitte bestätigen")
    assert mails()[1]["Subject"] == "Angekündigt: Nordpost AS"


def test_who_has_not_confirmed_is_told_nothing(seed, public, in_force, seed_text):
    ask(public)
    in_force(seed_text + NEW)
    run_jobs()
    assert len(mails()) == 1


def test_one_click_leaves(subscribed, in_force, seed_text, operator_tenant):
    in_force(seed_text + NEW)
    run_jobs()
    told = mails()[1]
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert told["Auto-Submitted"] == "auto-generated"
    link = told["List-Unsubscribe"].strip(" <>")
    program = Person(operator_tenant)
    program.handler.enforce_csrf_checks = True
    assert "Press the button" in program.get(link).content.decode()
    assert Subscriber.objects.exists()
    assert program.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Subscriber.objects.exists()
    assert not SentNews.objects.exists()
    assert program.post(link).status_code == 200
    assert happened("evidence.unsubscribed")


def test_a_forged_link_does_nothing(subscribed, public):
    signed = tokens.leave_token(subscribed.pk)
    for forged in (signed[:-1] + ("a" if signed[-1] != "a" else "b"), "1", tokens.confirm_token(subscribed.pk)):
        assert public.post(f"/trust/subscribe/leave/{forged}/").status_code == 410
    assert public.post(f"/trust/subscribe/confirm/{signed}/").status_code == 410
    assert Subscriber.objects.exists()


@pytest.mark.parametrize("token", ["", "subscribe", "subscribe:x:y"])
def test_a_form_that_was_never_given_out_is_not_taken(seed, public, token):
    answer = public.post("/trust/subscribe/", {"email": ADDRESS, "language": "en", "token": token})
    assert answer.status_code == 422
    assert ADDRESS in answer.content.decode()
    assert not mails()


def test_an_address_to_which_nobody_can_write_is_told_so(seed, public):
    for one in ("a@ex\u2028ample.com", "a@localhost", "a@[127.0.0.1]"):
        answer = ask(public, one)
        assert answer.status_code == 422 and "Enter a valid email address." in answer.content.decode()
    assert not mails() and not Subscriber.objects.exists()


def test_a_form_that_was_open_for_too_long_says_so(seed, public, clock):
    token = tokens.form_token()
    clock.move_to(START + timedelta(hours=13))
    answer = public.post("/trust/subscribe/", {"email": ADDRESS, "language": "en", "token": token})
    assert "open for too long" in answer.content.decode()


def test_a_program_that_fills_in_everything_is_told_thanks_and_ignored(seed, public):
    assert ask(public, website="https://spam.example").status_code == 200
    assert not mails()


def test_one_address_is_not_flooded(seed, public):
    answers = [ask(public).status_code for _round in range(MOST_FOR_ADDRESS + 1)]
    assert answers == [200] * MOST_FOR_ADDRESS + [429]
    assert len(mails()) == MOST_FOR_ADDRESS


def test_one_network_asks_only_so_often(seed, public):
    for number in range(MOST_FROM_NETWORK):
        assert ask(public, f"person{number}@kunde.example").status_code == 200
    assert ask(public, "another@kunde.example").status_code == 429


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.77", "192.0.2.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48"), ("", "unknown")],
)
def test_neighbours_count_as_one_network(rf, address, network):
    assert network_of(rf.get("/", REMOTE_ADDR=address)) == network


def test_behind_a_proxy_the_visitors_own_network_counts(rf, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    asked = rf.get("/", REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.77, 198.51.100.9")
    assert network_of(asked) == "198.51.100.0/24"


def test_a_wrong_address_is_said(seed, public):
    answer = ask(public, "nora")
    assert answer.status_code == 422
    assert not Subscriber.objects.exists()


def test_nobody_sees_the_addresses(subscribed, operator, anna):
    assert ADDRESS not in str(subscribed)
    assert ADDRESS not in repr(subscribed)
    for person, path in ((operator, "/operator/register/"), (anna, "/my-trust/"), (anna, "/trust/")):
        assert ADDRESS not in person.get(path).content.decode()


def test_a_visitor_may_do_nothing_else(seed, operator_tenant, anna):
    with pytest.raises(PermissionDenied):
        tell_subscribers(visitor(), news="x", facts={})
    with pytest.raises(PermissionDenied):
        subscribe(anna.actor, email=ADDRESS, language="en", site="http://tillit.test")
