"""A post office on loopback: a real relay that takes our letters, and a real mailbox that they come back to.

Letters to our own address lie in the mailbox; those to `@dead.example` come back, as a mail server says it (RFC 3464).
"""

import imaplib
import itertools
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from email import message_from_bytes
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller

from tillit.foundation import outbound
from tillit.trust.broker.testing import Authority, free_port

HOST, USER, PASSWORD = "imap.post.example", "returns", "a secret of the mailbox"
ADDRESS = "returns@tillit.example"
NUMBERS = itertools.count(1)
REPORT = """\
From: Mail server <postmaster@dead.example>
To: {to}
Subject: Undelivered mail
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="limit"

--limit
Content-Type: text/plain

Your letter could not be delivered.
--limit
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.dead.example

Final-Recipient: rfc822; anna@dead.example
Action: {action}
Status: {code}
Diagnostic-Code: smtp; {said}

--limit
Content-Type: {how}

{head}
--limit--
"""


def report(head, *, action="failed", code="5.1.1", said="550 5.1.1 No such person here", how="text/rfc822-headers"):
    """A delivery status notification about the letter with this head, as bytes."""
    text = REPORT.format(to=ADDRESS, action=action, code=code, said=said, how=how, head=head)
    return text.replace("\n", "\r\n").encode()


class MailServer:
    """IMAP, in a process of its own that lasts for all tests; each has a folder of its own there."""

    def __init__(self, folder):
        self.authority, self.port = Authority(folder), free_port()
        self.certificate = str(self.authority.certificate(HOST))
        self.process = None
        self.start()

    def start(self):
        pymap = str(Path(sys.executable).with_name("pymap"))
        options = [
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--cert",
            self.certificate,
            "--key",
            self.certificate,
        ]
        who = ["--demo-user", USER, "--demo-password", PASSWORD]
        command = [pymap, *options, "--no-service", "admin", "dict", *who]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(OSError), self.session():
                return
            time.sleep(0.02)
        raise AssertionError("The mailbox's server does not start.")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    @contextmanager
    def session(self):
        with imaplib.IMAP4("127.0.0.1", self.port, 10) as session:
            session.starttls(ssl._create_unverified_context())  # it is asked for by its address
            session.login(USER, PASSWORD)
            yield session


class PostOffice:
    """What a test does with it. `passed`: sender, recipient and head of each letter that the relay took."""

    def __init__(self, server):
        self.server, self.folder = server, f"Box{next(NUMBERS)}"
        self.passed = []
        self.make()

    @property
    def url(self):
        return f"imap://{USER}:{PASSWORD.replace(' ', '%20')}@{HOST}:{self.server.port}/{self.folder}"

    def make(self):
        with self.server.session() as session:
            session.create(self.folder)

    def forget(self):
        """The folder is lost and made anew: its letters get other UIDs."""
        with self.server.session() as session:
            session.delete(self.folder)
        self.make()

    def put(self, *letters):
        with self.server.session() as session:
            for raw in letters:
                assert session.append(self.folder, "", None, raw)[0] == "OK"

    def lying(self):
        """What lies there: the flags of each letter."""
        with self.server.session() as session:
            session.select(self.folder, readonly=True)
            found = session.uid("SEARCH", "ALL")[1][0].split()
            return [session.uid("FETCH", uid.decode(), "(FLAGS)")[1][0] for uid in found]

    async def handle_DATA(self, server, session, envelope):
        head = message_from_bytes(envelope.content)
        for recipient in envelope.rcpt_tos:
            self.passed.append((envelope.mail_from, recipient, head))
            with suppress(OSError):  # a relay takes letters while the mailbox is away
                if recipient == ADDRESS:
                    self.put(envelope.content)
                if recipient.endswith("@dead.example"):
                    self.put(report(as_head(head)))
        return "250 OK"


def as_head(message):
    return "".join(f"{name}: {value}\n" for name, value in message.items()).replace("\r\n", "\n")


@pytest.fixture(scope="session")
def mail_server_process(tmp_path_factory):
    server = MailServer(tmp_path_factory.mktemp("post"))
    yield server
    server.stop()


@pytest.fixture
def post(mail_server_process, broker, settings, monkeypatch):
    """A relay and a mailbox, both named in the settings and declared in the register."""
    monkeypatch.setenv("SSL_CERT_FILE", str(mail_server_process.authority.place))
    outbound.certificates.cache_clear()
    office = PostOffice(mail_server_process)
    relay = Controller(office, hostname="127.0.0.1", port=free_port())
    relay.start()
    settings.SMTP_URL, settings.IMAP_URL, settings.MAIL_IN = f"smtp://127.0.0.1:{relay.port}", office.url, ADDRESS
    broker.names[HOST] = ["127.0.0.1"]
    broker.declare(settings.SMTP_URL)
    broker.declare(f"imap://{HOST}:{mail_server_process.port}", purposes=frozenset({"mail-in"}))
    yield office
    relay.stop()
    outbound.certificates.cache_clear()
