"""What the worker does by the clock for the whole installation."""

from __future__ import annotations

from tillit.foundation.access import Actor
from tillit.foundation.database import make_ledger_partitions
from tillit.foundation.jobs import by_the_clock


@by_the_clock("site.make_ledger_partitions", cron="23 2 * * *")
def prepare_next_months(_operator: Actor) -> None:
    """An installation that is never restarted needs its ledger's next months, too."""
    make_ledger_partitions()
