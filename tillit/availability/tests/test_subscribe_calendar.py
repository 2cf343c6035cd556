"""Maintenance in people's own calendars: read by khal as by a person's calendar, hard nights included."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.conf import settings
from django.utils.timezone import now

from tillit.availability import vtimezone
from tillit.availability.actions.plan import announce_due_windows, apply_rules
from tillit.availability.actions.windows import (
    Details,
    Revised,
    announce_maintenance,
    cancel_maintenance,
    move_maintenance,
    revise_maintenance,
)
from tillit.availability.calendars import About, write
from tillit.availability.models import MaintenanceRule, MaintenanceWindow
from tillit.foundation.access import Actor
from tillit.foundation.models import Tenant
from tillit.foundation.testing import public_of

FEED = "/status/maintenance.ics"
OSLO = ZoneInfo("Europe/Oslo")
KHAL = Path(sys.executable).parent / "khal"
CONFIG = """
[calendars]
[[feed]]
path = {folder}/calendar
[sqlite]
path = {folder}/khal.db
[locale]
local_timezone = {zone}
default_timezone = {zone}
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[default]
default_calendar = feed
"""


@pytest.fixture
def calendar_of(tmp_path):
    """Somebody's calendar: `take` a feed into it, then `look` at a day by the clocks of a zone."""

    class Calendar:
        def run(self, zone, *command):
            config = tmp_path / f"{zone.replace('/', '-')}.conf"
            config.write_text(CONFIG.format(folder=tmp_path, zone=zone))
            own = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
            ran = subprocess.run(
                [KHAL, "-c", config, *command], env=own, check=True, capture_output=True, text=True, timeout=120
            )
            return ran.stdout

        def take(self, answer):
            (tmp_path / "calendar").mkdir(exist_ok=True)
            feed = tmp_path / "feed.ics"
            feed.write_bytes(answer.content)
            self.run("Europe/Oslo", "import", "--batch", "-a", "feed", str(feed))

        def look(self, day, zone="Europe/Oslo"):
            line = "{start} to {end}: {title} {status}"
            listed = self.run(zone, "list", "--notstarted", "--day-format", "", "--format", line, day, "24h")
            return [one.strip() for one in listed.splitlines() if one.strip()]

    return Calendar()


def events(answer):
    """Every event of a feed by its name."""
    found = list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))
    named = {str(event["uid"]).partition("@")[0]: event for event in found}
    assert len(named) == len(found)
    return named


# As a person's calendar reads it


@pytest.mark.promise("servers-restart-every-night-at-two")
def test_a_calendar_shows_the_restart_right_in_the_nights_when_clocks_change(plan, public, calendar_of):
    calendar_of.take(public.get(f"{FEED}?kind=routine"))
    assert calendar_of.look("2027-03-27") == ["2027-03-27 02:00 to 2027-03-27 02:10: Server restart TENTATIVE"]
    assert calendar_of.look("2027-03-28") == ["2027-03-28 03:00 to 2027-03-28 03:10: Server restart TENTATIVE"]
    assert calendar_of.look("2027-03-28", "UTC") == ["2027-03-28 01:00 to 2027-03-28 01:10: Server restart TENTATIVE"]
    assert calendar_of.look("2027-10-31") == ["2027-10-31 02:00 to 2027-10-31 02:10: Server restart TENTATIVE"]
    assert calendar_of.look("2027-10-31", "UTC") == ["2027-10-31 00:00 to 2027-10-31 00:10: Server restart TENTATIVE"]


@pytest.mark.promise("infrastructure-work-on-saturday-night")
def test_a_calendar_shows_the_nights_of_nine_and_of_eleven_hours(plan, operator, public, calendar_of):
    for first in (datetime(2027, 3, 27, 20, tzinfo=OSLO), datetime(2027, 10, 30, 20, tzinfo=OSLO)):
        announce_maintenance(
            operator.actor,
            kind="planned",
            starts_at=first.astimezone(UTC),
            ends_at=(first + timedelta(hours=10)).astimezone(UTC),  # by the clock: 06:00
            title={"en": "Power"},
            details=Details(rule=MaintenanceRule.objects.get(key="infrastructure")),
        )
    calendar_of.take(public.get(FEED))
    assert calendar_of.look("2027-03-27", "UTC") == ["2027-03-27 19:00 to 2027-03-28 04:00: Power CONFIRMED"]
    assert calendar_of.look("2027-03-27") == ["2027-03-27 20:00 to 2027-03-28 06:00: Power CONFIRMED"]
    assert calendar_of.look("2027-10-30", "UTC") == ["2027-10-30 18:00 to 2027-10-31 05:00: Power CONFIRMED"]


