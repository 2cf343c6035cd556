"""Workers are forked by a process that loaded the code once; without it they are started afresh, and nobody notices."""

import os
import signal

import pytest

from tillit.site import runtime
from tillit.site.child import FORKSERVER
from tillit.site.processes import PROC, alive
from tillit.site.tests.test_supervise_processes import Tiny, command_of, eventually


@pytest.fixture
def forked(tmp_path):
    installation = Tiny(tmp_path, "forked")
    yield installation
    if installation.process.poll() is None:
        installation.end()


def server_of(tiny):
    (server,) = [pid for pid in tiny.children() if FORKSERVER in command_of(pid)]
    return server


def workers_of(tiny):
    """The forked ones, which the list of processes shows by their names."""
    titles = {pid: command_of(pid)[0].split() for pid in tiny.children()}
    return {title[1]: pid for pid, title in titles.items() if title[:1] == ["tillit:"]}


def test_workers_are_forked_answer_and_are_replaced_by_a_restart_and_after_a_crash(forked):
    eventually(lambda: len(workers_of(forked)) == 2)
    before, server = set(workers_of(forked).values()), server_of(forked)
    assert forked.get() in before
    assert len(os.listdir(PROC / str(server) / "task")) == 1, "a fork would lose its other threads"
    forked.process.send_signal(signal.SIGHUP)
    eventually(lambda: len(forked.children()) == 4 and not {server, *before} & set(forked.children()))
    killed = workers_of(forked)["web-1"]
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: workers_of(forked).get("web-1", killed) != killed)
    assert forked.get() in workers_of(forked).values()
    children = forked.children()
    assert "web-1 ended (killed by signal 9); starting it again now" in forked.end()
    assert not any(alive(pid) for pid in children)


def test_a_fork_server_that_hangs_and_is_killed_keeps_nobody_from_being_served(forked):
    eventually(lambda: len(workers_of(forked)) == 2)
    before, hung = workers_of(forked), server_of(forked)
    os.kill(hung, signal.SIGSTOP)
    os.kill(before["web-1"], signal.SIGKILL)
    eventually(lambda: len(forked.children()) == 4 and not {hung, before["web-1"]} & set(forked.children()))
    assert workers_of(forked) == {"web-2": before["web-2"]}, "the other was started afresh, and has the usual name"
    assert {forked.get() for _ in range(40)} & set(before.values()) == {before["web-2"]}
    said = forked.end()
    assert "web-1 could not be forked (Connection timed out); it is started afresh" in said
    assert "forkserver ended (killed by signal 9); starting it again" in said


@pytest.mark.parametrize("spoilt", ["from the start", "by a restart"])
def test_without_a_fork_server_that_loads_the_workers_are_started_afresh(tmp_path, spoilt):
    if spoilt == "from the start":
        (tmp_path / "spoilt").touch()
    tiny = Tiny(tmp_path, "forked")
    try:
        if spoilt == "by a restart":
            eventually(lambda: len(workers_of(tiny)) == 2)
            before = set(tiny.children())
            (tmp_path / "spoilt").touch()
            tiny.process.send_signal(signal.SIGHUP)
            eventually(lambda: not before & set(tiny.children()) and runtime.running(tmp_path)["restarts"] == 1)
            assert runtime.running(tmp_path)["restarted"]
        assert tiny.get() in tiny.children() and not workers_of(tiny)
    finally:
        said = tiny.end()
    name = "The new forkserver" if spoilt == "by a restart" else "forkserver"
    assert f"{name} does not start" in said


def test_forked_workers_do_not_outlive_a_killed_supervisor(forked):
    eventually(lambda: len(workers_of(forked)) == 2)
    children = forked.children()
    forked.end(signal.SIGKILL)
    eventually(lambda: not any(alive(pid) for pid in children))
