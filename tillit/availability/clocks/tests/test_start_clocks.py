"""Maintenance that takes too long becomes an incident, and after half an hour the deadlines of the laws count."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.timezone import now

from tillit.availability.actions.incidents import Said, open_incident, resolve_incident, update_incident
from tillit.availability.actions.windows import Details, announce_maintenance, complete_maintenance
from tillit.availability.clocks.jobs import watch
from tillit.availability.clocks.laws import dues, laws
from tillit.availability.clocks.models import ClockStart, Reported
from tillit.availability.models import Component, Incident, WindowWork
from tillit.foundation.access import Actor
from tillit.foundation.testing import happened

OSLO = ZoneInfo("Europe/Oslo")
MIDNIGHT = datetime(2026, 12, 4, 0, 0, tzinfo=OSLO)
HALF_AN_HOUR = timedelta(minutes=30)
OUT = Component.State.MAJOR_OUTAGE


@pytest.fixture(autouse=True)
def clock(time_machine):
    """Wednesday, 2 December 2026, nine o'clock in Oslo."""
    time_machine.move_to(datetime(2026, 12, 2, 9, 0, tzinfo=OSLO), tick=False)
    return time_machine


@pytest.fixture
def crm(operator_tenant):
    return Component.objects.create(slug="crm", name={"en": "CRM"}, position=1)


@pytest.fixture
def window(operator, clock):
    """Announces an offline window on Friday from midnight to six, and goes there."""

    def announce(**details):
        made = announce_maintenance(
            operator.actor,
            kind="planned",
            starts_at=MIDNIGHT,
            ends_at=MIDNIGHT + timedelta(hours=6),
            title={"en": "A larger disk"},
            details=Details(**{"effect": "offline"} | details),
        )
        clock.move_to(MIDNIGHT, tick=False)
        return made

    return announce


@pytest.fixture
def working():
    """Work that began in a window and has not ended."""

    def begin(window):
        times = {"starts_at": window.starts_at, "ends_at": window.ends_at, "started_at": window.starts_at}
        return WindowWork.objects.create(job="disks", window=window, proven_at=now() - timedelta(days=1), **times)

    return begin


@pytest.fixture
def minute(operator_tenant, clock):
    """The worker's clock strikes at this moment."""

    def strike(at):
        clock.move_to(at, tick=False)
        watch(Actor.system(operator_tenant))

    return strike


def broken(operator, crm, **values):
    said = Said({"en": "Nobody can sign in."}, state=OUT, also=[crm])
    return open_incident(operator.actor, title={"en": "Down"}, impact="major", said=said, **values)


@pytest.mark.promise("downtime-rarely-over-30-minutes")
def test_work_that_goes_on_after_the_window_is_an_incident_by_itself(window, working, minute, crm, public):
    made = window()
    working(made)
    minute(made.ends_at - timedelta(minutes=1))
    assert not Incident.objects.exists(), "inside its time it is none"
    minute(made.ends_at)
    minute(made.ends_at + timedelta(minutes=1))
    (incident,) = Incident.objects.all()
    assert (incident.source, incident.window, incident.detected_at) == ("overrun", made, made.ends_at)
    assert (incident.impact, incident.posted_at) == ("critical", None)
    assert set(incident.title) == set(incident.updates.get().body) == {"en", "de", "nb"}
    assert "Maintenance takes longer than announced" in public.get("/status/").content.decode()
    assert "dauert länger als angekündigt" in public.get("/status/?lang=de").content.decode()


def test_parts_that_do_not_work_after_a_window_are_an_incident_and_completed_windows_none(
    window, minute, crm, operator, clock
):
    made = window(components=["crm"])
    bad = {"measured_state": OUT, "proven_until": made.ends_at + timedelta(hours=1)}
    Component.objects.filter(pk=crm.pk).update(measured_at=made.ends_at - timedelta(minutes=2), **bad)
    minute(made.ends_at + timedelta(minutes=1))
    assert not Incident.objects.exists(), "that was measured while it was announced"
    Component.objects.filter(pk=crm.pk).update(measured_at=made.ends_at + timedelta(minutes=2), **bad)
    minute(made.ends_at + timedelta(minutes=3))
    assert [part.slug for part in Incident.objects.get().components.all()] == ["crm"]


