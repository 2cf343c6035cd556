"""The time actions write: now. Only the demo's loader, which tells a past, may tell another one.

PostgreSQL obeys a told time for the owner role alone (`ledger_time` in `sql/ledger.sql`): the application cannot
backdate its ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db import models, transaction
from django.utils import timezone

from tillit.foundation.tenancy import telling

_told: ContextVar[datetime | None] = ContextVar("clock", default=None)


class LedgerTime(models.Func):
    """The same time in SQL, for the default of a column."""

    function = "ledger_time"
    output_field = models.DateTimeField()


def now() -> datetime:
    """The present, with its zone."""
    return _told.get() or timezone.now()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """One transaction in the past."""
    token = _told.set(moment)
    try:
        with transaction.atomic(), telling(**{"tillit.clock": moment.isoformat()}):
            yield
    finally:
        _told.reset(token)
