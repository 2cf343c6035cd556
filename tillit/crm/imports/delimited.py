"""CSV: what separates the cells, and the records one by one in flat memory, mending stray quotation marks."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from tillit.crm.imports.encodings import Text
from tillit.crm.imports.fields import KNOWN_NAMES, normal
from tillit.crm.imports.problems import Cells, Problem, Unreadable
from tillit.foundation.cells import CONTROL, needs_care, tidy, unguard

DELIMITERS = ",;\t|"
_BLOCK = 256 * 1024  # characters read at a time
_SNIFFED = 64 * 1024
_MAX_CELL_LINES = 1_000  # more than this is a quotation mark that was never closed
_MAX_MENDED = 1_000
_HINT = re.compile(rf"sep=([{DELIMITERS}])\r?\n", re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """How the cells are separated and quoted; `hinted`: the first line is Excel's `sep=;`, no row."""

    delimiter: str
    quote: str
    hinted: bool = False


class _Unclosed(Exception):
    """A quotation mark was opened and swallows the rows that follow."""


def sniff(path: Path, text: Text, delimiter: str | None = None) -> Dialect:
    """The delimiter under which the first 64 KB fall into the most even table; `delimiter` overrules."""
    with path.open(encoding=text.encoding, errors=text.errors, newline="") as file:
        sample = CONTROL.sub("", file.read(_SNIFFED))
        complete = not file.read(1)
    if hint := _HINT.match(sample):
        return Dialect(delimiter or hint[1], _quote(sample, delimiter or hint[1]), hinted=True)
    if not complete:  # the last line is cut somewhere
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    if delimiter is None:
        scores = {candidate: _evenness(sample, candidate) for candidate in DELIMITERS}
        delimiter = max(DELIMITERS, key=lambda candidate: scores[candidate])
        if scores[delimiter] < 0.3:  # a single column: separated by what does not occur
            delimiter = next((candidate for candidate in DELIMITERS if candidate not in sample), ",")
    return Dialect(delimiter, _quote(sample, delimiter))


def _evenness(sample: str, delimiter: str) -> float:
    """0 to 1: the share of rows with the most frequent number of cells, more worth with more cells.

    And 1 more if the first row falls apart into headings we know.
    """
    quote = _quote(sample, delimiter)
    try:
        table = list(csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, quotechar=quote))
    except csv.Error:
        return 0.0
    widths = [len(row) for row in table if row]
    if not widths:
        return 0.0
    width, times = Counter(widths).most_common(1)[0]
    score = times / len(widths) * (1 - 1 / width)
    if len(table[0]) > 1 and any(normal(cell) in KNOWN_NAMES for cell in table[0]):
        return score + 1
    return score / 2 if delimiter == "," and widths[0] == 1 else score  # one column of "Oslo, Norway" is no table


def _quote(sample: str, delimiter: str) -> str:
    """The quotation mark: an apostrophe only if a heading stands between two and the usual mark stands nowhere."""
    between = re.escape(delimiter)
    heading = re.match(rf"(?:[^\r\n]*{between})?'[^'\r\n]+'(?:{between}|\r|\n|\Z)", sample)
    return "'" if heading and '"' not in sample else '"'


class Records:
    """The records of a CSV file in order, numbered as a spreadsheet program numbers them, empty lines included.

    A line with a quotation mark that is never closed is handed out as a rejected `Problem` and the reading goes on
    after it: without this, one stray mark would swallow all rows up to the next.
    """

    def __init__(self, path: Path, text: Text, dialect: Dialect) -> None:
        self._path, self._text, self._dialect = path, text, dialect
        self._taken: list[str] = []  # lines of the record being read
        self._again: deque[str] = deque()  # lines to be read once more
        self._care = False
        self._ended = False
        self._mended = 0
        self._lines = self._read_lines()

    def __iter__(self) -> Iterator[Cells | Problem]:
        number = 0
        taken, dialect = self._taken, self._dialect
        while not self._ended or self._again:
            self._ended = False
            records = csv.reader(self._feed(), delimiter=dialect.delimiter, quotechar=dialect.quote)
            try:
                for record in records:
                    several = len(taken) > 1
                    if self._ended or (several and self._looks_broken()):
                        raise _Unclosed
                    number += 1
                    if self._care or several:
                        record = [unguard(tidy(cell)) for cell in record]
                    else:
                        record = [cell.strip() for cell in record]
                    taken.clear()
                    yield number, record
            except (csv.Error, _Unclosed) as error:
                number += 1
                yield self._mend(number, too_long=isinstance(error, csv.Error) and len(taken) == 1)

    def _feed(self) -> Iterator[str]:
        taken, again = self._taken, self._again
        while again:
            taken.append(again[0])
            yield again.popleft()
        for line in self._lines:
            taken.append(line)
            if len(taken) > _MAX_CELL_LINES:
                raise _Unclosed
            yield line
        self._ended = True

    def _read_lines(self) -> Iterator[str]:
        text = self._text
        with self._path.open(encoding=text.encoding, errors=text.errors, newline="") as file:
            if self._dialect.hinted:
                file.readline()
            while block := file.read(_BLOCK):
                block += file.readline()
                if CONTROL.search(block):
                    block = CONTROL.sub("", block)
                self._care = needs_care(block) or (self._care and bool(self._taken))
                yield from io.StringIO(block, newline="")

    def _looks_broken(self) -> bool:
        """Whether a record over several lines only came about because its quotation marks are at odd places."""
        dialect = self._dialect
        try:
            list(csv.reader(self._taken, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True))
        except csv.Error:
            return True
        return False

    def _mend(self, number: int, *, too_long: bool) -> Problem:
        """Reject the first line of the broken record and read the others again."""
        self._mended += 1
        if self._mended > _MAX_MENDED:
            raise Unreadable(_("In more than 1,000 rows a quotation mark is opened and never closed."))
        line, *rest = self._taken
        self._taken.clear()
        self._again.extendleft(reversed(rest))
        self._care = True
        cells = [tidy(cell) for cell in line.split(self._dialect.delimiter)]
        if too_long:
            reason = _("A cell in this row has more than %(limit)s characters.") % {"limit": csv.field_size_limit()}
        else:
            reason = _("A quotation mark in this row is opened and never closed.")
        return Problem(number, cells, reason)
