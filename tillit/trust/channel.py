"""How the broker hears that its rules changed: PostgreSQL's NOTIFY, sent when the open transaction commits."""

from __future__ import annotations

from tillit.foundation import named_ways
from tillit.foundation.named_ways import CHANNEL
from tillit.trust.quiet import speak

__all__ = ["CHANNEL", "notify"]


def notify() -> None:
    """Tell the broker that a register or an objection changed what it may let out, and the pages that notices did."""
    speak()
    named_ways.notify()
