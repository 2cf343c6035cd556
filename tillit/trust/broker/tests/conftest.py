"""Real servers on loopback that the tests' broker may reach, each with a certificate of the tests' own authority."""

from __future__ import annotations

import contextlib
import http.server
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tillit.foundation.tenancy import in_tenant
from tillit.trust.broker.models import Decision
from tillit.trust.broker.testing import free_port


class Web:
    """A web server that remembers what was asked: host and path."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        web = self
        self.asked = []
        self.answers = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

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

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def web():
    """Without encryption."""
    made = Web()
    yield made
    made.stop()


@pytest.fixture
def secure(authority, broker):
    """api.post.example, with a certificate for it and for front.example."""
    made = Web(authority.serve("api.post.example", "front.example"))
    broker.names |= {"api.post.example": ["127.0.0.1"], "front.example": ["127.0.0.1"]}
    yield made
    made.stop()


class Inbox:
    def __init__(self):
        self.received = []

    async def handle_DATA(self, server, session, envelope):
        self.received.append((envelope.rcpt_tos, session.ssl is not None, envelope.content))
        return "250 OK"


class MailServer(Controller):
    """Speaks TLS from the first byte, or after STARTTLS, without which it takes nothing."""

    def __init__(self, inbox, context, *, wrapped):
        self.inbox, self.upgrade = inbox, None if wrapped else context
        ready = context if wrapped else None
        super().__init__(inbox, hostname="127.0.0.1", port=free_port(), ssl_context=ready, server_hostname=None)
        self.ssl_context = ready

    def factory(self):
        return SMTP(self.inbox, tls_context=self.upgrade, require_starttls=self.upgrade is not None)

    def _trigger_server(self):
        """The library's own knock at the door speaks no name; waiting for the port is enough."""
        wait_for(self.port)


@pytest.fixture
def mail_server(authority, broker):
    """Makes smtp.post.example."""
    with contextlib.ExitStack() as ending:

        def make(*, wrapped):
            broker.names["smtp.post.example"] = ["127.0.0.1"]
            made = MailServer(Inbox(), authority.serve("smtp.post.example"), wrapped=wrapped)
            made.start()
            ending.callback(made.stop)
            return made

        yield make


def wait_for(port):
    """Until somebody listens there."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.02)
    raise AssertionError(f"Nobody listens on port {port}.")


@contextlib.contextmanager
def running(port, *command):
    """A server process, until the test is over."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def mailboxes(authority, broker):
    """imap.post.example: an IMAP server of its own process, with its demo's messages."""
    broker.names["imap.post.example"] = ["127.0.0.1"]
    certificate, port = str(authority.certificate("imap.post.example")), free_port()
    pymap = str(Path(sys.executable).with_name("pymap"))
    options = ["--host", "127.0.0.1", "--port", str(port), "--cert", certificate, "--key", certificate]
    with running(port, pymap, *options, "--no-service", "admin", "dict", "--demo-data") as at:
        yield at


@pytest.fixture
def calendars(authority, broker, tmp_path):
    """dav.post.example: a CalDAV server of its own process."""
    broker.names["dav.post.example"] = ["127.0.0.1"]
    certificate, port = str(authority.certificate("dav.post.example")), free_port()
    options = [
        f"--server-hosts=127.0.0.1:{port}",
        "--server-ssl",
        f"--server-certificate={certificate}",
        f"--server-key={certificate}",
        "--auth-type=none",
        f"--storage-filesystem-folder={tmp_path / 'calendars'}",
    ]
    with running(port, sys.executable, "-m", "radicale", "--config", "", *options) as at:
        yield at


@pytest.fixture
def recorded(broker, operator_tenant):
    """What is on record for a tenant (the operator's by default), oldest first."""

    def read(tenant=None):
        broker.tell()
        with in_tenant(tenant or operator_tenant):
            return list(Decision.objects.filter(tenant=tenant or operator_tenant).order_by("id"))

    return read
