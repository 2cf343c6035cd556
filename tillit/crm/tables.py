"""Writing tables people download: CSV and XLSX, row by row, in which nothing can become a formula."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain, islice
from typing import IO

import xlsxwriter
from django.utils.translation import gettext as _

from tillit.foundation.cells import CONTROL, guard
from tillit.foundation.errors import Refused

Cell = str | int | float | Decimal | bool | date | datetime | None
XLSX_ROWS = 1_048_576  # Excel's own limits
XLSX_TEXT = 32_767
_WIDTHS_FROM = 200  # rows that decide how wide the columns are
_BUFFER = 64 * 1024


def delimiter_for(language: str) -> str:
    """What Excel expects between the cells of a CSV file: a semicolon where the comma is the decimal sign."""
    return ";" if language[:2] in ("de", "nb", "nn", "no") else ","


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, delimiter: str = ",") -> Iterator[bytes]:
    """The table as CSV (RFC 4180) in pieces of about 64 KB: UTF-8 with a mark, CRLF, formulas neutralised.

    Text that a spreadsheet program would take for a formula gets an apostrophe before it (OWASP, "CSV Injection");
    our own import takes it away again. Numbers stay numbers, dates are written as ISO 8601; moments in the zone they
    come in.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    buffer.write("\ufeff")
    for row in chain([header], rows):
        writer.writerow([_as_text(cell) for cell in row])
        if buffer.tell() >= _BUFFER:
            yield buffer.getvalue().encode("utf-8", "replace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def write_xlsx(header: Sequence[str], rows: Iterable[Sequence[Cell]], *, name: str = "") -> IO[bytes]:
    """The table as a workbook in a temporary file, at its beginning, which vanishes when it is closed.

    Headings are bold, stay in sight and can be filtered by. Text is written as text, never as formula or link.
    Refuses more rows than Excel can open. Memory does not grow with the number of rows.
    """
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller's to close
    book = xlsxwriter.Workbook(
        file, {"constant_memory": True, "default_date_format": "yyyy-mm-dd", "remove_timezone": True}
    )
    sheet = book.add_worksheet(name or None)
    bold = book.add_format({"bold": True})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    for column, title in enumerate(header):
        sheet.write_string(0, column, _plain(title), bold)
    rows = iter(rows)
    first = list(islice(rows, _WIDTHS_FROM))
    _set_widths(sheet, header, first)
    last = 0
    for last, row in enumerate(chain(first, rows), start=1):
        if last >= XLSX_ROWS:
            raise Refused(_("A workbook holds at most 1,048,575 rows. Please export it as CSV."))
        _write_row(sheet, last, row, moment)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(last, 1), max(len(header) - 1, 0))
    book.close()
    file.seek(0)
    return file


def _write_row(sheet: xlsxwriter.worksheet.Worksheet, number: int, row: Sequence[Cell], moment: object) -> None:
    for column, cell in enumerate(row):
        if cell is None or cell == "":
            continue
        if isinstance(cell, str):
            sheet.write_string(number, column, _plain(cell)[:XLSX_TEXT])
        elif isinstance(cell, bool):
            sheet.write_boolean(number, column, cell)
        elif isinstance(cell, datetime):
            sheet.write_datetime(number, column, cell, moment)
        elif isinstance(cell, date):
            sheet.write_datetime(number, column, cell)
        else:
            sheet.write_number(number, column, cell)


def _set_widths(sheet: xlsxwriter.worksheet.Worksheet, header: Sequence[str], rows: list[Sequence[Cell]]) -> None:
    """As wide as the longest text of the first rows, within reason."""
    for column, title in enumerate(header):
        longest = max([len(title) + 3, *(len(str(row[column])) for row in rows if row[column] is not None)])
        sheet.set_column(column, column, min(max(longest, 8), 60))


def _as_text(cell: Cell) -> Cell:
    if isinstance(cell, str):
        return guard(_plain(cell))
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    return cell


def _plain(text: str) -> str:
    return CONTROL.sub("", text) if not text.isprintable() else text
