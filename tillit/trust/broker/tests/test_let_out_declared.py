"""What the register declares is reached, and nothing else; whatever was decided is on record."""

import http.server
import ssl
import threading

import pytest

from tillit.foundation import outbound
from tillit.foundation.models import Event
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.ways import Shut
from tillit.trust.broker.models import Decision


class Web:
    """A real web server on loopback that remembers what was asked."""

    def __init__(self, context: ssl.SSLContext | None = None):
        web = self
        self.asked = []
        self.answers = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                web.asked.append((self.headers["Host"], self.path))
                status, headers, body = web.answers.get(self.path, (200, {}, b"hello"))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def web():
    made = Web()
    yield made
    made.stop()


@pytest.fixture
def secure(authority, broker):
    made = Web(authority.serve("api.post.example"))
    broker.names["api.post.example"] = ["127.0.0.1"]
    yield made
    made.stop()


def decisions(tenant):
    with in_tenant(tenant):
        return list(Decision.objects.order_by("id"))


def test_a_declared_server_is_reached_under_its_name(broker, secure, operator_tenant):
    broker.declare(f"https://api.post.example:{secure.port}")
    reply = outbound.call(None, "mail", "GET", f"https://api.post.example:{secure.port}/hello?a=b")
    assert (reply.status, reply.body) == (200, b"hello")
    assert secure.asked == [(f"api.post.example:{secure.port}", "/hello?a=b")]
    broker.tell()
    (decision,) = decisions(operator_tenant)
    assert (decision.host, decision.port, decision.purpose) == ("api.post.example", secure.port, "mail")
    assert (decision.allowed, decision.reason, decision.processor) == (True, "", "post")
    assert decision.bytes_out > 300
    assert decision.bytes_in > 300


def test_an_undeclared_server_is_refused_before_its_name_is_even_looked_up(broker, web, operator_tenant):
    with pytest.raises(Shut, match="not in the register") as refusal:
        outbound.call(None, "mail", "GET", f"http://localhost:{web.port}/")
    assert refusal.value.reason == "undeclared"
    assert web.asked == []
    assert broker.asked_for == []
    broker.tell()
    (decision,) = decisions(operator_tenant)
    assert (decision.allowed, decision.reason, decision.processor) == (False, "undeclared", "")
    with in_tenant(operator_tenant):
        event = Event.objects.get(name="broker.refused")
    assert event.data["host"] == "localhost"
    assert event.data["own"] is True
