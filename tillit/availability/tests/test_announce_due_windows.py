"""The plan announces itself: two weeks ahead, never with less than a day's notice, never twice."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils.timezone import now
from procrastinate.contrib.django import app

from tillit.availability import jobs
from tillit.availability.actions.plan import announce_due_windows, apply_rules
from tillit.availability.actions.windows import cancel_maintenance
from tillit.availability.models import MaintenanceRule, MaintenanceWindow
from tillit.foundation.access import Actor
from tillit.foundation.testing import happened

OSLO = ZoneInfo("Europe/Oslo")


@pytest.fixture
def system(operator_tenant):
    return Actor.system(operator_tenant)


def starts():
    found = MaintenanceWindow.objects.upcoming()
    return [(one.rule.key, one.wave, f"{one.starts_at.astimezone(OSLO):%m-%d %H:%M}") for one in found]


NEXT = [
    ("application", "a", "11-24 22:00"),
    ("application", "b", "11-27 22:00"),
    ("system", "", "12-04 00:00"),
]


def test_applying_the_plan_announces_two_weeks_of_it(plan):
    assert starts() == NEXT
    assert happened("availability.rules_applied")
    assert happened("availability.maintenance_announced")


def test_the_hourly_job_announces_what_has_come_near_and_nothing_twice(plan, system, clock):
    jobs.announce_due_windows(system)
    assert starts() == NEXT
    clock.shift(timedelta(days=5))
    jobs.announce_due_windows(system)
    jobs.announce_due_windows(system)
    assert starts() == [*NEXT[2:], ("microsoft-patches", "", "12-11 00:00")]


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
@pytest.mark.parametrize(("second", "announced"), [(0, True), (1, False)])
def test_what_was_slept_through_is_not_announced_too_late(system, register, clock, second, announced):
    clock.move_to(datetime(2026, 11, 23, 22, 0, second, tzinfo=OSLO), tick=False)
    apply_rules(system, rules=register["maintenance_rules"])
    assert (NEXT[0] in starts()) is announced
    assert NEXT[1] in starts()


def test_every_announced_window_has_its_notice_through_a_whole_year(plan, system, clock):
    for _week in range(52):
        clock.shift(timedelta(days=7))
        announce_due_windows(system)
    windows = MaintenanceWindow.objects.all()
    assert windows.count() > 70
    assert min(window.starts_at - window.announced_at for window in windows) >= timedelta(hours=24)


@pytest.mark.promise("servers-restart-every-night-at-two")
def test_the_nightly_restart_is_told_as_a_rule_and_not_night_by_night(plan):
    assert not MaintenanceWindow.objects.filter(rule__key="restart").exists()
    assert MaintenanceRule.objects.get(key="restart").kind == MaintenanceRule.Kind.ROUTINE


def test_what_a_person_cancelled_is_not_announced_again(plan, operator, system):
    window = MaintenanceWindow.objects.get(rule__key="system")
    cancel_maintenance(operator.actor, window=window, because="Nothing to patch.")
    assert announce_due_windows(system) == []
    assert starts() == NEXT[:2]


def test_a_changed_plan_withdraws_what_it_no_longer_foresees(plan, system, register):
    rules = register["maintenance_rules"]
    rules[0]["start"] = rules[0]["start"].replace(hour=1)
    apply_rules(system, rules=rules)
    assert ("system", "", "12-04 01:00") in starts()
    assert len(starts()) == 3
    withdrawn = MaintenanceWindow.objects.get(cancelled_at=now())
    assert f"{withdrawn.starts_at.astimezone(OSLO):%H:%M}" == "00:00"


def test_a_rule_that_leaves_the_register_takes_its_announcements_along(plan, system, register):
    apply_rules(system, rules=register["maintenance_rules"][1:])
    assert starts() == NEXT[:2]
    apply_rules(system, rules=register["maintenance_rules"])
    assert starts() == NEXT


def test_a_window_under_way_is_not_withdrawn(plan, system, clock):
    clock.move_to(datetime(2026, 12, 4, 3, 0, tzinfo=OSLO), tick=False)
    apply_rules(system, rules=[])
    assert starts() == [NEXT[2]]


def test_the_worker_starts_it_every_hour():
    cron = {task.task.name: task.cron for task in app.periodic_registry.periodic_tasks.values()}
    assert cron["availability.announce_due_windows"] == "7 * * * *"
