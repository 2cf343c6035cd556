"""A folder on a mailbox's server: what lies in it, how a letter begins, and that it is removed (RFC 3501).

Every method raises Refused where the server does not do it, and an OSError or `imaplib.IMAP4.abort` where there is no
talking to it any more.
"""

from __future__ import annotations

import imaplib
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from tillit.foundation.errors import Refused

LARGEST = 65_536  # bytes that are fetched of a message: its beginning says what it is about


class Folder:
    """`validity`: while it stays the same, a UID names the same message. `last`: the last UID that was given out."""

    def __init__(self, session: imaplib.IMAP4, name: str) -> None:
        self.session = session
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        said = _("The mailbox's server does not open the folder %(folder)s.") % {"folder": name}
        _expect(lambda: session.select(f'"{quoted}"'), said)
        self.validity = self._number("UIDVALIDITY")
        self.last = self._number("UIDNEXT") - 1

    def between(self, first: int, last: int) -> list[int]:
        """UIDs of the messages that nobody marked as deleted, in order."""
        said = _("The mailbox's server does not say what lies in it.")
        found = _expect(lambda: self.session.uid("SEARCH", f"UID {first}:{last} UNDELETED"), said)[0] or b""
        return sorted(uid for uid in map(int, found.split()) if first <= uid <= last)

    def beginning_of(self, uid: int) -> bytes | None:
        """None where somebody has removed the message. It stays unread."""
        said = _("A letter could not be read.")
        parts = _expect(lambda: self.session.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LARGEST}>)"), said)
        return next((part[1] for part in parts if isinstance(part, tuple)), None)

    def remove(self, uid: int) -> None:
        """For good where the server can do that to one message (RFC 4315); else it is marked for whoever tidies up."""
        said = _("The mailbox's server lets nothing be removed from it.")
        _expect(lambda: self.session.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)"), said)
        able = _expect(self.session.capability, said)[0] or b""
        if b"UIDPLUS" in able.upper().split():
            _expect(lambda: self.session.uid("EXPUNGE", str(uid)), said)

    def _number(self, name: str) -> int:
        said = self.session.response(name)[1][0]
        if not said or not said.isdigit():
            raise Refused(_("The mailbox's server does not number its letters."))
        return int(said)


def _expect(ask: Callable[[], tuple[str, list[Any]]], otherwise: str) -> list[Any]:
    """What the server answers to `ask`. NO and BAD refuse it: some say BAD of one message that they cannot read."""
    try:
        answer = ask()
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise Refused(f"{otherwise} {error}") from error
    if answer[0] != "OK":
        raise Refused(otherwise)
    return answer[1]
