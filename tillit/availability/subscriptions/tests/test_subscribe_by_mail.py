"""Anybody hears of incidents and maintenance by mail: no account, no cookie, confirmed, left with one button."""

import json
import re
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from tillit.availability.actions.incidents import (
    Said,
    open_incident,
    publish_postmortem,
    resolve_incident,
    revise_update,
    update_incident,
)
from tillit.availability.actions.windows import Revised, cancel_maintenance, move_maintenance, revise_maintenance
from tillit.availability.models import Component
from tillit.availability.subscriptions import jobs, payloads, things, tokens
from tillit.availability.subscriptions.actions import news
from tillit.availability.subscriptions.models import Delivery, Subscriber, Told
from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.foundation.holdings import holding
from tillit.foundation.mailbox import read_mailbox
from tillit.foundation.models import CameBack, Event, OutgoingMail
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import Person, happened, public_of, run_jobs

FORM = "/status/subscribe/"
NORA = "nora@kunde.example"


def ask(person, email=NORA, **said):
    token = re.search(r'name="token" value="([^"]+)"', person.get(FORM).content.decode())[1]
    chosen = {"email": email, "language": "en", "incidents": "on", "maintenance": "on", "token": token} | said
    return person.post(FORM, {name: value for name, value in chosen.items() if value})


def mails(to=NORA):
    found = OutgoingMail.objects.filter(to=to).order_by("pk")
    return [message_from_bytes(bytes(mail.message), policy=policy.default) for mail in found]


def subjects(to=NORA):
    return [mail["Subject"].strip() for mail in mails(to)]


def link_in(mail, part):
    return re.search(rf"https?://\S*{FORM}{part}/\S+", mail.get_content())[0]


@pytest.fixture
def joined(plan, public):
    """Somebody subscribes and confirms."""
    run_jobs(300)

    def join(person=public, email=NORA, **said):
        ask(person, email, **said)
        assert person.post(link_in(mails(email)[-1], "confirm")).status_code == 200
        return Subscriber.objects.get(email=email)

    return join


@pytest.fixture
def trouble(operator):
    """Something happens to a part of the service."""

    def happen(part="mail", title="Mail is late"):
        said = Said({"en": "Messages wait.", "de": "Nachrichten warten."}, also=[Component.objects.get(slug=part)])
        incident = open_incident(operator.actor, title={"en": title, "de": "Post spät"}, impact="major", said=said)
        run_jobs(300)
        return incident

    return happen


def test_other_words_are_told_once_as_a_correction_and_change_the_feeds_entry(joined, trouble, operator, public, clock):
    joined()
    joined(email="kari@kunde.example", incidents="", maintenance="on")
    incident = trouble()
    clock.shift(timedelta(minutes=5))
    for words in ("Messages wait for minutes.", "Messages wait for hours."):
        revise_update(operator.actor, update=incident.updates.get(), body={"en": words})
    run_jobs(300)
    assert subjects()[2:] == ["Correction: Investigating: Mail is late"] * 2
    first, second = (mail.get_content().replace("\r\n", "\n") for mail in mails()[2:])
    assert "Messages wait for minutes.\n\nBefore it said:\nMessages wait.\n" in first
    assert "Messages wait for hours.\n\nBefore it said:\nMessages wait for minutes.\n" in second
    with in_tenant(operator.tenant):
        for event in Event.objects.filter(name="availability.incident_revised"):
            assert news.tell_news(Actor.system(operator.tenant), event=event) == []
    assert len(mails("kari@kunde.example")) == 1
    for kept in (Told, Delivery):  # as if a release had corrected it that told no corrections yet
        kept.objects.filter(thing__contains="corrected").delete()
    update_incident(operator.actor, incident=incident, said=Said({"en": "A relay is down."}, status="identified"))
    run_jobs(300)
    assert subjects()[4:] == ["Cause found: Mail is late"]
    (_update, entry) = public.get("/status/feed.json?kind=incidents").json()["items"]
    assert entry["content_text"] == "Messages wait for hours." and entry["date_modified"] > entry["date_published"]