def test_a_window_completed_in_time_overruns_nothing(window, minute, operator, clock):
    made = window()
    clock.shift(timedelta(hours=1))
    complete_maintenance(operator.actor, window=made)
    minute(made.ends_at + timedelta(minutes=1))
    assert not Incident.objects.exists()


@pytest.mark.promise("downtime-rarely-over-30-minutes")
def test_past_thirty_minutes_the_clocks_start_with_their_proof(window, working, minute, crm, operator):
    made = window()
    working(made)
    minute(made.ends_at)
    minute(made.ends_at + HALF_AN_HOUR)
    assert not ClockStart.objects.exists(), "exactly thirty minutes are not more than thirty"
    minute(made.ends_at + HALF_AN_HOUR + timedelta(minutes=1))
    minute(made.ends_at + HALF_AN_HOUR + timedelta(minutes=2))
    assert sorted(ClockStart.objects.values_list("law", flat=True)) == ["dora", "nis2"]
    start = ClockStart.objects.get(law="nis2")
    assert (start.outage_from, start.started_at) == (made.ends_at, made.ends_at + HALF_AN_HOUR)
    assert happened("clocks.started")
    page = operator.get("/operator/clocks/").content.decode()
    assert "Early warning" in page and "Sat, 5 Dec 2026, 06:30 CET" in page and "23 hrs 58 mins left" in page
    desk = operator.get(f"/operator/incidents/{start.incident_id}/").content.decode()
    assert "Reporting deadlines" in desk and "Early warning" in desk


def test_announced_maintenance_starts_no_clock_inside_its_time(window, minute, crm, operator, clock):
    """Somebody opens an incident at one in the morning: everything is down, as was announced, and works at five."""
    made = window()
    clock.shift(timedelta(hours=1))
    incident = broken(operator, crm)
    minute(MIDNIGHT + timedelta(hours=4))
    assert not ClockStart.objects.exists()
    facts = operator.get(f"/operator/clocks/incidents/{incident.pk}.json").json()
    assert (facts["outage_minutes"], facts["outage_minutes_not_announced"]) == (180, 0)
    assert [one["id"] for one in facts["announced_maintenance"]] == [made.pk]
    minute(made.ends_at + HALF_AN_HOUR)
    assert not ClockStart.objects.exists()
    minute(made.ends_at + HALF_AN_HOUR + timedelta(minutes=1))
    assert [one["id"] for one in ClockStart.objects.first().not_counted] == [made.pk]
    assert ClockStart.objects.first().not_counted[0]["announced_at"] == "2026-12-02T08:00:00.000Z"


@pytest.mark.parametrize("details", [{"wave": "a"}, {"effect": "read_only"}, {"components": ["mail"]}])
def test_maintenance_of_others_or_of_another_kind_excuses_nothing(window, minute, crm, operator, details):
    window(**details)
    broken(operator, crm)
    minute(MIDNIGHT + timedelta(minutes=31))
    assert ClockStart.objects.count() == 2


def test_a_disturbance_that_is_no_outage_starts_no_clock_until_it_becomes_one(minute, crm, operator, clock):
    said = Said({"en": "Slow."}, state=Component.State.DEGRADED, also=[crm])
    incident = open_incident(operator.actor, title={"en": "Slow"}, impact="minor", said=said)
    minute(now() + timedelta(hours=5))
    assert not ClockStart.objects.exists()
    update_incident(operator.actor, incident=incident, said=Said({"en": "Now it stands."}, state=OUT))
    worse = now()
    minute(worse + timedelta(minutes=31))
    assert {start.outage_from for start in ClockStart.objects.all()} == {worse}


def test_an_outage_resolved_in_time_starts_none_and_one_nobody_watched_does(minute, crm, operator, clock):
    began = now()
    short = broken(operator, crm)
    clock.shift(timedelta(minutes=29))
    resolve_incident(operator.actor, incident=short, body={"en": "Works."})
    clock.shift(timedelta(hours=1))
    long = broken(operator, crm)
    clock.shift(timedelta(minutes=40))
    resolve_incident(operator.actor, incident=long, body={"en": "Works."})
    minute(now() + timedelta(hours=3))
    assert set(ClockStart.objects.values_list("incident", flat=True)) == {long.pk}
    assert ClockStart.objects.first().noticed_at > began


