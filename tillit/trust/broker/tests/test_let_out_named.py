"""An address that its recipient named is reached for exactly that purpose, encrypted and public, and never said."""

import socket

import pytest

from tillit.foundation import outbound
from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.models import NamedWay
from tillit.foundation.named_ways import close_way, confirm_way, forget_way, open_way, read_address
from tillit.foundation.ways import Shut, connect
from tillit.trust.actions.register import apply_register
from tillit.trust.broker.queries import read_register
from tillit.trust.broker.testing import SMALLEST_REGISTER
from tillit.trust.register import read_register as read_file

PURPOSE = "status-webhook"


@pytest.fixture
def name(broker, operator_tenant):
    """Somebody without an account names an address."""

    def open_it(url):
        way = open_way(Actor.system(operator_tenant), PURPOSE, url)
        broker.refresh()
        return way

    return open_it


def test_a_named_address_is_reached_for_its_purpose_until_it_is_closed(
    broker, secure, name, recorded, world_outside, fjordlys
):
    url = f"https://api.post.example:{secure.port}"
    with pytest.raises(Shut, match="not in the register"):
        outbound.call(None, PURPOSE, "GET", f"{url}/")
    way = name(url)
    assert outbound.call(None, PURPOSE, "GET", f"{url}/hook").status == 200
    broker.names["127.0.0.1"] = ["127.0.0.1"]
    for who, purpose, host, port in (
        (None, "mail", "api.post.example", secure.port),  # another purpose
        (fjordlys, PURPOSE, "api.post.example", secure.port),  # in the name of a customer
        (None, PURPOSE, "front.example", secure.port),  # another name of the same server
        (None, PURPOSE, "api.post.example", 443),  # another port
    ):
        with pytest.raises(Shut) as shut:
            connect(who, purpose, host, port)
        assert shut.value.reason == "undeclared"
    close_way(way)
    broker.refresh()
    with pytest.raises(Shut):
        outbound.call(None, PURPOSE, "GET", f"{url}/hook")
    assert [path for _host, path in secure.asked] == ["/hook"]
    allowed = [one for one in recorded() if one.allowed]
    assert [(one.host, one.processor, one.named) for one in allowed] == [("api.post.example", "", True)]


def test_nothing_goes_there_in_clear_or_to_another_name(broker, secure, name, recorded, world_outside):
    name(f"https://api.post.example:{secure.port}")
    with connect(None, PURPOSE, "api.post.example", secure.port) as way:
        way.sendall(b"POST / HTTP/1.1\r\nHost: api.post.example\r\n\r\n")
        assert way.recv(1) == b""
    with connect(None, PURPOSE, "api.post.example", secure.port) as way, pytest.raises(OSError):
        outbound.certificates().wrap_socket(way, server_hostname="front.example")
    assert secure.asked == []
    assert {(one.allowed, one.reason) for one in recorded()} == {(False, "tls"), (False, "server-name")}


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1"])
def test_a_name_that_leads_into_the_house_is_refused(broker, name, recorded, inside, public):
    broker.names["hooks.fjordlys.example"] = ["93.184.216.34", inside]
    name("https://hooks.fjordlys.example/x")
    with pytest.raises(Shut, match="not a public address"):
        outbound.call(None, PURPOSE, "POST", "https://hooks.fjordlys.example/x")
    assert [(one.allowed, one.reason, one.named) for one in recorded()] == [(False, "address", True)]
    (told,) = public.get("/trust/refused.json").json()["refused"]
    assert (told["host"], told["port"], told["reason"]) == (None, None, "address")


def test_the_name_is_looked_up_once_for_each_connection(broker, secure, name, world_outside):
    name(f"https://api.post.example:{secure.port}")
    broker.asked_for.clear()
    assert outbound.call(None, PURPOSE, "GET", f"https://api.post.example:{secure.port}/").status == 200
    assert broker.asked_for == ["api.post.example"]


def test_everybody_reads_how_many_were_named_and_nobody_which(
    broker, secure, name, recorded, world_outside, public, operator_tenant
):
    apply_register(Actor.system(operator_tenant), register=read_file(SMALLEST_REGISTER))
    way = name(f"https://api.post.example:{secure.port}")
    other = name("https://hooks.alpenrose.example")
    confirm_way(way)
    outbound.call(None, PURPOSE, "GET", f"https://api.post.example:{secure.port}/")
    recorded()
    told = public.get("/trust/flows.json").json()
    assert [(one["purpose"], one["addresses"], one["volume"]) for one in told["named"]] == [(PURPOSE, 1, "under-1-mb")]
    assert told["named"][0]["last_contact"]
    page = public.get("/trust/").content.decode()
    assert "Addresses that recipients named themselves" in page
    assert "1 address," in page
    assert "api.post.example" not in page + str(told)
    assert "alpenrose" not in page + str(told)
    forget_way(way)
    forget_way(other)
    assert not NamedWay.objects.exists()
    assert read_register().named == frozenset()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://hooks.example.org", "begin with https"),
        ("https://10.0.0.1/x", "public name"),
        ("https://[::1]/x", "public name"),
        ("https://2130706433/", "public name"),
        ("https://127.0.0.0x1:18470/hook", "public name"),
        ("https://0.0.0.0x0/", "public name"),
        ("https://foo.٤/", "public name"),
        ("https://foo.xn--9/", "public name"),
        ("https://-.com/", "public name"),
        ("https://my_hooks.example.org/", "public name"),
        ("https://db.internal/", "public name"),
        ("https://localhost/", "public name"),
        ("https://hooks.example.org:22/", "port"),
        ("https://hooks.example.org:0/", "port"),
        ("https://anna:secret@hooks.example.org/", "no name"),
        ("https://hooks.example.org:99999/", "no address"),
        ("https:///x", "no address"),
        ("https://hooks.example.org/\r\nX: y", "no address"),
        ("https://hooks.example.org/ You have won", "no address"),
        ("ftp://hooks.example.org", "begin with https"),
    ],
)
def test_what_is_no_public_address_is_not_even_named(url, said):
    with pytest.raises(Refused, match=said):
        read_address(url)


def test_names_are_compared_as_they_go_over_the_wire():
    assert read_address(" https://Hooks.Müller.example./x?y=1 ") == ("hooks.xn--mller-kva.example", 443)


def test_only_a_purpose_that_says_so_may_be_opened_by_recipients(operator_tenant):
    with pytest.raises(LookupError):
        open_way(Actor.system(operator_tenant), "mail", "https://hooks.example.org")


def test_a_port_nobody_listens_on_is_said(broker, name, world_outside):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        broker.names["hooks.example.org"] = ["127.0.0.1"]
        name(f"https://hooks.example.org:{port}")
        with pytest.raises(Shut, match="could not be reached"):
            outbound.call(None, PURPOSE, "GET", f"https://hooks.example.org:{port}/")
