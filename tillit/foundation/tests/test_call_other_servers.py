"""Calls to other servers are limited, whoever answers."""

import http.server
import threading
import time
from contextlib import suppress

import pytest

from tillit.foundation import outbound
from tillit.foundation.errors import Refused


@pytest.fixture
def local_server():
    """A real server on loopback that remembers who called."""
    calls, over = [], threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            calls.append((self.headers["Host"], self.path))
            if self.path == "/away":
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.1/secret")
                self.end_headers()
                return
            self.send_response(200)
            if self.path.startswith("/drip"):
                self.drip(b"X-Slow: " if self.path == "/drip-head" else b"\r\n")
                return
            self.end_headers()
            self.wfile.write(b"x" * (6_000_000 if self.path == "/large" else 5))

        def drip(self, first):
            """The head, or the body, byte by byte and without end, until nobody listens or the test is over."""
            with suppress(OSError):
                self.flush_headers()
                self.wfile.write(first)
                while not over.wait(0.05):
                    self.wfile.write(b"x")

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    server.calls = calls
    yield server
    over.set()
    server.shutdown()
    thread.join()
    server.server_close()


def call(url, method="GET"):
    return outbound.call(None, "mail", method, url)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://[::1]:{port}/",
        "http://2130706433:{port}/",
        "http://0.0.0.0:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://user:secret@127.0.0.1:{port}/",
    ],
)
def test_addresses_inside_the_house_are_refused(broker, local_server, url):
    with pytest.raises(Refused, match="not in the register"):
        call(url.format(port=local_server.server_port))
    assert local_server.calls == []


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "no address",
        "",
        "http://[",
        "http://example.com:99999/",
        "http://example.com:port/",
    ],
)
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(Refused, match="no address to reach a server at"):
        call(url)


def test_a_name_that_no_server_can_have_is_refused(broker):
    with pytest.raises(Refused, match="not in the register"):
        call(f"http://{'a' * 64}.example/")


@pytest.fixture
def declared(broker, local_server):
    broker.names["tillit.example"] = ["127.0.0.1"]
    broker.declare(f"http://tillit.example:{local_server.server_port}")
    return f"http://tillit.example:{local_server.server_port}"


def test_a_call_goes_to_the_declared_server_under_the_name_that_was_asked(local_server, declared):
    reply = call(f"{declared}/hello")
    assert (reply.status, reply.body) == (200, b"xxxxx")
    assert local_server.calls == [(f"tillit.example:{local_server.server_port}", "/hello")]


def test_redirects_are_not_followed(local_server, declared):
    assert call(f"{declared}/away").status == 302
    assert len(local_server.calls) == 1


def test_an_endless_answer_is_cut_off(declared):
    with pytest.raises(Refused, match="too large"):
        call(f"{declared}/large")


@pytest.mark.parametrize("what", ["head", "body"])
def test_an_answer_that_only_drips_is_given_up_when_the_whole_call_took_too_long(declared, monkeypatch, what):
    monkeypatch.setattr(outbound, "LONGEST_SECONDS", 0.5)  # each byte comes in a tenth of that
    began = time.monotonic()
    with pytest.raises(Refused, match="too slowly"):
        call(f"{declared}/drip-{what}")
    assert time.monotonic() - began < 5


def test_a_server_that_is_away_is_a_sentence(broker):
    broker.declare("http://127.0.0.1:9")
    with pytest.raises(Refused, match="could not be reached"):
        call("http://127.0.0.1:9/")
