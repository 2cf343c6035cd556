"""From the text of a cell to the value of a field, or a sentence that says why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _

from tillit.crm.imports.countries import code_of
from tillit.crm.imports.fields import Field
from tillit.crm.imports.names import split_name
from tillit.crm.values import shown, tidy_domain
from tillit.foundation.errors import Refused

Value = str | int | None
Cleaned = tuple[Value, str | None]
RowCleaner = Callable[[Sequence[str]], tuple[dict[str, Value], list[str]]]

EARLIEST_YEAR = 500  # the oldest companies still in business are of the sixth century
MOST = 2_000_000_000  # employees
_LONGEST_ADDRESSES = 1_000  # characters in which an address is looked for
_NOTHING = frozenset(
    "- -- – — . ? / n/a #n/a none null nil nan k.a. unbekannt unknown ukjent keine ingen".split()  # noqa: SIM905
)
_SIMPLE_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@([A-Za-z0-9](-?[A-Za-z0-9])*\.)+[A-Za-z]{2,24}")
_IN_TEXT = re.compile(r"[^\s<>,;:\"()\[\]]+@[^\s<>,;:\"()\[\]]+")
_YEAR = re.compile(r"(?<![0-9])[12][0-9]{3}(?![0-9])")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,'’\s])[0-9]{3})(?:\1[0-9]{3})*")
_ZERO_CENTS = re.compile(r"[.,]0+$")
_NO_COUNT = re.compile(r"^\s*[-−]|\d[.,]\d|\d[eE][+\d]")  # negative, with decimals, with an exponent
_FIRST_NUMBER = re.compile(r"[0-9]{1,3}(?:[.,'’\s][0-9]{3})+(?![0-9])|[0-9]+")
_valid_email = EmailValidator()


class BadValue(Refused):
    """The text cannot stand in the field; the message says why, in the language active now."""


def clean(field: Field, text: str) -> Cleaned:
    """The value and, if it is not quite what stood there, a warning. `text` is trimmed, as `reading.rows` gives it.

    Empty text gives `""`, or None for a year or number. Raises `BadValue`.
    """
    if not text:
        if field.required:
            raise BadValue(_("%(field)s is missing.") % {"field": field.label})
        return (None if field.kind in ("year", "number") else ""), None
    cleaner = _CLEANERS.get(field.kind)
    if cleaner is None:
        return _short_enough(field, text), None
    if text.casefold() in _NOTHING:  # how other programs write "nothing"
        return (None if field.kind in ("year", "number") else ""), None
    return cleaner(field, text)


def row_cleaner(fields: Sequence[Field], mapping: Mapping[int, str]) -> RowCleaner:
    """A function from the cells of a row to its values by field key, and warnings.

    `full_name` comes out as `first_name` and `last_name`. The function raises `BadValue` with all that is wrong in the
    row; so it does when a required field is missing, or a person's every name.
    """
    by_key = {field.key: field for field in fields}
    plan = [(column, by_key[key]) for column, key in mapping.items()]
    absent = [field for field in fields if field.required and field.key not in mapping.values()]
    names = {"first_name", "last_name", "full_name"} & by_key.keys()

    def clean_row(cells: Sequence[str]) -> tuple[dict[str, Value], list[str]]:
        values: dict[str, Value] = {}
        warnings: list[str] = []
        wrong = [_("%(field)s is missing.") % {"field": field.label} for field in absent]
        for column, field in plan:
            try:
                values[field.key], warning = clean(field, cells[column])
            except BadValue as bad:
                wrong.append(str(bad))
            else:
                if warning:
                    warnings.append(warning)
        if names and not any(values.get(key) for key in names) and not wrong:
            wrong.append(_("The name is missing."))
        if not wrong and "full_name" in values:
            _split_full_name(values, by_key)
        if wrong:
            raise BadValue(" ".join(wrong))
        return values, warnings

    return clean_row


def _split_full_name(values: dict[str, Value], fields: Mapping[str, Field]) -> None:
    """Put the two parts in place of the whole; columns of their own for first and last name go before."""
    first, last = split_name(str(values.pop("full_name")))
    if last and not values.get("last_name"):
        values["last_name"] = _short_enough(fields["last_name"], last)
        values["first_name"] = values.get("first_name") or _short_enough(fields["first_name"], first)


def _short_enough(field: Field, text: str) -> str:
    if len(text) > field.limit:
        message = _("%(field)s may have at most %(limit)s characters, not %(count)s.")
        raise BadValue(message % {"field": field.label, "limit": field.limit, "count": len(text)})
    return text


def _line(field: Field, text: str) -> Cleaned:
    """Text of one line: line breaks and runs of spaces become one space."""
    return _short_enough(field, " ".join(text.split())), None


def _email(field: Field, text: str) -> Cleaned:
    if len(text) <= field.limit and _SIMPLE_EMAIL.fullmatch(text):
        return text.lower(), None
    if len(text) > _LONGEST_ADDRESSES:
        raise BadValue(_("“%(text)s” is no e-mail address.") % {"text": shown(text)})
    found = [address.rstrip(".") for address in _IN_TEXT.findall(text.removeprefix("mailto:"))]
    for address in found[:1]:
        try:
            _valid_email(address)
        except ValidationError:
            break
        changed = address.casefold() != text.casefold()
        return _short_enough(field, address.lower()), _read_as(field, text, address) if changed else None
    raise BadValue(_("“%(text)s” is no e-mail address.") % {"text": shown(text)})


def _phone(field: Field, text: str) -> Cleaned:
    text = " ".join(_short_enough(field, text).split())
    if not any(map(str.isdigit, text)):
        raise BadValue(_("“%(text)s” is no phone number: it has no digit.") % {"text": shown(text)})
    return text, None


def _domain(_field: Field, text: str) -> Cleaned:
    try:
        return tidy_domain(text), None
    except ValidationError as error:
        raise BadValue(error.messages[0]) from error


def _country(_field: Field, text: str) -> Cleaned:
    code = code_of(text)
    if code is None:
        raise BadValue(_("“%(text)s” is no country Tillit knows.") % {"text": shown(text)})
    return code, None


def _year(field: Field, text: str) -> Cleaned:
    found = _YEAR.search(text)
    digits = found[0] if found else text
    latest = date.today().year + 1  # noqa: DTZ011 - a year, not a moment
    if not (digits.isascii() and digits.isdigit() and EARLIEST_YEAR <= int(digits[:6]) <= latest):
        message = _("“%(text)s” is no year between %(first)s and %(last)s.")
        raise BadValue(message % {"text": shown(text), "first": EARLIEST_YEAR, "last": latest})
    year = int(digits)
    return year, None if digits == text else _read_as(field, text, year)


def _number(field: Field, text: str) -> Cleaned:
    """A whole number: thousands may be set apart by dot, comma, apostrophe or space, whatever the language."""
    plain = text if _GROUPED.fullmatch(text) else _ZERO_CENTS.sub("", text)
    found = re.fullmatch(r"\d+", plain, re.ASCII) or _GROUPED.fullmatch(plain)
    exact = found is not None
    if found is None and not _NO_COUNT.search(text):
        found = _FIRST_NUMBER.search(text)
    if found is None:
        raise BadValue(_("“%(text)s” is no whole number.") % {"text": shown(text)})
    number = int(re.sub(r"\D", "", found[0])[:12])
    if number > MOST:
        raise BadValue(_("%(field)s may be at most %(limit)s.") % {"field": field.label, "limit": MOST})
    return number, None if exact else _read_as(field, text, number)


def _read_as(field: Field, text: str, value: Value) -> str:
    words = {"field": field.label, "text": shown(text), "value": value}
    return _("%(field)s “%(text)s” was read as %(value)s.") % words


_CLEANERS: dict[str, Callable[[Field, str], Cleaned]] = {
    "text": _line,
    "name": _line,
    "email": _email,
    "phone": _phone,
    "domain": _domain,
    "country": _country,
    "year": _year,
    "number": _number,
}
