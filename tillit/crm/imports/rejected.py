"""The rows an import could not take, as a file to be mended and uploaded again."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import IO

from django.utils.translation import gettext as _

from tillit.crm.imports.problems import Problem
from tillit.foundation.cells import CONTROL, guard


class RejectedRows:
    """Writes rejected rows to a binary file as they come: the original cells, then row number and reason.

    CSV as UTF-8 with a mark, formulas neutralised. Headings in the language active when it is made.
    """

    def __init__(self, file: IO[bytes], headers: Sequence[str], *, delimiter: str = ",") -> None:
        self.count = 0
        self._width = len(headers)
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="", write_through=False)
        self._writer = csv.writer(self._text, delimiter=delimiter)
        self._write([*headers, _("Row"), _("Reason")])

    def add(self, problem: Problem) -> None:
        """Write one row down, cells beyond the headings joined into the last; rows that were taken are left out."""
        if not problem.rejected:
            return
        cells = list(problem.cells)
        if len(cells) > self._width:
            cells[self._width - 1 :] = [" ".join(filter(None, cells[self._width - 1 :]))]
        cells += [""] * (self._width - len(cells))
        self._write([*cells, str(problem.number), problem.reason])
        self.count += 1

    def close(self) -> None:
        """Write what is still waiting; the file stays open and belongs to the caller."""
        self._text.flush()
        self._text.detach()

    def _write(self, cells: list[str]) -> None:
        self._writer.writerow([guard(CONTROL.sub("", cell)) for cell in cells])
