"""What the worker does by the clock."""

from __future__ import annotations

from tillit.availability.advisories import actions
from tillit.foundation.access import Actor
from tillit.foundation.jobs import by_the_clock


@by_the_clock("advisories.remind_of_publication", cron="*/10 * * * *")
def remind_of_publication(actor: Actor) -> None:
    actions.remind_of_publication(actor)
