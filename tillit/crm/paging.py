"""Pages by keyset: each resumes after the last row seen, at the cost of one index scan, stable when rows are added.

An order is a tuple of columns that an index has behind the tenant, the row's number last, all running one way. Texts
that are empty come last whichever way the order runs: an ascending one is read in two segments, filled ones first.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.db.models import F, Func, Q, QuerySet, Value
from django.utils.dateparse import parse_datetime

Row = dict[str, Any]
Fetch = Callable[["QuerySet[Any]", "Order", bool, int], list[Row]]
PAGE = 50


@dataclass(frozen=True)
class Order:
    """A sort order that an index serves. `blanks`: the first column may be empty text."""

    columns: tuple[str, ...]
    descending: bool = False
    blanks: bool = False

    def segments(self) -> list[Q]:
        """Conditions that part the rows, in reading order."""
        if not self.blanks or self.descending:
            return [Q()]
        first = self.columns[0]
        return [Q(**{f"{first}__gt": ""}), Q(**{first: ""})]

    def segment_of(self, values: Sequence[Any]) -> int:
        return 1 if len(self.segments()) == 2 and values[0] == "" else 0

    def by(self, *, backwards: bool = False) -> list[str]:
        """For `order_by`."""
        sign = "-" if self.descending is not backwards else ""
        return [f"{sign}{column}" for column in self.columns]

    def values_of(self, row: Row) -> list[Any]:
        return [row[column] for column in self.columns]


@dataclass(frozen=True)
class Page:
    """Some rows, and the cursors of the pages beside them (empty at either end)."""

    rows: list[Row]
    next: str = ""
    previous: str = ""


def read_page(
    queryset: QuerySet[Any], order: Order, fetch: Fetch, *, after: str = "", before: str = "", size: int = PAGE
) -> Page:
    """The page after or before a cursor; the first one without, or when the cursor is malformed."""
    back, ahead = decode(before, queryset.model, order), decode(after, queryset.model, order)
    if back is not None:
        rows = _read(queryset, order, fetch, cursor=back, backwards=True, limit=size + 1)
        if len(rows) >= size:
            more, rows = len(rows) > size, rows[:size][::-1]
            return Page(rows, next=encode(order, rows[-1]), previous=encode(order, rows[0]) if more else "")
        ahead = None  # too few rows before it to fill a page: that is the first page
    rows = _read(queryset, order, fetch, cursor=ahead, backwards=False, limit=size + 1)
    more, rows = len(rows) > size, rows[:size]
    return Page(
        rows,
        next=encode(order, rows[-1]) if more else "",
        previous=encode(order, rows[0]) if ahead is not None and rows else "",
    )


def _read(
    queryset: QuerySet[Any],
    order: Order,
    fetch: Fetch,
    *,
    cursor: Sequence[Any] | None,
    backwards: bool,
    limit: int,
) -> list[Row]:
    segments = list(enumerate(order.segments()))
    if backwards:
        segments.reverse()
    start = segments[0][0] if cursor is None else order.segment_of(cursor)
    rows: list[Row] = []
    for number, condition in segments:
        if (number > start) if backwards else (number < start):
            continue
        part = queryset.filter(condition) if condition else queryset
        if cursor is not None and number == start:
            part = part.filter(beyond(order, cursor, backwards=backwards))
        rows += fetch(part, order, backwards, limit - len(rows))
        if len(rows) >= limit:
            break
    return rows


def beyond(order: Order, values: Sequence[Any], *, backwards: bool = False) -> Func:
    """`(a, b, id) > (…)`: one comparison of whole rows, which PostgreSQL answers from the index."""
    sign = "<" if order.descending is not backwards else ">"
    sides = [_row(F(column) for column in order.columns), _row(Value(value) for value in values)]
    return Func(*sides, template="%(expressions)s", arg_joiner=f" {sign} ", output_field=models.BooleanField())


def _row(parts: Any) -> Func:
    return Func(*parts, template="(%(expressions)s)", output_field=models.BooleanField())


def encode(order: Order, row: Row) -> str:
    """The cursor of a row, for addresses."""
    values = [value.isoformat() if isinstance(value, datetime) else value for value in order.values_of(row)]
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, model: type[models.Model], order: Order) -> list[Any] | None:
    """The values of a cursor, None for one that is none (somebody cut the address, or changed the order)."""
    if not cursor:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        values = json.loads(text)
        if not isinstance(values, list) or len(values) != len(order.columns):
            return None
        return [
            _checked(model._meta.get_field(column), value) for column, value in zip(order.columns, values, strict=True)
        ]
    except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError):
        return None


def _checked(field: Any, value: Any) -> Any:
    if isinstance(field, models.DateTimeField):
        moment = parse_datetime(value)
        if moment is None or moment.tzinfo is None:
            raise ValueError(value)
        return moment.astimezone(UTC)  # an OverflowError where that is no moment at all
    if isinstance(field, models.IntegerField):
        if type(value) is not int or abs(value) >= 2**63:
            raise ValueError(value)
    elif not isinstance(value, str) or b"\x00" in value.encode():  # half a character has no code: a ValueError
        raise ValueError(value)
    return value