@pytest.mark.promise("status-news-reach-subscribers")
def test_an_incident_is_told_from_beginning_to_end_and_nothing_twice(joined, trouble, operator, clock):
    joined()
    incident = trouble()
    clock.shift(timedelta(minutes=5))
    update_incident(operator.actor, incident=incident, said=Said({"en": "A relay is down."}, status="identified"))
    clock.shift(timedelta(minutes=5))
    resolve_incident(operator.actor, incident=incident, body={"en": "Delivered."})
    run_jobs(300)
    assert subjects()[1:] == ["Investigating: Mail is late", "Cause found: Mail is late", "Resolved: Mail is late"]
    assert "Messages wait." in mails()[1].get_content()
    assert f"/status/incidents/{incident.pk}/?lang=en" in mails()[1].get_content()
    publish_postmortem(operator.actor, incident=incident, body={"en": "## Why\n\nA disk was **full**."})
    run_jobs(300)
    letter = mails()[-1]
    assert letter["Subject"].strip() == "Post-mortem published: Mail is late"
    assert letter.get_content().replace("\r\n", "\n").startswith("Why\n\nA disk was full.\n")
    thing = things.find(f"incidents/{incident.pk}/{incident.updates.get(status='postmortem').pk}")
    called = json.loads(payloads.write(Subscriber.objects.get(), thing))
    assert called["data"]["text"] == "Why\n\nA disk was full." and "##" in called["incident"]["postmortem_body"]
    with in_tenant(operator.tenant):
        events = list(Event.objects.filter(name__startswith="availability.incident"))
    for event in events:
        assert news.tell_news(Actor.system(operator.tenant), event=event) == []
    for thing in set(Delivery.objects.values_list("thing", flat=True)):
        jobs.tell_batch(Actor.system(operator.tenant), thing=thing, after=0)
    assert len(mails()) == 5


def test_a_window_is_told_announced_moved_reminded_and_cancelled(joined, announced, operator, clock):
    joined(reminders="on")
    joined(email="kari@kunde.example", incidents="on", maintenance="")
    window = announced(100)
    run_jobs(300)
    starts_at = window.starts_at + timedelta(days=3)
    ends_at = starts_at + timedelta(hours=2)
    move_maintenance(operator.actor, window=window, starts_at=starts_at, ends_at=ends_at, because="Snow.")
    run_jobs(300)
    said = {name: getattr(window, name) for name in Revised.__dataclass_fields__} | {"ends_at": ends_at}
    revise_maintenance(operator.actor, window=window, revised=Revised(**said | {"most_seconds": 1}), because="Quicker.")
    run_jobs(300)
    clock.move_to(starts_at - timedelta(hours=23), tick=False)
    for _twice in range(2):
        jobs.remind(Actor.system(operator.tenant))
        run_jobs(300)
    window.refresh_from_db()
    cancel_maintenance(operator.actor, window=window, because="Not needed.")
    run_jobs(300)
    assert [said for said in subjects()[1:] if "network" in said] == [
        "Announced: Work on the network",
        "Moved: Work on the network",
        "Said otherwise: Work on the network",
        "Reminder: Work on the network",
        "Cancelled: Work on the network",
    ]
    assert len(mails("kari@kunde.example")) == 1


def test_people_hear_of_their_parts_in_their_language_with_all_that_is_known(joined, trouble, operator):
    joined(components="mail", language="de")
    joined(email="kari@kunde.example", components="crm")
    incident = trouble("mail")
    assert subjects()[-1] == "Wird untersucht: Post spät"
    assert "Nachrichten warten." in mails()[-1].get_content()
    assert len(mails("kari@kunde.example")) == 1
    at = now() + timedelta(minutes=35)
    update_incident(operator.actor, incident=incident, said=Said({"en": "We look."}, next_update_at=at))
    run_jobs(300)
    told = mails()[-1].get_content().replace("\r\n", "\n")
    assert told.startswith(
        "We look. (Englisch)\n\nBetrifft: E-Mail-Versand\nAuswirkung: Erheblich\n"
        "Beginn: Mo., 23. Nov. 2026, 09:00 MEZ\nWir schreiben wieder bis Mo., 23. Nov. 2026, 09:35 MEZ.\n\nhttp://"
    )
    resolve_incident(operator.actor, incident=incident, body={"de": "Zugestellt."})
    run_jobs(300)
    told = mails()[-1].get_content()
    assert "Vorbei seit: Mo., 23. Nov. 2026, 09:00 MEZ" in told and "schreiben wieder" not in told


def test_the_page_tells_calendars_the_address_by_which_it_is_read_itself(plan, public):
    assert "take the same address with http." in public.get(FORM).content.decode()
    assert "take the same address with https." in public.get(FORM, secure=True).content.decode()


def test_on_a_customers_host_one_hears_of_what_concerns_the_customer(joined, announced, fjordlys):
    joined(public_of(fjordlys))
    announced(100, title="For wave A", wave="a")
    announced(120, title="For wave B", wave="b")
    run_jobs(300)
    assert subjects()[1:] == ["Announced: For wave A"]
    assert "http://fjordlys.tillit.test/status/" in mails()[-1].get_content()


