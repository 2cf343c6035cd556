"""Folding of text for search and sort: lower case, no accents, as the database does it."""

from __future__ import annotations

import re

from django.db import connection
from django.db.models import CharField, Func

MAX_WORDS = 8


class Fold(Func):
    """`fold(text)` in SQL: lower case without accents; immutable, so it may stand in generated columns and indexes."""

    function = "fold"
    output_field = CharField()


def fold(text: str) -> str:
    """The same in Python, by asking the database: there is one definition only."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT fold(%s)", [text.replace("\x00", "")])
        return cursor.fetchone()[0]


def words(text: str) -> list[str]:
    """The words to look for: at most eight, each at most 60 characters, without NUL."""
    return [word[:60] for word in re.split(r"\s+", text.replace("\x00", " ").strip()) if word][:MAX_WORDS]


def like(word: str) -> str:
    """A LIKE pattern that finds the word anywhere, its own wildcards taken literally."""
    escaped = word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"
