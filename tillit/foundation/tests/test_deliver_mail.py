"""Mail is queued with the change that wants it and handed to a real SMTP server by a job."""

import socket
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.core.mail import EmailMessage
from django.db import transaction

from tillit.foundation.mail import deliver_mail, read_body
from tillit.foundation.models import OutgoingMail
from tillit.foundation.testing import queued, run_jobs


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Inbox:
    def __init__(self):
        self.received = []

    async def handle_DATA(self, server, session, envelope):
        self.received.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


@pytest.fixture
def relay(settings):
    """A real SMTP server on loopback."""
    inbox = Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=free_port())
    server.start()
    settings.SMTP_URL = f"smtp://127.0.0.1:{server.port}"
    yield inbox
    server.stop()


def send(subject="Hei", body="Grüße aus Bergen, 你好\n"):
    EmailMessage(subject, body, to=["anna@fjordlys.example"]).send()


def test_without_a_relay_the_message_stays_to_be_read(operator_tenant):
    send()
    kept = OutgoingMail.objects.get()
    assert (kept.to, kept.subject, kept.sent_at) == ("anna@fjordlys.example", "Hei", None)
    assert "Grüße aus Bergen" in read_body(kept)
    assert not queued("foundation.deliver_mail")


def test_with_a_relay_it_arrives_and_its_words_are_forgotten(operator_tenant, relay):
    send()
    assert relay.received == []
    run_jobs()
    ((recipients, message),) = relay.received
    assert recipients == ["anna@fjordlys.example"]
    assert message["Subject"] == "Hei"
    assert "Grüße aus Bergen" in message.get_content()
    sent = OutgoingMail.objects.get()
    assert sent.sent_at is not None
    assert bytes(sent.message) == b""


def test_a_job_that_runs_twice_sends_once(operator_tenant, relay):
    send()
    run_jobs()
    deliver_mail(None, mail_id=OutgoingMail.objects.get().pk)
    assert len(relay.received) == 1


def test_a_relay_that_is_down_loses_nothing(operator_tenant, settings):
    settings.SMTP_URL = "smtp://127.0.0.1:9"
    send()
    with pytest.raises(OSError):
        run_jobs()
    waiting = OutgoingMail.objects.get()
    assert (waiting.sent_at, waiting.attempts) == (None, 1)
    assert "refused" in waiting.error


def test_a_change_that_is_taken_back_sends_nothing(operator_tenant, relay):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        send()
        raise ZeroDivisionError
    assert not OutgoingMail.objects.exists()
    assert not queued("foundation.deliver_mail")


def test_line_breaks_in_a_subject_cannot_add_headers(operator_tenant, relay):
    with pytest.raises(ValueError, match="newlines"):
        send(subject="Hei\nBcc: everybody@example.com")