def test_who_learns_of_it_late_is_counted_from_then(minute, crm, operator):
    broken(operator, crm, started_at=now() - timedelta(hours=3))
    known = now()
    minute(now() + timedelta(minutes=1))
    assert {start.started_at for start in ClockStart.objects.all()} == {known}


# The numbers


def test_the_numbers_are_those_of_the_laws():
    at = datetime(2026, 1, 31, 12, 0, tzinfo=OSLO)
    (warning, notification, final) = dues(laws()["nis2"], at, {})
    assert (warning.at, notification.at) == (at + timedelta(hours=24), at + timedelta(hours=72))
    assert (final.at, final.is_estimated) == (datetime(2026, 3, 3, 12, 0, tzinfo=OSLO), True)
    reported = {"notification": datetime(2026, 1, 31, 18, 0, tzinfo=OSLO)}
    final = dues(laws()["nis2"], at, reported)[2]
    assert (final.at, final.is_estimated) == (datetime(2026, 2, 28, 18, 0, tzinfo=OSLO), False)


def test_doras_deadlines_count_from_the_reports_before():
    at = datetime(2026, 12, 4, 6, 30, tzinfo=OSLO)
    law = laws()["dora"]
    assert dues(law, at, {})[1].at == at + timedelta(hours=24)
    classified = {"classification": at + timedelta(hours=2)}
    assert dues(law, at, classified)[1].at == at + timedelta(hours=6), "four hours after it was classified"
    late = {"classification": at + timedelta(hours=23)}
    assert dues(law, at, late)[1].at == at + timedelta(hours=24), "and never later than a day"
    later = {"classification": at + timedelta(hours=30)}
    assert dues(law, at, later)[1].at == at + timedelta(hours=34), "who classifies later still has four hours"
    sent = classified | {"initial-notification": at + timedelta(hours=3)}
    assert dues(law, at, sent)[2].at == at + timedelta(hours=75), "from when it was sent, not from the incident"


# Marking


def test_the_operator_marks_a_report_once_and_nobody_else_does(minute, crm, operator, anna, clock):
    broken(operator, crm)
    minute(now() + timedelta(minutes=31))
    start = ClockStart.objects.get(law="nis2")
    address = f"/operator/clocks/{start.pk}/early-warning"
    assert anna.post(address).status_code == 403 and anna.get("/operator/clocks/").status_code == 403
    operator.post(address, {"reference": "CSIRT 2026-17"})
    operator.post(address, {"reference": "again"})
    operator.post(f"/operator/clocks/{start.pk}/nonsense")
    operator.post(f"/operator/clocks/{start.pk}/notification", {"reported_at": "2099-01-01T00:00"})
    (made,) = Reported.objects.all()
    assert (made.reference, made.by, made.reported_at) == ("CSIRT 2026-17", operator.user, now())
    assert happened("clocks.reported")
    page = operator.get("/operator/clocks/").content.decode()
    assert "reported Wed, 2 Dec 2026, 09:31 CET" in page


def test_the_fact_sheet_says_what_reports_ask_for(minute, crm, operator, anna, fjordlys, django_assert_max_num_queries):
    incident = broken(operator, crm)
    minute(now() + timedelta(minutes=45))
    facts = operator.get(f"/operator/clocks/incidents/{incident.pk}.json").json()
    assert (facts["occurred_at"], facts["outage_minutes"]) == ("2026-12-02T08:00:00.000Z", 45)
    assert facts["tenants"] == {"affected": 1, "all": 1, "percent": 100.0}
    assert [one["law"] for one in facts["clocks"]] == ["nis2", "dora"]
    page = operator.get(f"/operator/clocks/incidents/{incident.pk}/").content.decode()
    assert "1 of 1 (100.0 %)" in page and "Nobody" not in facts["title"].values()
    assert anna.get(f"/operator/clocks/incidents/{incident.pk}/").status_code == 403
    with django_assert_max_num_queries(14):
        operator.get("/operator/clocks/")
