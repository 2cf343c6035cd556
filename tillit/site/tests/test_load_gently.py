"""What a successor loads takes nothing of the processor that others want; what it does afterwards takes its share."""

import os

import pytest

from tillit.site.gently import IDLE, SLOWLY, STEP, WISH, gently


def scheduled():
    return os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.parametrize(("wish", "stepped"), [(IDLE, (os.SCHED_IDLE, 0)), (SLOWLY, (os.SCHED_OTHER, STEP))])
def test_the_work_steps_back_and_nothing_else_does(monkeypatch, wish, stepped):
    monkeypatch.setenv(WISH, wish)
    usual = scheduled()
    assert gently(scheduled) == stepped != usual
    assert scheduled() == usual


def test_where_the_machine_refuses_the_one_way_the_work_goes_the_other(monkeypatch):
    monkeypatch.setenv(WISH, IDLE)
    monkeypatch.setattr(os, "SCHED_IDLE", 99)  # a policy that no kernel knows
    assert gently(scheduled) == (os.SCHED_OTHER, STEP)


def test_without_a_wish_the_work_is_done_as_everything_is(monkeypatch):
    monkeypatch.delenv(WISH, raising=False)
    assert gently(scheduled) == scheduled()


def test_what_the_work_raises_is_raised(monkeypatch):
    monkeypatch.setenv(WISH, IDLE)
    with pytest.raises(ZeroDivisionError):
        gently(lambda: 1 / 0)
