"""No decision is lost, told twice or made without a record; a broker in trouble lets nothing out."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from django.db import OperationalError, connection

from tillit.foundation import outbound
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.ways import Shut, connect
from tillit.trust.broker import account, asking, telling
from tillit.trust.broker.journal import Decided, Full, Journal
from tillit.trust.broker.models import Flow
from tillit.trust.broker.rules import Rules
from tillit.trust.broker.server import Broker
from tillit.trust.broker.telling import Teller


def decided(**said):
    facts = {"tenant": None, "purpose": "mail", "host": "a.example", "port": 443, "allowed": True}
    return Decided(**({"at": time.time()} | facts | said))


def ask(house, head):
    """What the broker answers to these bytes."""
    with socket.socket(socket.AF_UNIX) as way:
        way.settimeout(10)
        way.connect(str(house.place))
        received = b""
        with contextlib.suppress(ConnectionError):  # it may have had enough
            way.sendall(head)
            while part := way.recv(4096):
                received += part
        return received


HEAD = b"CONNECT a.example:443 HTTP/1.1\r\nTillit-Purpose: mail\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"CONNECT a.example HTTP/1.1\r\nTillit-Purpose: mail\r\n\r\n",
        b"CONNECT a.example:0 HTTP/1.1\r\nTillit-Purpose: mail\r\n\r\n",
        b"CONNECT a.example:70000 HTTP/1.1\r\nTillit-Purpose: mail\r\n\r\n",
        b"CONNECT a b:443 HTTP/1.1\r\nTillit-Purpose: mail\r\n\r\n",
        b"CONNECT a\x00b:443 HTTP/1.1\r\nTillit-Purpose: mail\r\n\r\n",  # no record could hold it
        ("CONNECT " + "\u0130" * 250 + ":443 HTTP/1.1\r\nTillit-Purpose: mail\r\n\r\n").encode(),
        "CONNECT a\u202eb:443 HTTP/1.1\r\nTillit-Purpose: mail\r\n\r\n".encode(),  # and nobody read it aright
        b"CONNECT a.example:443 HTTP/1.1\r\n\r\n",
        b"CONNECT a.example:443 HTTP/1.1\r\nTillit-Purpose: <b>mail</b>\r\n\r\n",
        HEAD + b"Tillit-Purpose: calendars\r\n\r\n",
        HEAD + b"Tillit-Tenant: one\r\n\r\n",
        HEAD + b"Tillit-Tenant: -1\r\n\r\n",
        HEAD + b"no colon\r\n\r\n",
        b"\xff\xfe\r\n\r\n",
        b"\x00" * 300 + b"\r\n\r\n",
    ],
)
def test_what_is_no_question_gets_no_decision(broker, recorded, head):
    assert ask(broker, head).startswith(b"HTTP/1.1 400 ")
    assert recorded() == []


def test_thousands_of_bytes_of_garbage_are_cut_short(broker, recorded):
    assert b" 200 " not in ask(broker, os.urandom(100_000).replace(b"\r", b"r"))
    assert ask(broker, HEAD + b"X-Filler: " + b"x" * 5_000 + b"\r\n\r\n").startswith(b"HTTP/1.1 431 ")
    assert ask(broker, HEAD + b"\r\n").startswith(b"HTTP/1.1 403 ")  # and the next one is served
    assert [one.reason for one in recorded()] == ["undeclared"]


def test_who_asks_slowly_is_given_up(broker, monkeypatch):
    monkeypatch.setattr(asking, "HEAD_SECONDS", 0.3)
    with socket.socket(socket.AF_UNIX) as way:
        way.connect(str(broker.place))
        way.settimeout(10)
        way.sendall(HEAD)
        assert way.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_an_unknown_customer_is_refused(broker, recorded):
    answer = ask(broker, HEAD + b"Tillit-Tenant: 999999\r\n\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["reason"] == "tenant"
    assert [(one.allowed, one.reason) for one in recorded()] == [(False, "tenant")]


def test_too_many_connections_are_refused_and_room_comes_back(broker, web, recorded):
    broker.declare(f"http://127.0.0.1:{web.port}")
    broker.broker.most_connections = 2
    ways = [connect(None, "mail", "127.0.0.1", web.port) for _ in range(2)]
    with pytest.raises(Shut, match="Too many connections"):
        connect(None, "mail", "127.0.0.1", web.port)
    for way in ways:
        way.close()
    recorded()
    assert until(lambda: broker.broker._busy == 0)
    assert outbound.call(None, "mail", "GET", f"http://127.0.0.1:{web.port}/").status == 200


def until(true):
    deadline = time.monotonic() + 10
    while not true() and time.monotonic() < deadline:
        time.sleep(0.01)
    return true()


def test_without_the_broker_a_call_fails_at_once_and_goes_nowhere(broker, web):
    broker.declare(f"http://127.0.0.1:{web.port}")
    broker.broker.stop(grace=0)
    began = time.monotonic()
    with pytest.raises(Shut, match="the broker does not answer") as refusal:
        outbound.call(None, "mail", "GET", f"http://127.0.0.1:{web.port}/")
    assert time.monotonic() - began < 1
    assert (refusal.value.reason, refusal.value.by_rule) == ("away", False)
    assert web.asked == []


def test_rules_that_could_not_be_read_for_five_seconds_let_nothing_out(broker, web):
    broker.declare(f"http://127.0.0.1:{web.port}")
    broker.rules._steady = lambda: 4.9
    assert outbound.call(None, "mail", "GET", f"http://127.0.0.1:{web.port}/").status == 200
    broker.rules._steady = lambda: 5.0
    with pytest.raises(Shut, match="while the register cannot be read"):
        outbound.call(None, "mail", "GET", f"http://127.0.0.1:{web.port}/")


def test_a_broker_that_has_never_read_the_register_lets_nothing_out():
    def away():
        raise OperationalError

    rules = Rules(away)
    with pytest.raises(OperationalError):
        rules.refresh()
    assert rules.decide(None, "mail", "api.post.example", 443).reason == "no-rules"


def test_a_new_broker_takes_the_place_of_the_old_without_a_gap(broker, web, tmp_path):
    broker.declare(f"http://127.0.0.1:{web.port}")
    held = connect(None, "mail", "127.0.0.1", web.port)
    journal = Journal(tmp_path / "journal")
    second = Broker(broker.rules, journal)
    second.start(broker.place)
    stopping = threading.Thread(target=lambda: broker.broker.stop(grace=10))
    stopping.start()
    assert outbound.call(None, "mail", "GET", f"http://127.0.0.1:{web.port}/").status == 200
    held.sendall(b"GET /late HTTP/1.0\r\n\r\n")  # what the old one relays goes on to its end
    assert held.recv(4096).startswith(b"HTTP/1.1 200 ")
    held.close()
    stopping.join(10)
    assert outbound.call(None, "mail", "GET", f"http://127.0.0.1:{web.port}/").status == 200
    second.stop()
    journal.close()
    assert not broker.place.exists()


def test_while_the_database_is_away_decisions_wait_on_disk(broker, operator_tenant, recorded, monkeypatch):
    def away(*_arguments, **_said):
        raise OperationalError("the database is away")

    with pytest.raises(Shut):
        connect(None, "mail", "a.example", 443)
    with monkeypatch.context() as patched:
        patched.setattr(telling, "record_decisions", away)
        for _ in range(3):
            with pytest.raises(OperationalError):
                Teller(broker.journal).tell()
    with pytest.raises(Shut):
        connect(None, "mail", "b.example", 443)
    assert [one.host for one in recorded()] == ["a.example", "b.example"]
    assert Teller(broker.journal).tell() == 0


def test_telling_the_same_twice_changes_nothing(broker, operator_tenant, recorded):
    one = decided(processor="post", bytes_out=10, bytes_in=20)
    for _ in range(2):
        broker.journal.end(one)
        recorded()
    assert len(recorded()) == 1
    with in_tenant(operator_tenant):
        flow = Flow.objects.get()
    assert (flow.contacts, flow.bytes_out, flow.bytes_in) == (1, 10, 20)


def test_the_days_sums_are_the_sums_of_the_decisions(broker, fjordlys, operator_tenant, recorded):
    for number in range(50):
        broker.journal.end(decided(processor="post", bytes_out=number, bytes_in=1, tenant=fjordlys.pk))
    broker.journal.end(decided(allowed=False, reason="undeclared", tenant=fjordlys.pk))
    broker.journal.end(decided(processor="post", reason="unreachable", tenant=fjordlys.pk))
    assert len(recorded(fjordlys)) == 52
    with in_tenant(fjordlys):
        made, refused = Flow.objects.order_by("reason")
    assert (made.processor, made.reason, made.contacts, made.bytes_out, made.bytes_in) == ("post", "", 50, 1225, 50)
    assert (refused.reason, refused.contacts) == ("undeclared", 1)


def test_one_decision_the_database_does_not_take_does_not_keep_the_others(broker, recorded, caplog):
    broker.journal.end(decided(host="x" * 300))
    broker.journal.end(decided(host="fine.example"))
    assert [one.host for one in recorded()] == ["fine.example"]
    assert "could not be kept" in caplog.text


def test_a_customer_sees_its_own_decisions_only_and_the_operator_all(broker, fjordlys, alpenrose, operator_tenant):
    for tenant in (fjordlys, alpenrose):
        broker.journal.end(decided(tenant=tenant.pk, host=f"{tenant.slug}.example"))
    broker.tell()
    with in_tenant(fjordlys), connection.cursor() as cursor:
        cursor.execute("SELECT host FROM broker_decision")  # past the application, at the database
        assert cursor.fetchall() == [("fjordlys.example",)]
    with in_tenant(operator_tenant), connection.cursor() as cursor:
        cursor.execute("SELECT host FROM broker_decision ORDER BY host")
        assert cursor.fetchall() == [("alpenrose.example",), ("fjordlys.example",)]


def test_what_cannot_be_recorded_is_not_let_out(broker, web):
    broker.declare(f"http://127.0.0.1:{web.port}")
    broker.journal.most_bytes = 0
    with pytest.raises(Shut):
        connect(None, "mail", "a.example", 443)  # the journal takes one more and is full then
    with pytest.raises(Shut, match="no record"):
        outbound.call(None, "mail", "GET", f"http://127.0.0.1:{web.port}/")
    assert web.asked == []


def test_a_full_disk_shuts_the_way(broker, web, monkeypatch):
    def no_room(_kind, _decided):
        raise Full

    broker.declare(f"http://127.0.0.1:{web.port}")
    monkeypatch.setattr(broker.journal, "_write", no_room)
    with pytest.raises(Shut, match="no record"):
        outbound.call(None, "mail", "GET", f"http://127.0.0.1:{web.port}/")
    assert web.asked == []


CRASHING = """
import os, sys, time
from pathlib import Path
from tillit.trust.broker.journal import Decided, Journal
journal = Journal(Path(sys.argv[1]))
said = dict(at=time.time(), tenant=None, purpose="mail", port=443, allowed=True, processor="post")
ended, opened = Decided(host="ended.example", **said), Decided(host="open.example", **said)
journal.begin(opened)
journal.begin(ended)
journal.end(ended)
journal.turn()  # the database was about to be told
os.kill(os.getpid(), 9)
"""


def test_a_killed_broker_leaves_its_decisions_to_the_next(broker, recorded):
    folder = broker.journal.folder.parent
    done = subprocess.run([sys.executable, "-c", CRASHING, str(folder)], cwd=os.getcwd())
    assert done.returncode == -signal.SIGKILL
    assert {(one.host, one.reason) for one in recorded()} == {("ended.example", ""), ("open.example", "broken-off")}
    assert list(folder.iterdir()) == [broker.journal.folder]


def test_the_files_of_a_broker_that_lives_are_left_alone(broker, tmp_path):
    other = Journal(broker.journal.folder.parent)
    other.end(decided())
    assert list(broker.journal.abandoned()) == []
    other.close()
    assert [len(left) for _folder, left in broker.journal.abandoned()] == [1]


def test_what_another_broker_left_waits_for_the_database_too(broker, recorded, monkeypatch, tmp_path):
    def away(*_arguments, **_said):
        raise OperationalError

    left = Journal(tmp_path / "journal")
    left.end(decided(host="late.example"))
    left.close()
    journal = Journal(tmp_path / "journal")
    with monkeypatch.context() as patched, pytest.raises(OperationalError):
        patched.setattr(telling, "record_decisions", away)
        Teller(journal).tell()
    assert Teller(journal).tell() == 1
    assert not left.folder.exists()
    assert [one.host for one in recorded()] == ["late.example"]


def test_an_open_connection_is_known_and_a_long_one_recorded_every_hour(broker, web, recorded, monkeypatch):
    broker.declare(f"http://127.0.0.1:{web.port}")
    monkeypatch.setattr(account, "LONGEST_RECORD", 0.5)
    with connect(None, "mail", "127.0.0.1", web.port) as way:
        assert [one.host for one in broker.journal.opened()] == ["127.0.0.1"]
        way.sendall(b"GET / HTTP/1.0\r\n")
        assert until(lambda: broker.journal.turn())
        way.sendall(b"\r\n")
        way.recv(4096)
    first, *others = recorded()
    assert (first.reason, first.bytes_out) == ("goes-on", 16)
    assert (others[-1].reason, sum(one.bytes_out for one in others)) == ("", 2)
