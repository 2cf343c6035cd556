"""A window that is called off leaves every notice and stays in the list of the past."""

import re
from datetime import timedelta

import pytest
from django.utils.timezone import now

from tillit.availability.models import MaintenanceWindow
from tillit.foundation.testing import happened, public_of

STRUCK = re.compile(r'<s><span class="span".*?</s>.*?data-tone="warn">(\w+)</span>', re.DOTALL)


def address(window, verb):
    return f"/operator/maintenance/{window.pk}/{verb}"


def test_a_cancelled_window_leaves_the_notices_and_stays_among_the_past(operator, announced, fjordlys, clock):
    window = announced(48)
    visitor = public_of(fjordlys)
    assert "Work on the network" in visitor.get("/sign-in/").content.decode()
    assert operator.get(address(window, "cancel")).status_code == 200
    operator.post(address(window, "cancel"), {"because": "The spare part has not come."})
    assert happened("availability.maintenance_cancelled")
    assert "Work on the network" not in visitor.get("/sign-in/").content.decode()
    page = visitor.get("/status/")  # beside the next ones, until its time is over: somebody planned around it
    assert [(one.pk, one.phase) for one in page.context["announced"]] == [(window.pk, "cancelled")]
    ahead, _year, _rest = page.text.partition('id="year"')
    assert STRUCK.search(ahead)[1] == "cancelled" and "The spare part has not come." in ahead
    assert page.text.count(f'id="maintenance-{window.pk}"') == 1 and "data-notice" not in ahead
    own = visitor.get(f"/status/maintenance/{window.pk}/").text
    assert re.search(r'<p class="state settled" data-tone="warn"><span>Cancelled: <s>', own)
    told = operator.get(address(window, "")).text
    assert STRUCK.search(told) and f", {operator.user}: The spare part" in told and "as it was first" not in told
    clock.move_to(window.ends_at, tick=False)
    later = visitor.get("/status/")
    assert not later.context["announced"] and [one.pk for one in later.context["past_windows"]] == [window.pk]
    assert STRUCK.search(later.text) and STRUCK.search(operator.get("/operator/maintenance/?view=list").text)


def test_what_was_called_off_for_weeks_ahead_or_for_others_is_not_among_the_next(operator, announced, fjordlys):
    for window in (announced(24 * 20), announced(48, wave="b", title="Work for others")):
        operator.post(address(window, "cancel"), {"because": "Another way was found."})
    page = public_of(fjordlys).get("/status/")
    assert not page.context["announced"] and len(page.context["past_windows"]) == 1


def test_the_answer_names_the_window_as_the_page_does(operator, announced):
    answer = operator.post(address(announced(48), "cancel"), {"because": "Another way was found."}, follow=True)
    (said,) = answer.context["messages"]
    assert "UTC" not in str(said)
    assert str(said).endswith((" CET.", " CEST."))


def test_cancelling_needs_a_reason(operator, announced):
    window = announced(48)
    assert "This field is required." in operator.post(address(window, "cancel"), {}).content.decode()
    window.refresh_from_db()
    assert window.cancelled_at is None


def test_a_customer_can_neither_cancel_nor_complete(anna, announced):
    window = announced(48)
    assert anna.post(address(window, "cancel"), {"because": "I work that night."}).status_code == 403
    assert anna.post(address(window, "complete")).status_code == 403
    window.refresh_from_db()
    assert (window.cancelled_at, window.completed_at) == (None, None)


def test_a_window_that_runs_can_be_completed_but_not_cancelled(operator, announced, clock):
    window = announced(48)
    clock.move_to(window.starts_at + timedelta(minutes=30), tick=False)
    refused = operator.post(address(window, "cancel"), {"because": "Too late."})
    assert "Only a window that has not begun can be cancelled." in refused.content.decode()
    operator.post(address(window, "complete"))
    window.refresh_from_db()
    assert (window.phase, window.completed_at, window.completed_by) == ("completed", now(), operator.user)
    assert happened("availability.maintenance_completed")


def test_a_window_to_come_cannot_be_completed(operator, announced):
    window = announced(48)
    page = operator.post(address(window, "complete"), follow=True)
    assert "Only a window that is under way can be completed." in page.content.decode()
    window.refresh_from_db()
    assert window.completed_at is None


@pytest.mark.parametrize("verb", ["cancel", "complete"])
def test_a_window_nobody_announced_is_not_found(operator, verb):
    assert operator.post(f"/operator/maintenance/99/{verb}").status_code == 404


def test_another_window_may_take_the_place_of_a_cancelled_one(operator, announced, typed):
    window = announced(48)
    operator.post(address(window, "cancel"), {"because": "Another way was found."})
    operator.post("/operator/maintenance/", typed(hours=48))
    assert MaintenanceWindow.objects.upcoming().count() == 1
