"""Everybody may read what is going on, what is to come and what was: no account, no cookie, on every host."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.timezone import now

from tillit.availability.actions.incidents import Said, open_incident
from tillit.availability.actions.plan import apply_rules
from tillit.availability.models import Component, MaintenanceRule, MaintenanceWindow
from tillit.foundation.access import Actor
from tillit.foundation.testing import public_of

STATUS, YEAR = "/status/", "/status/maintenance/"
OSLO = ZoneInfo("Europe/Oslo")


def text(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode()))


@pytest.mark.promise("status-page-shows-status-and-downtimes")
def test_the_page_tells_state_parts_and_windows(plan, public):
    page = text(public.get(STATUS))
    assert "All parts of the service are working." in page
    assert "Programming interface (API) Operational" in page
    assert "Fri, 27 Nov 2026, 22:00 – Sat 28 Nov, 00:00 CET Application maintenance Wave B (90 % of customers)" in page
    assert "Server restart: Every night at 02:00 (Europe/Oslo), 1–3 seconds." in page
    assert "at least 24 hours ahead" in page


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Zu diesem Dienst liegt noch keine Meldung vor."),
        ("nb", "Det er ikke meldt noe om denne tjenesten ennå."),
        ("en", "Nothing is said about this service yet."),
    ],
)
def test_an_empty_installation_does_not_say_that_all_is_well(operator_tenant, public, language, sentence):
    for address in (STATUS, "/sign-in/"):
        answer = public.get(f"{address}?lang={language}", headers={"accept-language": language})
        assert sentence in text(answer)
        assert '<p class="state" data-tone="idle">' in answer.content.decode()
    told = public.get("/status/api/v2/status.json").json()["status"]
    assert told == {"indicator": "minor", "description": "Nothing is said about this service yet."}


def test_a_first_rule_or_window_is_something_said(register, operator, operator_tenant, public):
    apply_rules(Actor.system(operator_tenant), rules=register["maintenance_rules"][:1])
    assert "Not every part of the service is being measured just now." in text(public.get(STATUS))


@pytest.mark.parametrize("address", [STATUS, YEAR, "/status/api/v2/summary.json", "/trust/maintenance.json"])
def test_it_answers_on_every_host_without_a_cookie(plan, public, fjordlys, anna, address):
    for visitor in (public, public_of(fjordlys), anna):
        response = visitor.get(address)
        assert response.status_code == 200
        assert not response.cookies
        assert "Cookie" not in response.headers["Vary"]
        assert "public" in response.headers["Cache-Control"]
    assert public.post(address).status_code == 405


@pytest.mark.parametrize(
    ("language", "sentence", "zone"),
    [
        ("de", "Alle Teile des Dienstes funktionieren.", "00:00–06:00 MEZ"),
        ("nb", "Alle deler av tjenesten virker.", "00:00–06:00 CET"),
        ("en", "All parts of the service are working.", "00:00–06:00 CET"),
    ],
)
def test_it_speaks_three_languages_and_the_operators_time(plan, alpenrose, language, sentence, zone):
    type(alpenrose).objects.filter(pk=alpenrose.pk).update(time_zone="Asia/Tokyo")
    for address in (STATUS, YEAR):
        page = text(public_of(alpenrose).get(f"{address}?lang={language}"))
        assert zone in page
        assert sentence in page or address == YEAR


def test_the_next_twelve_months_are_computed_and_what_is_announced_is_marked(plan, public):
    months = public.get(STATUS).context["months"]
    assert [f"{first:%Y-%m}" for first, _found in months][::12] == ["2026-11", "2027-11"]
    found = [interruption for _first, group in months for interruption in group]
    assert [one.is_announced for one in found][:4] == [True, True, True, False]
    assert 60 < len(found) < 80
    assert found == sorted(found, key=lambda one: one.starts_at)


def test_the_table_has_one_row_for_work_at_the_same_time(plan, public):
    page = text(public.get(YEAR))
    assert "Fri, 12 Feb 2027, 00:00–06:00 CET System maintenance; Microsoft patches Everybody" in page
    assert page.count("12 Feb 2027") == 1


def test_what_can_no_longer_be_announced_in_time_is_not_foreseen(plan, public, clock):
    MaintenanceWindow.objects.all().delete()
    clock.move_to(datetime(2026, 12, 3, 12, 0, tzinfo=OSLO), tick=False)  # twelve hours before the next system window
    found = public.get(YEAR).context["interruptions"]
    assert "2026-12-04" not in {f"{one.starts_at.astimezone(OSLO):%Y-%m-%d}" for one in found}


def test_a_window_under_way_is_what_the_page_says_first(plan, announced, public, clock):
    announced(48, effect="offline", most_seconds=1800)
    clock.shift(timedelta(hours=48, minutes=5))
    page = public.get(STATUS)
    assert "Maintenance is under way." in text(page)
    assert "Work on the network under way" in text(page)
    assert "Not available: up to 30 minutes" in text(page)
    assert {state for _component, state in page.context["components"]} == {"under_maintenance"}


def test_on_a_customers_host_stands_what_concerns_the_customer_and_the_rest_apart(
    plan, announced, public, fjordlys, clock
):
    type(fjordlys).objects.filter(pk=fjordlys.pk).update(wave="b")
    other, mine = announced(60, title="For the first", wave="a"), announced(66, title="For the rest", wave="b")
    visitor = public_of(type(fjordlys).objects.get(pk=fjordlys.pk))
    page = visitor.get(STATUS)
    said, apart = text(page).split("windows do not concern Fjordlys")
    assert "For the rest" in said and "For the first" not in said and "Wave" not in said
    assert "For the first Wave A" in apart.partition("The next twelve months")[0]
    assert "For the first" not in text(visitor.get(YEAR))
    assert "Does not concern Fjordlys" in text(visitor.get(f"{YEAR}{other.pk}/"))
    assert "Does not concern" not in text(visitor.get(f"{YEAR}{mine.pk}/"))
    assert "For the first Wave A" in text(public.get(STATUS)) and "do not concern" not in text(public.get(STATUS))
    MaintenanceRule.objects.filter(kind="routine").update(region="norway")
    for address in (STATUS, YEAR):
        assert "Server restart:" in text(public.get(address)) and "Server restart:" not in text(visitor.get(address))
    clock.move_to(other.starts_at + timedelta(minutes=5), tick=False)
    assert "Maintenance is under way." in text(public.get(STATUS))
    assert "All parts of the service are working." in text(visitor.get(STATUS))


def test_windows_that_touch_are_one_interruption_to_the_customer_who_has_them(plan, announced, public, fjordlys):
    announced(60, title="A new cable")
    announced(62, title="For the first", wave="a", effect="offline")  # begins as the other ends
    page = public_of(fjordlys).get(STATUS)
    (both,) = [one for one in page.context["announced"] if len(one.windows) == 2]
    assert (both.first.title["en"], both.heaviest.title["en"]) == ("A new cable", "For the first")
    assert all(len(one.windows) == 1 for one in public.get(STATUS).context["announced"])


def test_a_window_of_one_wave_leaves_the_parts_as_they_are(plan, announced, public, clock):
    announced(60, wave="a", effect="offline")
    clock.shift(timedelta(hours=60, minutes=5))
    page = public.get(STATUS)
    assert page.context["status"].indicator == "maintenance"
    assert {state for _component, state in page.context["components"]} == {"operational"}


def test_the_last_ninety_days_are_kept_and_what_is_older_is_not(announced, public, operator, clock):
    old, recent = announced(48, title="Long ago"), announced(30 * 24, title="Recently")
    clock.move_to(old.ends_at + timedelta(days=90, seconds=1), tick=False)
    page = public.get(STATUS)
    assert [window.pk for window in page.context["past_windows"]] == [recent.pk]
    assert "Recently completed" in text(page) and "Long ago" not in text(page)


def test_a_new_cloud_without_a_plan_says_so(operator_tenant, public, fjordlys):
    page = text(public.get(STATUS))
    assert "No part is listed in the register." in page
    assert "No maintenance is announced for the next days." in page
    assert "The maintenance plan foresees nothing." in page
    assert 'colspan="4"' in public_of(fjordlys).get(YEAR).content.decode()  # it has no column for whom it concerns


def test_texts_of_strangers_stay_texts(operator, announced, public):
    announced(48, kind="emergency", title="<script>alert(1)</script>", reason="<b>bold</b>\u202e")
    page = public.get(STATUS).content.decode()
    assert "<script>alert" not in page and "<b>bold" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_pages_ask_few_questions_of_the_database(plan, public, operator, django_assert_max_num_queries):
    crm = Component.objects.get(slug="crm")
    for number in range(3):
        said = Said({"en": "Looking into it."}, state="partial_outage", also=[crm])
        open_incident(operator.actor, title={"en": f"Trouble {number}"}, impact="minor", said=said)
    public.get(STATUS)
    with django_assert_max_num_queries(36):
        public.get(STATUS)
    with django_assert_max_num_queries(12):
        public.get(YEAR)


def test_the_trust_page_shows_the_six_lines_of_the_plan(plan, public):
    page = text(public.get("/status/panels/plan?lang=de"))
    for line in ("Systemwartung", "Anwendungswartung", "Server-Neustart", "Microsoft-Patches", "Notfall-Patch"):
        assert line in page
    assert "Upgrade der Infrastruktur Upgrades von Rechenzentrum" in page
    assert "Jede zweite Woche, freitags zwischen 00:00 und 06:00 Uhr (Europe/Oslo)" in page
    assert "Di., 24. Nov. 2026 Welle A Fr., 27. Nov. 2026 Welle B" in page
    assert "1–3 Sekunden" in page


def test_the_plan_as_json_says_what_the_register_says(plan, register, public):
    told = public.get("/trust/maintenance.json").json()
    assert list(told) == ["notice_hours", "rules", "windows", "past"]
    assert told["notice_hours"] == 24
    assert [rule["key"] for rule in told["rules"]] == [rule["key"] for rule in register["maintenance_rules"]]
    assert told["rules"][0]["anchor"] == "2026-01-02" and told["rules"][0]["start"] == "00:00:00"
    assert told["windows"][0].pop("id") is not None
    assert told["windows"][0] == {
        "rule": "application",
        "title": {"de": "Anwendungswartung", "en": "Application maintenance", "nb": "Applikasjonsvedlikehold"},
        "wave": "a",
        "region": None,
        "components": [],
        "job": "upgrade",
        "announced_at": now().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "reason": None,
        "reasons": {},
        "sequence": 0,
        "starts_at": "2026-11-24T21:00:00.000Z",
        "ends_at": "2026-11-24T23:00:00.000Z",
        "kind": "planned",
        "effect": "seconds",
        "expected_interruption": None,
        "notice": {"read_back": {}},
    }
    assert [window["announced_at"] is None for window in told["windows"]][:4] == [False, False, False, True]
