"""Values as people read them: cells of a list, lines of a card, entries of a history."""

from __future__ import annotations

import functools
import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import ForeignKey
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tillit.crm.highlight import highlight
from tillit.crm.lists import Column, ListOf
from tillit.crm.models import Company, Kind, Record
from tillit.crm.paging import Row
from tillit.crm.queries import names_of
from tillit.foundation.formats import country_name, local_date, local_number
from tillit.foundation.ledger import Entry

MARKED = ("name", "email", "domain", "code", "registration_number", "phone")
HOUSEKEEPING = ("version", "created_at", "archived_at", "archived_by_id")


@dataclass(frozen=True)
class ShownRow:
    """One row of a list: where it leads, and its `<td>`s in the order of the columns after the name.

    They are joined here and not in the template, which would take most of a page's time for it.
    """

    url: str
    name: str
    cells: SafeString
    archived: bool


def shown_rows(of: ListOf, columns: list[Column], rows: Iterable[Row], words: list[str]) -> list[ShownRow]:
    """The rows of a list, ready to be written; `words`, already plain, are marked. One query, for companies' names."""
    rows = list(rows)
    base = reverse("crm:companies" if of.kind == Kind.COMPANY else "crm:persons")
    cells = _cells(columns, rows, words)
    tds = [
        ('<td class="num">' if column.figures else "<td>", cell)
        for column, cell in zip(columns[1:], cells, strict=True)
    ]
    name = name_of(of, words)
    return [
        ShownRow(
            f"{base}{row['id']}/",
            name(row),
            mark_safe("".join([f"{td}{_escaped(cell(row))}</td>" for td, cell in tds])),  # noqa: S308
            row.get("archived_at") is not None,
        )
        for row in rows
    ]


def _escaped(text: str) -> str:
    """What Django's `conditional_escape` does, without looking for lazy texts in three hundred cells."""
    return text if isinstance(text, SafeString) else html.escape(text)


def name_of(of: ListOf, words: list[str]) -> Callable[[Row], str]:
    """How a list names its rows. Persons stand as they are sorted: `Lund, Anna`."""

    def company(row: Row) -> str:
        return highlight(row["name"], words)

    def person(row: Row) -> str:
        return highlight(", ".join(filter(None, (row["last_name"], row["first_name"]))), words)

    return company if of.kind == Kind.COMPANY else person


def _cells(columns: list[Column], rows: list[Row], words: list[str]) -> list[Callable[[Row], str]]:
    """For every column after the name, what makes its cell of a row."""
    links: dict[int, str] = {}
    if any(column.needs == ("company_id",) for column in columns):
        links = _company_links({row["company_id"] for row in rows if row["company_id"]})
    return [_cell_of(column.needs[0], words, links) for column in columns[1:]]


def _cell_of(name: str, words: list[str], links: Mapping[int, str]) -> Callable[[Row], str]:
    if name == "company_id":
        return lambda row: links.get(row[name], "")
    if name in ("created_at", "updated_at"):
        return lambda row: _day(timezone.localtime(row[name]).date(), get_language() or "en")
    if name == "country":
        return lambda row: country_name(row[name])
    if name == "employees":
        return lambda row: local_number(row[name])
    if name in MARKED and words:
        return lambda row: highlight(row[name], words)
    return lambda row: "" if row[name] is None else str(row[name])


def _company_links(numbers: Iterable[int]) -> dict[int, str]:
    base = reverse("crm:companies")
    names = names_of(Company, numbers)
    return {number: format_html('<a href="{}{}/">{}</a>', base, number, name) for number, name in names.items()}


@functools.lru_cache(maxsize=1024)
def _day(day: date, _language: str) -> str:
    return local_date(day)


@dataclass(frozen=True)
class Line:
    """One line of a card."""

    name: str
    label: str
    value: str


def line_of(record: Record, name: str, fields: tuple[str, ...]) -> Line:
    """One line of a record's card. `fields`: what it shows, and what editing it changes."""
    if name == "address":
        return Line(name, _("Address"), address_of(record))
    if len(fields) > 1:
        return Line(name, _("Name"), str(record))
    field = record._meta.get_field(fields[0])
    label = str(getattr(field, "verbose_name", name))
    return Line(name, label[:1].upper() + label[1:], _value(record, fields[0]))


def address_of(record: Record) -> str:
    """Lines of an envelope; the postal code stands before the city, as in the countries we start in."""
    place = f"{record.postal_code} {record.city}".strip()
    parts = [part for part in (record.street, place, country_name(record.country)) if part]
    return format_html_join(mark_safe("<br>"), "{}", ((part,) for part in parts))


def _value(record: Record, name: str) -> str:
    value = getattr(record, name)
    if value in (None, ""):
        return ""
    if name == "email":
        return format_html('<a href="mailto:{}">{}</a>', value, value)
    if name == "phone":
        digits = "".join(sign for sign in value if sign.isdigit() or sign == "+")
        return format_html('<a href="tel:{}">{}</a>', digits, value)
    if name == "domain":
        return format_html('<a href="https://{}/" rel="noopener noreferrer nofollow">{}</a>', value, value)
    if name == "company":
        return format_html('<a href="{}">{}</a>', value.get_absolute_url(), value)
    if name == "note":
        return mark_safe(linebreaks(value, autoescape=True))  # noqa: S308 - escaped there
    return local_number(value) if name == "employees" else str(value)


@dataclass(frozen=True)
class ShownEntry:
    """One entry of a history, for `foundation/history.html`."""

    id: int
    who: str
    action: str
    at: datetime
    changes: list[tuple[str, str, str]]


def shown_history(record: Record, entries: Iterable[Entry]) -> list[ShownEntry]:
    """Who did what, and which fields changed from what to what. One query, where a company was changed."""
    entries = list(entries)
    changes = [change for entry in entries for change in entry.changes if change.field == "company_id"]
    companies = names_of(Company, (n for change in changes for n in (change.before, change.after) if n))
    show = {field.attname: _reader(field, companies) for field in record._meta.concrete_fields}
    return [
        ShownEntry(
            entry.id,
            entry.actor.name if entry.actor else "Tillit",
            _verb(entry),
            entry.at,
            [
                (
                    change.label[:1].upper() + change.label[1:],
                    show[change.field](change.before),
                    show[change.field](change.after),
                )
                for change in entry.changes
                if entry.kind == "u" and change.field not in HOUSEKEEPING
            ],
        )
        for entry in entries
    ]


def _reader(field: Any, companies: Mapping[int, str]) -> Callable[[Any], str]:
    if isinstance(field, ForeignKey) and field.name == "company":
        return lambda value: companies.get(value, f"#{value}") if value else ""
    return lambda value: read(field.name, value)


def read(name: str, value: Any) -> str:
    """A stored value as text."""
    if value in (None, ""):
        return ""
    return country_name(value) if name == "country" else str(value)


def _verb(entry: Entry) -> str:
    verb = entry.action.rpartition(".")[2].partition("_")[0]
    said = {
        "create": _("added this"),
        "edit": _("changed this"),
        "archive": _("archived this"),
        "restore": _("restored this"),
    }
    if entry.cause.startswith("import:"):
        return _("added this by an import") if entry.kind == "i" else _("changed this by an import")
    return said.get(verb) or {"i": _("added this"), "u": _("changed this")}.get(entry.kind, _("deleted this"))
