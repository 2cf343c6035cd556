"""What can be wrong with an uploaded file or one of its rows, and how large a file may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tillit.foundation.errors import Refused

MEGABYTE = 1024 * 1024
MAX_FILE = 512 * MEGABYTE  # bytes on disk
MAX_COLUMNS = 500
MAX_LINE = MEGABYTE  # bytes of one line of a CSV file, characters of one row of a workbook
MAX_WORKSHEET_ROW = 1_048_576  # Excel's own limit
SAMPLES = 20


class Unreadable(Refused):
    """The file cannot be read as a table; the message says why and what to do, in the language active now."""


@dataclass(frozen=True)
class Problem:
    """Something about one row: `rejected` rows were not handed on, the others were, with the change told here."""

    number: int
    cells: list[str]
    reason: str
    rejected: bool = True


Cells = tuple[int, list[str]]  # a row: its number as a spreadsheet program shows it, and its cells
Tell = Callable[[Problem], None]


def ignore(problem: Problem) -> None:
    """The listener of those who only look, such as a preview."""


def heard(items: Iterable[Cells | Problem], tell: Tell = ignore) -> Iterator[Cells]:
    """The rows alone; `tell` hears of the problems between them."""
    for item in items:
        if isinstance(item, Problem):
            tell(item)
        else:
            yield item