def test_a_calendar_that_reads_again_moves_the_window_and_strikes_the_cancelled(
    plan, announced, operator, public, calendar_of, clock
):
    moved, dropped = announced(40 * 24, title="Network"), announced(41 * 24, title="Cables")
    calendar_of.take(public.get(FEED))
    assert calendar_of.look("2027-01-02") == ["2027-01-02 09:00 to 2027-01-02 11:00: Network CONFIRMED"]
    later = moved.starts_at + timedelta(days=4)
    move_maintenance(operator.actor, window=moved, starts_at=later, ends_at=later + timedelta(hours=1), because="Snow.")
    cancel_maintenance(operator.actor, window=dropped, because="No need.")
    calendar_of.take(public.get(FEED))
    assert calendar_of.look("2027-01-02") == []
    assert calendar_of.look("2027-01-06") == ["2027-01-06 09:00 to 2027-01-06 10:00: Network CONFIRMED"]
    assert calendar_of.look("2027-01-03") == ["2027-01-03 09:00 to 2027-01-03 11:00: Cables CANCELLED"]


# What is in it


@pytest.mark.promise("status-page-shows-status-and-downtimes")
def test_it_holds_what_is_announced_and_what_the_plan_foresees_for_a_year(plan, announced, public):
    by_hand = announced(60, title="Work on the network", effect="offline", most_seconds=1800)
    found = events(public.get(FEED))
    assert 70 < len(found) < 80
    assert {str(event["categories"].to_ical(), "ascii") for event in found.values()} == {"planned"}
    first = found["application-a-20261124"]
    lines = first.to_ical().decode().splitlines()
    assert "DTSTART;TZID=Europe/Oslo:20261124T220000" in lines and "DTEND;TZID=Europe/Oslo:20261125T000000" in lines
    assert (first["status"], first["sequence"], first["summary"]) == ("CONFIRMED", 0, "Application maintenance")
    assert "Wave A (10 % of customers)" in first["description"]
    foreseen = found["system-20261218"]
    assert foreseen["status"] == "TENTATIVE" and "not announced yet" in foreseen["description"]
    typed = found[f"window-{by_hand.pk}"]
    assert "Not available: up to 30 minutes" in typed["description"]
    assert f"/status/maintenance/{by_hand.pk}/?lang=" in str(typed["url"])  # a page that stays
    assert max(event["dtstart"].dt for event in found.values()) > now() + timedelta(days=350)


def test_it_says_how_often_to_ask_again_and_brings_its_zone_along(plan, public):
    answer = public.get(FEED)
    text = answer.content.decode()
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    for line in ("REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H", "VERSION:2.0", "TZID:Europe/Oslo"):
        assert f"{line}\r\n" in text
    assert text.count("BEGIN:VTIMEZONE") == 1
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert "\n" not in text.replace("\r\n", "")


@pytest.mark.parametrize(
    "name", ["Europe/Oslo", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "Europe/Dublin", "UTC"]
)
def test_the_zone_as_written_has_the_same_clocks_as_the_zone(name):
    """Every hour of three years, as a reader without tables of its own reckons by the onsets (RFC 5545, 3.6.5)."""
    zone = ZoneInfo(name)
    parts = icalendar.Calendar.from_ical(vtimezone.described(name, 2026, 2028)).subcomponents
    onsets = sorted(
        (onset.replace(tzinfo=UTC) - part["tzoffsetfrom"].td, part["tzoffsetto"].td)
        for part in parts
        for onset in [part["dtstart"].dt, *(one.dt for one in (part["rdate"].dts if "rdate" in part else []))]
    )
    for hour in range(1, 3 * 365 * 24):
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        assert [offset for onset, offset in onsets if onset <= moment][-1] == moment.astimezone(zone).utcoffset(), (
            moment
        )


