"""Which characters the bytes of a text file mean: found from marks, zero bytes and a walk over the whole file."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from tillit.crm.imports.problems import MAX_LINE, MEGABYTE, Unreadable

# What a person may choose when the guess is wrong
ENCODINGS = (
    "utf-8-sig", "utf-16", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "iso8859-15", "mac-roman",
    "shift_jis", "gb18030", "big5", "euc-kr",
)  # fmt: skip
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its mark begins alike
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r\x1a")
WESTERN = "tillit-western"


def _as_western(error: UnicodeError) -> tuple[str, int]:
    """Bytes that do not fit the encoding, read as Windows-1252 and, where that has a hole, as Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    try:
        return bad.decode("cp1252"), error.end
    except UnicodeDecodeError:
        return bad.decode("latin-1"), error.end


codecs.register_error(WESTERN, _as_western)


@dataclass(frozen=True)
class Text:
    """How to open a file as text; `errors` is an error handler for `open`, `lines` the number of line ends in it."""

    encoding: str
    errors: str
    lines: int
    notes: tuple[str, ...] = ()


def examine(path: Path, encoding: str | None = None) -> Text:
    """Walk over the whole file in flat memory and tell its encoding.

    Refuses what is no text, and lines longer than `MAX_LINE`. `encoding`: one of `ENCODINGS`, to overrule the guess.
    """
    with path.open("rb") as file:
        head = file.read(64 * 1024)
    if encoding is not None and encoding not in ENCODINGS:
        raise Unreadable(_("The encoding “%(name)s” is not known here.") % {"name": encoding})
    codec = encoding or _by_mark(head) or _by_zeros(head)
    if codec is None:
        _refuse_binary(head)
        codec = "utf-8"
    lines, valid = _walk(path, codec)
    if valid:
        return Text(codec, "strict", lines)
    if codec != "utf-8":
        errors = "replace" if codec.startswith("utf-16") or codec == "utf-32" else WESTERN
        note = _("Some characters do not fit the encoding %(name)s.") % {"name": codec.upper()}
        return Text(codec, errors, lines, (note,))
    if _mostly_utf8(path):
        note = _("The file mixes two encodings; characters that are no UTF-8 are read as Windows-1252.")
        return Text("utf-8", WESTERN, lines, (note,))
    return Text("cp1252", WESTERN, lines, (_("The file is no UTF-8; it is read as Windows-1252."),))


def _by_mark(head: bytes) -> str | None:
    return next((codec for mark, codec in _MARKS if head.startswith(mark)), None)


def _by_zeros(head: bytes) -> str | None:
    """UTF-16 without a mark: most text has many characters below U+0100, whose one byte is zero, always on one side."""
    pairs = len(head) // 2
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < max(4, pairs * 0.1) or min(even, odd) * 10 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _refuse_binary(head: bytes) -> None:
    """A few stray control characters are taken away later; many mean that this is no text."""
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > max(4, len(head) * 0.01):
        raise Unreadable(_("This is not a text file. Tillit reads CSV files and Excel workbooks (.xlsx)."))


def _walk(path: Path, codec: str) -> tuple[int, bool]:
    """Number of line ends, and whether every byte fits the codec."""
    decode: Callable[[bytes, bool], str] = codecs.getincrementaldecoder(codec)().decode
    lines, length, valid = 0, 0, True
    with path.open("rb") as file:
        while chunk := file.read(MEGABYTE):
            ends = chunk.count(b"\n") or chunk.count(b"\r")
            first, last = _line_ends(chunk)
            if length + first > MAX_LINE:
                raise Unreadable(
                    _("Line %(line)s is longer than 1 MB. Is this a CSV file with one line per row?")
                    % {"line": lines + 1}
                )
            length = len(chunk) - last if ends else length + len(chunk)
            lines += ends
            if valid:
                try:
                    decode(chunk, False)
                except UnicodeDecodeError:
                    valid = False
    try:
        if valid:
            decode(b"", True)
    except UnicodeDecodeError:
        valid = False
    return lines, valid


def _line_ends(chunk: bytes) -> tuple[int, int]:
    """Bytes before the first line end of a chunk, and bytes up to and with the last; all of them if there is none."""
    found = [at for at in (chunk.find(b"\n"), chunk.find(b"\r")) if at >= 0]
    last = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
    return (min(found), last + 1) if found else (len(chunk), len(chunk))


def _mostly_utf8(path: Path) -> bool:
    """Whether more bytes make sense as UTF-8 beyond ASCII than do not: one bad byte must not spoil every umlaut."""
    sensible = dropped = 0
    with path.open("rb") as file:
        while chunk := file.read(MEGABYTE):
            text = chunk.decode("utf-8", "ignore")
            size = len(text.encode())
            sensible += size - len(text)
            dropped += len(chunk) - size
    return sensible > dropped
