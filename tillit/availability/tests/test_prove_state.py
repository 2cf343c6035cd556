"""A part of the service is shown green only while fresh samples prove it; the worst of said and measured is shown."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils.timezone import now

from tillit.availability.actions.measuring import Proof, take_measurement
from tillit.availability.models import Component, MaintenanceWindow
from tillit.foundation.testing import happened

STATUS = "/status/"


def shown(person, part="CRM"):
    """What the page and the API say of a part."""
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", person.get(STATUS).content.decode()))
    components = person.get("/status/api/v2/components.json").json()["components"]
    state = next(one["status"] for one in components if one["name"] == part)
    return page, state


def is_shown(page, part, state):
    """Whether the page says this of a part; between them it may say since when nobody knows."""
    return (
        re.search(rf"{part} (?:Nothing fresh[^.]*\. |Never measured\. |No measurement yet[^.]*\. )?{state}", page)
        is not None
    )


def test_what_nobody_measures_any_more_is_unknown_and_not_green(plan, prove, public, clock):
    assert shown(public)[1] == "operational"
    prove("crm", until=now() + timedelta(seconds=60))
    clock.shift(61)
    page, state = shown(public)
    assert is_shown(page, "CRM", "Unknown") and "Sign-in Operational" in page
    assert "Not every part of the service is being measured just now." in page
    assert state == "degraded_performance"  # that API has no word for it; green it must not be
    prove("crm")
    assert shown(public)[1] == "operational"


def test_of_a_new_part_the_first_measurement_is_awaited(plan, public, clock):
    Component.objects.filter(slug="crm").update(measured_at=None, measured_state="", proven_until=None)
    assert "CRM No measurement yet; the first arrives within a few minutes. Unknown" in shown(public)[0]
    clock.shift(timedelta(minutes=10))
    assert "CRM Never measured. Unknown" in shown(public)[0]


@pytest.mark.parametrize(
    ("said", "measured", "seen"),
    [
        ("operational", "major_outage", "Not working"),
        ("partial_outage", "operational", "Partly not working"),
        ("degraded_performance", "", "Slower than usual"),
        ("under_maintenance", "", "Under maintenance"),
        ("operational", "", "Unknown"),
        ("operational", "operational", "Operational"),
    ],
)
def test_the_worst_of_what_is_said_and_what_is_measured_is_shown(plan, prove, public, said, measured, seen):
    Component.objects.filter(slug="crm").update(state=said, measured_state="", proven_until=None)
    if measured:
        prove("crm", state=measured)
    assert is_shown(shown(public)[0], "CRM", seen)


def test_announced_work_does_not_hide_what_is_measured(plan, prove, public, announced, clock):
    window = announced(48, effect="offline")
    MaintenanceWindow.objects.filter(pk=window.pk).update(components=["crm"])
    clock.shift(timedelta(hours=48, minutes=1))
    page, _state = shown(public)
    assert "CRM Under maintenance" in page and "Sign-in Operational" in page
    prove("crm", state="major_outage")
    assert shown(public)[1] == "major_outage"


def test_only_the_product_itself_says_what_was_measured(plan, operator, anna):
    crm = Component.objects.get(slug="crm")
    for person in (operator, anna):
        with pytest.raises(PermissionDenied):
            take_measurement(person.actor, component=crm, proof=Proof("operational", now(), now()))
    assert happened("availability.component_measured")
