"""What was said is changed only by saying it anew beside it, and a resolved incident is looked back at in public."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import now

from tillit.availability.actions.incidents import Found, Said, open_incident, resolve_incident
from tillit.availability.forms.incidents import promised
from tillit.availability.markdown import plain
from tillit.availability.models import Component, Incident, IncidentUpdate, PostmortemDraft
from tillit.foundation.access import Actor
from tillit.foundation.models import OutgoingMail
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened, queued, run_jobs

DESK = "/operator/incidents/"


@pytest.fixture
def noticed(plan, operator_tenant):
    """A probe noticed at three minutes past nine that mail does not go out; nobody has written yet."""
    return open_incident(
        Actor.system(operator_tenant),
        title={"en": "Mail does not go out", "de": "E-Mails gehen nicht hinaus"},
        impact="major",
        said=Said({"en": "Three samples failed."}, also=list(Component.objects.filter(slug="mail"))),
        found=Found("probe", now() - timedelta(minutes=2), "no-east"),
    )


@pytest.fixture
def over(noticed, operator):
    resolve_incident(operator.actor, incident=noticed, body={"en": "Mail goes out again."})
    return noticed


def test_what_a_probe_noticed_is_public_before_a_person_writes(noticed, operator, public, clock):
    page = public.get("/status/").content.decode()
    assert (
        "Mail does not go out" in page and "No person has written yet." in page and "Noticed by our measuring" in page
    )
    clock.shift(timedelta(minutes=10))
    desk = operator.get(DESK).content.decode()
    assert "nobody yet" in desk and f"{DESK}{noticed.pk}/take-over" in desk
    operator.post(f"{DESK}{noticed.pk}/take-over")
    noticed.refresh_from_db()
    assert (noticed.acknowledged_at, noticed.taken_by, noticed.posted_at) == (now(), operator.user, None)
    clock.shift(timedelta(minutes=5))
    operator.post(
        f"{DESK}{noticed.pk}/", {"status": "identified", "body_en": "The relay refuses us.", "impact": "minor"}
    )
    noticed.refresh_from_db()
    assert (noticed.posted_at, noticed.impact) == (now(), "minor")
    assert noticed.detected_at == now() - timedelta(minutes=17) == noticed.started_at
    assert happened("availability.incident_taken_over")
    assert "First word of a person" in public.get("/status/").content.decode()
    (first, second) = noticed.updates.order_by("at")
    assert (first.by, first.impact, second.by, second.impact) == (None, "", operator.user, "minor")


def test_when_it_was_noticed_stays_and_when_it_began_may_be_earlier(noticed, operator):
    at = f"{DESK}{noticed.pk}/"
    said = {"status": "identified", "body_en": "It began before."}
    refused = operator.post(at, said | {"started_at": "2026-11-23T08:59"})
    assert "It cannot have begun after it was noticed." in refused.content.decode()
    operator.post(at, said | {"started_at": "2026-11-23T08:30", "detected_at": "2026-11-23T08:00"})
    before = noticed.detected_at
    noticed.refresh_from_db()
    assert (noticed.started_at, noticed.detected_at) == (now() - timedelta(minutes=30), before)


def test_a_promised_word_that_is_due_is_reminded_of_once(noticed, operator, clock):
    operator.post(f"{DESK}{noticed.pk}/", {"status": "identified", "body_en": "Wait: {next_update}.", "next_in": "30"})
    noticed.refresh_from_db()
    assert noticed.updates.first().body["en"] == "Wait: 09:30 CET."
    assert queued("availability.remind_of_promise")
    type(noticed).objects.update(title={"en": "Mail does\rnot go out"})  # kept before titles were one line
    clock.shift(timedelta(minutes=31))
    assert "next word by 09:30 CET" in operator.get(DESK).content.decode()
    run_jobs()
    with in_tenant(operator.tenant):
        (mail,) = OutgoingMail.objects.all()
    assert (mail.to, mail.subject) == (operator.user.email, "Time to write again: Mail does not go out")
    assert f"{DESK}{noticed.pk}/" in bytes(mail.message).decode()


def test_nobody_is_reminded_of_a_promise_that_was_kept(noticed, operator, clock):
    for minutes in ("15", ""):
        operator.post(f"{DESK}{noticed.pk}/", {"status": "identified", "body_en": "Soon.", "next_in": minutes})
    clock.shift(timedelta(minutes=20))
    run_jobs()
    with in_tenant(operator.tenant):
        assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    ("said_at", "within"), [((20, 45, 40), "21:15"), ((20, 46, 0), "21:20"), ((20, 41, 59), "21:15")]
)
def test_a_promised_time_is_at_most_four_minutes_later_than_it_was_chosen(clock, said_at, within):
    clock.move_to(datetime(2026, 11, 22, *said_at, tzinfo=UTC), tick=False)
    assert f"{promised('30'):%H:%M:%S}" == f"{within}:00"


def test_words_are_put_differently_and_both_versions_are_public(noticed, operator, anna, public):
    update = noticed.updates.get()
    at = f"{DESK}updates/{update.pk}"
    assert operator.get(at).status_code == 200
    assert anna.get(at).status_code == anna.post(at, {"body_en": "x"}).status_code == 403
    assert (
        "These are the words it has already."
        in operator.post(at, {"body_en": "Three samples failed."}).content.decode()
    )
    assert operator.post(at, {"body_en": "Three samples of mail out failed."}).status_code == 302
    page = public.get("/status/").content.decode()
    assert "Three samples of mail out failed." in page and "Three samples failed." in page
    assert "before it said" in page
    update.refresh_from_db()
    assert (update.sequence, update.edited_at, update.versions.get().body) == (
        1,
        now(),
        {"en": "Three samples failed."},
    )


def test_a_post_mortem_is_a_draft_first_and_then_public_in_three_languages(over, operator, anna, public):
    at = f"{DESK}{over.pk}/post-mortem"
    sheet = operator.get(at).content.decode()  # an empty one helps nobody
    assert "## What happened" in sheet and "Began Mon, 23 Nov 2026, 08:58 CET" in sheet  # it is read months later
    words = {
        "body_en": "## Why\n\nA certificate **expired**. <b>x</b>",
        "body_de": "## Warum\n\nEin Zertifikat.",
        "body_nb": "",
    }
    assert anna.post(at, words).status_code == 403
    operator.post(at, words | {"keep": "1"})
    assert PostmortemDraft.objects.get().changed_by == operator.user
    assert "certificate" not in public.get("/status/").content.decode()
    assert "<strong>expired</strong>" in operator.get(at).content.decode()
    operator.post(at, words | {"publish": "1"})
    over.refresh_from_db()
    assert (over.status, PostmortemDraft.objects.exists()) == ("postmortem", False)
    page = public.get(f"/status/incidents/{over.pk}/").content.decode()
    assert "<strong>expired</strong>" in page and "<b>x</b>" not in page and "&lt;b&gt;x" in page
    assert "<h4>Warum</h4>" in public.get(f"/status/incidents/{over.pk}/?lang=de").content.decode()
    assert "published already" in operator.post(at, words | {"publish": "1"}).content.decode()
    assert happened("availability.postmortem_published")
    items = public.get("/status/feed.json?lang=en").json()["items"]
    (told,) = [one["content_html"] for one in items if "content_html" in one]
    assert "<strong>expired</strong>" in told and "##" not in told and "<b>" not in told
    for feed in ("feed.atom", "history.rss"):
        assert "&lt;strong&gt;expired&lt;/strong&gt;" in public.get(f"/status/{feed}?lang=en").content.decode()
    assert public.get("/status/api/v2/incidents.json").json()["incidents"][0]["status"] == "postmortem"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("## Why\n\nA disk\nwas **full** of `logs`.", "Why\n\nA disk\nwas full of logs."),
        ("See [our page](https://a.example/) or <b>", "See our page (https://a.example/) or <b>"),
        ("- one\n- two\n  1. a\n  2. b\n", "- one\n- two\n  1. a\n  2. b"),
        ("3. three\n4. four", "3. three\n4. four"),
        ("> said\n> so\n\n---\n\n```\nls -l\n  x\n```", "> said\n> so\n\n* * *\n\n    ls -l\n      x"),
        ("| At | What |\n|---|---|\n| 09:03 | *noticed* |", "At | What\n09:03 | noticed"),
        ("No marks, 2 * 3 = 6 &amp; so on", "No marks, 2 * 3 = 6 & so on"),
        ("", ""),
    ],
)
def test_markdown_is_read_without_its_marks_where_there_is_no_html(said, read):
    assert plain(said) == read


def test_what_is_open_is_not_looked_back_at(noticed, operator):
    answer = operator.post(f"{DESK}{noticed.pk}/post-mortem", {"body_en": "Early.", "publish": "1"})
    assert "Resolve the incident first" in answer.content.decode()
    assert IncidentUpdate.objects.count() == 1


def test_links_of_a_post_mortem_lead_to_safe_places(over, operator, public):
    said = "[a](javascript:alert(1)) [b](https://report.example/) ![c](https://spy.example/x.png)"
    operator.post(f"{DESK}{over.pk}/post-mortem", {"body_en": said, "publish": "1"})
    page = public.get(f"/status/incidents/{over.pk}/").content.decode()
    assert 'href="https://report.example/" rel="noopener noreferrer"' in page
    assert 'href="javascript' not in page and "<img" not in page


def test_the_product_itself_takes_nothing_over(noticed, operator_tenant, anna):
    assert anna.post(f"{DESK}{noticed.pk}/take-over").status_code == 403
    assert Incident.objects.get().taken_by is None


def test_words_kept_ready_are_not_published_beside_others_that_say_more(over, operator, public):
    page = f"{DESK}{over.pk}/post-mortem"
    ready = operator.get(page).context["form"].initial["body"]
    assert {"en", "de", "nb"} <= ready.keys()
    typed = {f"body_{language}": text for language, text in ready.items()}
    typed["body_en"] += "\nA disk was full."
    operator.post(page, typed | {"publish": "1"})
    update = IncidentUpdate.objects.get(incident=over, status="postmortem")
    assert list(update.body) == ["en"]
    assert "A disk was full." in public.get(f"/status/incidents/{over.pk}/?lang=de").content.decode()
