"""A request on its way to the release beside: it tells what came, waits for nobody, and believes no visitor."""

import errno
import io
import re
import socket
import threading
import time
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Thread

import pytest

from tillit.site import rollout
from tillit.site.handing import OWN, VISITOR, WAITING, Beside, HandOn
from tillit.site.logs import Logs
from tillit.site.runtime import ROOT
from tillit.site.sides import Sides
from tillit.site.supervisor import LINGERING, Supervisor
from tillit.site.tests.test_supervise_processes import Tiny, Upload, eventually
from tillit.site.up import WEB_WORKERS
from tillit.site.worker import APART, CONCURRENCY

POOL = 5  # connections by which a job worker fetches and hears of jobs; each queue apart is heard of by one more


@pytest.fixture
def beside(tmp_path):
    """The release beside: a socket that keeps what it hears, and answers when everything came."""
    place, heard = tmp_path / "side", []
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(place))
    listening.listen()
    rollout.tell(tmp_path, rollout.Routes("1", "0.2.0", {"a": str(place)}, settled=True))

    def answer():
        with suppress(OSError):  # nobody asked before the test was over, or who asked has gone
            connection, _address = listening.accept()
            with connection:
                said = b""
                while not said.endswith(b"whole") and (piece := connection.recv(65536)):
                    said += piece
                heard.append(said)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    answering = threading.Thread(target=answer)
    answering.start()
    yield heard
    with suppress(OSError):  # it listens no longer
        listening.shutdown(socket.SHUT_RDWR)
    answering.join(10)
    listening.close()
    assert not answering.is_alive()


def asked(body, **more):
    length = str(len(b"all of it, whole"))
    environ = {"REQUEST_METHOD": "POST", "PATH_INFO": "/import/", "wsgi.input": io.BytesIO(body)} | more
    return environ | {"CONTENT_LENGTH": length, "HTTP_HOST": "fjordlys.tillit.test", "REMOTE_ADDR": "192.0.2.7"}


def handing(tmp_path):
    return HandOn(lambda _environ, _start: [b"own"], tmp_path, lambda _environ: "a")


def answered(tmp_path, environ, layer=None):
    said = []
    layer = layer or handing(tmp_path)
    answer = layer(environ, lambda status, _headers: said.append(status))
    pieces = b"".join(answer)
    getattr(answer, "close", lambda: None)()
    return said, pieces


def test_the_visitors_address_is_the_one_the_handing_worker_saw(tmp_path, beside):
    assert answered(tmp_path, asked(b"all of it, whole", **{VISITOR: "203.0.113.9"})) == (["200 OK"], b"ok")
    assert b"Tillit-Visitor: 192.0.2.7" in beside[0] and b"203.0.113.9" not in beside[0]
    environ = {VISITOR: "192.0.2.7", "REMOTE_ADDR": ""}
    Beside(lambda environ, _start: [environ["REMOTE_ADDR"].encode()])(environ, None)
    assert environ == {"REMOTE_ADDR": "192.0.2.7"}


def test_an_upload_that_is_broken_off_keeps_nobody_waiting_and_is_done_nowhere(tmp_path, beside):
    began = time.monotonic()
    assert answered(tmp_path, asked(b"all of")) == (["502 Bad Gateway"], b"")
    assert time.monotonic() - began < 5


def test_who_comes_while_every_hand_is_full_waits_a_moment_for_one(tmp_path, beside, monkeypatch):
    layer = handing(tmp_path)
    for _ in range(rollout.HANDS):
        layer.hands.acquire()
    threading.Timer(0.1, layer.hands.release).start()
    assert answered(tmp_path, asked(b"all of it, whole"), layer) == (["200 OK"], b"ok")
    layer.hands.acquire()
    monkeypatch.setattr("tillit.site.handing.MOMENT", 0.1)
    told = []
    assert layer(asked(b""), lambda *said: told.extend(said)) == []
    assert told[0] == "503 Service Unavailable" and ("Retry-After", "2") in told[1]
    monkeypatch.setattr("tillit.site.handing.MOMENT", 60.0)
    for _ in range(WAITING):
        layer.queue.acquire()
    assert answered(tmp_path, asked(b""), layer) == (["503 Service Unavailable"], b"")  # at once: enough wait already


