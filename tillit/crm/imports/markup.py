"""XML of a workbook's parts, parsed as a stream: nothing is kept but what the handlers keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO
from xml.parsers import expat

from django.utils.translation import gettext as _
from openpyxl.xml.constants import SHEET_MAIN_NS

from tillit.crm.imports.problems import MAX_LINE, Unreadable

TEXT = f"{SHEET_MAIN_NS}}}t"
PHONETIC = f"{SHEET_MAIN_NS}}}rPh"  # how to pronounce the text: no part of it
_CHUNK = 64 * 1024
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def parser() -> expat.XMLParserType:
    """A parser that knows namespaces (`uri}name`) and takes no document type, hence no entities either."""

    def refuse(*_declaration: object) -> None:
        raise Unreadable(_("The workbook holds an XML document type, which no spreadsheet program writes."))

    made = expat.ParserCreate(namespace_separator="}")
    made.buffer_text = True
    made.StartDoctypeDeclHandler = refuse
    return made


def chunks(made: expat.XMLParserType, part: IO[bytes]) -> Iterator[None]:
    """Parse a part chunk by chunk; after each, the caller takes what its handlers have gathered.

    A tag that does not end within `MAX_LINE` bytes would have to be held in memory whole: refused.
    """
    unclosed = 0
    while chunk := part.read(_CHUNK):
        unclosed = 0 if b">" in chunk else unclosed + len(chunk)
        if unclosed > MAX_LINE:
            raise too_long()
        made.Parse(chunk, False)
        yield
    made.Parse(b"", True)
    yield


def too_long() -> Unreadable:
    """The refusal of what would not fit into memory."""
    return Unreadable(_("A row of the workbook holds more than 1 MB of text."))


def unescaped(text: str) -> str:
    """Excel writes what XML cannot hold as `_x000D_`, and an underscore that would look like that as `_x005F_`."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
