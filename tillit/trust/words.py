"""The keys of the register as people call them, and their values as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import TextChoices
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from tillit.foundation.formats import country_name, local_date, local_number, locale
from tillit.foundation.purposes import known_purposes
from tillit.foundation.texts import pick
from tillit.trust.choices import Audience, FileMark, Kind, Place, Role, Section, Transfer

SECTIONS = {
    "operator": _("Operator"),
    "promises": _("Promises"),
    "statements": _("Statements"),
    "agreements": _("Agreements"),
    "regions": _("Regions"),
    "data_centres": _("Data centres"),
    "measures": _("Measures"),
    "certificates": _("Certificates"),
    "retention": _("Retention"),
    "processors": _("Processors"),
}
LABELS = {
    "access": _("Who may read it"),
    "audience": _("Who may read it"),
    "binding_language": _("Binding language"),
    "body": _("Certifying body"),
    "certificate_number": _("Number of the certificate"),
    "checked_by": _("Proven by the check"),
    "city": _("City"),
    "claim_until": _("Claimed until"),
    "contact": _("Contact"),
    "countries": _("Countries"),
    "country": _("Country"),
    "critical": _("Carries a critical or important function"),
    "currency": _("Currency"),
    "data_categories": _("Categories of data"),
    "example_data": _("Example data"),
    "figures": _("Figures of the promises it contains"),
    "file": _("File"),
    "governance": _("Data protection & security governance"),
    "governance_link": _("Link to it"),
    "holding": _("What is kept"),
    "hours": _("Kept for (hours)"),
    "in_force_from": _("In force from (a day after the notice)"),
    "jurisdiction": _("Law it is subject to"),
    "key": _("Short name"),
    "kind": _("Kind"),
    "languages": _("Languages"),
    "legal_entity": _("Legal entity"),
    "lei": _("LEI"),
    "link": _("Link"),
    "name": _("Name"),
    "notice_days": _("Notice for processors (days)"),
    "notice_hours": _("Notice for maintenance (hours)"),
    "parent": _("Works for"),
    "period_hours": _("At least every (hours)"),
    "place": _("Place"),
    "planned_for": _("Announced for, not held yet"),
    "private_network": _("In the operator's own network"),
    "processing": _("Where it processes, in words"),
    "processing_countries": _("Countries of processing"),
    "processor": _("Processor"),
    "processor_notice_days": _("Notice for processors (days)"),
    "purposes": _("Reached for"),
    "rare_downtime_minutes": _("A rare downtime is longer than (minutes)"),
    "reached_at": _("Reached at"),
    "registration": _("Registration number"),
    "report_from": _("Report covers from"),
    "report_to": _("Report covers to"),
    "retention_hours": _("Keeps data for (hours)"),
    "role": _("Role"),
    "scope": _("Scope"),
    "seat": _("Seat, in words"),
    "seat_city": _("City of the seat"),
    "seat_country": _("Country of the seat"),
    "section": _("Part of the page"),
    "security_contact": _("Contact for security problems"),
    "service": _("Service"),
    "slug": _("Short name"),
    "source": _("Where the example comes from"),
    "standard": _("Standard"),
    "status_page": _("Status page"),
    "storage_countries": _("Countries of storage"),
    "text": _("Text"),
    "time_zone": _("Time zone"),
    "title": _("Title"),
    "transfer_basis": _("Basis of the transfer"),
    "transfer_document": _("Document of the transfer"),
    "transfer_review": _("Transfer reviewed again by"),
    "type": _("Type of company"),
    "valid_from": _("Valid from"),
    "valid_to": _("Valid to"),
}
CHOICES: dict[tuple[str, str], type[TextChoices]] = {
    ("statements", "section"): Section,
    ("agreements", "kind"): Kind,
    ("agreements", "audience"): Audience,
    ("agreements", "file"): FileMark,
    ("measures", "place"): Place,
    ("certificates", "access"): Audience,
    ("processors", "role"): Role,
    ("processors", "transfer_basis"): Transfer,
}
# The short names of data that the example uses; an operator's own are shown as they are written.
CATEGORIES = {
    "calendar-entries": _("calendar entries"),
    "contact-data": _("contact data"),
    "correspondence": _("correspondence"),
    "documents": _("documents"),
    "user-accounts": _("user accounts"),
}
COUNTRY_KEYS = {"country", "seat_country", "jurisdiction", "countries", "storage_countries", "processing_countries"}
LANGUAGE_KEYS = {"languages", "binding_language"}
# What customers hear of a processor, in this order.
TOLD = (
    "name", "legal_entity", "parent", "type", "service", "seat_country", "processing", "storage_countries",
    "processing_countries", "data_categories", "purposes", "transfer_basis", "transfer_document", "retention_hours",
)  # fmt: skip


def label_of(key: str) -> str:
    """`processing.de` is called like `processing`, with its language."""
    name, _dot, language = key.partition(".")
    label = str(LABELS.get(name, name))
    return f"{label} ({locale().languages.get(language, language)})" if language else label


def shown(section: str, key: str, value: Any) -> str:
    """A value as people read it; texts in the reader's language."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, Mapping):
        return pick(value)[0]
    if isinstance(value, list):
        return ", ".join(_word(section, key, one) for one in value)
    return _word(section, key, value)


def _word(section: str, key: str, value: Any) -> str:
    if value is True:
        return _now("yes")
    if isinstance(value, date):
        return local_date(value)
    if isinstance(value, int):
        return local_number(value)
    if key in COUNTRY_KEYS:
        return country_name(value)
    if key in LANGUAGE_KEYS:
        return str(locale().languages.get(value, value))
    if key == "data_categories":
        return str(CATEGORIES.get(value, value))
    if key == "purposes" and value in known_purposes():
        return str(known_purposes()[value].label)
    choices = CHOICES.get((section, key))
    return str(choices(value).label) if choices and value in choices.values else str(value)
