"""What was said about the service, in a feed reader: Atom as feedparser reads it, and JSON Feed."""

from datetime import timedelta

import feedparser
import pytest

from tillit.availability.actions.incidents import Said, open_incident, resolve_incident, update_incident
from tillit.availability.actions.windows import Revised, cancel_maintenance, move_maintenance, revise_maintenance
from tillit.availability.models import Component, Incident
from tillit.foundation.models import Tenant
from tillit.foundation.testing import public_of

ATOM, JSON, PLAN = "/status/feed.atom", "/status/feed.json", "/status/maintenance.atom"


def read(person, address=ATOM):
    feed = feedparser.parse(person.get(address).content)
    assert not feed.bozo
    return feed


@pytest.fixture
def story(plan, announced, operator, clock):
    """A window announced, moved and cancelled; an incident with three words on it."""
    window = announced(72)
    clock.shift(timedelta(hours=1))
    later = window.starts_at + timedelta(days=4)
    move_maintenance(
        operator.actor, window=window, starts_at=later, ends_at=later + timedelta(hours=2), because="Snow."
    )
    clock.shift(timedelta(hours=1))
    cancel_maintenance(operator.actor, window=window, because="Not needed.")
    clock.shift(timedelta(hours=1))
    crm = Component.objects.get(slug="crm")
    said = Said({"en": "We look into it.", "de": "Wir sehen nach."}, also=[crm])
    incident = open_incident(operator.actor, title={"en": "Lists load slowly"}, impact="minor", said=said)
    clock.shift(timedelta(minutes=5))
    update_incident(operator.actor, incident=incident, said=Said({"en": "A queue."}, status="identified"))
    clock.shift(timedelta(minutes=5))
    resolve_incident(operator.actor, incident=incident, body={"en": "All is well."})
    return window


def test_a_reader_sees_what_was_said_newest_first(story, public):
    feed = read(public)
    assert [entry.title for entry in feed.entries][:6] == [
        "Resolved: Lists load slowly",
        "Cause found: Lists load slowly",
        "Investigating: Lists load slowly",
        "Cancelled: Work on the network",
        "Moved: Work on the network",
        "Announced: Work on the network",
    ]
    moved, announced = feed.entries[4], feed.entries[5]
    assert "From Thu, 26 Nov 2026, 09:00–11:00 CET to Mon, 30 Nov 2026, 09:00–11:00 CET" in moved.summary
    assert "26 Nov 2026" in announced.summary and "30 Nov" not in announced.summary  # what was said then
    assert [tag.term for tag in moved.tags] == ["moved"]
    assert "All is well." in feed.entries[0].summary
    incident = Incident.objects.get()
    assert feed.entries[0].link.endswith(f"/status/incidents/{incident.pk}/?lang=en")
    assert feed.entries[0].id.partition(":incidents")[2] == f"/{incident.pk}/{incident.updates.latest('at').pk}/en"


def test_it_says_who_speaks_in_which_language_and_where_it_lives(story, public, operator_tenant):
    feed = read(public, f"{ATOM}?lang=de").feed
    assert (feed.author, feed.language) == (operator_tenant.name, "de")
    assert next(link.href for link in feed.links if link.rel == "self").endswith(f"{ATOM}?lang=de")
    assert feed.id and feed.updated


def test_entries_keep_their_names_and_words_while_more_is_said(story, operator, announced, public):
    before = {entry.id: (entry.title, entry.summary, entry.published) for entry in read(public).entries}
    announced(96, title="Something else")
    after = {entry.id: (entry.title, entry.summary, entry.published) for entry in read(public).entries}
    assert before.items() < after.items() and len(after) == len(before) + 1
    german = {entry.id for entry in read(public, f"{ATOM}?lang=de").entries}
    assert not german & set(after)