def test_a_time_that_comes_twice_is_written_in_utc_which_calendars_cannot_misread(db):
    window = MaintenanceWindow(
        pk=7,
        title={"en": "Work"},
        starts_at=datetime(2027, 10, 31, 0, 30, tzinfo=UTC),
        ends_at=datetime(2027, 10, 31, 1, 30, tzinfo=UTC),
        announced_at=now(),
        rule=MaintenanceRule(key="rule", zone="Europe/Oslo"),
    )
    text = write(About("Feed", "", "https://tillit.example/status/"), [window]).decode()
    assert "DTSTART:20271031T003000Z\r\nDTEND:20271031T013000Z" in text


# What changes


def test_a_moved_window_keeps_its_name_and_raises_its_sequence(plan, announced, operator, public, clock):
    window = announced(96)
    name = f"window-{window.pk}"
    before = events(public.get(FEED))[name]
    clock.shift(timedelta(hours=1))
    for number in (1, 2):
        later = window.starts_at + timedelta(days=3 * number)
        move_maintenance(
            operator.actor, window=window, starts_at=later, ends_at=later + timedelta(hours=2), because="Snow."
        )
        after = events(public.get(FEED))[name]
        assert (after["sequence"], after["status"]) == (number, "CONFIRMED")
        assert after["dtstart"].dt == later
        assert after["last-modified"].dt > before["last-modified"].dt
    assert after["description"].count("Moved from") == 2


def test_whatever_is_said_otherwise_is_news_to_a_calendar_also_when_nobody_has_it_worse(
    plan, announced, operator, public, clock
):
    window = announced(96)
    said = {name: getattr(window, name) for name in Revised.__dataclass_fields__}
    for number in (1, 2):
        clock.shift(timedelta(hours=1))
        said["ends_at"] -= timedelta(minutes=10)
        window = revise_maintenance(operator.actor, window=window, revised=Revised(**said), because="Quicker.")
        event = events(public.get(FEED))[f"window-{window.pk}"]
        assert (event["sequence"], event["dtend"].dt, window.sequence) == (number, said["ends_at"], 0)
    cancel_maintenance(operator.actor, window=window, because="Not needed.")
    assert events(public.get(FEED))[f"window-{window.pk}"]["sequence"] == 3


def test_a_cancelled_window_stays_as_cancelled_under_its_name(plan, operator, public):
    window = MaintenanceWindow.objects.get(rule__key="system")
    cancel_maintenance(operator.actor, window=window, because="Nothing to patch.")
    event = events(public.get(FEED))["system-20261204"]
    assert (event["status"], event["sequence"]) == ("CANCELLED", 1)
    assert "Cancelled. Nothing to patch." in event["description"]


def test_a_plan_with_other_times_raises_the_sequence_of_announced_and_foreseen(plan, register, public, operator_tenant):
    rules = register["maintenance_rules"]
    rules[0]["start"] = rules[0]["start"].replace(hour=1)
    apply_rules(Actor.system(operator_tenant), rules=rules)
    found = events(public.get(FEED))
    announced, foreseen = found["system-20261204"], found["system-20261218"]
    assert (announced["status"], announced["sequence"]) == ("CONFIRMED", 2)  # withdrawn, then announced anew
    assert (foreseen["status"], foreseen["sequence"]) == ("TENTATIVE", 1)
    assert f"{announced['dtstart'].dt:%H:%M}" == f"{foreseen['dtstart'].dt:%H:%M}" == "01:00"
    assert found["microsoft-patches-20261211"]["sequence"] == 0


def test_the_same_plan_applied_again_changes_no_calendar(plan, register, public, operator_tenant, clock):
    before = public.get(FEED).content
    clock.shift(timedelta(minutes=5))
    apply_rules(Actor.system(operator_tenant), rules=register["maintenance_rules"])
    assert public.get(FEED).content == before


def test_the_announcement_takes_the_place_of_what_was_foreseen(plan, public, clock, operator_tenant):
    assert events(public.get(FEED))["system-20261218"]["status"] == "TENTATIVE"
    clock.shift(timedelta(days=12))
    announce_due_windows(Actor.system(operator_tenant))
    event = events(public.get(FEED))["system-20261218"]
    assert (event["status"], event["sequence"]) == ("CONFIRMED", 0)


# To whom


