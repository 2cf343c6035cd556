"""What the clock looks at every minute."""

from __future__ import annotations

from tillit.availability.clocks import actions
from tillit.foundation.access import Actor
from tillit.foundation.jobs import by_the_clock


@by_the_clock("clocks.watch", cron="* * * * *")
def watch(actor: Actor) -> None:
    actions.open_overruns(actor)
    actions.start_clocks(actor)
