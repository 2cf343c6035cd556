"""`bin/tillit work`: patches and work on the machines begin like everything else, inside their window or not at all."""

import sys

import pytest

from tillit.availability.actions.work import begin_work, prove_notices
from tillit.availability.models import MaintenanceWindow, WindowWork
from tillit.availability.tests.conftest import announced, clock, plan, prove, register
from tillit.foundation.access import Actor
from tillit.site.cli import read_options
from tillit.site.commands import work as command
from tillit.site.problems import Problem

__all__ = ["announced", "clock", "plan", "prove", "register"]


@pytest.fixture
def system(operator_tenant):
    return Actor.system(operator_tenant)


@pytest.fixture
def work(db, capfd):
    """`tillit work ...`: its exit status and what it said, refusals with status 1 as the command line tells them."""

    def run(*arguments):
        try:
            status, refusal = command.run(read_options(command, "work", list(arguments))), ""
        except Problem as problem:
            status, refusal = 1, str(problem)
        said = capfd.readouterr()
        return status, said.out + said.err + refusal

    return run


@pytest.mark.promise("work-happens-only-in-its-windows")
def test_updates_run_inside_their_window_and_nothing_runs_before(work, tmp_path, clock, plan, fjordlys, system):
    prove_notices(system)
    done = tmp_path / "updated"
    updating = ["system", "--", sys.executable, "-c", f"open({str(done)!r}, 'x').close()"]
    status, said = work(*updating)
    assert status == 1 and "only inside its window" in said and not done.exists()
    assert not WindowWork.objects.exists()

    clock.move_to(MaintenanceWindow.objects.upcoming().for_job("system").first().starts_at, tick=False)
    assert work(*updating) == (0, "")
    assert done.exists()
    kept = WindowWork.objects.get()
    assert (kept.job, kept.outcome, kept.window.rule.job) == ("system", "done", "system")

    status, said = work(*updating)  # the file is there already
    assert status == 1 and "FileExistsError" in said
    assert WindowWork.objects.latest("pk").sentence == "Exit status 1."
    status, said = work("system", "--", "no-such-command")
    assert status == 1 and "cannot be run" in said
    assert not WindowWork.objects.running().exists()
    telling = ["-c", "import os, signal, sys; os.kill(os.getppid(), getattr(signal, sys.argv[1])); signal.sigwait([])"]
    assert work("system", "--", sys.executable, *telling, "SIGTERM") == (143, "")  # what ends us ends it
    assert WindowWork.objects.latest("pk").outcome == "failed"
    assert work("system", "--", "sh", "-c", "kill -HUP $PPID") == (0, "")  # the terminal is gone, the work goes on
    assert WindowWork.objects.latest("pk").outcome == "done"
    printing = ["-c", "import sys; print(sys.argv[1:])", "git", "--", "file", "--wave"]
    assert work("system", "--region", "", "--", sys.executable, *printing) == (0, "['git', '--', 'file', '--wave']\n")


def test_work_that_took_tillit_with_it_is_said_to_be_over_afterwards(work, clock, plan, fjordlys, system):
    prove_notices(system)
    clock.move_to(MaintenanceWindow.objects.upcoming().for_job("system").first().starts_at, tick=False)
    begin_work(system, job="system")
    assert work("system", "--ended", "done") == (0, "")
    assert WindowWork.objects.get().outcome == "done"
    status, said = work("system", "--ended", "done")
    assert status == 1 and "does not run" in said


def test_work_nobody_knows_and_work_with_a_command_of_its_own_are_refused_with_a_sentence(work):
    assert "knows no work 'gardening'. It knows: emergency, infrastructure" in work("gardening", "--", "true")[1]
    assert "bin/tillit release" in work("upgrade", "--", "true")[1]
    assert "Say what to run" in work("system")[1]
