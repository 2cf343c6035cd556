"""Mail is queued in the transaction that wants it and delivered by a job.

Without `TILLIT_SMTP_URL` nothing leaves the machine: the message stays readable on the operator's page «Mail».
"""

from __future__ import annotations

from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage
from smtplib import SMTP
from typing import cast
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation
from procrastinate import RetryStrategy

from tillit.foundation.access import Actor
from tillit.foundation.jobs import job, later
from tillit.foundation.models import OutgoingMail, Tenant

CANARY = "retention-canary@canary.invalid"  # a marked record of `holdings`: goes every way but the last, to nobody


class QueueBackend(BaseEmailBackend):
    """Django's mail backend of the whole product: every message becomes a row and a job."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with transaction.atomic():
            for message in email_messages:
                for recipient in message.recipients():
                    self._queue(message, recipient)
        return len(email_messages)

    def _queue(self, message: EmailMessage, recipient: str) -> None:
        mail = OutgoingMail.objects.create(
            to=recipient, subject=str(message.subject)[:250], message=message.message().as_bytes()
        )
        if settings.SMTP_URL:
            operator = Tenant.objects.get(kind=Tenant.Kind.OPERATOR)
            later("foundation.deliver_mail", Actor.system(operator), mail_id=mail.pk)


def send_mail(to: str, *, template: str, language: str, **context: object) -> None:
    """Queue a message written in a template: first line subject, empty line, body."""
    with translation.override(language):
        subject, _, body = render_to_string(template, context).lstrip().partition("\n")
    EmailMessage(subject.strip(), body.strip() + "\n", to=[to]).send()


@job("foundation.deliver_mail", retry=RetryStrategy(max_attempts=10, exponential_wait=4))
def deliver_mail(_actor: Actor, *, mail_id: int) -> None:
    """Hand one message to the SMTP relay; afterwards only that it was sent is kept, not what it said.

    A failure is noted beside the message and tried again, at growing distances, for some days.
    """
    try:
        with transaction.atomic():
            mail = OutgoingMail.objects.select_for_update().filter(pk=mail_id, sent_at=None).first()
            if mail is None:
                return
            _hand_over(mail)
            mail.sent_at, mail.message, mail.error, mail.attempts = timezone.now(), b"", "", mail.attempts + 1
            mail.save(update_fields=["sent_at", "message", "error", "attempts"])
    except OSError as error:  # smtplib's errors are OSErrors, too
        failed = OutgoingMail.objects.filter(pk=mail_id)
        failed.update(attempts=F("attempts") + 1, error=f"{type(error).__name__}: {error}"[:500])
        raise


def _hand_over(mail: OutgoingMail) -> None:
    if mail.to == CANARY:
        return
    relay = urlsplit(settings.SMTP_URL)
    backend = SmtpBackend(
        host=relay.hostname,
        port=relay.port or 25,
        username=unquote(relay.username or ""),
        password=unquote(relay.password or ""),
        use_tls=relay.scheme == "smtp+starttls",
        use_ssl=relay.scheme == "smtps",
        timeout=20,
    )
    backend.open()
    connection = cast(SMTP, backend.connection)  # open() raises where there is none
    try:
        connection.sendmail(settings.DEFAULT_FROM_EMAIL, [mail.to], bytes(mail.message))
    finally:
        backend.close()


def read_body(mail: OutgoingMail) -> str:
    """The text part of a kept message."""
    parsed = message_from_bytes(bytes(mail.message), policy=policy.default)
    part = parsed.get_body(("plain",)) if isinstance(parsed, MimeMessage) else None
    return part.get_content() if part else ""
