"""What a letter of ours is known by when it, or word of it, comes in: a mark in its Message-ID, signed.

Who never had the letter cannot make one, so a forged return does nothing; who had it, its recipient and the servers on
its way, can only say that this one letter came back. The address on the envelope stays plain, since not every mailbox
takes `name+mark@host`. A second header carries the mark past relays that give letters a Message-ID of their own.
"""

from __future__ import annotations

import re
from email.message import Message

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from tillit.foundation.hosts import wire_name

LETTER, OWN = "l", "o"  # to somebody; to our own mailbox, from which it is taken
HEADER = "Tillit-Letter"
MARK = re.compile(r"\s*<([lo])([1-9]\d{0,17})\.([0-9a-f]{40})@[^<>\s]{1,255}>\s*")


def make(kind: str, number: int) -> str:
    """`number`: of the letter's row."""
    return f"<{kind}{number}.{_signature(kind, number)}@{wire_name(settings.BASE_HOST.partition(':')[0])}>"


def find(head: Message, *kinds: str) -> int | None:
    """The number of the letter whose head this is; None where it is not ours."""
    for name in ("Message-ID", HEADER):
        found = MARK.fullmatch(str(head.get(name, "")))
        if found and found[1] in kinds and constant_time_compare(found[3], _signature(found[1], int(found[2]))):
            return int(found[2])
    return None


def _signature(kind: str, number: int) -> str:
    return salted_hmac("tillit.foundation.marks", f"{kind}{number}", algorithm="sha256").hexdigest()[:40]
