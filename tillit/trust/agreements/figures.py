"""Numbers and dates as the three languages write them, in one form that can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from babel import Locale, dates

# Never from the middle of a number, and never a part of one: else a long row of digits would be read again and again.
FIGURE = re.compile(r"(?<!\d)(?<!\d[.,'’\u00a0\u202f])\d++(?:[.,'’\u00a0\u202f]\d++)*+")
SPACES = r"'’\u00a0\u202f"
GROUPS = {"de": rf"[.{SPACES}]", "en": rf"[,{SPACES}]", "nb": rf"[.{SPACES}]"}
DECIMAL = {"de": ",", "en": ".", "nb": ","}
MONTHS = {
    code: {
        name.lower().rstrip("."): number for number, name in dates.get_month_names("wide", locale=Locale(code)).items()
    }
    for code in ("de", "en", "nb")
}
ISO = r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})"
POINTS = r"(?P<d2>\d{1,2})\.\s?(?P<m2>\d{1,2})\.\s?(?P<y2>\d{4})"
NAMED = r"(?P<d3>\d{1,2})\.?\s+(?P<n3>%(months)s)\s+(?P<y3>\d{4})"
AMERICAN = r"(?P<n4>%(months)s)\s+(?P<d4>\d{1,2}),?\s+(?P<y4>\d{4})"
DATES = {
    code: re.compile(
        r"(?<!\d)(?:" + "|".join([ISO, POINTS, NAMED, AMERICAN]) % {"months": "|".join(names)} + r")(?!\d)",
        re.IGNORECASE,
    )
    for code, names in MONTHS.items()
}


def figures_in(text: str, language: str) -> Iterator[str]:
    """Every number in figures: `1.000,5` in German and `1,000.5` in English are both `1000.5`."""
    for found in FIGURE.finditer(text):
        yield figure(found[0], language)


def figure(written: str, language: str) -> str:
    group, decimal = GROUPS[language], re.escape(DECIMAL[language])
    if re.fullmatch(rf"\d{{1,3}}(?:{group}\d{{3}})+(?:{decimal}\d+)?", written):
        written = re.sub(group, "", written)
    return re.sub(rf"^(\d+){decimal}(\d+)$", r"\1.\2", written)


def dates_in(text: str, language: str) -> tuple[list[date], str]:
    """The dates of a text, and the text without them."""
    found, rest, at = [], [], 0
    for match in DATES[language].finditer(text):
        if day := _date(match, language):
            found.append(day)
            rest.append(text[at : match.start()])
            at = match.end()
    return found, " ".join([*rest, text[at:]])


def _date(match: re.Match[str], language: str) -> date | None:
    said = {name[0]: value for name, value in match.groupdict().items() if value}
    month = MONTHS[language][said["n"].lower()] if "n" in said else int(said["m"])
    try:
        return date(int(said["y"]), month, int(said["d"]))
    except ValueError:
        return None
