"""Nobody notices when a process dies or is replaced, and none is left behind."""

import http.client
import math
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import psycopg
import pytest

from tillit.site import runtime
from tillit.site.child import Child, Program
from tillit.site.logs import Logs
from tillit.site.postgres import Cluster
from tillit.site.processes import PROC, alive
from tillit.site.runtime import ROOT
from tillit.site.sides import LINGERS
from tillit.site.supervisor import SUCCESSOR_START, Place, Supervisor
from tillit.site.tests.tiny import GRACE

SOON = 15.0
WAITING = Program("waiting", "tillit.site.tests.tiny", ("wait",))


class Tiny:
    """The tiny installation of `tiny.py`, in a process of its own."""

    def __init__(self, folder, *options):
        self.folder = folder
        command = [sys.executable, "-P", "-m", "tillit.site.tests.tiny", str(folder), *options]
        self.process = subprocess.Popen(
            command, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
        )
        eventually(lambda: (folder / "address").exists() or self.process.poll() is not None)
        self.port = int((folder / "address").read_text())
        eventually(lambda: len(self.children()) >= 3)

    def get(self, path="/"):
        """The process that answered."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path)
        return int(connection.getresponse().read())

    def children(self):
        """Every process below the supervisor."""
        return [pid for pid in map(int, filter(str.isdigit, os.listdir(PROC))) if parent_of(pid) == self.process.pid]

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        said, _nothing = self.process.communicate(timeout=SOON)
        return said


def parent_of(pid):
    try:
        return int((PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def command_of(pid):
    """As the list of processes shows it; of one that has ended meanwhile, an empty one."""
    try:
        return (PROC / str(pid) / "cmdline").read_text().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return [""]


def eventually(happened):
    """Wait for what another process is about to do."""
    deadline = time.monotonic() + SOON
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def tiny(tmp_path):
    installation = Tiny(tmp_path)
    yield installation
    if installation.process.poll() is None:
        installation.end()


def test_a_killed_web_worker_is_replaced(tiny):
    killed = tiny.get()
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: len(tiny.children()) == 3 and killed not in tiny.children())
    assert all(tiny.get() != killed for _ in range(20))
    assert "(killed by signal 9); starting it again now" in tiny.end()


def test_a_web_worker_that_hangs_is_replaced(tiny):
    hung = tiny.get()
    os.kill(hung, signal.SIGSTOP)
    eventually(lambda: hung not in tiny.children())
    assert all(tiny.get() != hung for _ in range(20))
    assert "gives no sign of life any more; it is replaced" in tiny.end()


def test_a_killed_job_worker_is_replaced(tiny):
    (worker,) = [pid for pid in tiny.children() if "wait" in command_of(pid)]
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: len(tiny.children()) == 3 and worker not in tiny.children())
    assert "worker ended (killed by signal 9)" in tiny.end()


def test_what_supports_the_others_is_there_before_them_and_after_them(tmp_path):
    tiny = Tiny(tmp_path, "support")
    first = int((tmp_path / "first").read_text())
    assert first == min(tiny.children())  # started before any other
    tiny.end()
    assert tiny.process.returncode == 0
    assert (tmp_path / "left").read_text() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end_it_ends_everything_in_order(tiny, number):
    children = tiny.children()
    tiny.end(number)
    assert tiny.process.returncode == 0
    assert not any(alive(pid) for pid in children)


def test_no_request_fails_while_every_process_is_replaced(tiny):
    before, answered, failed, done = set(tiny.children()), [], [], threading.Event()

    def visit():
        while not done.is_set():
            try:
                answered.append(tiny.get("/slow"))
            except (OSError, http.client.HTTPException) as error:
                failed.append(error)

    def stay():
        """On one connection for as long as nobody says good-bye on it."""
        connection = http.client.HTTPConnection("127.0.0.1", tiny.port, timeout=10)
        while not done.is_set():
            try:
                connection.request("GET", "/slow")
                answered.append(int(connection.getresponse().read()))
            except (OSError, http.client.HTTPException) as error:
                failed.append(error)

    visitors = [threading.Thread(target=one) for one in (visit, stay) * 4]
    for visitor in visitors:
        visitor.start()
    tiny.process.send_signal(signal.SIGHUP)
    eventually(lambda: before - set(tiny.children()))
    early = set(tiny.children()) - before
    tiny.process.send_signal(
        signal.SIGHUP
    )  # once more, for what was changed meanwhile: also those of the first are old
    eventually(lambda: runtime.running(tiny.folder)["restarts"] == 1)
    eventually(lambda: len(tiny.children()) == 3 and not (before | early) & set(tiny.children()))
    done.set()
    for visitor in visitors:
        visitor.join()
    assert not failed
    assert len(answered) > 20
    assert len(set(answered)) > 2
    assert "the restart is complete" in tiny.end()


class Upload:
    """A file that comes piece by piece, for as long as one wants."""

    def __init__(self, port, path="/", wave=""):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.connection.putrequest("POST", path)
        self.connection.putheader("Wave", wave)
        self.connection.putheader("Transfer-Encoding", "chunked")
        self.connection.endheaders()
        self.goes_on()

    def goes_on(self, seconds=0.0):
        until = time.monotonic() + seconds
        eventually(lambda: self.connection.send(b"5\r\npiece\r\n") or time.monotonic() >= until)

    def ends(self):
        """What the process that took it answers: its number, or its checkout on `/root`."""
        self.connection.send(b"0\r\n\r\n")
        return self.connection.getresponse().read().decode()


def test_an_upload_under_way_goes_on_through_a_restart_and_keeps_no_shut_down_waiting(tiny):
    before, upload, cut = set(tiny.children()), Upload(tiny.port), Upload(tiny.port)
    tiny.process.send_signal(signal.SIGHUP)
    eventually(lambda: runtime.running(tiny.folder)["restarts"] == 1)
    upload.goes_on(GRACE + 1)
    assert int(upload.ends()) in before
    cut.goes_on()
    began = time.monotonic()
    tiny.end()
    assert time.monotonic() - began < LINGERS / 5
    with pytest.raises((OSError, http.client.HTTPException)):
        cut.ends()


def test_restart_upon_restart_leaves_no_heap_of_processes_that_take_their_time(tmp_path):
    place = Place(replace(WAITING, grace=10, lingers=300))
    children = [Child(place.program, dict(os.environ), Logs(tmp_path)) for _ in range(3)]
    for child in children:
        place.let_go(child)
    assert [round(child.kill_at - time.monotonic(), -1) for child in children] == [10, 300, 300]
    for child in children:
        child.process.wait(SOON)
        child.forget()


def test_of_a_successor_that_takes_too_long_or_is_not_next_any_more_nothing_is_left(tmp_path):
    late, other = replace(WAITING, last=True), Place(WAITING)
    supervisor = Supervisor([late], logs=Logs(tmp_path), environment=lambda _program: dict(os.environ), say=print)
    (place,) = supervisor.places
    supervisor.restart()
    supervisor._roll()
    early = place.successor
    supervisor.roll([other])
    assert (place.successor, supervisor.rolling, place.leaving) == (None, [other, place], [early])
    supervisor.dismiss(other)
    supervisor._roll()
    given_up = place.successor
    given_up.began -= SUCCESSOR_START + 1
    supervisor.is_busy = True
    supervisor._roll()
    assert (place.successor, supervisor.rolling, place.leaving) == (None, [], [early, given_up])
    place.not_before = math.inf  # nobody is to take its place
    eventually(lambda: supervisor._watch(place) or place.leaving == [])
    assert None not in (early.process.returncode, given_up.process.returncode)


def test_a_successor_to_which_a_busy_machine_leaves_nothing_begins_anew_and_takes_a_little(tmp_path):
    busy = Tiny(tmp_path, "busy")
    try:
        before = set(busy.children())
        busy.process.send_signal(signal.SIGHUP)
        eventually(lambda: runtime.running(tmp_path)["restarts"] == 1)
        assert runtime.running(tmp_path)["restarted"]
        eventually(lambda: len(busy.children()) == 3 and not before & set(busy.children()))
    finally:
        busy.end()


def test_a_restart_asked_for_during_another_replaces_everybody_anew_and_is_told_once_at_its_end(tmp_path):
    told, asking, beside = [], replace(WAITING, name="asking", last=True), Place(replace(WAITING, name="beside"))
    supervisor = Supervisor([WAITING, asking], logs=Logs(tmp_path), environment=dict, say=print, restarted=told.append)
    first, last = supervisor.places
    supervisor.restart()
    supervisor._replaced(first)
    supervisor.places.append(beside)
    supervisor.restart()
    assert supervisor.rolling == [first, beside, last]
    for place in (first, beside, last):
        assert told == []
        supervisor._replaced(place)
    assert told == [True]


def test_a_restart_is_complete_too_when_the_last_place_is_dismissed_and_none_starts_there(tmp_path):
    told, place = [], Place(WAITING)
    supervisor = Supervisor([], logs=Logs(tmp_path), environment=dict, say=print, restarted=told.append)
    supervisor.places = [place]
    supervisor.restart()
    assert supervisor.rolling == [place]
    supervisor.dismiss(place)
    assert told == [True]
    supervisor.restart()
    assert supervisor.rolling == []


def test_no_process_outlives_a_killed_supervisor_and_no_row_is_lost(tmp_path):
    tiny = Tiny(tmp_path, "database")
    cluster = Cluster(tmp_path / "postgres", durable=False)
    with psycopg.connect(cluster.admin_dsn()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS number")
    children = tiny.children()
    assert cluster.pid() in children
    tiny.end(signal.SIGKILL)
    eventually(lambda: not any(alive(pid) for pid in children))
    cluster.start()
    with psycopg.connect(cluster.admin_dsn()) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (42,)
    cluster.stop()


def test_a_killed_database_is_started_again(tmp_path):
    tiny = Tiny(tmp_path, "database")
    cluster = Cluster(tmp_path / "postgres")
    first = cluster.pid()
    os.kill(first, signal.SIGKILL)
    eventually(lambda: cluster.pid() not in (first, None) and cluster.running())
    assert "The database ended; starting it again" in tiny.end()
    assert not cluster.running()


def test_a_process_that_the_machine_refuses_ends_neither_the_others_nor_the_supervisor(tmp_path):
    said, complete = [], []
    gone = Program("gone", "tillit.site.tests.tiny", root=tmp_path / "nowhere")
    supervisor = Supervisor(
        [gone], logs=Logs(tmp_path), environment=lambda _program: {}, say=said.append, restarted=complete.append
    )
    (place,) = supervisor.places
    before = set(os.listdir("/proc/self/fd"))
    supervisor._watch(place)
    assert "gone cannot be started (No such file or directory); trying again in 30 s" in said[0]
    supervisor.restart()
    supervisor._roll()
    assert (complete, supervisor.rolling) == ([False], [])
    assert set(os.listdir("/proc/self/fd")) <= before, "no pipe is left open"
