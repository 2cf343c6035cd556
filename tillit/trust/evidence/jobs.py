"""Forgetting those who did not confirm."""

from __future__ import annotations

from tillit.foundation.access import Actor
from tillit.foundation.jobs import by_the_clock
from tillit.trust.evidence.actions import lists


@by_the_clock("evidence.forget_unconfirmed", "17 * * * *")
def forget_unconfirmed(actor: Actor) -> None:
    lists.forget_unconfirmed(actor)