def test_a_customer_sees_its_own_windows_only(plan, announced, fjordlys, alpenrose, public):
    Tenant.objects.filter(pk=fjordlys.pk).update(region="norway")
    announced(60, title="Power in Oslo", region="norway")
    first, rest = (events(public_of(Tenant.objects.get(pk=one.pk)).get(FEED)) for one in (fjordlys, alpenrose))
    assert "application-a-20261124" in first and "application-b-20261127" not in first
    assert "application-b-20261127" in rest and "application-a-20261124" not in rest
    assert not [name for name in first if name.startswith("application-b")]  # foreseen ones neither
    assert "Power in Oslo" in {event["summary"] for event in first.values()}
    assert "Power in Oslo" not in {event["summary"] for event in rest.values()}
    everything = events(public.get(FEED))
    assert {*first, *rest} == set(everything)
    for one, others in ((fjordlys, "b"), (alpenrose, "a")):
        told = public_of(Tenant.objects.get(pk=one.pk)).get("/trust/maintenance.json").json()
        assert others not in {window["wave"] for window in told["windows"]}


@pytest.mark.parametrize(
    ("language", "title", "name"),
    [
        ("de", "Systemwartung", "Wartung: "),
        ("nb", "Systemvedlikehold", "Vedlikehold: "),
        ("en", "System maintenance", "Maintenance: "),
    ],
)
def test_it_speaks_the_language_it_is_asked_in(plan, alpenrose, language, title, name):
    answer = public_of(alpenrose).get(f"{FEED}?lang={language}")
    event = events(answer)["system-20261204"]
    assert (event["summary"], event["summary"].params["LANGUAGE"]) == (title, language)
    assert icalendar.Calendar.from_ical(answer.content)["name"] == f"{name}{alpenrose.name}"


def test_one_may_ask_for_kinds_waves_and_regions(plan, announced, public):
    announced(3, kind="emergency", title="TLS", reason="A hole.")
    assert {event["summary"] for event in events(public.get(f"{FEED}?kind=emergency")).values()} == {"TLS"}
    assert len(events(public.get(f"{FEED}?kind=routine"))) == 365
    only_a = events(public.get(f"{FEED}?wave=a"))
    assert "application-a-20261124" in only_a and "application-b-20261127" not in only_a


@pytest.mark.parametrize(
    "question", ["lang=xx", "lang=", "kind=nightly", "kind=planned&kind=x", "wave=z", "region=mars"]
)
@pytest.mark.parametrize("address", [FEED, "/status/feed.atom", "/status/feed.json"])
def test_a_question_it_cannot_answer_is_told_so(plan, public, address, question):
    answer = public.get(f"{address}?{question}")
    assert answer.status_code == 400
    told = json.loads(answer.content)
    assert told["title"] == "Bad Request" and "may be:" in told["detail"]


def test_strange_titles_stay_titles(operator, announced, public):
    announced(48, title="A;B,C\\n\u202e <b>\x07", kind="emergency", reason="One\nEND:VEVENT\r\nX-EVIL:1")
    (event,) = events(public.get(FEED)).values()
    assert event["summary"] == "A;B,C\\n <b>"
    assert "X-EVIL" not in event and "END:VEVENT" in event["description"]


def test_it_is_kept_by_caches_and_costs_few_questions(plan, announced, operator, public, django_assert_max_num_queries):
    for number in range(3):
        window = announced(60 + 30 * number)
        later = window.starts_at + timedelta(hours=8)
        move_maintenance(
            operator.actor, window=window, starts_at=later, ends_at=later + timedelta(hours=1), because="Snow."
        )
    answer = public.get(FEED)
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert not answer.cookies and "Cookie" not in answer.headers["Vary"]
    with django_assert_max_num_queries(10):
        again = public.get(FEED, headers={"if-none-match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert public.post(FEED).status_code == 405


def test_an_empty_cloud_has_an_empty_calendar(operator_tenant, public):
    answer = public.get(FEED)
    assert answer.status_code == 200 and events(answer) == {}
    assert settings.BASE_HOST in answer.content.decode().replace("\r\n ", "")


def test_a_calendar_of_one_part_holds_what_concerns_it(plan, public, announced):
    announced(300, title="Work on the mail relay", components=["mail"])
    announced(320, title="Work on the lists", components=["crm"])
    told = public.get("/status/maintenance.ics?component=mail").content.decode()
    assert "Work on the mail relay" in told and "Work on the lists" not in told
    assert "System maintenance" in told  # which concerns every part
    assert public.get("/status/maintenance.ics?component=fax").status_code == 400
