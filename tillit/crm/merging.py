"""Two people edit one record: what each changed is found in the ledger, and only what clashes is asked about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from tillit.crm.models import Record
from tillit.foundation.errors import Refused
from tillit.foundation.models import LedgerEntry, User


@dataclass(frozen=True)
class Clash:
    """One field that both changed, and differently. `by` is None when no person did it."""

    column: str
    label: str
    theirs: Any
    mine: Any
    by: User | None
    at: datetime | None


class Conflict(Refused):
    """Somebody else changed the same fields meanwhile; nothing has been written.

    `clashes` holds both values of each such field, `mine` all that this edit wanted to write, by column; `version` is
    the one to send with the choice.
    """

    def __init__(self, record: Record, clashes: list[Clash], mine: dict[str, Any]) -> None:
        super().__init__(
            _("Somebody else has changed %(record)s meanwhile. Please choose which values to keep.")
            % {"record": record}
        )
        self.record = record
        self.version = record.version
        self.clashes = clashes
        self.mine = mine


def merge(record: Record, version: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """What to write so that an edit begun at `version` and everything since both stand.

    `record` is locked and current; `values` are by column. Raises Conflict when both changed a field differently.
    """
    now = {column: getattr(record, column) for column in values}
    if version == record.version:
        return {column: value for column, value in values.items() if value != now[column]}
    since = _changes_since(record, version)
    mine, clashes = {}, []
    for column, value in values.items():
        if value == now[column]:
            continue
        if since is None:
            clashes.append(_clash(record, column, value, None))
        elif column not in since:
            mine[column] = value
        elif value != _before(since[column][0], column):
            clashes.append(_clash(record, column, value, since[column][-1]))
    if clashes:
        raise Conflict(record, clashes, mine | {clash.column: clash.mine for clash in clashes})
    return mine


def _changes_since(record: Record, version: int) -> dict[str, list[LedgerEntry]] | None:
    """The ledger's entries after this version by column, oldest first; None when the ledger does not hold them all."""
    entries = list(
        LedgerEntry.objects.filter(
            table_name=record._meta.db_table, row_id=record.pk, kind="u", after__version__gt=version
        )
        .select_related("actor")
        .order_by("id")
    )
    if len(entries) != record.version - version:
        return None
    since: dict[str, list[LedgerEntry]] = {}
    for entry in entries:
        for column in entry.after or {}:
            since.setdefault(column, []).append(entry)
    return since


def _clash(record: Record, column: str, mine: Any, entry: LedgerEntry | None) -> Clash:
    label = next(field.verbose_name for field in record._meta.concrete_fields if field.attname == column)
    by, at = (entry.actor, entry.at) if entry else (None, None)
    return Clash(column, str(label), getattr(record, column), mine, by, at)


def _before(entry: LedgerEntry, column: str) -> Any:
    return (entry.before or {}).get(column)
