"""No notice, no window: what interrupts begins inside an announced window, or not at all."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from tillit.availability import looking, proving
from tillit.availability.actions.notices import count_notices
from tillit.availability.actions.plan import apply_rules
from tillit.availability.actions.windows import move_maintenance
from tillit.availability.actions.work import begin_work, end_work, prove_notices
from tillit.availability.models import MaintenanceRule, MaintenanceWindow, NoticeProof, WindowWork
from tillit.availability.tests.conftest import OSLO
from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.testing import happened, queued, run_jobs


@pytest.fixture
def system(operator_tenant):
    return Actor.system(operator_tenant)


real_page = looking.page
NEWCOMER = {
    "name": "Birkelund AS", "slug": "birkelund", "region": "eu", "wave": "c", "language": "nb",
    "time_zone": "Europe/Oslo", "administrator_email": "bo@birkelund.example", "administrator_name": "Bo Birk",
}  # fmt: skip


def at(clock, day, hour, minute=0):
    clock.move_to(datetime(2026, 11, day, hour, minute, tzinfo=OSLO), tick=False)


def refusal(system, **work):
    with pytest.raises(Refused) as refused:
        begin_work(system, **work)
    return str(refused.value)


@pytest.mark.promise("work-happens-only-in-its-windows")
def test_an_upgrade_begins_only_inside_its_announced_window(clock, plan, fjordlys, alpenrose, system):
    assert queued("availability.prove_told_notices")
    run_jobs()
    window = MaintenanceWindow.objects.upcoming().for_job("upgrade").first()
    assert window.wave == "a"
    places = set(NoticeProof.objects.filter(window=window).values_list("place", "audience"))
    assert places == {("status_page", ""), ("sign_in", "a/eu")}  # wave b is not told of it
    at(clock, 24, 21, 59)
    assert "only inside its window" in refusal(system, job="upgrade", wave="a")
    at(clock, 24, 22, 0)
    assert "only inside its window" in refusal(system, job="upgrade", wave="b")
    assert "only inside its window" in refusal(system, job="upgrade")  # everybody: wave b was told of Friday
    work = begin_work(system, job="upgrade", wave="a")
    assert (work.window, work.proven_at) == (window, datetime(2026, 11, 23, 9, 0, tzinfo=OSLO))
    for overlapping in ({"wave": "a"}, {"wave": "a", "region": "eu"}):
        assert "running already" in refusal(system, job="upgrade", **overlapping)
    end_work(system, work=work, ok=True, sentence="Release 2 serves wave a.")
    assert WindowWork.objects.get().outcome == "done"
    assert happened("availability.work_begun") and happened("availability.work_ended")


def test_a_notice_that_never_stood_on_a_page_opens_no_window(clock, plan, fjordlys, system):
    at(clock, 24, 22, 0)  # nobody read the pages in the week before
    assert "never seen to stand" in refusal(system, job="upgrade", wave="a")
    prove_notices(system)
    assert "less than 24 hours ahead" in refusal(system, job="upgrade", wave="a")


@pytest.mark.promise("work-happens-only-in-its-windows")
def test_a_window_hidden_from_one_wave_opens_for_nobody(clock, plan, fjordlys, alpenrose, system, monkeypatch):
    """A page that lost the notice proves nothing, even while the table holds it."""
    monkeypatch.setattr(looking, "page", lambda path, tenant: _without_notices(path, tenant, alpenrose))
    prove_notices(system)
    monkeypatch.undo()
    window = MaintenanceWindow.objects.upcoming().for_job("system").first()
    assert {spot.audience for spot in proving.concerned(window, proving.spots())} == {"", "a/eu", "b/eu"}
    clock.move_to(window.starts_at, tick=False)
    assert "never seen to stand here, or is gone: Sign-in view" in refusal(system, job="system")


@pytest.mark.promise("work-happens-only-in-its-windows")
def test_a_notice_that_is_gone_in_the_last_hour_opens_no_window(
    clock, announced, fjordlys, alpenrose, system, monkeypatch
):
    window = announced(hours=48, job="network")
    assert prove_notices(system) >= 3
    clock.move_to(window.starts_at - timedelta(minutes=30), tick=False)
    monkeypatch.setattr(looking, "page", _no_answer)
    assert (prove_notices(system), window.proofs.count()) == (0, 3)  # a page that does not answer says nothing
    monkeypatch.setattr(looking, "page", lambda path, tenant: _without_notices(path, tenant, alpenrose))
    assert (prove_notices(system), window.proofs.count()) == (0, 2)
    monkeypatch.undo()
    clock.move_to(window.starts_at, tick=False)
    assert "or is gone: Sign-in view" in refusal(system, job="network")
    prove_notices(system)
    assert "less than 24 hours ahead" in refusal(system, job="network")


@pytest.mark.promise("work-happens-only-in-its-windows")
def test_customers_who_come_within_the_notice_shut_no_window(clock, announced, fjordlys, alpenrose, operator, system):
    """Who is new was shown it from the first minute; who moved was told of it in the wave and region before."""
    window = announced(hours=48, job="network")
    prove_notices(system)
    clock.shift(timedelta(hours=30))
    assert operator.post("/operator/tenants/new/", NEWCOMER).status_code == 302
    moved = {"name": alpenrose.name, "region": "eu", "wave": "d", "state": "running", "confirmed": "1"}
    assert operator.post("/operator/tenants/alpenrose/", moved).status_code == 302
    prove_notices(system)
    clock.shift(timedelta(hours=18))
    assert {spot.audience for spot in proving.spots()} == {"", "a/eu", "c/eu", "d/eu"}
    assert begin_work(system, job="network").proven_at == window.announced_at
    (figure,) = count_notices(system)
    assert (figure.tenants, figure.newcomers) == (2, 1)
    assert "Came within the notice" in operator.get(f"/operator/maintenance/{window.pk}/notice").content.decode()


@pytest.mark.promise("work-happens-only-in-its-windows")
def test_customers_who_came_before_the_notice_must_have_been_shown_it(clock, announced, fjordlys, operator, system):
    announced(hours=48, job="network")
    prove_notices(system)
    clock.shift(timedelta(hours=23))
    operator.post("/operator/tenants/new/", NEWCOMER)  # and nobody reads its sign-in view
    clock.shift(timedelta(hours=25))
    assert "never seen to stand here, or is gone: Sign-in view" in refusal(system, job="network")
    said = refusal(system, job="network")
    assert "Move the window: it can begin on Thu, 26 Nov 2026, 09:10 CET at the earliest." in said


def test_a_window_stays_for_the_work_it_was_announced_for(clock, plan, register, announced, fjordlys, system):
    """Whatever its line of the plan says afterwards."""
    line = next(rule for rule in register["maintenance_rules"] if rule["key"] == "infrastructure")
    apply_rules(system, rules=[line | {"job": ""}])
    at(clock, 26, 9)
    by_hand = announced(hours=60, rule=MaintenanceRule.objects.get(key="infrastructure"))
    apply_rules(system, rules=[line])
    of_line = announced(hours=63, rule=MaintenanceRule.objects.get(key="infrastructure"))
    apply_rules(system, rules=[line | {"job": "system"}])
    prove_notices(system)
    clock.move_to(by_hand.starts_at, tick=False)
    for job in ("infrastructure", "system"):
        assert "only inside" in refusal(system, job=job)
    clock.move_to(of_line.starts_at, tick=False)
    assert "only inside" in refusal(system, job="system")
    assert begin_work(system, job="infrastructure").window == of_line


def test_a_window_announced_by_the_release_before_opens_for_the_work_of_its_line(
    clock, plan, announced, fjordlys, public, system
):
    """While ours serves the first waves, that one runs the plan, and does not say in the window what it is for."""
    at(clock, 26, 9)
    window = announced(hours=60, rule=MaintenanceRule.objects.get(key="infrastructure"))
    MaintenanceWindow.objects.filter(pk=window.pk).update(job="")
    prove_notices(system)
    clock.move_to(window.starts_at, tick=False)
    assert "only inside" in refusal(system, job="system")
    assert begin_work(system, job="infrastructure").window == window
    published = public.get("/trust/maintenance.json").json()["windows"]
    assert next(one["job"] for one in published if one["id"] == window.pk) == "infrastructure"


def test_the_nightly_restart_is_told_as_a_rule(clock, plan, fjordlys, system):
    run_jobs()
    assert NoticeProof.objects.filter(rule__key="restart").count() == 2
    at(clock, 24, 2, 5)
    said = refusal(system, job="restart")  # the rule is known since nine o'clock
    assert "less than 24 hours ahead" in said and "begin on Wed, 25 Nov 2026, 02:00 CET at the earliest" in said
    at(clock, 25, 2, 5)
    work = begin_work(system, job="restart")
    assert (work.window, work.rule.key) == (None, "restart")
    clock.move_to(work.ends_at + timedelta(minutes=1), tick=False)
    assert work.is_over_time
    at(clock, 26, 2, 0)
    assert begin_work(system, job="restart").pk != work.pk  # what never reported its end keeps no later window shut
    work.refresh_from_db()
    assert work.outcome == "lost"
    at(clock, 26, 2, 1)
    with pytest.raises(Refused, match="ended already"):
        end_work(system, work=work, ok=True)


@pytest.mark.promise("planned-maintenance-is-announced-24-hours-ahead")
@pytest.mark.parametrize("change", [{"effect": "offline", "interruption_seconds": [600, 600], "job": "system"}, None])
def test_a_routine_that_becomes_other_work_or_comes_back_is_told_anew(clock, plan, register, fjordlys, system, change):
    run_jobs()
    at(clock, 25, 1, 55)
    rules = register["maintenance_rules"]
    if change is None:  # it leaves the register, and comes back
        apply_rules(system, rules=[rule for rule in rules if rule["key"] != "restart"])
    next(rule for rule in rules if rule["key"] == "restart").update(change or {})
    apply_rules(system, rules=rules)
    run_jobs()
    at(clock, 25, 2, 5)
    job = (change or {}).get("job", "restart")
    assert "less than 24 hours ahead" in refusal(system, job=job)
    at(clock, 27, 2, 5)
    assert begin_work(system, job=job).rule.key == "restart"


def test_a_moved_window_must_be_shown_anew(clock, operator, announced, fjordlys, system):
    window = announced(hours=48, job="network")
    prove_notices(system)
    move_maintenance(
        operator.actor, window=window, starts_at=window.starts_at + timedelta(hours=1),
        ends_at=window.ends_at, because="The supplier asked for it.",
    )  # fmt: skip
    clock.shift(timedelta(hours=49, minutes=1))
    assert "never seen to stand" in refusal(system, job="network")


def test_a_clock_set_back_starts_and_proves_nothing(clock, plan, fjordlys, system):
    run_jobs()
    at(clock, 24, 22, 0)
    end_work(system, work=begin_work(system, job="upgrade", wave="a"), ok=True)
    at(clock, 24, 21, 0)
    with pytest.raises(Refused, match="Set the clock right"):
        prove_notices(system)
    assert "Set the clock right" in refusal(system, job="upgrade", wave="a")


def test_work_for_everybody_leaves_no_room_for_work_of_one_wave_and_a_window_is_completed_after_it(
    clock, announced, operator, fjordlys, system
):
    window = announced(hours=48, job="network")
    prove_notices(system)
    clock.move_to(window.starts_at, tick=False)
    assert "no wave “q”" in refusal(system, job="network", wave="q")
    assert "“nowhere” is no region" in refusal(system, job="network", region="nowhere")
    part = begin_work(system, job="network", wave="b", region="eu")
    assert "running already" in refusal(system, job="network")
    other = begin_work(system, job="network", wave="a")
    end_work(system, work=part, ok=True)
    end_work(system, work=other, ok=True)
    work = begin_work(system, job="network")
    for narrower in ({"wave": "a"}, {"region": "eu"}, {}):
        assert "running already" in refusal(system, job="network", **narrower)
    complete = f"/operator/maintenance/{window.pk}/complete"
    assert "still runs in this window" in operator.post(complete, follow=True).content.decode()
    end_work(system, work=work, ok=True)
    operator.post(complete)
    window.refresh_from_db()
    assert window.completed_at


def test_only_the_operators_staff_begins_work(plan, anna, operator):
    with pytest.raises(PermissionDenied):
        begin_work(anna.actor, job="restart")
    assert "only inside a window" in refusal(operator.actor, job="nothing")


def test_the_database_itself_refuses_work_without_notice(clock, plan, fjordlys):
    rule, at = MaintenanceRule.objects.get(key="restart"), datetime(2026, 11, 25, 2, 0, tzinfo=OSLO)
    span = {"starts_at": at, "ends_at": at + timedelta(minutes=10), "started_at": at}
    for bad in (
        {"proven_at": at - timedelta(hours=23)},
        {"proven_at": None},
        {"proven_at": None, "is_emergency": True},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            WindowWork.objects.create(job="restart", rule=rule, **span, **bad)


def _without_notices(path, tenant, wronged):
    return "" if tenant == wronged else real_page(path, tenant)


def _no_answer(path, tenant):
    raise looking.NotShown
