"""The database is told what the journal holds, and the journal then forgets it."""

from __future__ import annotations

import logging
from contextlib import closing
from itertools import islice

from django.db import DataError, IntegrityError

from tillit.foundation.access import Actor
from tillit.foundation.models import Tenant
from tillit.trust.broker.actions import record_decisions
from tillit.trust.broker.journal import Decided, Journal, read

log = logging.getLogger(__name__)
AT_ONCE = 500


class Teller:
    """Used by one thread at a time."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def tell(self) -> int:
        """Tell everything that waits; gives back how many decisions. Raises what the database raises."""
        count = 0
        with closing(self.journal.abandoned()) as abandoned:  # where the database is away, the folder is free again
            for folder, left in abandoned:
                count += self._keep(left)
                self.journal.forget(folder)
        for place in self.journal.turn():
            count += self._keep(list(read([place])))
            self.journal.told(place)
        return count

    def _keep(self, decided: list[Decided]) -> int:
        if not decided:
            return 0
        actor = Actor.system(Tenant.objects.get(kind=Tenant.Kind.OPERATOR))
        waiting = iter(decided)
        while batch := list(islice(waiting, AT_ONCE)):
            try:
                record_decisions(actor, decided=batch)
            except (DataError, IntegrityError):
                self._one_by_one(actor, batch)
        return len(decided)

    def _one_by_one(self, actor: Actor, batch: list[Decided]) -> None:
        """One that the database does not take must not keep the others; it is told in the log."""
        for one in batch:
            try:
                record_decisions(actor, decided=[one])
            except (DataError, IntegrityError):
                log.exception("A decision could not be kept: %s", one)