def test_many_are_told_some_hundred_at_a_time(joined, trouble, monkeypatch):
    monkeypatch.setattr(news, "BATCH", 2)
    several = [f"person{number}@kunde.example" for number in range(5)]
    Subscriber.objects.bulk_create(
        Subscriber(way="mail", email=email, language="en", confirmed_at=now()) for email in several
    )
    trouble()
    assert [subjects(email) for email in several] == [["Investigating: Mail is late"]] * 5


def test_nothing_is_sent_before_the_address_says_yes(plan, public, trouble, clock, operator_tenant):
    answer = ask(public, components="mail", language="de")
    asked = mails()[0].get_content()
    for line in ("- Störungen", "- Wartung", "- Teile des Dienstes: E-Mail-Versand", "- Sprache: Deutsch"):
        assert line in asked
    assert "Tag vor der Wartung" not in asked
    answer = ask(public)
    assert "Look into your mail" in answer.content.decode() and not answer.cookies
    link = link_in(mails()[1], "confirm")
    page = public.get(link)  # as programs do that look at links: it confirms nothing
    assert page.status_code == 200 and "Parts of the service: all, also those to come" in page.content.decode()
    trouble()
    assert Subscriber.objects.get().confirmed_at is None and len(mails()) == 2
    clock.shift(timedelta(days=2, seconds=1))
    assert public.post(link).status_code == 410
    jobs.forget_unconfirmed(Actor.system(operator_tenant))
    assert not Subscriber.objects.exists()


def test_the_answer_never_tells_whether_an_address_is_known(joined, public):
    joined()
    known, unknown = ask(public, NORA.upper()).content, ask(public, "somebody@else.example").content
    assert known == unknown
    assert subjects()[-1].startswith("You are subscribed already")
    assert Subscriber.objects.filter(email=NORA).count() == 1


def test_a_stranger_cannot_change_what_somebody_hears(joined, public):
    joined()
    ask(public, incidents="")
    assert Subscriber.objects.get().incidents
    page = public.get(link_in(mails()[0], "confirm")).content.decode()  # opened again, it is a link that was used
    assert "Already confirmed" in page and "<button" not in page.partition('id="main"')[2]


def test_choices_are_changed_by_a_secret_link(joined, public):
    subscriber = joined()
    mine = link_in(mails()[0], "confirm").replace("confirm", "mine")  # another purpose: this one opens nothing
    assert public.get(mine).status_code == 410
    mine = f"{FORM}mine/{tokens.token_for(tokens.MINE, subscriber.pk)}/"
    page = public.get(mine)
    assert NORA in page.content.decode() and page.headers["Referrer-Policy"] == "no-referrer"
    answer = public.post(mine, {"incidents": "on", "components": ["mail"], "language": "nb"}, follow=True)
    assert answer.status_code == 200
    subscriber.refresh_from_db()
    assert (subscriber.maintenance, subscriber.components, subscriber.language) == (False, ["mail"], "nb")
    assert public.post(mine, {"language": "nb"}).status_code == 422  # nothing at all is not a choice


def test_one_click_leaves_and_everything_is_gone(joined, trouble, operator_tenant):
    joined()
    trouble()
    told = mails()[-1]
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert told["Auto-Submitted"] == "auto-generated"
    program = Person(operator_tenant)
    program.handler.enforce_csrf_checks = True
    link = re.sub(r"\s", "", told["List-Unsubscribe"]).strip("<>")
    assert "<h1>Abmelden</h1>" in program.get(link.replace("lang=en", "lang=de")).content.decode()
    assert program.get(link).status_code == 200 and Subscriber.objects.exists()
    assert program.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert not Subscriber.objects.exists() and not Delivery.objects.exists()
    assert "You are unsubscribed already" in program.post(link).content.decode()
    assert "You are unsubscribed already" in program.get(link).content.decode()
    assert happened("subscriptions.left")
    with in_tenant(operator_tenant):
        assert not Event.objects.filter(data__icontains="nora").exists()


@pytest.mark.parametrize("said", [{"email": "nora"}, {"incidents": "", "maintenance": ""}, {"components": "fax"}])
def test_a_form_that_makes_no_sense_is_told_so(plan, public, said):
    assert ask(public, **said).status_code == 422
    assert not Subscriber.objects.exists()


