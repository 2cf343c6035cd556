"""What the worker does by the clock."""

from __future__ import annotations

from tillit.availability.actions import plan
from tillit.foundation.access import Actor
from tillit.foundation.jobs import by_the_clock


@by_the_clock("availability.announce_due_windows", cron="7 * * * *")  # every hour: a worker may have slept through one
def announce_due_windows(actor: Actor) -> None:
    plan.announce_due_windows(actor)