@pytest.mark.parametrize("comes_free", [True, False])
def test_who_waited_for_a_hand_while_the_release_was_taken_back_is_answered_here(tmp_path, monkeypatch, comes_free):
    monkeypatch.setattr("tillit.site.handing.MOMENT", 0.5)
    monkeypatch.setattr("tillit.site.handing.LOOK_EVERY", 0.0)
    layer = handing(tmp_path)
    rollout.tell(tmp_path, rollout.Routes("1", "0.2.0", {"a": str(tmp_path / "side")}, settled=True))
    for _ in range(rollout.HANDS):
        layer.hands.acquire()

    def take_back():
        rollout.tell(tmp_path, rollout.Routes("2", settled=True))
        if comes_free:
            layer.hands.release()

    threading.Timer(0.1, take_back).start()
    assert answered(tmp_path, asked(b""), layer) == ([], b"own")
    assert layer.hands.acquire(blocking=False) is comes_free  # it keeps none


def test_the_embedded_database_has_a_connection_for_every_thread_that_may_want_one_while_releases_change():
    processes = 2 + LINGERING  # at one place: the one that serves, its successor, and those that still answer
    web = WEB_WORKERS * processes * (OWN + rollout.HANDS + WAITING)  # who finds nobody beside answers by itself
    jobs = 2 * (CONCURRENCY + sum(APART.values()) + len(APART) + POOL) + 2 * (CONCURRENCY + POOL)  # of both releases
    others = 13  # what runs by the clock, the operator's commands, three for the superuser
    settings = (ROOT / "tillit/site/postgresql.conf").read_text()
    allowed = int(re.search(r"^max_connections = (\d+)", settings, re.MULTILINE)[1])
    assert allowed >= web + processes * OWN + jobs + others


@pytest.mark.parametrize(
    ("written", "waves"),
    [
        ('{"waves": {"a": "/run/side"}, "settled": true, "of_a_newer_release": 1}', {"a": "/run/side"}),
        ('{"waves": ["a"]}', None),
        ('{"waves": {"a": 7}}', None),
        ('["a"]', None),
        ("{", None),
    ],
)
def test_routes_that_nobody_understands_lead_nowhere_else(tmp_path, written, waves):
    (tmp_path / "routes.json").write_text(written)
    assert rollout.routes(tmp_path).waves == waves
    layer = HandOn(lambda _environ, _start: [b"own"], tmp_path, lambda _environ: "b")
    assert answered(tmp_path, asked(b""), layer)[1] == b"own"


def test_an_order_of_a_newer_release_is_carried_out_and_a_broken_one_is_told_and_forgotten(tmp_path):
    order = tmp_path / "rollout.json"
    order.write_text('{"root": "/srv/new", "waves": ["a"], "of_a_newer_release": 1}')
    assert rollout.order(tmp_path).waves == ("a",)
    said, supervisor = [], Supervisor([], logs=Logs(tmp_path), environment=dict, say=lambda line: said.append(line))
    for broken in ('{"waves": "a"}', '{"root": 7}', '{"waves": ["a"]}', "[]", "{"):
        order.write_text(broken)
        Sides(tmp_path, supervisor).tick()
        assert rollout.order(tmp_path).waves == () and f"{order} " in said[-1]
        assert (tmp_path / "rollout.broken.json").read_text() == broken
    rollout.give(tmp_path, rollout.Order(str(tmp_path / "gone"), "0.2.0", waves=("a",)))
    Sides(tmp_path, supervisor).tick()
    assert "is not there any more" in said[-1] and rollout.routes(tmp_path).problem == said[-1]


