"""The record of one connection, from its decision to its end."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import uuid4

from tillit.trust.broker.journal import Decided, Full, Journal
from tillit.trust.broker.relay import Relay

log = logging.getLogger(__name__)
LONGEST_RECORD = 3600.0  # seconds; a connection that stays open is recorded once an hour


class Account:
    """`decided` as it stands at the beginning; `note` completes it with what passed."""

    def __init__(self, journal: Journal, **decided: Any) -> None:
        self.journal = journal
        self.decided = Decided(at=time.time(), **decided)
        self._began = time.monotonic()
        self._recorded = (0, 0)  # bytes out and in

    def begin(self) -> None:
        """Before the connection is opened. Raises Full: then it must not be."""
        self.journal.begin(self.decided)

    def note(self, *, allowed: bool = True, reason: str = "", relay: Relay | None = None) -> None:
        """The end, or the end of an hour."""
        out, back = relay.moved() if relay else (0, 0)
        said = replace(
            self.decided,
            allowed=allowed,
            reason=reason,
            bytes_out=out - self._recorded[0],
            bytes_in=back - self._recorded[1],
            seconds=round(time.monotonic() - self._began, 3),
        )
        self._recorded = (out, back)
        try:
            self.journal.end(said)
        except Full:
            log.error("A decision could not be recorded (%s, %s)", said.purpose, reason or "allowed")

    def hourly(self, relay: Relay) -> None:
        """To be called now and then while it is open: after an hour, what has passed is recorded, and it goes on."""
        if time.monotonic() - self._began < LONGEST_RECORD:
            return
        self.note(reason="goes-on", relay=relay)
        self._began = time.monotonic()
        self.decided = replace(self.decided, at=time.time(), mark=str(uuid4()))
        with suppress(Full):
            self.journal.begin(self.decided)
