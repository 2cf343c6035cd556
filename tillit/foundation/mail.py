"""Mail is queued in the transaction that wants it and delivered by a job.

Without `TILLIT_SMTP_URL` nothing leaves the machine: the message stays readable on the operator's page «Mail».
Where `TILLIT_IMAP_URL` names a mailbox, it is the sender on the envelope, so what comes back comes there (`mailbox`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone, translation
from procrastinate import RetryStrategy

from tillit.foundation import marks, outbound
from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.jobs import job, later
from tillit.foundation.models import OutgoingMail, Tenant
from tillit.foundation.tenancy import current_tenant
from tillit.foundation.texts import one_line
from tillit.foundation.ways import Shut

CANARY = "retention-canary@canary.invalid"  # a marked record of `holdings`: goes every way but the last, to nobody
PROBE = "probe@probe.invalid"  # of the probes: goes up to the relay's door, where it is only asked whether it opens
ROUND_TRIP = "mailbox@probe.invalid"  # of the probes, too: goes to our own mailbox, which takes it in
PURPOSE = "mail"
LINE_END = re.compile(rb"\r\n|\r|\n")  # goes out as CRLF (RFC 5321, 2.3.8); smtplib leaves bytes as they are
AGAIN_AFTER = timedelta(hours=1)  # while the register keeps the way shut


class QueueBackend(BaseEmailBackend):
    """Django's mail backend of the whole product: every message becomes a row and a job."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with transaction.atomic():
            for message in email_messages:
                message.subject = one_line(str(message.subject))  # what is typed holds up nobody's mail
                for recipient in message.recipients():
                    self._queue(message, recipient)
        return len(email_messages)

    def _queue(self, message: EmailMessage, recipient: str) -> None:
        tenant = current_tenant() or Tenant.objects.get(kind=Tenant.Kind.OPERATOR)
        mail = OutgoingMail.objects.create(tenant=tenant, to=recipient, subject=message.subject[:250], message=b"")
        mark = marks.make(marks.OWN if recipient == ROUND_TRIP else marks.LETTER, mail.pk, recipient)
        message.extra_headers |= {"Message-ID": mark, marks.HEADER: mark}
        mail.message = message.message().as_bytes()
        mail.save(update_fields=["message"])
        if settings.SMTP_URL:
            later("foundation.deliver_mail", Actor.system(tenant), mail_id=mail.pk)


def send_mail(to: str, *, template: str, language: str, **context: object) -> None:
    """Queue a message written in a template: first line subject, empty line, body."""
    with translation.override(language):
        subject, _, body = render_to_string(template, context).lstrip().partition("\n")
    EmailMessage(subject.strip(), body.strip() + "\n", to=[to]).send()


@job("foundation.deliver_mail", retry=RetryStrategy(max_attempts=10, exponential_wait=4))
def deliver_mail(actor: Actor, *, mail_id: int) -> None:
    """Hand one message to the SMTP relay; afterwards only that it was sent is kept, not what it said.

    A failure is noted beside the message and tried again, at growing distances, for some days. While the register
    keeps the way shut for this tenant, the message rests, and the way is asked for once an hour.
    """
    try:
        with transaction.atomic():
            mail = OutgoingMail.objects.select_for_update().filter(pk=mail_id, sent_at=None).first()
            if mail is None:
                return
            _hand_over(mail)
            mail.sent_at, mail.message, mail.error, mail.attempts = timezone.now(), b"", "", mail.attempts + 1
            mail.save(update_fields=["sent_at", "message", "error", "attempts"])
    except (OSError, Refused) as error:  # smtplib's errors are OSErrors, too
        said = str(error) if isinstance(error, Refused) else f"{type(error).__name__}: {error}"
        OutgoingMail.objects.filter(pk=mail_id).update(attempts=F("attempts") + 1, error=said[:500])
        if not (isinstance(error, Shut) and error.by_rule):
            raise
        soon = timezone.now() + AGAIN_AFTER
        later("foundation.deliver_mail", actor, at=min(soon, error.opens_at or soon), mail_id=mail_id)


def own_address() -> str:
    """Where letters come back to; "" where no mailbox is named, or not by which address it is reached."""
    with suppress(ValueError):
        user = unquote(urlsplit(settings.IMAP_URL).username or "")
        return settings.MAIL_IN if settings.IMAP_URL and settings.MAIL_IN else user if "@" in user else ""
    return ""


def _hand_over(mail: OutgoingMail) -> None:
    to = own_address() if mail.to == ROUND_TRIP else mail.to
    if to in ("", CANARY):
        return
    session = outbound.smtp(mail.tenant, PURPOSE, settings.SMTP_URL)
    with closing(session):
        if mail.to == PROBE:
            session.noop()
        else:
            session.sendmail(
                own_address() or settings.DEFAULT_FROM_EMAIL, [to], LINE_END.sub(b"\r\n", bytes(mail.message))
            )
        with suppress(OSError):  # it is sent; how the goodbye goes must not send it again
            session.quit()


def read_body(mail: OutgoingMail) -> str:
    """The text part of a kept message."""
    parsed = message_from_bytes(bytes(mail.message), policy=policy.default)
    part = parsed.get_body(("plain",)) if isinstance(parsed, MimeMessage) else None
    return part.get_content() if part else ""
