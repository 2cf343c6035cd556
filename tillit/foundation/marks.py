"""What a letter of ours is known by when it, or word of it, comes in: a mark in its Message-ID, signed.

Who never had the letter cannot make one, so a forged return does nothing; who had it, its recipient and the servers on
its way, can only say that this one letter came back. It says whom it was written to, too: numbers are given out again
after a restore from a backup, and a return of before would be about somebody else's letter. The address on the envelope
stays plain, since not every mailbox takes `name+mark@host`. A second header carries the mark past relays that give
letters a Message-ID of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from tillit.foundation.hosts import wire_name

LETTER, OWN = "l", "o"  # to somebody; to our own mailbox, from which it is taken
HEADER = "Tillit-Letter"
MARK = re.compile(r"\s*<([lo])([1-9]\d{0,17})\.([0-9a-f]{16})\.([0-9a-f]{40})@[^<>\s]{1,255}>\s*")


@dataclass(frozen=True)
class Mark:
    """`number`: of the letter's row. `whom`: its recipient, not to be read by others."""

    number: int
    whom: str

    def is_of(self, to: str) -> bool:
        """Whether the letter was written to this address."""
        return any(constant_time_compare(self.whom, _whom(to, key)) for key in _keys())


def make(kind: str, number: int, to: str) -> str:
    """`number`: of the letter's row; `to`: its recipient."""
    key = _keys()[0]
    whom = _whom(to, key)
    signature = _signature(kind, number, whom, key)
    return f"<{kind}{number}.{whom}.{signature}@{wire_name(settings.BASE_HOST.partition(':')[0])}>"


def find(head: Message, *kinds: str) -> Mark | None:
    """The mark of the letter whose head this is; None where it is not ours. Letters under way outlast a new key."""
    for name in ("Message-ID", HEADER):
        found = MARK.fullmatch(str(head.get(name, "")))
        if found and found[1] in kinds and _is_signed(*found.groups()):
            return Mark(int(found[2]), found[3])
    return None


def _is_signed(kind: str, number: str, whom: str, signature: str) -> bool:
    return any(constant_time_compare(signature, _signature(kind, int(number), whom, key)) for key in _keys())


def _signature(kind: str, number: int, whom: str, key: str | bytes) -> str:
    return _digest("tillit.foundation.marks", f"{kind}{number}.{whom}", key)[:40]


def _whom(to: str, key: str | bytes) -> str:
    return _digest("tillit.foundation.marks.whom", to.strip().lower(), key)[:16]


def _digest(salt: str, value: str, key: str | bytes) -> str:
    return salted_hmac(salt, value, secret=key, algorithm="sha256").hexdigest()


def _keys() -> list[str | bytes]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