def test_what_was_announced_stays_as_it_was_and_a_change_says_what_is_different(
    plan, announced, operator, public, clock
):
    window = announced(72, title="New disks for the CRM", components=["crm"], effect="offline", most_seconds=600)
    (before, *_more) = read(public, f"{ATOM}?lang=de").entries
    assert "Teile des Dienstes: CRM" in before.summary
    clock.shift(timedelta(hours=1))
    said = {name: getattr(window, name) for name in Revised.__dataclass_fields__}
    said |= {"title": {"en": "New disks for the CRM", "de": "Neue Platten"}, "components": ["crm", "mail"]}
    said |= {"reasons": {"en": "The old ones are full."}}
    window = revise_maintenance(operator.actor, window=window, revised=Revised(**said), because="We looked closer.")
    clock.shift(timedelta(hours=1))
    times = {"starts_at": window.starts_at + timedelta(days=1), "ends_at": window.ends_at + timedelta(days=1)}
    move_maintenance(operator.actor, window=window, because="The disks come late.", **times)
    moved, changed, announcement = read(public, f"{ATOM}?lang=de").entries[:3]
    assert (announcement.title, announcement.summary) == (before.title, before.summary)
    assert announcement.title == "Angekündigt: New disks for the CRM (Englisch)"
    assert changed.title == "Geändert: Neue Platten" and "Von " not in changed.summary
    for words in (
        "Do., 26. Nov. 2026, 09:00–11:00 MEZ", "Titel: Neue Platten (vorher: New disks for the CRM (Englisch))",
        "Teile des Dienstes: CRM, E-Mail-Versand (vorher: CRM)", "Grund: The old ones are full. (Englisch) (vorher: –)",
        "We looked closer.",
    ):  # fmt: skip
        assert words in changed.summary
    assert "Von Do., 26. Nov. 2026" in moved.summary and "Titel" not in moved.summary
    assert "Title" not in read(public).entries[1].summary  # in English it is as it was
    said |= {"title": said["title"] | {"nb": "Nye disker"}, "ends_at": times["ends_at"]}
    revise_maintenance(operator.actor, window=window, revised=Revised(**said), because="For all.")
    assert "Worded otherwise in another language." in read(public).entries[0].summary
    told = public.get(f"{JSON}?lang=de").json()["items"]
    assert announcement.title in [item["title"] for item in told]
    assert "E-Mail-Versand (vorher: CRM)" in public.get("/status/maintenance.ics?lang=de").text.replace("\r\n ", "")
    for part in ("crm", "mail"):
        assert changed.title in [entry.title for entry in read(public, f"{ATOM}?lang=de&component={part}").entries]


def test_the_windows_of_twelve_months_are_a_feed_of_their_own(plan, announced, fjordlys, operator, public, clock):
    window = announced(72, title="New power supply")
    feed = read(public, PLAN)
    titles = {entry.title for entry in feed.entries}
    assert "New power supply" in titles and any(title.startswith("Foreseen: ") for title in titles)
    assert [entry.title for entry in read(public_of(fjordlys), f"{PLAN}?kind=emergency").entries] == []
    assert not [entry.id for entry in read(public_of(fjordlys), PLAN).entries if "application-b" in entry.id]
    before = next(entry for entry in feed.entries if entry.title == "New power supply")
    clock.shift(timedelta(hours=1))
    later = window.starts_at + timedelta(days=300)
    move_maintenance(
        operator.actor, window=window, starts_at=later, ends_at=later + timedelta(hours=2), because="It comes late."
    )
    after = next(entry for entry in read(public, PLAN).entries if entry.id == before.id)
    assert after.updated > before.updated and "2027" in after.summary
    german = read(public, f"{PLAN}?lang=de").feed
    assert german.title.startswith("Wartung: ") and german.links[-1].href.endswith(f"{PLAN}?lang=de")
    cancel_maintenance(operator.actor, window=window, because="Not needed.")
    assert before.id not in {entry.id for entry in read(public, PLAN).entries}


def test_an_incident_of_a_region_is_told_there_and_to_the_operator(plan, operator, fjordlys, alpenrose, public):
    Tenant.objects.filter(pk=fjordlys.pk).update(region="norway")
    incident = open_incident(
        operator.actor, title={"en": "Power failure in Oslo"}, impact="major", said=Said({"en": "We look into it."})
    )
    Incident.objects.filter(pk=incident.pk).update(region="norway")
    there, elsewhere = (Tenant.objects.get(pk=one.pk) for one in (fjordlys, alpenrose))
    for address in (ATOM, "/status/"):
        assert "Power failure" in public_of(there).get(address).content.decode()
        assert "Power failure" in public.get(address).content.decode()
        assert "Power failure" not in public_of(elsewhere).get(address).content.decode()
    state = [public.get(f"/api/state/{one.slug}").json()["service"] for one in (there, elsewhere)]
    assert state == ["major", "none"]


def test_each_language_has_its_own_words(story, public):
    titles = [entry.title for entry in read(public, f"{ATOM}?lang=de").entries]
    assert "Verschoben: Work on the network (Englisch)" in titles
    assert "Wir sehen nach." in read(public, f"{ATOM}?lang=de").entries[2].summary
    assert "Flyttet: Work on the network (Engelsk)" in [
        entry.title for entry in read(public, f"{ATOM}?lang=nb").entries
    ]


