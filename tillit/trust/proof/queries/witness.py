"""The logs we watch, and what we saw of them."""

from __future__ import annotations

import hashlib

from tillit.trust.proof import notes
from tillit.trust.proof.models.witness import WatchedLog
from tillit.trust.proof.witnessing import Known


def known(log: WatchedLog | None) -> Known | None:
    """What the next visit has to continue."""
    return Known(log.vkey, notes.read_checkpoint(log.note.encode())) if log is not None else None


def watched() -> list[WatchedLog]:
    return list(WatchedLog.objects.prefetch_related("split_views").order_by("origin"))


def address_of(origin: str) -> str:
    """The last part of the address under which our cosignature is published."""
    return hashlib.sha256(origin.encode()).hexdigest()


def watched_at(address: str) -> WatchedLog | None:
    return next((log for log in watched() if address_of(log.origin) == address), None)
