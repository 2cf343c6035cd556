"""The register's file: what its keys are and what each must be. `profiles/blank.toml` explains them to people.

`read_register` turns the text of a file into a `Register` or refuses it whole, naming every wrong key. Keys that other
rooms keep (`keepers`) are handed on unread; those rooms refuse for themselves when the register is applied.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from babel import Locale
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic import ValidationError as ShapeError

from tillit.foundation.formats import check_time_zone
from tillit.trust.countries import check_country
from tillit.trust.keepers import kept_elsewhere
from tillit.trust.models import FileMark, Kind, Place, Role, Section
from tillit.trust.problems import Problem, RegisterRefused, Steps, complaint, problems_of, readable

PAGE_LANGUAGES = {code for code, _name in settings.LANGUAGES}
DOCUMENT_LANGUAGES = {code for code in map(str, Locale("en").languages) if len(code) == 2}
LONGEST_FILE = 1_000_000  # bytes


def _checked(check: Callable[[str], None]) -> AfterValidator:
    def run(value: str) -> str:
        try:
            check(value)
        except ValidationError as error:
            raise complaint(error.messages[0]) from error
        return value

    return AfterValidator(run)


def _one_of(values: set[str] | list[str]) -> AfterValidator:
    def check(value: str) -> None:
        if value not in values:
            known = ", ".join(sorted(values)) if len(values) < 20 else ""
            raise ValidationError(
                _("“%(value)s” must be one of %(known)s.") % {"value": value, "known": known}
                if known
                else _("“%(value)s” is not known here.") % {"value": value}
            )

    return _checked(check)


def _choice(choices: type[TextChoices]) -> AfterValidator:
    return _one_of(list(choices.values))


def _address(*schemes: str) -> AfterValidator:
    """An absolute address with one of these schemes; with the scheme "/" also a path on this server."""

    def check(value: str) -> None:
        parts = urlsplit(value)
        here = "/" in schemes and value.startswith("/") and not value.startswith("//")
        there = parts.scheme in schemes and (parts.netloc or (parts.scheme == "mailto" and "@" in parts.path))
        if not (here or there) or any(sign.isspace() for sign in value):
            begin = [f"{scheme}:" if scheme != "/" else scheme for scheme in schemes]
            raise ValidationError(_("must be an address that begins with %(begin)s.") % {"begin": ", ".join(begin)})

    return _checked(check)


READABLE = AfterValidator(readable)
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
ShortSlug = Annotated[Slug, StringConstraints(max_length=40)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120), READABLE]
LongName = Annotated[str, StringConstraints(min_length=1, max_length=200), READABLE]
Text = Annotated[str, StringConstraints(min_length=1, max_length=5000), READABLE]
Texts = Annotated[dict[Annotated[str, _one_of(PAGE_LANGUAGES)], Text], Field(min_length=1)]
Country = Annotated[str, _checked(check_country)]
Zone = Annotated[str, _checked(check_time_zone)]
Address = Annotated[str, StringConstraints(min_length=1, max_length=300), READABLE]
Contact = Annotated[Address, _address("mailto", "https")]
Link = Annotated[Address, _address("https", "/")]
Https = Annotated[Address, _address("https")]
Countries = Annotated[list[Country], Field(min_length=1)]
Hours = Annotated[int, Field(gt=0, le=87_600)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class OperatorPart(Part):
    name: Name
    legal_entity: LongName | None = None
    seat_city: Name | None = None
    seat_country: Country | None = None
    contact: Contact
    security_contact: Contact
    status_page: Https | None = None
    time_zone: Zone
    languages: Annotated[list[Annotated[str, _one_of(PAGE_LANGUAGES)]], Field(min_length=1)]
    example_data: Literal[True] | None = None
    source: Texts | None = None


class PromisesPart(Part):
    notice_hours: Hours
    rare_downtime_minutes: Annotated[int, Field(gt=0, le=10_080)] | None = None


class StatementPart(Part):
    key: Slug
    section: Annotated[str, _choice(Section)]
    figures: Annotated[list[str], Field(min_length=1)] | None = None
    text: Texts


class AgreementPart(Part):
    slug: Slug
    kind: Annotated[str, _choice(Kind)]
    title: Texts
    languages: Annotated[list[Annotated[str, _one_of(DOCUMENT_LANGUAGES)]], Field(min_length=1)]
    file: Annotated[str, _choice(FileMark)] | None = None
    link: Link | None = None


class RegionPart(Part):
    slug: ShortSlug
    countries: Countries | None = None
    time_zone: Zone
    name: Texts
    text: Texts | None = None


class MeasurePart(Part):
    slug: Slug
    place: Annotated[str, _choice(Place)]
    text: Texts


class ProcessorPart(Part):
    slug: Slug
    name: LongName
    role: Annotated[str, _choice(Role)]
    seat_city: Name | None = None
    seat_country: Country | None = None
    seat: Texts | None = None
    processing_countries: Countries | None = None
    retention_hours: Hours | None = None
    processing: Texts
    type: Texts
    service: Texts
    governance: Texts | None = None
    governance_link: Https | None = None


class Parts(Part):
    format: Literal[1]
    operator: OperatorPart
    promises: PromisesPart
    statements: list[StatementPart] = []
    agreements: list[AgreementPart] = []
    regions: list[RegionPart] = []
    measures: list[MeasurePart] = []
    processors: list[ProcessorPart] = []


PARTS: dict[str, type[Part]] = {
    "operator": OperatorPart,
    "promises": PromisesPart,
    "statements": StatementPart,
    "agreements": AgreementPart,
    "regions": RegionPart,
    "measures": MeasurePart,
    "processors": ProcessorPart,
}


@dataclass(frozen=True)
class Register:
    """A file that was read and found in order: this room's parts, and those that other rooms keep, as parsed."""

    parts: Parts
    elsewhere: dict[str, list[dict[str, Any]]]

    def as_file(self) -> dict[str, Any]:
        """What the file said, comments aside."""
        said = {name: part for name, part in self.parts.model_dump(exclude_none=True).items() if part}
        return said | {name: entries for name, entries in self.elsewhere.items() if entries}


