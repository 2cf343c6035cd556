"""What each part of the register's file must be. `profiles/blank.toml` explains the keys to people."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Literal
from urllib.parse import urlsplit

from babel import Locale
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import TextChoices
from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from tillit.foundation.formats import check_time_zone
from tillit.trust.choices import Audience, FileMark, Kind, Place, Role, Section, Transfer
from tillit.trust.countries import check_country
from tillit.trust.problems import complaint, readable
from tillit.trust.routes import parse_reached_at

PAGE_LANGUAGES = {code for code, _name in settings.LANGUAGES}
DOCUMENT_LANGUAGES = {code for code in map(str, Locale("en").languages) if len(code) == 2}


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
Days = Annotated[int, Field(gt=0, le=3650)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
Codes = Annotated[list[Code], Field(min_length=1)]


def check_lei(value: str) -> None:
    """ISO 17442: twenty letters and digits, the last two of which are check digits (ISO 7064, MOD 97-10)."""
    well_formed = re.fullmatch(r"[0-9A-Z]{18}[0-9]{2}", value)
    if not well_formed or int("".join(str(int(sign, 36)) for sign in value)) % 97 != 1:
        raise ValidationError(_("“%(value)s” is no legal entity identifier (LEI).") % {"value": value})


def check_route(value: str) -> None:
    try:
        parse_reached_at(value)
    except ValueError as error:
        raise ValidationError(_("must be like smtps://smtp.post.example:465: a protocol, a host, a port.")) from error


def _declared(attribute: str) -> AfterValidator:
    """One of the names that rooms declare under this attribute of their `AppConfig`."""

    def check(value: str) -> None:
        names = {name for room in apps.get_app_configs() for name in getattr(room, attribute, {})}
        if value not in names:
            words = {"value": value, "known": ", ".join(sorted(names))}
            raise ValidationError(_("“%(value)s” must be one of %(known)s.") % words)

    return _checked(check)


Lei = Annotated[str, _checked(check_lei)]
RouteAddress = Annotated[Address, _checked(check_route)]
Registration = Annotated[str, StringConstraints(min_length=1, max_length=80), READABLE]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


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
    lei: Lei | None = None
    registration: Registration | None = None
    jurisdiction: Country | None = None
    currency: Currency | None = None


class PromisesPart(Part):
    notice_hours: Hours
    processor_notice_days: Days | None = None
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
    binding_language: Annotated[str, _one_of(DOCUMENT_LANGUAGES)] | None = None
    audience: Annotated[str, _choice(Audience)] | None = None
    notice_days: Days | None = None
    file: Annotated[str, _choice(FileMark)] | None = None
    link: Link | None = None


class RegionPart(Part):
    slug: ShortSlug
    countries: Countries | None = None
    time_zone: Zone
    name: Texts
    text: Texts | None = None


class DataCentrePart(Part):
    slug: Slug
    name: LongName
    city: Name | None = None
    country: Country
    processor: Slug | None = None
    text: Texts | None = None


class MeasurePart(Part):
    slug: Slug
    place: Annotated[str, _choice(Place)] | None = None
    checked_by: Annotated[str, _declared("checks")] | None = None
    period_hours: Hours | None = None
    claim_until: date | None = None
    text: Texts


class CertificatePart(Part):
    slug: Slug
    processor: Slug | None = None
    standard: Annotated[str, StringConstraints(min_length=1, max_length=80), READABLE]
    body: LongName | None = None
    certificate_number: Annotated[str, StringConstraints(min_length=1, max_length=80), READABLE] | None = None
    scope: Texts | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    report_from: date | None = None
    report_to: date | None = None
    planned_for: date | None = None
    access: Annotated[str, _choice(Audience)] | None = None
    link: Link | None = None


class RetentionPart(Part):
    slug: Slug
    holding: Annotated[str, _declared("holdings")]
    hours: Hours
    text: Texts


class ProcessorPart(Part):
    slug: Slug
    name: LongName
    legal_entity: LongName | None = None
    lei: Lei | None = None
    registration: Registration | None = None
    role: Annotated[str, _choice(Role)]
    parent: Slug | None = None
    critical: Literal[True] | None = None
    contact: Contact | None = None
    seat_city: Name | None = None
    seat_country: Country | None = None
    seat: Texts | None = None
    storage_countries: Countries | None = None
    processing_countries: Countries | None = None
    purposes: Annotated[list[Annotated[str, _declared("purposes")]], Field(min_length=1)] | None = None
    reached_at: Annotated[list[RouteAddress], Field(min_length=1, max_length=50)] | None = None
    private_network: Literal[True] | None = None
    data_categories: Codes | None = None
    transfer_basis: Annotated[str, _choice(Transfer)] | None = None
    transfer_document: Address | None = None
    transfer_review: date | None = None
    retention_hours: Hours | None = None
    in_force_from: date | None = None
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
    data_centres: list[DataCentrePart] = []
    measures: list[MeasurePart] = []
    certificates: list[CertificatePart] = []
    retention: list[RetentionPart] = []
    processors: list[ProcessorPart] = []


PARTS: dict[str, type[Part]] = {
    "operator": OperatorPart,
    "promises": PromisesPart,
    "statements": StatementPart,
    "agreements": AgreementPart,
    "regions": RegionPart,
    "data_centres": DataCentrePart,
    "measures": MeasurePart,
    "certificates": CertificatePart,
    "retention": RetentionPart,
    "processors": ProcessorPart,
}
