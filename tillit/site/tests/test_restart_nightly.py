"""Every night in its window, if that was told: all processes are replaced, and what it was like is public."""

import argparse
import tomllib
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.db import OperationalError, connection

import tillit
from tillit.availability.actions.plan import apply_rules
from tillit.availability.actions.work import begin_work, prove_notices
from tillit.availability.models import MaintenanceRule, WindowWork
from tillit.availability.restarts.actions import Gap
from tillit.availability.restarts.models import RestartRun
from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.foundation.testing import happened
from tillit.site import gap, restarting, runtime
from tillit.site.commands import restart as command
from tillit.site.gently import IDLE, WISH
from tillit.site.problems import Problem
from tillit.site.restarting import Nights, by_hand
from tillit.site.tests.test_supervise_processes import Tiny

OSLO = ZoneInfo("Europe/Oslo")
SEED = Path(tillit.__file__).parent / "trust" / "profiles" / "seed.toml"


MEASURED = gap.Measured(0.0, complete=True, took_ms=900, gap=Gap(20, 20, 0, 0, 9, 9, 9, 0, 0, 0, 0))


def fails(*_actor, **_what):
    raise OperationalError("the database system is shutting down")


@pytest.fixture
def system(operator_tenant):
    return Actor.system(operator_tenant)


@pytest.fixture
def clock(time_machine, system):
    """Monday morning; the plan of the example register is in force, and its notices are read back from the pages."""
    time_machine.move_to(datetime(2026, 11, 23, 9, 0, tzinfo=OSLO))
    apply_rules(system, rules=tomllib.loads(SEED.read_text())["maintenance_rules"])
    prove_notices(system)
    return time_machine


@pytest.fixture
def nights(tmp_path, clock, monkeypatch):
    """What watches the clock beside a tiny installation, since Monday morning."""
    monkeypatch.setattr(gap, "AROUND", 0.5)
    tiny = Tiny(tmp_path)
    yield Nights(tmp_path)
    tiny.end()


@pytest.mark.promise("restart-interrupts-for-seconds")
def test_once_a_night_every_process_is_replaced_and_the_gap_is_public(clock, nights, public):
    clock.move_to(datetime(2026, 11, 25, 1, 59, tzinfo=OSLO))
    assert nights.look() is None
    clock.move_to(datetime(2026, 11, 25, 2, 0, 20, tzinfo=OSLO))
    run = nights.look()
    assert (run.occasion, run.outcome, run.work.rule.key) == ("night", "done", "restart")
    assert WindowWork.objects.get().outcome == "done"
    assert run.failed == 0 and run.sent >= 20
    assert (run.in_session, run.drafts) == (0, 0)  # nobody is there to be signed out: `test_measure_load.py`
    assert 0 < run.median_ms <= run.p99_ms <= run.longest_ms < 3000
    assert nights.look() is None  # one is enough
    assert public.get("/status/restarts.json").json()["restarts"][0]["sent"] == run.sent
    assert happened("restarts.recorded")


def test_a_restart_that_was_told_too_late_does_not_take_place_and_that_is_public(clock, nights, public):
    clock.move_to(datetime(2026, 11, 24, 2, 5, tzinfo=OSLO))  # told since yesterday at nine
    run = nights.look()
    assert run.outcome == "refused"
    assert "less than 24 hours ahead" in run.reason
    assert not WindowWork.objects.exists()
    assert nights.look() is None
    assert "less than 24 hours ahead" in public.get("/status/restarts/").content.decode()


def test_a_night_brings_no_release_that_only_lies_in_the_checkout(clock, nights, public):
    runtime.remember(nights.data, brought="0.0.9+0000000")
    clock.move_to(datetime(2026, 11, 25, 2, 0, 20, tzinfo=OSLO))
    assert nights.look().outcome == "refused"
    assert "than the one that was brought (0.0.9+0000000)" in public.get("/status/restarts/").content.decode()


def test_a_restart_that_cannot_be_measured_ends_its_work_all_the_same(clock, tmp_path):
    nights = Nights(tmp_path)  # nothing runs there
    clock.move_to(datetime(2026, 11, 25, 2, 0, 20, tzinfo=OSLO))
    run = nights.look()
    assert (run.outcome, WindowWork.objects.get().outcome) == ("failed", "failed")
    assert "could not be made or measured" in run.reason