def test_the_json_feed_says_the_same(story, public):
    answer = public.get(JSON)
    assert answer.headers["Content-Type"].startswith("application/feed+json")
    told, feed = answer.json(), read(public)
    assert told["version"] == "https://jsonfeed.org/version/1.1"
    assert [(item["id"], item["title"]) for item in told["items"]] == [(one.id, one.title) for one in feed.entries]
    assert told["feed_url"].endswith(f"{JSON}?lang=en") and told["authors"][0]["name"] == feed.feed.author
    assert all(item["date_published"] and item["content_text"] for item in told["items"])


def test_a_customer_reads_of_its_own_windows_only(story, announced, public, fjordlys, alpenrose):
    announced(60, title="Power in Oslo", region="norway")
    Tenant.objects.filter(pk=fjordlys.pk).update(region="norway")
    mine = public_of(Tenant.objects.get(pk=fjordlys.pk))
    for address in (ATOM, JSON):
        assert "Power in Oslo" in mine.get(address).content.decode()
        assert "Power in Oslo" not in public_of(alpenrose).get(address).content.decode()
    assert "Resolved: Lists load slowly" in [entry.title for entry in read(mine).entries]


def test_what_is_older_than_ninety_days_is_gone(story, public, clock):
    clock.shift(timedelta(days=91))
    assert read(public).entries == []


def test_strange_words_stay_words(operator, announced, public):
    announced(48, kind="emergency", title="<script>\x07\u202e", reason="<b>bold</b> & more")
    feed = read(public)
    assert feed.entries[0].title == "Announced: &lt;script&gt;" or feed.entries[0].title == "Announced: <script>"
    assert "&lt;b&gt;bold&lt;/b&gt; &amp; more" in feed.entries[0].summary
    assert b"<script>" not in public.get(ATOM).content


def test_feeds_are_kept_by_caches_and_cost_few_questions(story, public, fjordlys, django_assert_max_num_queries):
    for address in (ATOM, JSON):
        for visitor in (public, public_of(fjordlys)):
            answer = visitor.get(address)
            assert answer.headers["Cache-Control"] == "public, max-age=300"
            assert not answer.cookies and "Cookie" not in answer.headers["Vary"]
            with django_assert_max_num_queries(12):
                again = visitor.get(address, headers={"if-none-match": answer.headers["ETag"]})
            assert again.status_code == 304
        assert public.post(address).status_code == 405


@pytest.mark.parametrize("address", ["/status/", "/status/maintenance/"])
def test_pages_say_where_to_subscribe(plan, public, fjordlys, address):
    for visitor in (public, public_of(fjordlys)):
        page = visitor.get(f"{address}?lang=de").content.decode()
        host = visitor.defaults["HTTP_HOST"]
        assert f"webcal://{host}/status/maintenance.ics?lang=de" in page
        assert ">Abonnieren</h2>" in page and page.index("Per E-Mail") < page.index('">Atom</a>') < page.index(
            "webcal:"
        )
        assert 'type="application/atom+xml"' in page and "/status/feed.json?lang=de" in page
    assert ("/status/vectors/restart.json" in page) is (address == "/status/maintenance/")


def test_my_trust_page_says_where_to_subscribe(plan, anna):
    page = anna.get("/panels/my-windows").content.decode()
    assert "/status/maintenance.ics?lang=en" in page and "/status/feed.atom?lang=en" in page


def test_a_feed_of_one_part_or_of_one_kind_holds_that_and_nothing_else(story, public, announced):
    announced(300, title="Work on the mail relay", components=["mail"])
    everything = [entry.title for entry in read(public).entries]
    assert {"Resolved: Lists load slowly", "Announced: Work on the mail relay"} <= set(everything)
    mail = read(public, f"{ATOM}?component=mail")
    titles = [entry.title for entry in mail.entries]
    assert "Announced: Work on the mail relay" in titles
    assert "Announced: Work on the network" in titles  # which concerns every part
    assert not [title for title in titles if "Lists load slowly" in title]
    assert mail.feed.links[-1].href.endswith("?lang=en&component=mail")
    both = [entry.title for entry in read(public, f"{ATOM}?component=mail&component=crm").entries]
    assert both == everything
    incidents = public.get(f"{JSON}?kind=incidents&lang=de").json()
    assert [item["title"].partition(":")[2] for item in incidents["items"]] == [" Lists load slowly (Englisch)"] * 3
    assert incidents["feed_url"].endswith("?lang=de&kind=incidents")


@pytest.mark.parametrize(
    ("asked", "said"),
    [("component=fax", "crm, sign-in"), ("kind=planned", "incidents, maintenance"), ("lang=fr", "en, de, nb")],
)
@pytest.mark.parametrize("address", [ATOM, JSON])
def test_what_nobody_knows_is_answered_with_what_there_is(plan, public, address, asked, said):
    answer = public.get(f"{address}?{asked}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert said in answer.json()["detail"]
