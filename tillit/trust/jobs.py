"""What the worker does for the register."""

from __future__ import annotations

from tillit.foundation.access import Actor
from tillit.foundation.jobs import job
from tillit.trust.actions import telling


@job("trust.tell_customers")
def tell_customers(actor: Actor, *, section: str, version: int, ended: bool, after: int = 0) -> None:
    telling.tell_customers(actor, section=section, version=version, ended=ended, after=after)
