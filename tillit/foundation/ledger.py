"""Reading the ledger: the history of a row, and what one cause changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import QuerySet

from tillit.foundation.models import LedgerEntry, User


@dataclass(frozen=True)
class Change:
    """One field's change, as history shows it."""

    field: str
    label: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Entry:
    """One ledger row, as history shows it. `id` asks for what is older: `history_of(row, before_id=id)`."""

    id: int
    at: datetime
    actor: User | None
    action: str
    cause: str
    kind: str
    changes: list[Change]


def history_of(row: models.Model, *, before_id: int | None = None, limit: int = 50) -> list[Entry]:
    """The newest changes of one row, newest first."""
    entries = LedgerEntry.objects.filter(table_name=row._meta.db_table, row_id=row.pk).select_related("actor")
    if before_id is not None:
        entries = entries.filter(pk__lt=before_id)
    return [_readable(row, entry) for entry in entries.order_by("-id")[:limit]]


def entries_of_cause(cause: str) -> QuerySet[LedgerEntry]:
    """What was written inside `because_of(cause)`, in order."""
    return LedgerEntry.objects.filter(cause=cause).order_by("id")


def _readable(row: models.Model, entry: LedgerEntry) -> Entry:
    labels = {str(field.column): field for field in row._meta.concrete_fields}
    before, after = entry.before or {}, entry.after or {}
    shown = [column for column in labels if column in before or column in after]
    changes = [
        Change(column, str(labels[column].verbose_name), before.get(column), after.get(column)) for column in shown
    ]
    return Entry(entry.pk, entry.at, entry.actor, entry.action, entry.cause, entry.kind, changes)
