"""What the load meets with is counted: a server that behaves badly on purpose knows how often it did."""

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tillit.availability.probes.actions.account import provide_account
from tillit.availability.restarts.actions import Session
from tillit.foundation.access import Actor
from tillit.site import gap, runtime
from tillit.site.load import Ask, Load, request

FORM = '<form><input name="csrfmiddlewaretoken" value="t"><input name="name" value="{}"></form>'
AWAY = [("Location", "http://tillit.test/sign-in/?next=/persons/")]
STATUS = {"fine": 200, "dropped": 200, "broken": 500, "led away": 302, "led on": 302, "refused": 401}


class Bad(ThreadingHTTPServer):
    """Does what `deed(method, path, in_session)` says, and counts it."""

    daemon_threads = True

    def __init__(self, deed):
        super().__init__(("127.0.0.1", 0), Handler)
        self.deed, self.did, self.lock = deed, Counter(), threading.Lock()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def next(self, handler):
        with self.lock:
            deed = self.deed(handler.command, handler.path, "tillit_session=" in (handler.headers["Cookie"] or ""))
            self.did[deed] += 1
        return deed


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        typed = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        deed = self.server.next(self)
        if deed == "cut":
            self.close_connection = True
            return
        name = "" if deed == "dropped" else parse_qs(typed).get("name", [""])[0]
        body = FORM.format(name).encode()
        headers = AWAY if deed == "led away" else [("Location", "/elsewhere/")] if deed == "led on" else []
        self.send_response(STATUS[deed])
        for header in [*headers, ("Content-Length", str(len(body))), ("Set-Cookie", "tillit_csrf=t; Path=/")]:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def bad():
    servers = []

    def start(deed):
        servers.append(Bad(deed))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def in_turn(**deeds):
    """One deed after the other for each path, the last one for ever."""
    waiting = {name: list(told) for name, told in deeds.items()}

    def deed(_method, path, _in_session):
        told = waiting[path.strip("/")]
        return told.pop(0) if len(told) > 1 else told[0]

    return deed


@pytest.mark.parametrize(
    ("deeds", "in_session", "counted"),  # failed, sent again, signed out, faults
    [
        (["fine"], True, (0, 0, 0, ())),
        (["led away"], True, (1, 0, 1, (("status 302", 1),))),
        (["refused"], True, (1, 0, 1, (("status 401", 1),))),
        (["led away"], False, (1, 0, 0, (("status 302", 1),))),  # nobody was signed in there
        (["led on"], True, (1, 0, 0, (("status 302", 1),))),
        (["broken"], True, (1, 0, 0, (("status 500", 1),))),
        (["cut", "fine"], True, (0, 1, 0, ())),
        (["cut", "cut", "fine"], True, (1, 1, 0, (("IncompleteReadError", 1),))),
        (["cut", "led away"], True, (1, 1, 1, (("status 302", 1),))),
    ],
)
def test_what_goes_wrong_with_a_request_is_counted_once_and_as_what_it_was(bad, deeds, in_session, counted):
    server = bad(in_turn(page=deeds, other=["fine"]))
    headers = {"Host": "tillit.test"} | ({"Cookie": "tillit_session=k"} if in_session else {})
    pages = [Ask(request("GET", f"/{name}/", headers), in_session=in_session) for name in ("page", "other")]
    found = Load(server.server_address, pages, rate=200).run(0.01)
    assert found.sent == 2
    assert (found.failed, found.retried, found.signed_out, found.faults) == counted


def test_a_form_that_does_not_come_back_is_lost(bad):
    sent = iter(["dropped", "cut", "fine", "cut", "cut"])  # the second comes back when it is sent again
    server = bad(lambda method, _path, _in_session: next(sent) if method == "POST" else "fine")
    drafts = gap.Drafts(server.server_address, Session("tillit.test", "k"))
    assert (len(drafts.typed), drafts.lost()) == (3, 2)
    assert (server.did["dropped"], server.did["cut"]) == (1, 3)


@pytest.mark.promise("restart-interrupts-for-seconds")
def test_a_restart_that_signs_people_out_and_loses_what_they_typed_is_told_as_that(
    bad, tmp_path, settings, operator_tenant, monkeypatch
):
    gone = threading.Event()

    def deed(method, path, in_session):
        if not gone.is_set():
            return "fine"
        if method == "POST":
            return "dropped"
        return "led away" if in_session else "broken" if path == "/status/" else "fine"

    def restarts(_data: Path):
        """As a restart does after which nobody's session is known."""
        gone.set()
        return True

    server = bad(deed)
    settings.DATA = tmp_path
    monkeypatch.setattr(gap, "AROUND", 0.5)
    monkeypatch.setattr(gap, "TRIAL", 0.2)
    monkeypatch.setattr(gap, "ask_supervisor", restarts)
    port = server.server_address[1]
    runtime.write(tmp_path / "running.json", {"address": "127.0.0.1", "port": port, "url": "http://tillit.test/"})
    system = Actor.system(operator_tenant)
    provide_account(system)
    measured = gap.restart_under_load(tmp_path, system)
    told, did = measured.gap, server.did
    assert told.signed_out == did["led away"] > 0
    assert told.failed == did["led away"] + did["broken"] > did["led away"]
    assert (told.drafts, told.lost_drafts, did["dropped"]) == (3, 3, 3)
    assert told.in_session > told.signed_out  # before it, people were served
    assert f"{told.signed_out} signed out, 3 of 3 forms lost." in measured.sentence