def test_what_cannot_be_read_or_written_for_now_takes_no_release_back(tmp_path, monkeypatch):
    said, supervisor = [], Supervisor([], logs=Logs(tmp_path), environment=dict, say=lambda line: said.append(line))
    sides, layer, own = Sides(tmp_path, supervisor), handing(tmp_path), {}
    ordered = rollout.give(tmp_path, rollout.Order(str(ROOT), "0.2.0", waves=("a",)))
    rollout.tell(tmp_path, rollout.Routes(ordered.number, "0.2.0", {"a": "/run/side"}, settled=True))
    assert layer._place(own) == "/run/side"
    read, write = Path.read_text, rollout.tell

    def refused(place, *_more):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Path, "read_text", refused)
    sides.tick()
    layer._written = layer._look_at = 0.0
    assert layer._place(own) == "/run/side" and "Too many open files" in said[-1]
    monkeypatch.setattr(Path, "read_text", read)
    assert rollout.order(tmp_path) == ordered
    given = rollout.give(tmp_path, ordered.taken_back())
    monkeypatch.setattr(rollout, "tell", refused)
    monkeypatch.setattr("tillit.site.sides.AGAIN", 0.01)
    sides._look_at = 0.0
    sides.tick()
    assert "is tried again" in said[-1]
    monkeypatch.setattr(rollout, "tell", write)
    back = rollout.Routes(given.number, "", {}, settled=True)
    eventually(lambda: sides.tick() or rollout.routes(tmp_path) == back)


def root_of(tiny, wave):
    """Which checkout answers a request of this wave."""
    connection = HTTPConnection("127.0.0.1", tiny.port, timeout=10)
    connection.request("GET", "/root", headers={"Wave": wave})
    return connection.getresponse().read().decode()


def carried_out(tiny, order, *, runs):
    """Whether the order leads to the checkouts in `runs`, those of waves A and B."""
    given = rollout.give(tiny.folder, order)
    eventually(lambda: rollout.routes(tiny.folder).number == given.number and rollout.routes(tiny.folder).settled)
    eventually(lambda: [root_of(tiny, wave) for wave in "ab"] == [str(root) for root in runs])  # workers look soon


def test_with_the_last_wave_everybody_runs_on_the_release_and_nothing_beside_until_it_is_taken_back(tmp_path):
    new, answers, over = tmp_path / "new", [], threading.Event()
    new.mkdir()
    for name in ("tillit", ".venv", "pyproject.toml"):
        (new / name).symlink_to(ROOT / name)
    tiny = Tiny(tmp_path, "sides")
    visitors = [Thread(target=visit, args=(tiny, wave, answers, over)) for wave in "ab"]
    for visitor in visitors:
        visitor.start()
    try:
        first = rollout.Order().with_wave("a", root=new, release="0.2.0", whole=False)
        carried_out(tiny, first, runs=[new, ROOT])
        eventually(lambda: len(tiny.children()) == 4)  # none is left that was started before and hands nothing on
        upload = Upload(tiny.port, "/root", wave="a")
        last = first.with_wave("b", root=new, release="0.2.0", whole=True)
        carried_out(tiny, last, runs=[new, new])
        carried_out(tiny, last.taken_back(), runs=[ROOT, ROOT])
        assert upload.ends() == str(ROOT)  # dismissed meanwhile, it has finished; whole, it goes where its wave is now
        eventually(lambda: len(tiny.children()) == 3)  # two web workers and the one that waits, and nothing beside
    finally:
        over.set()
        for visitor in visitors:
            visitor.join()
        tiny.end()
    assert set(answers) == {str(ROOT), str(new)}


def visit(tiny, wave, answers, over):
    """Ask all the time; what fails is an answer, too."""
    while not over.wait(0.02):
        try:
            answers.append(root_of(tiny, wave))
        except (OSError, HTTPException) as error:
            answers.append(repr(error))
