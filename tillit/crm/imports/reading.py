"""Reading an uploaded table, CSV or XLSX: look at it once, then hand out its rows one by one in flat memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from django.utils.translation import gettext as _

from tillit.crm.imports.delimited import DELIMITERS, Dialect, Records, sniff
from tillit.crm.imports.encodings import Text, examine
from tillit.crm.imports.headers import LOOKED_AT, find_head
from tillit.crm.imports.problems import MAX_FILE, MEGABYTE, Cells, Problem, Tell, Unreadable, heard, ignore
from tillit.crm.imports.spreadsheets import Workbook

_SHOWN_SAMPLES, _SHOWN_CELL = 3, 200  # rows and characters that are kept to be shown
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NO_TABLES = (
    b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!",
    b"\xfd7zXZ", b"{\\rtf", b"SQLite format", b"\x7fELF",
)  # fmt: skip
_MARKUP = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|head|body|table|\?xml|svg)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Sheet:
    """One table in a file: where it is, how it is written, what its columns are called.

    `text` and `dialect` tell how a CSV file is written, `name` and `names` which sheet of a workbook this is.
    `header_row` counts as a spreadsheet program shows it, from 1; 0 means that the file has no headings.
    `headers` are unique and never empty. `notes` are sentences about what was guessed, in the language active then.
    `about` is an estimate of the number of rows, for progress; None when the file does not tell.
    """

    path: Path
    filename: str
    kind: Literal["csv", "xlsx"]
    size: int
    header_row: int
    headers: tuple[str, ...]
    samples: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    about: int | None
    text: Text | None = None
    dialect: Dialect | None = None
    name: str = ""
    names: tuple[str, ...] = ()

    @property
    def encoding(self) -> str:
        """Python's name of the encoding; empty for a workbook."""
        return self.text.encoding if self.text else ""

    @property
    def delimiter(self) -> str:
        return self.dialect.delimiter if self.dialect else ""


