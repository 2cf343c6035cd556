"""The lists of companies and persons: which columns, orders and filters they offer, and how an address says so.

`?q=berg&sort=-updated&industry=Energy&after=…` is the whole state of a list; it can be sent to a colleague.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tillit.crm.models import Company, Kind, Person, Record, SelectionMember
from tillit.crm.paging import Order
from tillit.crm.values import tidy_text

LONGEST_QUERY = 200  # characters


@dataclass(frozen=True)
class Column:
    """A column people may choose. `needs`: columns of the table; `order`: where an index sorts by it."""

    name: str
    label: str | Promise
    needs: tuple[str, ...]
    order: Order | None = None
    figures: bool = False


@dataclass(frozen=True)
class Filter:
    """A way to narrow a list. `condition` answers None for a value that makes no sense, which is then ignored."""

    name: str
    label: str | Promise
    condition: Callable[[str], Q | Exists | None]


@dataclass(frozen=True)
class ListOf:
    """One of the lists."""

    kind: Kind
    model: type[Record]
    columns: tuple[Column, ...]  # the first is the name: always shown, first
    usual: tuple[str, ...]
    filters: tuple[Filter, ...]

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)

    def chosen(self, names: list[str] | None) -> list[Column]:
        """The columns to show: the name, then the chosen or the usual ones, known ones only."""
        known = [column for name in names or self.usual if (column := self.column(name))]
        return [self.columns[0], *(column for column in known if column is not self.columns[0])]


def _equals(name: str) -> Callable[[str], Q | None]:
    return lambda value: Q(**{name: tidy_text(name, value)}) if value and "\x00" not in value else None


def _filled(name: str) -> Callable[[str], Q | None]:
    return lambda value: {"1": ~Q(**{name: ""}), "0": Q(**{name: ""})}.get(value)


def _archived(value: str) -> Q | None:
    return {"1": Q(archived_at__isnull=False), "all": Q()}.get(value)


def _selected(column: str) -> Callable[[str], Exists | None]:
    def condition(value: str) -> Exists | None:
        number = number_in(value)
        if number is None:
            return None
        members = SelectionMember.objects.filter(selection=number, **{column: OuterRef("pk")})
        return Exists(members)

    return condition


def _of_company(value: str) -> Q | None:
    number = number_in(value)
    return None if number is None else Q(company=number)


def number_in(value: str) -> int | None:
    """The row's number an address names, None for anything else."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else None


def _by(*columns: str, blanks: bool = False) -> Order:
    return Order((*columns, "id"), blanks=blanks)


_ADDRESS = (
    Column("city", _("City"), ("city",), _by("city", "sort_name", blanks=True)),
    Column("country", _("Country"), ("country",), _by("country", "sort_name", blanks=True)),
    Column("postal_code", _("Postal code"), ("postal_code",)),
    Column("street", _("Street"), ("street",)),
)
_TIMES = (
    Column("created", _("Created"), ("created_at",), _by("created_at")),
    Column("updated", _("Changed"), ("updated_at",), _by("updated_at")),
)
_PLACES = (
    Filter("country", _("Country"), _equals("country")),
    Filter("city", _("City"), _equals("city")),
)

COMPANIES = ListOf(
    Kind.COMPANY,
    Company,
    (
        Column("name", _("Name"), ("name",), _by("sort_name")),
        Column("industry", _("Industry"), ("industry",), _by("industry", "sort_name", blanks=True)),
        *_ADDRESS,
        Column("phone", _("Phone"), ("phone",)),
        Column("email", _("E-mail"), ("email",)),
        Column("domain", _("Domain"), ("domain",)),
        Column("code", _("Short code"), ("code",)),
        Column("registration_number", _("Registration number"), ("registration_number",)),
        Column("employees", _("Employees"), ("employees",), figures=True),
        Column("founded", _("Founded"), ("founded",), figures=True),
        *_TIMES,
    ),
    ("industry", "city", "country", "phone", "updated"),
    (
        Filter("industry", _("Industry"), _equals("industry")),
        *_PLACES,
        Filter("email", _("E-mail"), _filled("email")),
        Filter("selection", _("Selection"), _selected("company")),
        Filter("archived", _("Archived"), _archived),
    ),
)
PERSONS = ListOf(
    Kind.PERSON,
    Person,
    (
        Column("name", _("Name"), ("first_name", "last_name"), _by("sort_name")),
        Column("title", _("Job title"), ("title",)),
        Column("company", _("Company"), ("company_id",)),
        Column("email", _("E-mail"), ("email",), _by("email", blanks=True)),
        Column("phone", _("Phone"), ("phone",)),
        *_ADDRESS,
        *_TIMES,
    ),
    ("title", "company", "email", "phone", "city"),
    (
        Filter("company", _("Company"), _of_company),
        *_PLACES,
        Filter("email", _("E-mail"), _filled("email")),
        Filter("selection", _("Selection"), _selected("person")),
        Filter("archived", _("Archived"), _archived),
    ),
)
LISTS = {Kind.COMPANY: COMPANIES, Kind.PERSON: PERSONS}


@dataclass(frozen=True)
class Criteria:
    """What an address asks of a list; what makes no sense in it is left out."""

    of: ListOf
    q: str = ""
    sort: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    after: str = ""
    before: str = ""

    @classmethod
    def read(cls, of: ListOf, query: Mapping[str, Any]) -> Criteria:
        """From the query string of an address (a QueryDict, or any mapping)."""
        sort = query.get("sort", "")
        column = of.column(sort.removeprefix("-"))
        filters = {
            one.name: value
            for one in of.filters
            if (value := query.get(one.name, "").strip()) and one.condition(value) is not None
        }
        return cls(
            of,
            " ".join(query.get("q", "").replace("\x00", " ").split())[:LONGEST_QUERY],
            sort if column and column.order else "",
            filters,
            query.get("after", ""),
            query.get("before", ""),
        )

    @property
    def order(self) -> Order:
        column = self.of.column(self.sort.removeprefix("-")) or self.of.columns[0]
        order = column.order or Order(("id",))
        return replace(order, descending=self.sort.startswith("-"))

    def conditions(self) -> list[Q | Exists]:
        """Of every filter; without the one for archived ones, those are left out."""
        found = [one.condition(self.filters[one.name]) for one in self.of.filters if one.name in self.filters]
        if "archived" not in self.filters:
            found.append(Q(archived_at=None))
        return [condition for condition in found if condition]

    def query(self, **changes: str) -> str:
        """The query string (`?…`, or nothing) of these criteria with some changed; pages start anew."""
        wanted = {"q": self.q, "sort": self.sort, **self.filters} | changes
        said = urlencode({name: value for name, value in wanted.items() if value})
        return f"?{said}" if said else "?"

    @property
    def is_narrowed(self) -> bool:
        return bool(self.q or self.filters)
