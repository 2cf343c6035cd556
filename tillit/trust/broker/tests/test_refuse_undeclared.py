"""What the register does not let out stays inside, whoever asks and however."""

import socket
import ssl
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from tillit.foundation import outbound
from tillit.foundation.models import Event
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.ways import Shut, connect
from tillit.trust.broker import relay as relaying


def call(url, who=None, purpose="mail"):
    return outbound.call(who, purpose, "GET", url)


def refusal(url, who=None, purpose="mail"):
    with pytest.raises(Shut) as caught:
        call(url, who, purpose)
    return caught.value


@pytest.mark.promise("data-goes-only-to-listed-processors")
def test_an_undeclared_server_is_refused_before_its_name_is_even_looked_up(broker, web, recorded, operator_tenant):
    found = refusal(f"http://localhost:{web.port}/")
    assert found.reason == "undeclared"
    assert "declare it in the register" in str(found)
    assert (web.asked, broker.asked_for) == ([], [])
    (decision,) = recorded()
    assert (decision.allowed, decision.reason, decision.processor) == (False, "undeclared", "")
    with in_tenant(operator_tenant):
        event = Event.objects.get(name="broker.refused")
    assert event.data == {
        "host": "localhost",
        "port": web.port,
        "purpose": "mail",
        "reason": "undeclared",
        "processor": "",
        "own": True,
        "times": 1,
    }


def test_only_the_declared_port_is_open(broker, web):
    broker.declare(f"http://127.0.0.1:{web.port + 1}")
    assert refusal(f"http://127.0.0.1:{web.port}/").reason == "undeclared"


def test_a_processor_is_reached_for_its_purposes_only(broker, web, settings):
    broker.declare(f"http://127.0.0.1:{web.port}", purposes=frozenset({"documents"}))
    found = refusal(f"http://127.0.0.1:{web.port}/")
    assert found.reason == "purpose"
    assert "post is in the register, but not for this purpose: Sending mail" in str(found)


def test_one_customers_objection_shuts_the_route_for_that_customer_alone(broker, web, fjordlys, alpenrose, recorded):
    broker.declare(f"http://127.0.0.1:{web.port}", shut_for=frozenset({fjordlys.pk}))
    found = refusal(f"http://127.0.0.1:{web.port}/", fjordlys)
    assert found.reason == "objection"
    assert "Messages wait in the queue" in str(found)  # what rests
    assert call(f"http://127.0.0.1:{web.port}/", alpenrose).status == 200
    assert [one.reason for one in recorded(fjordlys)] == ["objection"]
    assert [one.allowed for one in recorded(alpenrose)] == [True]


def test_a_route_opens_to_the_second(broker, web, time_machine):
    opens_at = timezone.now().replace(microsecond=0) + timedelta(days=30)
    broker.declare(f"http://127.0.0.1:{web.port}", opens_at=opens_at)
    time_machine.move_to(opens_at - timedelta(seconds=1), tick=False)
    broker.refresh()
    found = refusal(f"http://127.0.0.1:{web.port}/")
    assert (found.reason, found.opens_at) == ("not-yet", opens_at)
    time_machine.move_to(opens_at, tick=False)
    broker.refresh()
    assert call(f"http://127.0.0.1:{web.port}/").status == 200


def test_a_route_shuts_to_the_second(broker, web, time_machine):
    closes_at = timezone.now().replace(microsecond=0) + timedelta(days=30)
    broker.declare(f"http://127.0.0.1:{web.port}", closes_at=closes_at)
    time_machine.move_to(closes_at - timedelta(seconds=1), tick=False)
    broker.refresh()
    assert call(f"http://127.0.0.1:{web.port}/").status == 200
    time_machine.move_to(closes_at, tick=False)
    broker.refresh()
    assert refusal(f"http://127.0.0.1:{web.port}/").reason == "ended"


@pytest.mark.parametrize("ahead", ["machine", "database"])
def test_a_clock_that_jumps_ahead_opens_nothing(broker, web, ahead):
    opens_at = timezone.now() + timedelta(days=30)
    broker.declare(f"http://127.0.0.1:{web.port}", opens_at=opens_at)
    if ahead == "machine":
        broker.rules._wall = lambda: time.time() + 40 * 86_400
    else:
        broker.database_ahead = timedelta(days=40)
        broker.refresh()
    assert refusal(f"http://127.0.0.1:{web.port}/").reason == "not-yet"


