"""Which column fills which field: a first guess, which the person who imports corrects."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache

from tillit.crm.imports.countries import code_of
from tillit.crm.imports.fields import Field, Kind, normal

_EMAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]{2,}")
_DOMAIN = re.compile(r"(https?://\S+|(www\.)?([\w-]+\.)+[^\W\d_]{2,24}(/\S*)?)", re.IGNORECASE)
_PHONE = re.compile(r"(\+|00?)[\d\s()./-]{6,24}")
_YEAR = re.compile(r"1[0-9]{3}|20[0-9]{2}")
_NUMBERED = re.compile(r"\D+\d{1,3}")  # a column that has no heading of its own: "Column 3"
_TESTS: dict[Kind, Callable[[str], bool]] = {
    "email": lambda text: bool(_EMAIL.search(text)),
    "domain": lambda text: "@" not in text and bool(_DOMAIN.fullmatch(text)),
    "country": lambda text: code_of(text) is not None,
    "phone": lambda text: sum(map(str.isdigit, text)) >= 5,
    "year": lambda text: bool(_YEAR.search(text)),
    "number": lambda text: text[:1].isdigit() or text[:1] in "<>~",
}
_CERTAIN = 0.8  # share of the samples that must look like an e-mail address when the heading does not say so
_EXACT = 3.0
_LOOKED_AT = 300  # characters of a sample


def guess(headers: Sequence[str], samples: Sequence[Sequence[str]], fields: Sequence[Field]) -> dict[int, str]:
    """Column index to field key, each field at most once; columns that resemble nothing are left out.

    A heading that is a known name counts most, then one that contains such a name while the samples do not speak
    against it, then samples that could hardly be anything else: e-mail and web addresses, countries, telephone numbers.
    """
    found: list[tuple[float, int, str]] = []
    for column, header in enumerate(headers):
        values = [row[column][:_LOOKED_AT] for row in samples if column < len(row) and row[column]]
        for field in fields:
            score = _resemblance(header, values, field)
            if score > 0:
                found.append((-score, column, field.key))
    mapping: dict[int, str] = {}
    for _certainty, column, key in sorted(found):
        if column not in mapping and key not in mapping.values():
            mapping[column] = key
    return dict(sorted(_surname(mapping).items()))


def _resemblance(header: str, values: list[str], field: Field) -> float:
    name = normal(header)
    names = _names(field.synonyms)
    if name in names:
        return _EXACT - names[name] / 100
    share = _share(values, field.kind)
    words = _words(header)
    if share >= 0.5 and len(words) > 1:
        size = max((_contained(words, synonym) for synonym in field.synonyms), default=0)
        if size:
            return 1.0 + size / len(words)
    if not values or field.kind not in ("email", "domain", "country", "phone"):
        return 0.0
    if field.kind == "phone":
        share = sum(bool(_PHONE.fullmatch(value)) for value in values) / len(values)
        return share / 2 if share >= _CERTAIN and _NUMBERED.fullmatch(header) else 0.0
    return share if share >= _CERTAIN else 0.0


@cache
def _names(synonyms: tuple[str, ...]) -> dict[str, int]:
    """Normal form of each synonym and its place, the first of equal ones."""
    return {normal(synonym): place for place, synonym in reversed(list(enumerate(synonyms)))}


@lru_cache(maxsize=4096)
def _words(heading: str) -> list[str]:
    return [normal(word) for word in re.split(r"[\W_]+", heading) if word]


def _share(values: list[str], kind: Kind) -> float:
    """The share of the sample values that could stand in a field of this kind; 1 where anything could."""
    test = _TESTS.get(kind)
    return sum(map(test, values)) / len(values) if test and values else 1.0


def _contained(words: list[str], synonym: str) -> int:
    """How many words of the heading the synonym makes up, standing side by side: `last name` in `Kunde last name`."""
    sought = _words(synonym)
    size = len(sought)
    places = range(len(words) - size + 1)
    return size if any(words[place : place + size] == sought for place in places) else 0


def _surname(mapping: dict[int, str]) -> dict[int, str]:
    """Beside a first name, a column called just “Name” holds the last name, as German and Norwegian lists have it."""
    keys = set(mapping.values())
    if {"first_name", "full_name"} <= keys and "last_name" not in keys:
        return {column: "last_name" if key == "full_name" else key for column, key in mapping.items()}
    return mapping
