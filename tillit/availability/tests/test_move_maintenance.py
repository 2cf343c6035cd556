"""A window may be moved until it begins; what was announced before stays public, and the notice counts anew."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.timezone import localtime, now

from tillit.availability.actions.plan import announce_due_windows
from tillit.availability.actions.windows import move_maintenance
from tillit.availability.models import MaintenanceWindow, NoticeReceipt
from tillit.foundation.access import Actor
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import happened, public_of

OSLO = ZoneInfo("Europe/Oslo")


def move(person, window, hours, because="The part comes later.", *, lasting=2):
    starts_at = localtime(now() + timedelta(hours=hours), OSLO)
    told = {
        "starts_at": f"{starts_at:%Y-%m-%dT%H:%M}",
        "ends_at": f"{starts_at + timedelta(hours=lasting):%Y-%m-%dT%H:%M}",
        "because": because,
    }
    return person.post(f"/operator/maintenance/{window.pk}/move", told)


def test_the_operator_moves_a_window_and_both_versions_are_public(operator, announced, public, clock):
    window = announced(48)
    clock.shift(timedelta(hours=2))
    assert operator.get(f"/operator/maintenance/{window.pk}/move").status_code == 200
    assert move(operator, window, 72).status_code == 302
    assert happened("availability.maintenance_moved")
    window.refresh_from_db()
    assert (window.sequence, window.starts_at, window.announced_at) == (1, now() + timedelta(hours=72), now())
    page = public.get("/status/").content.decode()
    assert "Moved from" in page and "The part comes later." in page and "25 Nov" in page
    (told,) = public.get("/trust/maintenance.json").json()["windows"]
    assert (told["sequence"], [one["because"] for one in told["earlier"]]) == (1, ["The part comes later."])
    assert told["earlier"][0]["starts_at"] == "2026-11-25T08:00:00.000Z"
    assert "Moved from" in operator.get("/operator/maintenance/?view=list").content.decode()
    (said,) = public.get("/status/api/v2/scheduled-maintenances.json").json()["scheduled_maintenances"]
    assert said["incident_updates"][0]["body"].endswith("2026, 11:00–13:00 CET.\nThe part comes later.")


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
@pytest.mark.parametrize(("hours", "moved"), [(24, True), (23, False), (-3, False)])
def test_a_move_needs_the_same_notice_as_an_announcement(operator, announced, hours, moved):
    window = announced(48)
    answer = move(operator, window, hours)
    assert answer.status_code == (302 if moved else 422)
    window.refresh_from_db()
    assert (window.sequence, window.versions.count()) == ((1, 1) if moved else (0, 0))
    assert moved or "at least 24 hours" in answer.content.decode()


def test_a_customer_cannot_move_it(anna, announced):
    window = announced(48)
    assert move(anna, window, 72).status_code == 403
    window.refresh_from_db()
    assert window.sequence == 0


@pytest.mark.parametrize(
    ("hours", "lasting", "because", "sentence"),
    [
        (48, 2, "For no reason.", "These are the times it has already."),
        (72, -2, "A slip.", "The end must come after the start."),
        (72, 2, "", "This field is required."),
        (72, 2, " ", "This field is required."),
        (96, 2, "Another is there.", "There is already a window then"),
    ],
)
def test_a_move_that_cannot_be_is_refused_with_its_reason(operator, announced, hours, lasting, because, sentence):
    window, _other = announced(48), announced(96, title="Other work")
    answer = move(operator, window, hours, because, lasting=lasting)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    window.refresh_from_db()
    assert (window.sequence, window.versions.count()) == (0, 0)


def test_what_has_begun_is_not_moved(operator, announced, clock):
    window = announced(48)
    clock.shift(timedelta(hours=48, minutes=1))
    assert "Only a window that has not begun can be moved." in move(operator, window, 72).content.decode()
    assert operator.get("/operator/maintenance/99/move").status_code == 404


@pytest.mark.promise("notice-in-every-sign-in-view")
def test_everybody_is_shown_the_notice_of_the_new_times_again(operator, announced, anna, fjordlys):
    window = announced(48)
    anna.get("/palette/")
    anna.post("/notices/dismiss", {"window": [window.pk]})
    assert "Work on the network" not in anna.get("/palette/").content.decode()
    move(operator, window, 72)
    assert "Work on the network" in anna.get("/palette/").content.decode()
    assert "Moved from" in public_of(fjordlys).get("/sign-in/").content.decode()
    with in_tenant(fjordlys):
        receipts = NoticeReceipt.objects.order_by("sequence").values_list("sequence", "dismissed_at")
        assert [(sequence, at is None) for sequence, at in receipts] == [(0, False), (1, True)]


def test_the_plan_leaves_alone_what_a_person_moved(plan, operator, operator_tenant, clock):
    system = Actor.system(operator_tenant)
    window = MaintenanceWindow.objects.get(rule__key="system")  # Friday, 4 December
    earlier = datetime(2026, 12, 2, 0, 0, tzinfo=OSLO)
    move_maintenance(
        operator.actor, window=window, starts_at=earlier, ends_at=earlier + timedelta(hours=6), because="A holiday."
    )
    assert announce_due_windows(system) == []
    clock.move_to(datetime(2026, 12, 2, 12, 0, tzinfo=OSLO), tick=False)  # it is over, its Friday still to come
    found = announce_due_windows(system)
    assert "system" not in {one.rule.key for one in found if one.day == window.day}
    assert MaintenanceWindow.objects.filter(rule__key="system", day=window.day).count() == 1