def text_of(data: bytes) -> str:
    """The text of a file's bytes. Raises RegisterRefused for what can be no register."""
    if len(data) > LONGEST_FILE:
        raise RegisterRefused([Problem("", _("The file is larger than 1 MB. A register is a short text."))])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        sentence = _("The file is not text in UTF-8. Save it as UTF-8 and try again.")
        raise RegisterRefused([Problem("", sentence)]) from error


def read_register(text: str) -> Register:
    """Raises RegisterRefused with every problem that was found, each with its key and line."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # not only TOMLDecodeError: numbers and nesting beyond measure
        sentence = _("The file is not well-formed TOML: %(why)s.") % {"why": error}
        raise RegisterRefused([Problem("", sentence)]) from error
    elsewhere = {name: data.pop(name) for name in kept_elsewhere() if name in data}
    problems = list(_misshapen(elsewhere))
    try:
        parts = Parts.model_validate(data)
    except ShapeError as error:
        problems += problems_of(error, data, _known_keys)
    else:
        problems += _contradictions(parts)
    if problems:
        raise RegisterRefused(problems).located(text)
    return Register(parts, elsewhere)


def _known_keys(steps: Steps) -> Iterable[str]:
    """The keys a place of the file may have, to suggest one for a misspelt one."""
    if not steps:
        return [*Parts.model_fields, *kept_elsewhere()]
    part = PARTS.get(str(steps[0]))
    return part.model_fields if part else ()


def _misshapen(elsewhere: dict[str, Any]) -> Iterator[Problem]:
    for name, entries in elsewhere.items():
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            yield Problem(name, _("must be a list of tables: [[%(name)s]].") % {"name": name})


def _contradictions(parts: Parts) -> Iterator[Problem]:
    """What no single key shows: names used twice, figures that a text does not say, seats said twice or never."""
    for name, key in (("statements", "key"), *((list_name, "slug") for list_name in LISTS_BY_SLUG)):
        counted = Counter(getattr(entry, key) for entry in getattr(parts, name))
        for slug in [slug for slug, times in counted.items() if times > 1]:
            yield Problem(f"{name}[{slug}].{key}", _("“%(slug)s” occurs more than once.") % {"slug": slug})
    if parts.operator.source and not parts.operator.example_data:
        yield Problem("operator.source", _("is only shown together with example_data = true."))
    for statement in parts.statements:
        yield from _missing_figures(statement, parts.promises)
    for processor in parts.processors:
        yield from _unclear_seat(processor)
        yield from _other_retention(processor)


LISTS_BY_SLUG = ("agreements", "regions", "measures", "processors")


def _missing_figures(statement: StatementPart, promises: PromisesPart) -> Iterator[Problem]:
    promised = promises.model_dump(exclude_none=True)
    for figure in statement.figures or []:
        path = f"statements[{statement.key}]"
        if figure not in promised:
            yield Problem(f"{path}.figures", _("“%(figure)s” is no figure of [promises].") % {"figure": figure})
            continue
        for language, text in statement.text.items():
            if not re.search(rf"(?<!\d){promised[figure]}(?!\d)", text):
                words = {"figure": figure, "number": promised[figure]}
                yield Problem(
                    f"{path}.text.{language}", _("must contain %(number)s, the figure of %(figure)s.") % words
                )


def _unclear_seat(processor: ProcessorPart) -> Iterator[Problem]:
    path = f"processors[{processor.slug}]"
    if processor.seat and processor.seat_country:
        yield Problem(f"{path}.seat", _("is only for a seat without a country; remove it or seat_country."))
    elif not processor.seat and not processor.seat_country:
        yield Problem(f"{path}.seat_country", _("is missing; where no country can be named, write seat instead."))


# Per language, since "time" is an hour in Norwegian only. "1 000 hours" is one number.
NUMBER = r"(?<!\d)(\d{1,3}(?:[.,'’\s]\d{3})+|\d+)"
SPOKEN_HOURS = {
    language: re.compile(rf"{NUMBER}[\s-]*(?:{word})\b", re.IGNORECASE)
    for language, word in (("de", "Stunden?"), ("en", "hours?"), ("nb", "timer?"))
}


def _other_retention(processor: ProcessorPart) -> Iterator[Problem]:
    """A text need not name the hours; where it names some, they are those of `retention_hours`."""
    if processor.retention_hours is None:
        return
    for language, text in processor.service.items():
        said = {int(re.sub(r"\D", "", number)) for number in SPOKEN_HOURS[language].findall(text)}
        if said and processor.retention_hours not in said:
            words = {"figure": "retention_hours", "number": processor.retention_hours}
            yield Problem(
                f"processors[{processor.slug}].service.{language}",
                _("must contain %(number)s, the figure of %(figure)s.") % words,
            )
