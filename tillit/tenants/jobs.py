"""What the worker does by the clock."""

from __future__ import annotations

from tillit.foundation.access import Actor
from tillit.foundation.jobs import by_the_clock
from tillit.tenants.actions.sign_in import forget_ended_sessions


@by_the_clock("tenants.forget_ended_sessions", "41 2 * * *")
def forget(actor: Actor) -> None:
    forget_ended_sessions(actor)