def test_a_database_that_fails_for_a_moment_costs_neither_the_night_its_restart_nor_the_work_its_end(
    clock, tmp_path, monkeypatch
):
    nights = Nights(tmp_path)
    clock.move_to(datetime(2026, 11, 25, 2, 0, 20, tzinfo=OSLO))
    for action in ("begin_work", "record_restart"):
        with monkeypatch.context() as failing, pytest.raises(OperationalError):
            failing.setattr(restarting, action, fails)
            failing.setattr(restarting, "restart_under_load", lambda *_where: MEASURED)
            nights.look()
    assert WindowWork.objects.get().outcome == "done"
    assert nights.look() is None  # it took place


def test_work_that_was_broken_off_ends_with_the_next_start_and_keeps_its_window_free(
    clock, system, tmp_path, monkeypatch
):
    clock.move_to(datetime(2026, 11, 25, 2, 0, 20, tzinfo=OSLO))
    lost = begin_work(system, job="restart")
    monkeypatch.setenv(WISH, IDLE)
    for platform in ("linux", "darwin"):
        monkeypatch.setattr("tillit.site.gently.sys", SimpleNamespace(platform=platform))
        Nights(tmp_path).clear()  # a successor: its predecessor measures to the end
        assert WindowWork.objects.get().outcome == "running"
    monkeypatch.delenv(WISH)
    Nights(tmp_path).clear()
    lost.refresh_from_db()
    assert lost.outcome == "lost"
    assert begin_work(system, job="restart").pk != lost.pk


def test_by_hand_it_is_possible_at_any_hour_and_told_as_such(clock, nights, capsys):
    assert by_hand(nights.data) == 0
    said = capsys.readouterr().out
    assert "0 failed" in said and "nobody was signed in to be signed out, no form was open to be lost." in said
    assert (RestartRun.objects.get().occasion, RestartRun.objects.get().work) == ("by_hand", None)


def test_another_release_needs_a_reason_where_the_plan_brings_releases_in_waves(clock, nights, fjordlys, public):
    with connection.cursor() as cursor:
        cursor.execute(command.IN_WAVES)
        assert cursor.fetchone() == (True,)
        MaintenanceRule.objects.filter(job="upgrade").update(retired_at=now())
        cursor.execute(command.IN_WAVES)
        assert cursor.fetchone() == (False,)
    with pytest.raises(Problem, match="does not answer, so nobody knows"):
        command.in_waves("postgresql://tillit_app@127.0.0.1:1/tillit")
    assert by_hand(nights.data, "A hole in the TLS library must be closed.") == 0
    assert "A hole in the TLS library must be closed." in public.get("/status/restarts/").content.decode()


@pytest.mark.promise("work-happens-only-in-its-windows")
def test_a_release_that_nobody_was_told_of_is_not_brought_by_a_restart(tmp_path, monkeypatch):
    runtime.remember(tmp_path, brought="0.0.9+0000000", database="postgresql:///tillit")
    monkeypatch.setattr(runtime, "is_running", lambda _data: True)
    monkeypatch.setattr(runtime, "load", lambda _data: {"TILLIT_DSN": ""})
    monkeypatch.setattr(command, "in_waves", lambda _dsn: True)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    for typed, said in (
        ([], "--because REASON"),
        (["--because", "Caf\udce9"], "one line of text"),
        (["--because", "Urgent", "--unmeasured"], "Leave --unmeasured out"),
    ):
        options = parser.parse_args(typed)
        options.data = tmp_path
        with pytest.raises(Problem, match=said):
            command.run(options)


def test_the_load_is_one_that_the_machine_carries_however_busy_it_is():
    assert [gap.bearable(most) for most in (400.0, 20.0, 5.0, 0.0)] == [20, 12, 3, 1]


def test_the_form_that_is_sent_after_a_restart_comes_back_with_what_was_typed_and_saves_nothing(ben):
    answer = ben.post("/profile/", gap.incomplete("Half-typed"))
    assert "Half-typed" in answer.content.decode()
    ben.user.refresh_from_db()
    assert ben.user.name == "Ben Hansen"
