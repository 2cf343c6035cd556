"""Finds a value of the register that was written where its variable belongs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Protocol

from tillit.trust.agreements.figures import FIGURE, figure
from tillit.trust.agreements.variables import PLACE


class Variable(Protocol):
    """As `trust.queries.variables` gives it: a number or a text, and how each language writes it."""

    @property
    def value(self) -> object: ...

    @property
    def text(self) -> Mapping[str, str]: ...


Variables = Mapping[str, Variable]

# Who answers for the cloud: written by hand, it would be forgotten when it changes. The plain name is not among them,
# because products are called by it.
NAMES = tuple(f"operator.{name}" for name in ("legal_entity", "registration", "lei", "contact", "security_contact"))
SHORTEST_NAME = 4
UNITS = ("minutes", "hours", "days", "months", "years")
UNIT_WORDS = {
    "minutes": {"de": r"Minuten?", "en": r"minutes?", "nb": r"minutt(?:er)?"},
    "hours": {"de": r"Stunden?|Std\.|h", "en": r"hours?|hrs?|h", "nb": r"timers?|time|timer|t"},
    "days": {"de": r"(?:Kalender)?[Tt]age?n?", "en": r"(?:calendar )?days?", "nb": r"(?:kalender)?dag(?:er)?s?|døgn"},
    "months": {"de": r"Monate?n?", "en": r"months?", "nb": r"måned(?:er)?s?"},
    "years": {"de": r"Jahre?n?", "en": r"years?", "nb": r"år"},
}
ONES = {
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
    "siebzehn achtzehn neunzehn",
    "en": "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
    "nb": "null én to tre fire fem seks sju åtte ni ti elleve tolv tretten fjorten femten seksten sytten atten nitten",
}
TENS = {
    "de": "zwanzig dreissig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "en": "twenty thirty forty fifty sixty seventy eighty ninety",
    "nb": "tjue tretti førti femti seksti sytti åtti nitti",
}


def literals_in(text: str, language: str, variables: Variables) -> Iterator[tuple[int, str, str]]:
    """What is written although it is a variable's value: where it begins, how it is written, the variable's name."""
    rest = PLACE.sub(lambda found: "\x00" * len(found[0]), text)
    for unit in UNITS:
        keys = {str(v.value): key for key, v in reversed(list(variables.items())) if unit_of(key, v) == unit}
        if keys:
            yield from (
                (at, said, keys[number]) for at, said, number in _figures(rest, language, unit) if number in keys
            )
    for key in NAMES:
        name = variables[key].text.get(language, "") if key in variables else ""
        if len(name) >= SHORTEST_NAME:
            pattern = rf"(?<!\w){re.escape(name)}(?!\w)"
            yield from ((found.start(), found[0], key) for found in re.finditer(pattern, rest))


def unit_of(key: str, variable: Variable) -> str:
    """`hours` for `retention.outgoing-mail.hours` and for `promises.notice_hours`; nothing for a text."""
    if isinstance(variable.value, bool) or not isinstance(variable.value, int):
        return ""
    last = re.split(r"[._]", key)[-1]
    return last if last in UNITS else ""


def _figures(text: str, language: str, unit: str) -> Iterator[tuple[int, str, str]]:
    for found in _pattern(language, unit).finditer(text):
        written = found["figure"]
        number = figure(written, language) if written[0].isdigit() else _words(language)[written.lower()]
        yield found.start(), found[0], number


@lru_cache
def _pattern(language: str, unit: str) -> re.Pattern[str]:
    """`24 Stunden`, `24-stündig` is not one; `vierundzwanzig Stunden`; `24 (vierundzwanzig) Stunden`."""
    words = "|".join(sorted(_words(language), key=len, reverse=True))
    number = rf"(?P<figure>{FIGURE.pattern}|(?<!\w)(?:{words}))"
    return re.compile(
        rf"{number}(?:\s*\([^()]*\))?[\s\u00a0\u202f-]*(?:{UNIT_WORDS[unit][language]})(?!\w)", re.IGNORECASE
    )


@lru_cache
def _words(language: str) -> dict[str, str]:
    """Numbers up to 99 in words, as the language writes them."""
    ones, tens = ONES[language].split(), TENS[language].split()
    said = {word: str(number) for number, word in enumerate(ones)}
    for ten, word in enumerate(tens, 2):
        said[word] = str(ten * 10)
        for one, small in enumerate(ones[1:10], 1):
            said[_joined(language, word, small)] = str(ten * 10 + one)
    return said | {spelt.replace("ss", "ß"): number for spelt, number in said.items() if "ss" in spelt}


def _joined(language: str, ten: str, one: str) -> str:
    if language == "de":
        return f"{'ein' if one == 'eins' else one}und{ten}"
    return f"{ten}-{one}" if language == "en" else f"{ten}{one}"
