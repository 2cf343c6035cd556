"""XLSX workbooks: what they may be, their sheets, and the rows of one sheet in flat memory.

The package, its parts and its list of sheets are openpyxl's work. Its row reader keeps every row's element and every
shared text in memory and takes three times as long; rows and texts are therefore streamed by `worksheets`.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile, ZipFile, ZipInfo

from django.utils.translation import gettext as _
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import fromstring  # defusedxml's

from tillit.crm.imports.problems import MEGABYTE, Cells, Problem, Unreadable, heard
from tillit.crm.imports.texts import SharedTexts
from tillit.crm.imports.worksheets import rows as worksheet_rows

MAX_UNZIPPED = 2048 * MEGABYTE
MAX_RATIO = 200  # real workbooks pack 5 to 30 times
MAX_SMALL_PART = 16 * MEGABYTE  # all but sheets and texts, which are streamed
_MAX_DIRECTORY = MEGABYTE  # bytes; a workbook has some ten parts, a list of a part takes some 100 bytes
_END = b"PK\x05\x06"
_STYLES = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension\b[^>]*\bref="[A-Z]+\d+:[A-Z]+(\d+)"')
# All that broken packages make zipfile, expat and openpyxl raise
_BROKEN = (
    BadZipFile, zlib.error, struct.error, ExpatError, SyntaxError, EOFError, OSError, ValueError, TypeError,
    LookupError, AttributeError, RuntimeError, OverflowError,
)  # fmt: skip


def _damaged() -> Unreadable:
    return Unreadable(_("The workbook is damaged. Please open it, save it again as .xlsx and upload that."))


class _Package(ZipFile):
    """A zip file whose parts are read as a whole only if they are small; sheets and texts are streamed."""

    def read(self, name: str | ZipInfo, pwd: bytes | None = None) -> bytes:
        info = name if isinstance(name, ZipInfo) else self.getinfo(name)
        if info.file_size > MAX_SMALL_PART:
            raise _too_large()
        return super().read(info, pwd)


class Workbook:
    """An XLSX file opened for reading; close it, or use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._texts: SharedTexts | None = None
        try:
            self._reader = self._open(path)
            sheets = list(self._reader.parser.find_sheets())
        except Unreadable:
            self.close()
            raise
        except _BROKEN as error:
            self.close()
            raise _damaged() from error
        self._archive: ZipFile = self._reader.archive
        self._states = {sheet.name: sheet.state for sheet, _relation in sheets}
        self._parts = {
            sheet.name: relation.target
            for sheet, relation in sheets
            if relation.Type.endswith("/worksheet") and relation.target in self._reader.valid_files
        }
        if not self._parts:
            self.close()
            raise Unreadable(_("The workbook has no sheet with a table."))

    @property
    def names(self) -> list[str]:
        """The sheets people can see; all of them if all are hidden."""
        visible = [name for name in self._parts if self._states[name] == "visible"]
        return visible or list(self._parts)

    def first_filled(self) -> str:
        """The first sheet with any text in it, or the first."""
        for name in self.names:
            if any(any(cells) for _number, cells in heard(self.rows(name))):
                return name
        return self.names[0]

    def rows(self, name: str) -> Iterator[Cells | Problem]:
        """Number as the spreadsheet program shows it, and cells up to the last with a value; empty rows left out."""
        if name not in self._parts:
            raise Unreadable(_("The workbook has no sheet called “%(name)s”.") % {"name": name})
        try:
            if self._texts is None:
                self._texts = self._read_texts()
            formats = self._number_formats()
            with self._archive.open(self._parts[name]) as part:
                yield from worksheet_rows(part, self._texts, formats, self._reader.wb.epoch)
        except Unreadable:
            raise
        except _BROKEN as error:
            raise _damaged() from error

    def about(self, name: str, header_row: int) -> int | None:
        """Rows below the headings as the sheet itself claims; None if it does not."""
        with self._archive.open(self._parts[name]) as part:
            claimed = _DIMENSION.search(part.read(4096))
        return max(0, int(claimed[1]) - header_row) if claimed else None

    def close(self) -> None:
        """Close the file and the store of its texts."""
        if self._texts is not None:
            self._texts.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, path: Path) -> ExcelReader:
        _refuse_long_directory(self._file)
        reader = ExcelReader(self._file, read_only=True, data_only=True, keep_links=False)
        reader.archive = _Package(self._file)
        _refuse_other_packages(reader.archive)
        _refuse_bombs(reader.archive, path.stat().st_size)
        reader.read_manifest()
        reader.read_workbook()
        return reader

    def _read_texts(self) -> SharedTexts:
        texts = SharedTexts()
        part = self._reader.package.find(SHARED_STRINGS)
        if part is not None and part.PartName.lstrip("/") in self._reader.valid_files:
            with self._archive.open(part.PartName.lstrip("/")) as file:
                texts.read(file)
        return texts

    def _number_formats(self) -> list[str]:
        """The number format of each cell style, in the order the cells name them."""
        part = self._reader.package.find(_STYLES)
        if part is None or part.PartName.lstrip("/") not in self._reader.valid_files:
            return []
        root = fromstring(self._archive.read(part.PartName.lstrip("/")))
        codes = dict(BUILTIN_FORMATS)
        for known in root.iter(f"{{{SHEET_MAIN_NS}}}numFmt"):
            codes[int(known.get("numFmtId", 0))] = known.get("formatCode", "")
        styles = root.find(f"{{{SHEET_MAIN_NS}}}cellXfs")
        return [codes.get(int(style.get("numFmtId", 0)), "") for style in (styles if styles is not None else [])]


def _too_large() -> Unreadable:
    return Unreadable(_("The workbook is unreasonably large once unpacked. Please save it as CSV."))


def _refuse_long_directory(file: IO[bytes]) -> None:
    """Before zipfile reads the list of parts: it may claim millions of them, and each costs memory."""
    file.seek(max(0, file.seek(0, os.SEEK_END) - 65_557))  # the longest end record there can be
    tail = file.read()
    at = len(tail) - 22 if tail[-22:].startswith(_END) else tail.rfind(_END)
    if 0 <= at <= len(tail) - 22 and int.from_bytes(tail[at + 12 : at + 16], "little") > _MAX_DIRECTORY:
        raise _too_large()


def _refuse_other_packages(archive: ZipFile) -> None:
    names = set(archive.namelist())
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Unreadable(_("The workbook holds macros. Please save it as .xlsx without macros and upload that."))
    if "xl/workbook.bin" in names:
        raise Unreadable(_("Binary workbooks (.xlsb) are not read. Please save it as .xlsx or CSV."))
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return
    if "mimetype" in names and b"opendocument" in archive.read("mimetype")[:100]:
        raise Unreadable(_("OpenDocument files (.ods) are not read. Please save it as .xlsx or CSV."))
    if any(name.endswith(".iwa") for name in names):
        raise Unreadable(_("Numbers documents are not read. Please export it as Excel (.xlsx) or CSV."))
    raise Unreadable(_("This is a zip file but no Excel workbook. Tillit reads CSV files and .xlsx workbooks."))


def _refuse_bombs(archive: ZipFile, size: int) -> None:
    """By what the parts claim: zipfile never unpacks more of a part than it claims."""
    parts = archive.infolist()
    total = sum(part.file_size for part in parts)
    if total > MAX_UNZIPPED or (total > MAX_SMALL_PART and total > size * MAX_RATIO):
        raise _too_large()
    if any(part.flag_bits & 1 for part in parts):
        raise Unreadable(_("The workbook has a password. Please remove the password and upload it again."))
