"""The mailbox that our letters come back to (`TILLIT_IMAP_URL`), read every minute over the broker.

What is about a letter of ours is kept beside the letter and then removed; everything else stays as it is, and is read
once: up to which UID is kept with the mailbox. Whoever dies in the middle reads the same message again, which changes
nothing; so does everybody when the server gives out new UIDs (UIDVALIDITY).

A message that the server does not hand out is left as soon as a later one is handed out: until then nobody knows
whether the message is at fault or the server, and it is asked for again.
"""

from __future__ import annotations

import imaplib
import time
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from tillit.foundation import outbound, returning
from tillit.foundation.access import Actor
from tillit.foundation.clock import now
from tillit.foundation.errors import Refused
from tillit.foundation.jobs import by_the_clock
from tillit.foundation.mailfolder import Folder
from tillit.foundation.models import CameBack, Mailbox, OutgoingMail

PURPOSE = "mail-in"
WITHIN = 45.0  # seconds for one visit; what is left then waits for the next
MOST = 200  # messages in one visit
AT_ONCE = 10_000  # UIDs that are asked for at once, so that no answer grows without end


class _Overtaken(Exception):
    """Another visit, which has not ended yet, is further on."""


@by_the_clock("foundation.read_mailbox", cron="* * * * *", queue="mailbox")
def read_mailbox(_system: Actor) -> None:
    """Nothing where no mailbox is named. What went wrong is told beside the mailbox, and tried again in a minute."""
    if not settings.IMAP_URL:
        return
    error = ""
    try:
        box = _mailbox()
        _visit(box)
    except (OSError, Refused, imaplib.IMAP4.error) as problem:
        error = _without_password(str(problem) or type(problem).__name__)
    except ValueError:
        error = _("The mailbox's server is not understood, or its user, password or folder is not plain ASCII.")
    told = {"error": error} if error else {"error": "", "read_at": now()}
    Mailbox.objects.filter(place=_place()).update(**told)


def known_mailbox() -> Mailbox | None:
    """The one that is named, if it was ever tried."""
    return Mailbox.objects.filter(place=_place()).first() if settings.IMAP_URL else None


def _mailbox() -> Mailbox:
    Mailbox.objects.exclude(place=_place()).delete()
    return Mailbox.objects.get_or_create(place=_place())[0]


def _place() -> str:
    with suppress(ValueError):
        parts = urlsplit(settings.IMAP_URL)
        return f"{unquote(parts.username or '')}@{parts.hostname}/{_folder()}"[:400]
    return ""


def _folder() -> str:
    return unquote(urlsplit(settings.IMAP_URL).path.strip("/")) or "INBOX"


def _without_password(text: str) -> str:
    with suppress(ValueError):
        password = urlsplit(settings.IMAP_URL).password
        for secret in filter(None, (password, password and unquote(password))):
            text = text.replace(secret, "…")
        return text[:500]
    return ""


def _visit(box: Mailbox) -> None:
    until = time.monotonic() + WITHIN
    session = outbound.imap(None, PURPOSE, settings.IMAP_URL, within=WITHIN + 5)
    try:
        folder = Folder(session, _folder())
        if folder.validity != box.validity:
            box.validity, box.seen, box.left = folder.validity, 0, 0
            box.save(update_fields=["validity", "seen", "left"])
        _read_on(folder, box, until)
    except _Overtaken:
        pass
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            session.logout()


def _read_on(folder: Folder, box: Mailbox, until: float) -> None:
    """Raises what the server refused last, after all the others were read."""
    refused, waiting = None, 0
    for number, uid in enumerate(_unread(folder, box), 1):
        try:
            _take_in(folder, box, uid, waiting)
        except Refused as problem:
            refused = problem
        waiting = 0 if box.seen == uid else waiting + 1
        if number >= MOST or time.monotonic() > until:
            break
    if refused:
        raise refused


def _unread(folder: Folder, box: Mailbox) -> Iterator[int]:
    last = box.seen
    for first in range(box.seen + 1, folder.last + 1, AT_ONCE):
        end = min(first + AT_ONCE - 1, folder.last)
        for last in folder.between(first, end):
            yield last
        if box.seen == last:  # else that one was not handed out
            _go_on(box, end)
            last = end


def _take_in(folder: Folder, box: Mailbox, uid: int, waiting: int) -> None:
    """`waiting`: how many before this one were not handed out."""
    raw = folder.beginning_of(uid)
    word = returning.read(raw) if raw is not None else None
    if word:
        _keep(word)
        try:
            folder.remove(uid)
        except Refused:
            _go_on(box, uid, left=waiting + 1)
            raise
    _go_on(box, uid, left=waiting + int(raw is not None and word is None))


def _keep(word: returning.Word) -> None:
    """Beside the letter, where that is still kept; the worst that was said stays."""
    with transaction.atomic():
        mail = OutgoingMail.objects.select_for_update().filter(pk=word.mark.number).only("to").first()
        if mail is None or not word.kind or not word.mark.is_of(mail.to):
            return
        said = {"kind": word.kind, "at": now(), "code": word.code, "said": word.said}
        known, new = CameBack.objects.get_or_create(mail=mail, defaults=said)
        if not new and known.kind == CameBack.Kind.FOR_NOW and word.kind == CameBack.Kind.FOR_GOOD:
            CameBack.objects.filter(pk=known.pk).update(**said)


def _go_on(box: Mailbox, uid: int, *, left: int = 0) -> None:
    """Raises _Overtaken: what is counted here is counted once."""
    here = Mailbox.objects.filter(pk=box.pk, validity=box.validity, seen=box.seen)
    if not here.update(seen=uid, left=F("left") + left):
        raise _Overtaken
    box.seen = uid
