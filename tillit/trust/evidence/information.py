"""The provider's part of a customer's register of information (DORA, Article 28(3)), row by row, and its four checks.

Templates and columns: `tables/information.toml`. Values are written as the EBA's taxonomy 4.0 codes them.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from tillit.foundation.texts import pick

TABLE = Path(__file__).parent / "tables" / "information.toml"
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Column:
    """One column of a template. `whose`: `customer` or `operator`; `refers`: `(template, column)` or nothing."""

    code: str
    label: dict[str, str]
    whose: str
    key: bool = False
    must: bool = False
    refers: tuple[str, str] | None = None


@dataclass(frozen=True)
class Problem:
    """Why authorities refuse the file: the number of their check, and where; rows count from 1, below the headers."""

    check: int
    template: str
    row: int
    column: str
    sentence: str

    @property
    def label(self) -> str:
        return _label(self.template, self.column)


@dataclass(frozen=True)
class Gap:
    """A value that may not be empty and is: the file is taken, and sent back by the rules that follow."""

    template: str
    row: int
    column: str
    whose: str

    @property
    def label(self) -> str:
        return _label(self.template, self.column)


@cache
def columns() -> dict[str, list[Column]]:
    """By template, in the order of the file."""
    said = tomllib.loads(TABLE.read_text())["templates"]
    return {name: [_column(code, entry) for code, entry in found.items()] for name, found in said.items()}


@cache
def module() -> str:
    return str(tomllib.loads(TABLE.read_text())["module"])


@cache
def all_templates() -> tuple[str, ...]:
    """Those of the whole register; a filing says of each whether it is in the file."""
    return tuple(tomllib.loads(TABLE.read_text())["all"])


def problems(tables: dict[str, Rows], indicators: Iterable[tuple[str, bool]]) -> list[Problem]:
    """The four checks that reject a file, in the order of their numbers."""
    found = [*_empty_keys(tables), *_duplicate_keys(tables), *_broken_references(tables)]
    return [*found, *_filing_indicators(tables, list(indicators))]


def gaps(tables: dict[str, Rows]) -> list[Gap]:
    """Mandatory values that are empty and are no keys (those are problems)."""
    return [
        Gap(name, number, column.code, column.whose)
        for name, rows in tables.items()
        for column in columns()[name]
        if column.must
        for number, row in enumerate(rows, 1)
        if not row.get(column.code)
    ]


def _empty_keys(tables: dict[str, Rows]) -> Iterator[Problem]:
    for name, rows in tables.items():
        for number, row in enumerate(rows, 1):
            for column in columns()[name]:
                if column.key and not row.get(column.code):
                    yield Problem(805, name, number, column.code, _("This part of the key is empty."))


def _duplicate_keys(tables: dict[str, Rows]) -> Iterator[Problem]:
    for name, rows in tables.items():
        codes = [column.code for column in columns()[name] if column.key]
        keys = [tuple(row.get(code, "") for code in codes) for row in rows]
        counted: Counter[tuple[str, ...]] = Counter()
        for number, key in enumerate(keys, 1):
            counted[key] += 1
            if counted[key] > 1:
                first = keys.index(key) + 1
                yield Problem(806, name, number, codes[0], _("Row %(first)s has the same key.") % {"first": first})


def _broken_references(tables: dict[str, Rows]) -> Iterator[Problem]:
    for name, rows in tables.items():
        for column in columns()[name]:
            if column.refers is None or column.refers[0] not in tables:
                continue
            template, code = column.refers
            known = {row.get(code) for row in tables[template]}
            for number, row in enumerate(rows, 1):
                value = row.get(column.code)
                if value and value not in known:
                    words = {"value": value, "template": template, "column": code}
                    sentence = _("“%(value)s” does not stand in %(template)s, column %(column)s.") % words
                    yield Problem(807, name, number, column.code, sentence)


def _filing_indicators(tables: dict[str, Rows], indicators: list[tuple[str, bool]]) -> Iterator[Problem]:
    said = dict(indicators)
    times = Counter(name for name, _reported in indicators)
    for number, (name, reported) in enumerate(indicators, 1):
        if name not in all_templates():
            yield Problem(808, name, number, "templateID", _("There is no such template."))
        elif times[name] > 1:
            yield Problem(808, name, number, "templateID", _("This template is named more than once."))
        elif reported and name not in tables:
            yield Problem(808, name, number, "reported", _("Said to be in the file, and is not."))
    for name in all_templates():
        if name not in said:
            yield Problem(808, name, 0, "templateID", _("The filing indicator is missing."))
        elif name in tables and not said[name]:
            yield Problem(808, name, 0, "reported", _("In the file, and said not to be."))


def _column(code: str, entry: dict[str, Any]) -> Column:
    label = {language: entry[language] for language in ("en", "de", "nb")}
    template, _dot, column = entry.get("refers", "").rpartition(".")
    refers = (template, column) if template else None
    return Column(code, label, entry["whose"], entry.get("key", False), entry.get("must", False), refers)


def _label(template: str, code: str) -> str:
    found = next((one for one in columns().get(template, []) if one.code == code), None)
    return pick(found.label)[0] if found else ""
