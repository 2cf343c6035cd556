"""Which row names the columns, and what the columns are called when it does so badly or not at all."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from tillit.crm.imports.fields import KNOWN_NAMES, normal
from tillit.crm.imports.problems import MAX_COLUMNS, SAMPLES, Unreadable

Row = tuple[int, list[str]]
LOOKED_AT = 60  # rows at the top of the file that decide
_TITLE_ROWS = 10  # a report may begin with its title and date
_MAX_NAME = 100
_VALUE = re.compile(
    r"""[^@\s]+@[^@\s]+\.\w+              # e-mail address
    | (https?://|www\.)\S+                # web address
    | [+-]?[\d\s.,'’/():-]*\d[\d\s.,'’/():-]*%?   # number, date, telephone number
    """,
    re.VERBOSE,
)


@dataclass
class Head:
    """The columns, and the first rows below the headings; `row` is 0 when there are no headings."""

    row: int
    names: list[str]
    samples: list[list[str]]
    notes: list[str] = field(default_factory=list)


def find_head(rows: list[Row]) -> Head:
    """Decide from the first rows of a file. Refuses an empty table, one without rows and one with too many columns."""
    rows = [(number, _trimmed(cells)) for number, cells in rows]
    rows = [(number, cells) for number, cells in rows if cells]
    if not rows:
        raise Unreadable(_("The file is empty: there is no row with any text in it."))
    if max(len(cells) for number, cells in rows) > MAX_COLUMNS:
        raise Unreadable(_("The file has more than %(limit)s columns.") % {"limit": MAX_COLUMNS})
    start = _first_full_row(rows)
    if _is_data(rows[start][1]):
        return _without_headings(rows)
    return _with_headings(rows, start)


def _without_headings(rows: list[Row]) -> Head:
    width = max(len(cells) for number, cells in rows)
    names = [_column(index) for index in range(width)]
    note = _("The first row looks like data, not like headings; the columns are numbered.")
    return Head(0, names, _samples(rows, width), [note])


def _with_headings(rows: list[Row], start: int) -> Head:
    notes = []
    number, headings = rows[start]
    below = rows[start + 1 :]
    if not below:
        raise Unreadable(_("The file has headings but no rows below them."))
    if start:
        notes.append(_("The headings are in row %(row)s; what stands above is left out.") % {"row": number})
    usual = Counter(len(cells) for _number, cells in below).most_common(1)[0][0]
    if usual > len(headings):
        notes.append(_("There are more columns than headings; the others are numbered."))
        headings = headings + [""] * (usual - len(headings))
    names, doubled = _unique([" ".join(name.split())[:_MAX_NAME] for name in headings])
    if doubled:
        what = ", ".join(f"“{name}”" for name in doubled)
        notes.append(_("Several columns have the same heading and were numbered: %(names)s.") % {"names": what})
    return Head(number, names, _samples(below, len(names)), notes)


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cells at the end that trailing delimiters make."""
    end = len(cells)
    while end and not cells[end - 1]:
        end -= 1
    return cells[:end]


def _first_full_row(rows: list[Row]) -> int:
    """The first row of about the usual width: a title above the headings has one or two cells only."""
    usual = Counter(len(cells) for number, cells in rows).most_common(1)[0][0]
    for index, (_number, cells) in enumerate(rows[:_TITLE_ROWS]):
        if sum(map(bool, cells)) * 2 >= usual:
            return index
    return 0


def _is_data(cells: list[str]) -> bool:
    """A row of headings names at least one column we know, or holds nothing that looks like a value."""
    if any(normal(cell) in KNOWN_NAMES for cell in cells):
        return False
    return any(_VALUE.fullmatch(cell) for cell in cells if cell and len(cell) <= _MAX_NAME)


def _unique(names: list[str]) -> tuple[list[str], list[str]]:
    """Every column gets a name of its own: `Name`, `Name (2)`, `Column 3`; and which names stood there twice."""
    taken = set(names)
    seen: set[str] = set()
    result, doubled = [], []
    for index, name in enumerate(names):
        unique = name or _column(index)
        if name in seen and name:
            doubled.append(name)
        again = 1
        while unique in seen or (again > 1 and unique in taken):
            again += 1
            unique = f"{name or _column(index)} ({again})"
        seen.add(unique)
        result.append(unique)
    return result, list(dict.fromkeys(doubled))


def _column(index: int) -> str:
    return _("Column %(number)s") % {"number": index + 1}


def _samples(rows: list[Row], width: int) -> list[list[str]]:
    return [(cells + [""] * width)[:width] for number, cells in rows[:SAMPLES]]