def inspect(
    path: Path,
    filename: str,
    *,
    limit: int = MAX_FILE,
    encoding: str | None = None,
    delimiter: str | None = None,
    name: str | None = None,
) -> Sheet:
    """Look at an uploaded file: what it is, how it is written, what its columns are called, its first rows.

    A text file is walked over once as a whole (some hundred MB a second), a workbook as far as its first rows and its
    table of texts; memory stays flat. `limit`: bytes the file may have. `encoding`, `delimiter` and `name` (of the
    sheet in a workbook) overrule the guesses. Raises `Unreadable` with a sentence for the person who uploaded it.
    """
    size = path.stat().st_size
    if not size:
        raise Unreadable(_("The file is empty."))
    if size > limit:
        raise Unreadable(_("The file is larger than %(limit)s MB.") % {"limit": max(1, limit // MEGABYTE)})
    if delimiter is not None and delimiter not in DELIMITERS:
        raise Unreadable(_("Cells may be separated by comma, semicolon, tab or vertical bar."))
    if _is_workbook(path):
        return _inspect_workbook(path, filename, size, name)
    return _inspect_text(path, filename, size, encoding, delimiter)


def found(sheet: Sheet) -> dict[str, Any]:
    """What `inspect` found, as JSON, for `reopen`; of the samples only what is shown."""
    kept = {name: getattr(sheet, name) for name in ("kind", "size", "header_row", "notes", "about", "name", "names")}
    kept["samples"] = [[cell[:_SHOWN_CELL] for cell in row] for row in sheet.samples[:_SHOWN_SAMPLES]]
    if sheet.text and sheet.dialect:
        kept |= {"text": asdict(sheet.text), "dialect": asdict(sheet.dialect)}
    return kept


def reopen(path: Path, filename: str, headers: Sequence[str], kept: Mapping[str, Any]) -> Sheet:
    """The sheet as it was found before, without walking over the file again. `kept`: what `found` gave."""
    text, dialect = kept.get("text"), kept.get("dialect")
    return Sheet(
        path=path,
        filename=filename,
        kind=kept["kind"],
        size=kept["size"],
        header_row=kept["header_row"],
        headers=tuple(headers),
        samples=tuple(map(tuple, kept["samples"])),
        notes=tuple(kept["notes"]),
        about=kept["about"],
        text=Text(**{**text, "notes": tuple(text["notes"])}) if text else None,
        dialect=Dialect(**dialect) if dialect else None,
        name=kept["name"],
        names=tuple(kept["names"]),
    )


def rows(sheet: Sheet, tell: Tell = ignore) -> Iterator[Cells]:
    """The rows below the headings; `tell` hears of every problem between them. See `rows_and_problems`."""
    return heard(rows_and_problems(sheet), tell)


def rows_and_problems(sheet: Sheet) -> Iterator[Cells | Problem]:
    """The rows below the headings: number as a spreadsheet program shows it, and as many cells as `sheet.headers`.

    Cells are clean text: no control characters, no surrounding space, line breaks as `\\n`, Unicode NFC. Short rows are
    filled up, empty ones left out. In place of a row that is not handed out (too many cells, an open quotation mark),
    and before one with a cell that had to be emptied, stands a `Problem`; numbers never fall. Raises `Unreadable` if
    a workbook turns out damaged on the way.
    """
    if sheet.text and sheet.dialect:
        yield from _fitted(Records(sheet.path, sheet.text, sheet.dialect), sheet)
        return
    with Workbook(sheet.path) as workbook:
        yield from _fitted(workbook.rows(sheet.name), sheet)


def _fitted(records: Iterable[Cells | Problem], sheet: Sheet) -> Iterator[Cells | Problem]:
    """Rows below the headings, each as wide as these."""
    width, first = len(sheet.headers), sheet.header_row
    for record in records:
        if isinstance(record, Problem):
            yield record
            continue
        number, cells = record
        if number <= first or not any(cells):
            continue
        count = len(cells)
        if count < width:
            cells += [""] * (width - count)
        elif count > width:
            if any(cells[width:]):
                reason = _("The row has %(count)s cells, but there are only %(width)s columns.")
                yield Problem(number, cells, reason % {"count": count, "width": width})
                continue
            del cells[width:]
        yield record


def _inspect_text(path: Path, filename: str, size: int, encoding: str | None, delimiter: str | None) -> Sheet:
    text = examine(path, encoding)
    dialect = sniff(path, text, delimiter)
    head = find_head(list(islice(heard(Records(path, text, dialect)), LOOKED_AT)))
    return Sheet(
        path=path,
        filename=filename,
        kind="csv",
        size=size,
        text=text,
        dialect=dialect,
        header_row=head.row,
        headers=tuple(head.names),
        samples=tuple(map(tuple, head.samples)),
        notes=(*text.notes, *head.notes),
        about=max(len(head.samples), text.lines - head.row),
    )


def _inspect_workbook(path: Path, filename: str, size: int, name: str | None) -> Sheet:
    notes: list[str] = []

    def note(problem: Problem) -> None:
        if problem.reason not in notes:
            notes.append(problem.reason)

    with Workbook(path) as workbook:
        chosen = name or workbook.first_filled()
        head = find_head(list(islice(heard(workbook.rows(chosen), note), LOOKED_AT)))
        if name is None and len(workbook.names) > 1:
            several = _("The workbook has %(count)s sheets; “%(name)s” is read.")
            notes.append(several % {"count": len(workbook.names), "name": chosen})
        return Sheet(
            path=path,
            filename=filename,
            kind="xlsx",
            size=size,
            name=chosen,
            names=tuple(workbook.names),
            header_row=head.row,
            headers=tuple(head.names),
            samples=tuple(map(tuple, head.samples)),
            notes=(*notes, *head.notes),
            about=workbook.about(chosen, head.row),
        )


def _is_workbook(path: Path) -> bool:
    """By what the file holds, not by what it is called. Refuses whatever is neither text nor a zip package."""
    with path.open("rb") as file:
        head = file.read(8192)
    if head.startswith(_ZIP):
        return True
    if head.startswith(_OLE):
        _refuse_ole(path)
    if head.startswith(_NO_TABLES):
        raise Unreadable(_("This is not a table. Tillit reads CSV files and Excel workbooks (.xlsx)."))
    if _MARKUP.match(head):
        raise Unreadable(_("This is a web page or XML file. Please save it as .xlsx or CSV and try again."))
    return False


def _refuse_ole(path: Path) -> None:
    """The container of Excel before 2007, in which newer workbooks are put when they have a password."""
    encrypted = "EncryptedPackage".encode("utf-16-le")
    tail = b""
    with path.open("rb") as file:
        while chunk := file.read(MEGABYTE):
            if encrypted in tail + chunk:
                raise Unreadable(_("The workbook has a password. Please remove the password and upload it again."))
            tail = chunk[-len(encrypted) :]
    raise Unreadable(_("Workbooks of Excel before 2007 (.xls) are not read. Please save it as .xlsx or CSV."))
