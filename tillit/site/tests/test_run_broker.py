"""The broker of a whole Tillit: mail leaves by it alone, an outage of the database shuts it, and nothing is lost."""

import os
import signal
import socket
import subprocess

import psycopg
import pytest
from aiosmtpd.controller import Controller

from tillit.site import runtime
from tillit.site.tests.furnished import furnish
from tillit.site.tests.whole import Installation, eventually
from tillit.trust.broker.testing import SMALLEST_REGISTER, free_port

REGISTER = (
    SMALLEST_REGISTER
    + """[[processors]]
slug = "relay"
name = "Our own relay (invented)"
role = "mail"
seat_country = "NO"
processing_countries = ["NO"]
processing = { en = "Norway" }
type = { en = "Company" }
service = { en = "Delivers mail" }
purposes = ["mail"]
private_network = true
reached_at = ["smtp://127.0.0.1:PORT"]
"""
)


class Inbox:
    def __init__(self):
        self.received = []

    async def handle_DATA(self, server, session, envelope):
        self.received.append(envelope.rcpt_tos)
        return "250 OK"


@pytest.fixture
def relay():
    server = Controller(Inbox(), hostname="127.0.0.1", port=free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def installation(tmp_path, relay):
    made = Installation(furnish(tmp_path / "data"), TILLIT_SMTP_URL=f"smtp://127.0.0.1:{relay.port}")
    try:
        made.up()
        (tmp_path / "register.toml").write_text(REGISTER.replace("PORT", str(relay.port)))
        done = made.tillit("register", "apply", str(tmp_path / "register.toml"), "--write")
        assert done.returncode == 0, done.stdout + done.stderr
        yield made
    finally:
        made.end()


def ask(installation, port):
    """The status of a request for a connection, and the connection."""
    way = socket.socket(socket.AF_UNIX)
    way.settimeout(30)
    way.connect(str(runtime.broker_socket(installation.data)))
    way.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nTillit-Purpose: mail\r\n\r\n".encode())
    return int(way.recv(4096).split()[1]), way


def answers(installation, port, status):
    """Whether the broker says so now; meanwhile it may be away."""
    try:
        said, way = ask(installation, port)
    except OSError:
        return False
    way.close()
    return said == status


def recorded(installation):
    with psycopg.connect(runtime.owner_dsn(installation.data)) as owner:
        owner.execute(
            "SELECT set_config('tillit.tenant', id::text, true) FROM foundation_tenant WHERE kind = 'operator'"
        )
        return owner.execute("SELECT processor, allowed, reason FROM broker_decision ORDER BY id").fetchall()


def running(pid):
    """This process and all it started."""
    below = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    return [pid, *(found for child in below for found in running(int(child)))]


def test_mail_leaves_by_the_broker_which_shuts_when_the_database_is_away_and_loses_no_record(installation, relay):
    eventually(lambda: answers(installation, relay.port, 200))
    assert installation.tillit("operator", "vera@operator.example").returncode == 0
    eventually(lambda: relay.handler.received == [["vera@operator.example"]])

    status, way = ask(installation, relay.port + 1)
    assert status == 403
    way.close()
    eventually(lambda: ("", False, "undeclared") in recorded(installation))

    database = running(int((installation.data / "postgres" / "postmaster.pid").read_text().split()[0]))
    for pid in database:
        os.kill(pid, signal.SIGSTOP)
    try:
        eventually(lambda: answers(installation, relay.port, 403))
    finally:
        for pid in database:
            os.kill(pid, signal.SIGCONT)
    eventually(lambda: answers(installation, relay.port, 200))
    eventually(lambda: ("", False, "no-rules") in recorded(installation))

    status, way = ask(installation, relay.port)
    assert status == 200
    (broker,) = [pid for pid in installation.children() if "broker.serve" in command_of(pid)]
    os.kill(broker, signal.SIGKILL)
    way.close()
    eventually(lambda: ("relay", True, "broken-off") in recorded(installation))
    eventually(lambda: answers(installation, relay.port, 200))


def command_of(pid):
    with open(f"/proc/{pid}/cmdline") as handle:
        return handle.read()
