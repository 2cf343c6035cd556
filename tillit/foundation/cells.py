"""The text of one cell: what is taken away when it is read, and what guards it when it is written."""

from __future__ import annotations

import re
import unicodedata

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")  # all but tab, line feed, carriage return
_BREAK = re.compile(r"\r\n?")
# OWASP, "CSV Injection": these begin a formula, in East Asian full-width and small forms too
_SIGNS = r"=+\-@＝＋－＠﹢﹣﹦﹫−"
_FORMULA = re.compile(rf"'*(?:\s*[{_SIGNS}]|[\t\r\n])")
# A phone number as people write it is no formula. One of hyphens or slashes alone stays guarded: `+47-22-33` is -8
_PHONE = re.compile(r"(?=.{2,60}\Z)\+[0-9](?:[0-9 ().]*|[0-9 ()./-]*[0-9)] [0-9(][0-9 ()./-]*)")
_GUARDED = re.compile(rf"'+(?:\s*[{_SIGNS}]|[\t\r\n])")
_GUARDED_WITHIN = re.compile(rf"'(?:\s*[{_SIGNS}]|[\t\r\n])")  # without `+`: must stay fast over a long text


def tidy(text: str) -> str:
    """Without control characters and surrounding space, line breaks as `\\n`, in Unicode's composed form (NFC)."""
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        text = unicodedata.normalize("NFC", text)
    if "\r" in text:
        text = _BREAK.sub("\n", text)
    return CONTROL.sub("", text).strip()


def guard(text: str) -> str:
    """The text with an apostrophe before it if a spreadsheet program would take it for a formula.

    A phone number such as `+47 22 33 44 55` is left alone. Text that already looks guarded gets one more apostrophe, so
    that `unguard` always gives back the same text.
    """
    return f"'{text}" if text and _FORMULA.match(text) and not _PHONE.fullmatch(text) else text


def unguard(text: str) -> str:
    """The text without the apostrophe that `guard`, or another careful program, put before it."""
    return text[1:].strip() if text[:1] == "'" and _GUARDED.match(text) else text


def needs_care(block: str) -> bool:
    """Whether some cell in this piece of a CSV file needs more than having its surrounding space removed."""
    if not block.isascii() and not unicodedata.is_normalized("NFC", block):
        return True
    return "'" in block and _GUARDED_WITHIN.search(block) is not None
