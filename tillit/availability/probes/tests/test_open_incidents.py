"""Probes open an incident before any person writes, and close it when nobody has taken it over."""

from datetime import timedelta

import pytest
from django.utils.timezone import now

from tillit.availability.actions.incidents import Said, update_incident
from tillit.availability.actions.windows import Details, announce_maintenance
from tillit.availability.models import Incident

from .conftest import measured


def incidents():
    return list(Incident.objects.order_by("id"))


def test_three_failures_in_a_row_open_an_incident_that_nobody_has_posted_yet(oslo, shown, every, public):
    oslo.says(True, "api")
    first = now() + timedelta(seconds=20)
    every(2, lambda: oslo.says(False, "api"))
    assert not incidents()
    every(1, lambda: oslo.says(False, "api"))
    [incident] = incidents()
    assert (incident.source, incident.detected_at, incident.posted_at) == ("probe", first, None)
    assert incident.title == {
        "en": "Programming interface (API) does not answer",
        "de": "Programmierschnittstelle (API) antwortet nicht",
        "nb": "Programmeringsgrensesnitt (API) svarer ikke",
    }
    assert "12:00 UTC" in incident.updates.get().body["nb"]
    assert shown()["Programming interface (API)"] == "major_outage"
    assert "Programming interface (API) does not answer" in public.get("/status/").content.decode()


def test_it_is_watched_and_ends_by_itself_when_nobody_took_it_over(oslo, every):
    every(3, lambda: oslo.says(False, "api"))
    every(1, lambda: oslo.says(True, "api"))
    assert [one.status for one in incidents()] == ["monitoring"]
    every(13, lambda: oslo.says(True, "api"))
    assert [one.status for one in incidents()] == ["monitoring"]
    every(1, lambda: oslo.says(True, "api"))
    assert [one.status for one in incidents()] == ["resolved"]


def test_what_a_person_took_over_is_left_to_the_person(oslo, every, operator):
    every(3, lambda: oslo.says(False, "api"))
    update_incident(operator.actor, incident=incidents()[0], said=Said({"en": "We look into it."}, "identified"))
    every(30, lambda: oslo.says(True, "api"))
    [incident] = incidents()
    assert incident.status == "identified" and incident.posted_at and incident.detected_at < incident.posted_at
    assert incident.updates.count() == 2


def test_flapping_is_one_incident_which_takes_longer_to_end(oslo, clock):
    def deliver(*oks):
        began = now()
        clock.shift(timedelta(seconds=20 * len(oks)))
        oslo.send(*(measured("api", ok, at=began + timedelta(seconds=20 * n)) for n, ok in enumerate(oks)))

    deliver(*[False, False, False, True, True, True] * 10)
    [incident] = incidents()
    deliver(*[True] * 20)
    incident.refresh_from_db()
    assert incident.status == "monitoring"
    deliver(*[True] * 70)
    incident.refresh_from_db()
    assert incident.status == "resolved"


def test_single_failures_are_no_incident(oslo, every, shown):
    for _ in range(10):
        every(2, lambda: oslo.says(False, "api"))
        every(1, lambda: oslo.says(True, "api"))
    assert not incidents()
    assert shown()["Programming interface (API)"] == "operational"


def test_parts_that_fail_together_are_one_incident(oslo, every):
    every(9, lambda: oslo.says(False, "api", "list-page", "sign-in"))
    [incident] = incidents()
    assert {one.slug for one in incident.components.all()} == {"api", "crm", "sign-in"}
    assert incident.impact == "critical"


def test_an_outage_that_is_told_afterwards_is_an_incident_too(oslo, clock):
    """The prober had kept what it could not deliver."""
    began = now()
    failed = [measured("api", False, at=began + timedelta(seconds=20 * n), what="refused") for n in range(30)]
    worked = [measured("api", True, at=began + timedelta(seconds=20 * n)) for n in range(30, 33)]
    clock.shift(timedelta(seconds=20 * 33))
    oslo.send(*failed, *worked)
    [incident] = incidents()
    assert (incident.detected_at, incident.status) == (began, "monitoring")


@pytest.mark.parametrize(
    ("effect", "most", "samples", "opened"),
    [
        ("offline", None, 11, 0),
        ("read_only", None, 3, 1),
        ("seconds", 40, 3, 0),
        ("seconds", 40, 4, 1),
        ("none", None, 3, 1),
    ],
)
def test_announced_work_explains_failures_but_hides_none(
    oslo, operator, clock, every, shown, effect, most, samples, opened
):
    starts_at = now() + timedelta(hours=30)
    details = Details(effect=effect, most_seconds=most)
    announce_maintenance(
        operator.actor, kind="planned", starts_at=starts_at, ends_at=starts_at + timedelta(minutes=4),
        title={"en": "Work"}, details=details,
    )  # fmt: skip
    clock.move_to(starts_at)
    every(samples, lambda: oslo.says(False, "api"))
    assert len(incidents()) == opened
    assert shown()["Programming interface (API)"] == "major_outage"


def test_what_still_fails_after_announced_work_is_an_incident_since_its_first_failure(oslo, operator, clock, every):
    starts_at = now() + timedelta(hours=30)
    announce_maintenance(
        operator.actor, kind="planned", starts_at=starts_at, ends_at=starts_at + timedelta(minutes=4),
        title={"en": "Work"}, details=Details(effect="offline"),
    )  # fmt: skip
    clock.move_to(starts_at)
    every(11, lambda: oslo.says(False, "api"))
    assert not incidents()
    every(1, lambda: oslo.says(False, "api"))
    assert [one.detected_at for one in incidents()] == [starts_at + timedelta(seconds=20)]


def test_what_fails_from_one_place_only_is_on_its_way(oslo, deliverer, every, shown):
    bergen = deliverer("bergen-1")

    def both():
        oslo.says(True, "api")
        bergen.says(False, "api")

    every(5, both)
    assert not incidents() and shown()["Programming interface (API)"] == "operational"
    every(4, lambda: bergen.says(False, "api"))  # oslo says nothing any more
    assert len(incidents()) == 1


def test_a_gap_in_the_probers_own_network_is_not_measured_rather_than_down(oslo, every, shown):
    oslo.says(True, "api")
    every(9, lambda: oslo.says(None, "api", what="no-network"))
    assert not incidents()
    assert shown()["Programming interface (API)"] == "degraded_performance"  # unknown
