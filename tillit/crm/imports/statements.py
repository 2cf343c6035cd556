"""Running one statement, as writing and undoing do; both within an action's transaction.

Each works on thousands of rows, so that planning it for these costs nothing in comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection
from psycopg import sql

from tillit.foundation.postgresql import planned_anew


@planned_anew()
def fetch(statement: sql.Composable, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of the answer."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


@planned_anew()
def execute(statement: sql.Composable, values: Sequence[Any]) -> int:
    """How many rows were written."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def fold_all(texts: list[str]) -> list[str]:
    """Each text as the database compares names, in their order."""
    if not texts:
        return []
    asked = sql.SQL("SELECT fold(key) FROM unnest(%s::text[]) WITH ORDINALITY AS k(key, place) ORDER BY place")
    return [folded for (folded,) in fetch(asked, [texts])]
