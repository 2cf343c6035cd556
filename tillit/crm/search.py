"""Finding rows by words: substring of every word, in time that depends on what is found and not on how much there is.

The search column is folded and has a trigram index. Two plans are fast in opposite cases, and no statistics tell
PostgreSQL beforehand which one is due: walking the sort order finds a frequent word within a few rows, but reads
everything for a name that sorts last; the trigram index finds rare words at once, but collects all rows of a frequent
one before it sorts. So the walk is tried first, for a limited number of rows, then the index is asked; and where the
planner expects very many rows from it, a longer walk comes before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.db import connection, models
from django.db.models import F, Func, QuerySet, Value

from tillit.crm.paging import Order, Row
from tillit.foundation.search import Fold, like, words

SHORTEST = 3  # letters: what a trigram needs
WALK = 2_000  # rows, about 1.5 ms
LONG_WALK = 50_000  # rows, about 30 ms
MANY = 15_000  # rows, which the index takes longer than that to collect
NEAR = 100  # rows looked at for similar ones
SIMILARITY = 0.4  # of a word's trigrams, found in one stretch of the row
VERY_SIMILAR = 0.6  # of all trigrams of two names: probably the same
PHONE = re.compile(r"[+(]?[\d\s()./-]{5,}")


def looked_for(text: str) -> list[str]:
    """The words to find. What looks like a phone number becomes its digits, without the zeros people dial first."""
    if PHONE.fullmatch(text.strip()):
        digits = re.sub(r"\D", "", text).lstrip("0")
        if digits:
            return [digits]
    return words(text)


def still_typing(text: str) -> bool:
    """One or two letters are too few to search while somebody types; in Chinese or Japanese they are a name."""
    return 0 < len(text) < SHORTEST and all(ord(letter) < 0x2E80 for letter in text)


def matching(queryset: QuerySet[Any], asked: list[str]) -> QuerySet[Any]:
    """Rows that hold every word. With no word of three letters: rows whose sort name begins so."""
    if not any(len(word) >= SHORTEST for word in asked):
        return begins_with(queryset, " ".join(asked))
    for word in asked:
        queryset = queryset.filter(_like("search", like(word)))
    return queryset


def find(
    queryset: QuerySet[Any], asked: list[str], columns: list[str], order: Order, *, backwards: bool, limit: int
) -> list[Row]:
    """The first rows in this order that hold every word, as dictionaries of these columns."""
    if not any(len(word) >= SHORTEST for word in asked):
        return fetch(matching(queryset, asked), columns, order, backwards=backwards, limit=limit)
    names = [*columns, "search"]
    ending = f"ORDER BY {_order_sql(order, backwards)} LIMIT {int(limit)}"
    sorted_rows = queryset.order_by(*order.by(backwards=backwards)).values_list(*names)
    found = _walk(sorted_rows[:WALK], asked, ending, names)
    if len(found) >= limit:
        return found
    sql, parameters = matching(queryset, asked).order_by().values_list(*names).query.sql_with_params()
    if _expected_rows(sql, parameters) > MANY:
        found = _walk(sorted_rows[:LONG_WALK], asked, ending, names)
        if len(found) >= limit:
            return found
    return _rows(f"WITH hits AS MATERIALIZED ({sql}) SELECT * FROM hits {ending}", parameters, names)  # noqa: S608


def _walk(rows: QuerySet[Any], asked: list[str], ending: str, names: list[str]) -> list[Row]:
    """Of these rows, which are few and in order, those that hold every word."""
    sql, parameters = rows.query.sql_with_params()
    conditions = " AND ".join(["search LIKE fold(%s)"] * len(asked))
    return _rows(
        f"SELECT * FROM ({sql}) AS walked WHERE {conditions} {ending}",  # noqa: S608 - no value is joined
        [*parameters, *map(like, asked)],
        names,
    )


def _expected_rows(sql: str, parameters: Sequence[Any]) -> int:
    """How many rows PostgreSQL expects of a query, from its statistics; nothing is read."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        return int(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])


def fetch(queryset: QuerySet[Any], columns: list[str], order: Order, *, backwards: bool, limit: int) -> list[Row]:
    """The first rows in this order, as dictionaries of these columns."""
    return list(queryset.order_by(*order.by(backwards=backwards)).values(*columns)[:limit])


def similar(queryset: QuerySet[Any], asked: list[str], columns: list[str], *, limit: int = 10) -> list[Row]:
    """Rows that hold something like every long word, the most alike first. For misspelt names, when little was found.

    Words of three letters have too little in them to be like anything: rows that hold them as they are come alone.
    """
    long_enough = [word for word in asked if len(word) > SHORTEST]
    if not long_enough:
        return []
    _set_similarity(SIMILARITY)
    for word in long_enough:
        queryset = queryset.filter(_joined(" <%% ", Fold(Value(word)), F("search")))
    narrowed = queryset
    for word in set(asked).difference(long_enough):
        narrowed = narrowed.filter(_like("search", like(word)))
    found = _near(narrowed, long_enough, columns, limit)
    return found if found or narrowed is queryset else _near(queryset, long_enough, columns, limit)


def _near(queryset: QuerySet[Any], asked: list[str], columns: list[str], limit: int) -> list[Row]:
    names = [*columns, "search"]
    sql, parameters = queryset.order_by().values_list(*names)[:NEAR].query.sql_with_params()
    rank = " + ".join(["word_similarity(fold(%s), search)"] * len(asked))
    return _rows(
        f"SELECT * FROM ({sql}) AS near ORDER BY {rank} DESC, id LIMIT {int(limit)}",  # noqa: S608
        [*parameters, *asked],
        names,
    )


def begins_with(queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Rows whose sort name begins with the text: a range of the index."""
    return queryset.filter(_like("sort_name", like(text)[1:]))


def exactly(queryset: QuerySet[Any], name: str) -> QuerySet[Any]:
    """Rows of this sort name, whatever its case and accents."""
    return queryset.filter(sort_name=Fold(Value(name)))


def alike(queryset: QuerySet[Any], name: str, *, limit: int) -> list[Any]:
    """Rows nearly of this name: every word of it is found, if misspelt, and nothing much besides."""
    asked = [word for word in words(name) if len(word) >= SHORTEST]
    if not asked:
        return []
    _set_similarity(SIMILARITY)
    for word in asked:
        queryset = queryset.filter(_joined(" <%% ", Fold(Value(word)), F("search")))
    folded = Fold(Value(name))
    near = queryset.annotate(
        alike=Func(F("sort_name"), folded, function="similarity", output_field=models.FloatField())
    )
    return [row for row in near[:NEAR] if row.alike >= VERY_SIMILAR][:limit]


def _set_similarity(threshold: float) -> None:
    """How much of a word `<%` wants to find, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(threshold)])


def _like(column: str, pattern: str) -> Func:
    return _joined(" LIKE ", F(column), Fold(Value(pattern)))


def _joined(sign: str, left: F | Func, right: F | Func) -> Func:
    return Func(left, right, template="%(expressions)s", arg_joiner=sign, output_field=models.BooleanField())


def _order_sql(order: Order, backwards: bool) -> str:
    way = "DESC" if order.descending is not backwards else "ASC"
    return ", ".join(f'"{column}" {way}' for column in order.columns)


def _rows(sql: str, parameters: Sequence[Any], names: list[str]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
