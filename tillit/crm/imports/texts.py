"""The shared texts of a workbook, kept in a temporary file: a large workbook has millions of them."""

from __future__ import annotations

import tempfile
from array import array
from typing import IO

from openpyxl.xml.constants import SHEET_MAIN_NS

from tillit.crm.imports.markup import PHONETIC, TEXT, chunks, parser, too_long, unescaped
from tillit.crm.imports.problems import MAX_LINE
from tillit.foundation.cells import tidy

_ITEM = f"{SHEET_MAIN_NS}}}si"


class SharedTexts:
    """A sequence of clean texts by number; eight bytes of memory for each."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the workbook
        self._ends = array("Q", [0])
        self._pieces: list[str] = []
        self._open = False  # inside text that belongs to the item
        self._spoken = False

    def read(self, part: IO[bytes]) -> None:
        """Take in the table of texts."""
        made = parser()
        made.StartElementHandler = self._start
        made.EndElementHandler = self._end
        made.CharacterDataHandler = self._characters
        for _chunk in chunks(made, part):
            if len(self._pieces) > 1 and sum(map(len, self._pieces)) > MAX_LINE:
                raise too_long()
        self._file.flush()

    def __getitem__(self, index: int) -> str:
        if not 0 <= index < len(self._ends) - 1:
            raise IndexError(index)
        start = self._ends[index]
        self._file.seek(start)
        return self._file.read(self._ends[index + 1] - start).decode()

    def close(self) -> None:
        """Throw the texts away."""
        self._file.close()

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        if name == TEXT:
            self._open = not self._spoken
        elif name == PHONETIC:
            self._spoken = True

    def _characters(self, piece: str) -> None:
        if self._open:
            self._pieces.append(piece)

    def _end(self, name: str) -> None:
        if name == TEXT:
            self._open = False
        elif name == PHONETIC:
            self._spoken = False
        elif name == _ITEM:
            text = tidy(unescaped("".join(self._pieces))).encode("utf-8", "replace")
            self._pieces.clear()
            self._file.write(text)
            self._ends.append(self._ends[-1] + len(text))
