"""Customers hear of what is announced, once, in their language; an administrator may object, and sees what rests."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from tillit.foundation.access import Actor
from tillit.foundation.mail import read_body
from tillit.foundation.models import OutgoingMail, Role, Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import Person, happened, make_person, run_jobs
from tillit.trust.actions import telling
from tillit.trust.models import Objection, Processor, Told
from tillit.trust.queries import resting, routes
from tillit.trust.tests.conftest import NEW

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DUE = START + timedelta(days=30)
PAGE = "/my-trust/processors/nordpost/"


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def announced(clock, seed, in_force, seed_text, anna, chiara):
    in_force(seed_text + NEW)
    run_jobs()


def again(person):
    """The same person with a new session, weeks later."""
    return Person(person.tenant, person.user)


def mail_to(person):
    return list(OutgoingMail.objects.filter(to=person.user.email).order_by("id"))


def test_every_administrator_is_told_once_in_their_language(clock, seed, in_force, seed_text, anna, chiara, mia):
    for person, language in ((anna, "nb"), (chiara, "de")):
        person.user.language = language
        person.user.save()
    in_force(seed_text + NEW)
    run_jobs()
    (to_anna,), (to_chiara,) = mail_to(anna), mail_to(chiara)
    assert not mail_to(mia)
    assert "Nordpost AS" in to_chiara.subject
    german = read_body(to_chiara)
    assert "01.04.2026, 11:30" in german
    assert "Sie können bis" in german
    assert f"http://alpenrose.tillit.test{PAGE}" in german
    assert f"http://fjordlys.tillit.test{PAGE}" in read_body(to_anna)
    in_force(seed_text + NEW)
    run_jobs()
    assert len(mail_to(anna)) == 1


def test_that_a_customer_was_told_is_kept(announced, anna, operator):
    with in_tenant(anna.tenant):
        (told,) = Told.objects.all()
    assert (told.slug, told.administrators, told.until, told.at) == ("nordpost", 1, DUE, START)


def test_a_job_that_runs_twice_tells_once(announced, anna, operator):
    version = Processor.objects.get(slug="nordpost").pk
    system = Actor.system(operator.tenant)
    assert telling.tell_customers(system, section="processors", version=version, ended=False) == 0
    assert len(mail_to(anna)) == 1


def test_many_customers_are_told_in_batches(clock, seed, in_force, seed_text, anna, chiara, monkeypatch):
    monkeypatch.setattr(telling, "BATCH", 1)
    in_force(seed_text + NEW)
    run_jobs()
    assert len(mail_to(anna)) == len(mail_to(chiara)) == 1


def test_a_suspended_customer_is_not_written_to(clock, seed, in_force, seed_text, anna, chiara):
    Tenant.objects.filter(pk=chiara.tenant.pk).update(state=Tenant.State.SUSPENDED)
    in_force(seed_text + NEW)
    run_jobs()
    assert mail_to(anna)
    assert not mail_to(chiara)


def test_an_announcement_taken_back_is_told_too(announced, anna, in_force, seed_text, clock):
    clock.shift(timedelta(days=2))
    in_force(seed_text)
    run_jobs()
    assert [mail.subject for mail in mail_to(anna)] == [
        "New from Nordpost AS: an announcement",
        "Announcement taken back: Nordpost AS",
    ]


def test_a_processor_that_goes_is_told_once(announced, anna, in_force, seed_text, clock):
    clock.move_to(DUE + timedelta(days=1))
    in_force(seed_text)
    run_jobs()
    assert mail_to(anna)[-1].subject == "Taken out: Nordpost AS"


def test_a_change_says_what_was_before(clock, seed, in_force, seed_text, anna):
    in_force(seed_text.replace('["NL", "IE"]', '["NL", "SE"]'))
    run_jobs()
    (mail,) = mail_to(anna)
    assert mail.subject == "Change announced: Microsoft Inc."
    assert "Countries of processing: Netherlands, Sweden (until now: Netherlands, Ireland)" in read_body(mail)


def test_the_product_shows_it_to_administrators_until_they_have_read_it(announced, anna, mia, ben):
    assert "Nordpost AS" in anna.get("/profile/").content.decode()
    for person in (mia, ben):
        assert "Nordpost AS" not in person.get("/profile/").content.decode()
    with in_tenant(anna.tenant):
        told = Told.objects.get()
    assert anna.post("/my-trust/notices/read/", {"told": told.pk, "next": "/profile/"}).url == "/profile/"
    assert anna.post("/my-trust/notices/read/", {"next": "true"}).url == "/"
    assert "Nordpost AS" not in anna.get("/profile/").content.decode()


def test_the_notice_goes_by_itself_on_the_day(announced, anna, clock):
    clock.move_to(DUE)
    assert "Announced from" not in again(anna).get("/profile/").content.decode()


def test_nobody_puts_a_notice_away_for_another_company(announced, anna, chiara):
    with in_tenant(anna.tenant):
        told = Told.objects.get()
    chiara.post("/my-trust/notices/read/", {"told": told.pk})
    assert "Nordpost AS" in anna.get("/profile/").content.decode()


def test_the_page_says_what_comes_when_and_what_rests(announced, anna):
    sent = anna.get(PAGE).content.decode()
    for words in ("Nordpost AS", "1 Apr 2026, 11:30", "Sending mail", "wait in the queue", "Norway", "Object"):
        assert words in sent


@pytest.mark.promise("sub-processors-are-approved-before-use")
def test_an_objection_shuts_the_way_for_one_customer_until_it_is_withdrawn(announced, anna, chiara, operator, clock):
    assert "Sending mail" in anna.get(f"{PAGE}object/").content.decode()
    anna.post(f"{PAGE}object/", {"reason": "Not in our sector."})
    assert happened("trust.objection_raised")
    assert "Not in our sector." in operator.get("/operator/register/objections/").content.decode()
    clock.move_to(DUE)
    (route,) = [route for route in routes() if route.processor == "nordpost"]
    assert route.open_for(anna.tenant.pk, DUE) == "objection"
    assert route.open_for(chiara.tenant.pk, DUE) == ""
    (rests,) = resting(anna.tenant)
    assert (rests.purpose, rests.processor.slug, rests.since) == ("mail", "nordpost", DUE)
    assert resting(chiara.tenant) == []
    anna = again(anna)
    assert "Because you object to Nordpost AS" in anna.get("/profile/").content.decode()
    with in_tenant(anna.tenant):
        objection = Objection.objects.get()
    assert "opens for your data" in anna.get(f"/my-trust/objections/{objection.pk}/withdraw/").content.decode()
    anna.post(f"/my-trust/objections/{objection.pk}/withdraw/")
    assert resting(anna.tenant) == []
    (route,) = [route for route in routes() if route.processor == "nordpost"]
    assert route.open_for(anna.tenant.pk, DUE) == ""


def test_ending_the_contract_instead_is_recorded_and_keeps_the_way_shut(announced, anna, operator, clock):
    anna.post(f"{PAGE}object/", {"reason": ""})
    with in_tenant(anna.tenant):
        objection = Objection.objects.get()
    page = f"/my-trust/objections/{objection.pk}/terminate/"
    assert "nothing is deleted by this click" in anna.get(page).content.decode()
    anna.post(page)
    assert happened("trust.objection_terminated")
    assert "Contract ended instead" in anna.get(PAGE).content.decode()
    assert "Contract ended instead" in operator.get("/operator/register/objections/").content.decode()
    clock.move_to(DUE)
    assert resting(anna.tenant)
    assert "ended already" in again(anna).post(page).content.decode()


def test_members_and_readers_read_without_buttons(announced, anna, mia, ben):
    for person in (mia, ben):
        sent = person.get(PAGE).content.decode()
        assert "Nordpost AS" in sent
        assert "An administrator can object." in sent
        assert f"{PAGE}object/" not in sent
        assert person.get(f"{PAGE}object/").status_code == 403
        assert person.post(f"{PAGE}object/", {"reason": "x"}).status_code == 403


def test_too_late_is_said_in_a_sentence(announced, anna, clock):
    clock.move_to(DUE)
    anna = again(anna)
    assert f"{PAGE}object/" not in anna.get(PAGE).content.decode()
    assert "until the processor comes into force" in anna.post(f"{PAGE}object/", {"reason": "x"}).content.decode()


def test_a_stranger_finds_neither_page_nor_objection(announced, anna, chiara, public, operator):
    anna.post(f"{PAGE}object/", {"reason": "x"})
    with in_tenant(anna.tenant):
        objection = Objection.objects.get()
    assert chiara.post(f"/my-trust/objections/{objection.pk}/withdraw/").status_code == 404
    assert chiara.get("/my-trust/processors/nobody/").status_code == 404
    assert public.get(PAGE).status_code == 302
    assert operator.get(PAGE).status_code == 403


def test_the_page_speaks_the_readers_language(announced, anna):
    german = anna.get(PAGE, {"lang": "de"}).content.decode()
    assert "Widersprechen" in german
    assert "Länder der Verarbeitung" in german


def test_the_page_needs_few_queries(announced, anna, django_assert_max_num_queries):
    anna.get(PAGE)
    with django_assert_max_num_queries(26):
        anna.get(PAGE)


def test_a_second_administrator_reads_for_herself(announced, anna, fjordlys):
    eva = make_person(fjordlys, "Eva Dahl", Role.ADMINISTRATOR)
    with in_tenant(fjordlys):
        told = Told.objects.get()
    anna.post("/my-trust/notices/read/", {"told": told.pk})
    assert "Nordpost AS" in eva.get("/profile/").content.decode()