def test_an_address_to_which_nobody_can_write_is_told_so(plan, public):
    for one in ("a@ex\u2028ample.com", "a@localhost", "a@[127.0.0.1]", '"a\x0b"@ex.example', "\u017fa@ex.example"):
        answer = ask(public, one)
        assert answer.status_code == 422 and "Enter a valid email address." in answer.content.decode(), one
    assert not Subscriber.objects.exists()
    assert ask(public, "nora@bücher.example").status_code == 200
    assert len(mails("nora@bücher.example")) == 1


def test_programs_that_fill_in_everything_get_thanks_and_nothing_else(plan, public):
    assert ask(public, website="https://spam.example").status_code == 200
    assert not mails()
    assert public.post(FORM, {"email": NORA, "language": "en", "incidents": "on", "token": "x"}).status_code == 422


def test_nobody_is_flooded(plan, public, clock):
    assert [ask(public).status_code for _round in range(4)] == [200, 200, 200, 429]
    clock.shift(timedelta(minutes=59))
    assert ask(public).status_code == 429
    clock.shift(timedelta(minutes=2))
    assert ask(public).status_code == 200


def test_no_network_asks_for_many(plan, public):
    answers = [ask(public, f"person{number}@kunde.example").status_code for number in range(21)]
    assert answers == [200] * 20 + [429]


@pytest.mark.parametrize("name", ["unconfirmed-status-subscriptions", "status-deliveries"])
def test_what_is_kept_is_a_declared_holding(operator_tenant, clock, name):
    kept = holding(name)
    key = kept.plant(Actor.system(operator_tenant))
    kept.use(key)
    kept.purge(now() - timedelta(seconds=1))
    assert kept.exists(key)
    kept.purge(now() + timedelta(seconds=1))
    assert not kept.exists(key)


def test_the_page_explains_every_way_in_three_languages(plan, public, django_assert_max_num_queries):
    for language in ("en", "de", "nb"):
        with django_assert_max_num_queries(10):
            page = public.get(f"{FORM}?lang={language}").content.decode()
        for way in ("feed.atom", "feed.json", "maintenance.ics", f"{FORM}webhook/", 'name="email"', "component=mail"):
            assert way in page
    status = public.get("/status/").content.decode()
    for way in ("feed.atom", "feed.json", "maintenance.ics", f"{FORM}webhook/", FORM):
        assert way in status
    assert len(re.findall(r'<a [^>]*href="[^"]*feed\.atom', status)) == 1  # each way stands once


def test_after_three_that_came_back_within_days_mails_rest_until_the_subscriber_says_so(
    joined, trouble, operator, anna, public, post, clock
):
    dead, kari = "nora@dead.example", "kari@kunde.example"
    nora = joined(email=dead).pk
    mine = f"/status/subscribe/mine/{tokens.token_for(tokens.MINE, nora)}/"
    joined(email=kari)

    def hear(*titles):
        """Something happens; returns the letters that went there so far, the one to confirm among them."""
        clock.shift(timedelta(minutes=1))
        for title in titles:
            trouble(title=title)
        read_mailbox(None)
        jobs.pause_returned(Actor.system(operator.tenant))
        return sum(to == dead for _sender, to, _head in post.passed)

    assert hear("One", "Two", "Three") == 4 and "came back" not in public.get(mine).text  # one bad hour
    CameBack.objects.update(code="5.7.1")  # the list of blocked relays that we were on; once this was for good
    clock.shift(timedelta(days=3))
    assert hear("Four", "Five") == 6 and not happened("subscriptions.paused")
    clock.shift(timedelta(days=3))
    assert hear("Six") == 7 and happened("subscriptions.paused")
    assert hear("Seven") == 7 and sum(to == kari for _sender, to, _head in post.passed) == 8
    shown = operator.get("/operator/subscriptions/").text
    assert "550 5.1.1 No such person here" in shown and "nora" not in shown
    assert anna.get("/operator/subscriptions/").status_code == 403
    assert "the last mails came back" in public.get(mine).text
    confirm = f"/status/subscribe/confirm/{tokens.token_for(tokens.CONFIRM, nora)}/"
    assert "the last mails came back" in public.get(confirm, follow=True).text
    ask(public, dead)  # once more, since nothing comes
    assert "None are sent at present" in mails(dead)[-1].get_content()
    OutgoingMail.objects.filter(sent_at=None).delete()
    assert public.post(f"{mine}switch-on/").status_code == 302
    assert "the last mails came back" not in public.get(mine).text
    assert hear("Eight", "Nine") == 9
    clock.shift(timedelta(days=3))
    assert hear("Ten") == 10 and hear("Eleven") == 10
    assert Subscriber.objects.filter(email=dead).exists()
