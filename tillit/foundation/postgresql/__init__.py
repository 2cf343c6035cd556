"""Django's PostgreSQL, with values sent apart from statements, and plans kept where one plan suits every value.

A connection that has asked a statement a few times prepares it; PostgreSQL then keeps a plan that was made without
looking at the values. What is asked by words, or narrowed to a country that everybody or nobody lives in, needs
another plan for other values: it is asked within `planned_anew`.

A kept statement has to give the same columns for ever; otherwise the connections of a release that still runs are
refused (SQLSTATE 0A000) once the next release has added a column: hence no `SELECT *` from a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import models

_anew: ContextVar[bool] = ContextVar("anew", default=False)


@contextmanager
def planned_anew() -> Iterator[None]:
    """What is asked inside is never prepared, so that PostgreSQL plans it for its values, each time."""
    token = _anew.set(True)
    try:
        yield
    finally:
        _anew.reset(token)


def is_planned_anew() -> bool:
    return _anew.get()


def columns_of(model: type[models.Model], alias: str) -> str:
    """The model's columns by name, for a statement written by hand, which a column added later does not disturb."""
    return ", ".join(f'"{alias}"."{field.column}"' for field in model._meta.concrete_fields)
