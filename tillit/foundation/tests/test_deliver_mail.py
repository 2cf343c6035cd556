"""Mail is queued with the change that wants it and handed to a real SMTP server by a job."""

import socket
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.utils.timezone import now
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job

from tillit.foundation.jobs import registered
from tillit.foundation.mail import deliver_mail, read_body
from tillit.foundation.models import OutgoingMail
from tillit.foundation.tenancy import in_tenant
from tillit.foundation.testing import queued, run_jobs
from tillit.foundation.ways import Shut


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Inbox:
    def __init__(self):
        self.received = []

    async def handle_DATA(self, server, session, envelope):
        self.bare_line_ends = b"\n" in envelope.original_content.replace(b"\r\n", b"")
        self.received.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


@pytest.fixture
def relay(settings, broker):
    """A real SMTP server on loopback, declared in the register."""
    inbox = Inbox()
    server = Controller(inbox, hostname="127.0.0.1", port=free_port())
    server.start()
    settings.SMTP_URL = f"smtp://127.0.0.1:{server.port}"
    broker.declare(settings.SMTP_URL)
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


def test_a_relay_that_is_down_loses_nothing(operator_tenant, settings, broker):
    settings.SMTP_URL = "smtp://127.0.0.1:9"
    broker.declare(settings.SMTP_URL)
    send()
    with pytest.raises(Shut):
        run_jobs()
    waiting = OutgoingMail.objects.get()
    assert (waiting.sent_at, waiting.attempts) == (None, 1)
    assert waiting.error == "127.0.0.1 could not be reached."


def test_while_the_relay_is_down_the_queue_tries_again_ever_later(operator_tenant, settings, broker, time_machine):
    settings.SMTP_URL = "smtp://127.0.0.1:9"
    broker.declare(settings.SMTP_URL)
    time_machine.move_to(datetime(2026, 11, 23, 12, 0, tzinfo=UTC), tick=False)
    send()
    waits = []
    for attempt in range(10):
        row = ProcrastinateJob.objects.get()
        assert (row.status, row.attempts) == ("todo", attempt)
        time_machine.move_to(row.scheduled_at or now(), tick=False)
        with pytest.raises(Shut) as caught:
            registered[row.task_name](**row.args)
        waits.append(queue_decides(row, caught.value))
    assert waits == sorted(waits) and waits[:3] == [timedelta(seconds=seconds) for seconds in (4, 16, 64)]
    assert sum(waits, timedelta()) > timedelta(days=3)
    assert OutgoingMail.objects.get().attempts == 10


def queue_decides(row, error):
    """What the worker does when a job failed; returns in how long it is tried again."""
    task = app.tasks[row.task_name]
    job = Job(
        id=row.pk, queue=row.queue_name, lock=None, queueing_lock=None, task_name=row.task_name, attempts=row.attempts
    )
    decision = task.get_retry_exception(exception=error, job=job).retry_decision
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [row.pk])
    app.job_manager.retry_job_by_id(row.pk, retry_at=decision.retry_at)
    row.refresh_from_db()
    return row.scheduled_at - now()


def test_without_the_broker_mail_fails_at_once_and_is_tried_again(operator_tenant, settings, tmp_path):
    settings.SMTP_URL, settings.BROKER_SOCKET = "smtp://127.0.0.1:9", tmp_path / "nobody"
    send()
    began = time.monotonic()
    with pytest.raises(Shut, match="broker does not answer"):  # the job's own retry takes it from here
        run_jobs()
    assert time.monotonic() - began < 1
    assert OutgoingMail.objects.get().sent_at is None


def test_mail_of_a_customer_who_objects_rests_and_that_of_others_goes(fjordlys, alpenrose, settings, relay, broker):
    broker.declare(settings.SMTP_URL, shut_for=frozenset({fjordlys.pk}))
    for tenant in (fjordlys, alpenrose):
        with in_tenant(tenant):
            send(subject=tenant.slug)
    for name, arguments in waiting_jobs():
        registered[name](**arguments)
    assert [message["Subject"] for _recipients, message in relay.received] == ["alpenrose"]
    resting = OutgoingMail.objects.get(sent_at=None)
    assert (resting.tenant, resting.attempts) == (fjordlys, 1)
    assert "objects to post" in resting.error
    assert "Messages wait in the queue" in resting.error
    broker.declare(settings.SMTP_URL)
    for name, arguments in waiting_jobs():
        registered[name](**arguments)
    assert [message["Subject"] for _recipients, message in relay.received] == ["alpenrose", "fjordlys"]


def waiting_jobs():
    """What waits, taken from the queue; also what waits for its hour."""
    waiting = list(ProcrastinateJob.objects.filter(status="todo").order_by("id"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE status = 'todo'")
    return [(job.task_name, job.args) for job in waiting]


def test_a_change_that_is_taken_back_sends_nothing(operator_tenant, relay):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        send()
        raise ZeroDivisionError
    assert not OutgoingMail.objects.exists()
    assert not queued("foundation.deliver_mail")


def test_a_long_letter_goes_in_lines_as_servers_take_them(operator_tenant, relay):
    send(body="Vi holder på.\n" * 200)
    run_jobs()
    ((_recipients, message),) = relay.received
    assert message.get_content().count("Vi holder på.") == 200 and not relay.bare_line_ends


def test_line_breaks_in_a_subject_cannot_add_headers(operator_tenant, relay):
    for end in ("\n", "\r", "\r\n", "\x85", "\u2028"):
        send(subject=f"Hei{end}Bcc: everybody@example.com")
    run_jobs()
    told = {(tuple(to), message["Subject"], message["Bcc"]) for to, message in relay.received}
    assert told == {(("anna@fjordlys.example",), "Hei Bcc: everybody@example.com", None)}