def test_a_connection_that_is_open_ends_when_its_route_is_shut(broker, fjordlys, recorded):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        broker.declare(f"http://127.0.0.1:{port}")
        way = connect(fjordlys, "mail", "127.0.0.1", port)
        there, _ = server.accept()
        with way, there:
            way.sendall(b"hello")
            assert there.recv(10) == b"hello"
            broker.declare(f"http://127.0.0.1:{port}", shut_for=frozenset({fjordlys.pk}))
            way.settimeout(10)
            assert way.recv(10) == b""
    (decision,) = recorded(fjordlys)
    assert (decision.allowed, decision.reason, decision.bytes_out) == (True, "objection", 5)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.1",
        "172.16.9.9",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "::a00:1",
        "fec0::1",
        "2002:7f00:1::",
    ],
)
def test_a_public_name_that_points_into_the_house_is_refused(broker, recorded, address):
    broker.names["api.post.example"] = ["93.184.215.14", address]
    broker.declare("https://api.post.example", private_network=False)
    found = refusal("https://api.post.example/")
    assert (found.reason, str(found)) == ("address", "api.post.example is not a public address.")
    assert [one.reason for one in recorded()] == ["address"]


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "::", "::ffff:169.254.1.1"])
def test_the_operators_own_network_does_not_mean_every_address(broker, address):
    broker.names["relay.tillit.example"] = [address]
    broker.declare("https://relay.tillit.example", private_network=True)
    assert refusal("https://relay.tillit.example/").reason == "address"


def test_a_name_that_answers_differently_the_second_time_gains_nothing(broker, web):
    """DNS rebinding: what was checked is what is connected to."""
    answers = iter([["127.0.0.1"], ["127.0.0.1"]])
    broker.broker.resolver = lambda host, port: next(answers)
    broker.declare(f"http://relay.tillit.example:{web.port}")
    assert call(f"http://relay.tillit.example:{web.port}/").status == 200
    assert next(answers) == ["127.0.0.1"]  # asked once, not twice
    with pytest.raises(StopIteration):
        next(answers)


def test_a_redirect_is_decided_anew(broker, web, secure):
    broker.declare(f"http://127.0.0.1:{web.port}")
    away = f"https://api.post.example:{secure.port}/hello"
    web.answers["/away"] = (302, {"Location": away}, b"")
    web.answers["/round"] = (302, {"Location": "/round"}, b"")
    with pytest.raises(Shut, match="not in the register"):
        outbound.follow(None, "mail", f"http://127.0.0.1:{web.port}/away")
    assert secure.asked == []
    broker.declare(away.removesuffix("/hello"))
    assert outbound.follow(None, "mail", f"http://127.0.0.1:{web.port}/away").body == b"hello"
    with pytest.raises(outbound.Refused, match="without end"):
        outbound.follow(None, "mail", f"http://127.0.0.1:{web.port}/round")


def handshake(port, name, context=None):
    """Begin TLS over an allowed way, asking for a server of this name."""
    way = connect(None, "mail", "api.post.example", port, tls="first", timeout=10)
    context = context or outbound.certificates()
    with way, context.wrap_socket(way, server_hostname=name) as secured:
        return secured.version()


def test_another_server_name_than_the_declared_is_cut_off(broker, secure, recorded):
    """Domain fronting: the front's address would answer for its neighbours, too."""
    broker.declare(f"https://api.post.example:{secure.port}")
    with pytest.raises(OSError):
        handshake(secure.port, "front.example")
    assert handshake(secure.port, "api.post.example") == "TLSv1.3"
    first, second = recorded()
    assert (first.allowed, first.reason, first.bytes_out, first.bytes_in) == (False, "server-name", 0, 0)
    assert (second.allowed, second.reason) == (True, "")


def test_a_hello_that_names_no_server_is_cut_off(broker, secure, recorded):
    broker.declare(f"https://api.post.example:{secure.port}")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.raises(OSError):
        handshake(secure.port, None, context)
    assert [(one.allowed, one.reason) for one in recorded()] == [(False, "server-name")]


def test_what_is_declared_as_encrypted_is_not_talked_to_in_clear(broker, secure, recorded):
    broker.declare(f"https://api.post.example:{secure.port}")
    with pytest.raises(outbound.Refused):
        call(f"http://api.post.example:{secure.port}/")
    assert secure.asked == []
    assert [(one.allowed, one.reason) for one in recorded()] == [(False, "tls")]


def test_somebody_who_never_greets_is_cut_off(broker, secure, recorded, monkeypatch):
    monkeypatch.setattr(relaying, "HELLO_SECONDS", 0.5)
    broker.declare(f"https://api.post.example:{secure.port}")
    with connect(None, "mail", "api.post.example", secure.port, timeout=10) as way:
        way.sendall(b"\x16\x03")
        assert way.recv(10) == b""
    assert [(one.allowed, one.reason) for one in recorded()] == [(False, "tls")]


def test_a_purpose_that_no_room_declares_is_a_programmers_mistake(broker):
    with pytest.raises(LookupError, match="gossip"):
        call("https://api.post.example/", purpose="gossip")
