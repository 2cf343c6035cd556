"""What a message in our mailbox says of a letter of ours: a delivery status notification (RFC 3464), or the letter
itself. Everything in it is distrusted: it is read as far as that is needed, and believed only by its mark (`marks`).

An automatic reply (RFC 3834) says nothing of a letter's fate, nor does anything else; `read` then answers None. That a
message calls itself automatic is no way to tell: mail servers say so of their notifications, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.parser import HeaderParser
from typing import cast

from tillit.foundation import marks
from tillit.foundation.models import CameBack
from tillit.foundation.texts import one_line

MOST_PARTS = 40  # a notification has three; one within the other they would cost ever more to read
STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")  # RFC 3463
HEADS = ("message/rfc822", "text/rfc822-headers")  # how the letter comes back: whole, or its head alone (RFC 6522)
# that nobody has this mailbox (any more): RFC 3463, 3.2 and 3.3; 5.1.10: RFC 7505, 4.1. What else is called lasting may
# be about us and not about the recipient: a policy, a list of blocked relays (5.7), a route (5.4), or nothing is said
FOR_GOOD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})


@dataclass(frozen=True)
class Word:
    """`mark`: of the letter. `kind`: of `CameBack`, or "" where nothing is to be kept: it was delivered
    after all, or is still tried."""

    mark: marks.Mark
    kind: str
    code: str = ""
    said: str = ""


def read(raw: bytes) -> Word | None:
    """Never raises. `raw`: the message, or its beginning."""
    if raw.lower().count(b"content-type") > MOST_PARTS:
        return None
    try:
        message = message_from_bytes(raw)
        own = marks.find(message, marks.OWN)
        return Word(own, CameBack.Kind.ITSELF) if own else _of_report(message)
    except Exception:  # nobody can say what the parser raises for bytes that were made to break it
        return None


def _of_report(message: Message) -> Word | None:
    if message.get_content_type() != "multipart/report":
        return None
    parts = {part.get_content_type(): part for part in reversed(_inside(message))}  # the first of each
    status = parts.get("message/delivery-status")
    heads = [_head(parts[name]) for name in HEADS if name in parts]
    mark = marks.find(heads[0], marks.LETTER, marks.OWN) if heads else None
    if mark is None or status is None:
        return None
    said = {str(block.get("Action", "")).strip().lower(): block for block in reversed(_inside(status))}
    return _failed(mark, said["failed"]) if "failed" in said else Word(mark, "")


def _inside(message: Message) -> list[Message]:
    """Parts; of a delivery status its blocks of fields; of a letter in a letter that one."""
    return cast(list[Message], message.get_payload()) if message.is_multipart() else []


def _head(part: Message) -> Message:
    if part.is_multipart():
        return _inside(part)[0]
    return HeaderParser().parsestr(cast(bytes, part.get_payload(decode=True)).decode("latin-1"))


def _failed(mark: marks.Mark, block: Message) -> Word:
    """Our letters have one recipient each, so the first block that says `failed` is about that one."""
    status = STATUS.match(str(block.get("Status", "")))
    code = status[1] if status else ""
    _type, _semicolon, told = str(block.get("Diagnostic-Code", "")).partition(";")
    said = one_line(told.encode("utf-8", "replace").decode())[:300]
    return Word(mark, CameBack.Kind.FOR_GOOD if code in FOR_GOOD else CameBack.Kind.FOR_NOW, code, said)
