"""Marking what was found. The database folds better; this only has to find the same letters on the page."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

LETTERS = {
    "ø": "o", "æ": "ae", "œ": "oe", "ß": "ss", "ð": "d", "đ": "d", "þ": "th", "ł": "l", "ı": "i",
}  # fmt: skip


@functools.lru_cache(maxsize=4096)
def _plain_letter(letter: str) -> str:
    lower = letter.lower()
    if lower in LETTERS:
        return LETTERS[lower]
    parts = unicodedata.normalize("NFKD", lower)
    return "".join(part for part in parts if not unicodedata.combining(part))


def plain(text: str) -> str:
    """Lower case without accents, nearly as the database folds it."""
    return text.lower() if text.isascii() else "".join(map(_plain_letter, text))


def highlight(text: str, words: Iterable[str]) -> str | SafeString:
    """The text with every occurrence of the words (already `plain`) in `<mark>`."""
    folded = plain(text)
    spans = _spans(folded, words)
    if not spans:
        return text
    places = _places(text) if len(folded) != len(text) or not text.isascii() else range(len(text) + 1)
    pieces, done = [], 0
    for start, end in spans:
        first, last = places[start], places[end - 1] + 1
        if first < done:
            continue
        pieces += [conditional_escape(text[done:first]), "<mark>", conditional_escape(text[first:last]), "</mark>"]
        done = last
    pieces.append(conditional_escape(text[done:]))
    return mark_safe("".join(pieces))  # noqa: S308 - every piece of the text is escaped


def _spans(folded: str, words: Iterable[str]) -> list[tuple[int, int]]:
    spans = []
    for word in words:
        start = folded.find(word)
        while word and start >= 0:
            spans.append((start, start + len(word)))
            start = folded.find(word, start + len(word))
    return sorted(spans, key=lambda span: (span[0], -span[1]))


def _places(text: str) -> list[int]:
    """For every letter of the folded text, which letter of the text it came from."""
    return [place for place, letter in enumerate(text) for _each in _plain_letter(letter)]
