"""Reading companies and persons: pages of lists, search, duplicates, and the values that occur."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection
from django.db.models import QuerySet

from tillit.crm import search
from tillit.crm.lists import Column, Criteria, ListOf
from tillit.crm.models import Company, Kind, Person, Record, Selection
from tillit.crm.paging import Order, Page, Row, read_page
from tillit.foundation.access import Actor
from tillit.foundation.models import Tenant
from tillit.foundation.postgresql import planned_anew
from tillit.foundation.tenancy import current_tenant

COUNTED = 10_000  # rows; beyond it a count says "more than"
FEW = 5  # found rows, below which similar ones are shown too
# Asked by every list, so written by hand: the ORM takes several times as long to say these.
COLUMNS = "SELECT columns FROM crm_listsetting WHERE tenant_id = %s AND user_id = %s AND kind = %s"
NAMES = {
    Company: "SELECT id, name FROM crm_company WHERE tenant_id = %s AND id = ANY(%s)",
    Selection: "SELECT id, name FROM crm_selection WHERE tenant_id = %s AND id = ANY(%s)",
}
BY_NAME = Order(("sort_name", "id"))


def rows_of(criteria: Criteria) -> QuerySet[Any]:
    """All rows the filters leave, without the search words, in no order."""
    queryset = criteria.of.model.objects.all()
    for condition in criteria.conditions():
        queryset = queryset.filter(condition)
    return queryset


def page_of(criteria: Criteria, columns: Iterable[str], *, size: int = 50) -> Page:
    """One page of a list as dictionaries of `columns` (of the table). Two queries at most, whatever the table holds."""
    fetch, place = _fetcher(criteria, columns), {"after": criteria.after, "before": criteria.before}
    with _planned(criteria):
        return read_page(rows_of(criteria), criteria.order, fetch, **place, size=size)


def every_row(criteria: Criteria, columns: Iterable[str], *, size: int = 2_000) -> Iterator[list[Row]]:
    """All rows of a list in its order, page by page; for files. Memory holds one page."""
    order, fetch = criteria.order, _fetcher(criteria, columns)
    after = ""
    while True:
        with _planned(criteria):
            page = read_page(rows_of(criteria), order, fetch, after=after, size=size)
        if page.rows:
            yield page.rows
        if not page.next:
            return
        after = page.next


@planned_anew()
def similar_to(criteria: Criteria, columns: Iterable[str], found: list[Row]) -> list[Row]:
    """Rows that hold something like the words, when few rows hold the words themselves."""
    if not criteria.q or len(found) >= FEW or criteria.after or criteria.before:
        return []
    queryset = rows_of(criteria).exclude(pk__in=[row["id"] for row in found])
    wanted = _needed(criteria.order, columns)
    return search.similar(queryset, search.looked_for(criteria.q), wanted)


def count_up_to(criteria: Criteria, limit: int = COUNTED) -> int:
    """How many rows the list holds; `limit` + 1 when there are more. Costs what it counts: on demand only."""
    queryset = rows_of(criteria)
    asked = search.looked_for(criteria.q)
    if asked:
        queryset = search.matching(queryset, asked)
    with _planned(criteria):
        return queryset.order_by().values("pk")[: limit + 1].count()


def numbers_of(criteria: Criteria, limit: int = COUNTED) -> list[int]:
    """The numbers of the rows of a list, one more than `limit` if there are more."""
    queryset = rows_of(criteria)
    asked = search.looked_for(criteria.q)
    if asked:
        queryset = search.matching(queryset, asked)
    with _planned(criteria):
        return list(queryset.order_by("sort_name", "id").values_list("pk", flat=True)[: limit + 1])


@planned_anew()
def quick_find(of: ListOf, text: str, *, limit: int = 8) -> list[Row]:
    """The first rows for a search box: those whose name begins with the text, then those that hold its words."""
    asked = search.looked_for(text)
    if not asked:
        return []
    columns = _needed(BY_NAME, [*of.columns[0].needs, "city", "email", *_company(of)])
    queryset = of.model.objects.filter(archived_at=None)
    begins = search.begins_with(queryset, text).order_by("sort_name", "id").values(*columns)
    rows = list(begins[:limit])
    if len(rows) < limit:
        others = queryset.exclude(pk__in=[row["id"] for row in rows])
        rows += search.find(others, asked, columns, BY_NAME, backwards=False, limit=limit - len(rows))
    return rows


def chosen_columns(actor: Actor, of: ListOf) -> list[Column]:
    """The columns this person sees in this list."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [actor.tenant.pk, actor.user_id, of.kind])
        setting = cursor.fetchone()
    return of.chosen(json.loads(setting[0]) if setting else None)


def names_of(model: type[Company] | type[Selection], numbers: Iterable[int]) -> dict[int, str]:
    """Names by number."""
    wanted = list(set(numbers))
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(NAMES[model], [cast(Tenant, current_tenant()).pk, wanted])
        return dict(cursor.fetchall())


def newest_selections(kind: Kind, limit: int = 100) -> QuerySet[Selection]:
    return Selection.objects.filter(kind=kind).order_by("-created_at")[:limit]


def occurring(model: type[Record], column: str, limit: int = 300) -> list[str]:
    """The different values of an indexed text column, in order: one index probe per value, not a scan of the rows."""
    tenant = current_tenant()
    if tenant is None or column not in ("industry", "country", "city"):
        raise LookupError(f"{column} is not offered as a choice, or nobody's rows were asked for.")
    table = model._meta.db_table
    step = f"SELECT {column} FROM {table} WHERE tenant_id = %s AND {column} > "  # noqa: S608 - both are ours
    ending = f"ORDER BY {column} LIMIT 1"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE found(value) AS (({step} '' {ending}) UNION ALL"  # noqa: S608
            f" SELECT ({step} found.value {ending}) FROM found WHERE found.value IS NOT NULL)"
            " SELECT value FROM found WHERE value IS NOT NULL LIMIT %s",
            [tenant.pk, tenant.pk, limit],
        )
        return [value for (value,) in cursor.fetchall()]


@dataclass(frozen=True)
class Likeness:
    """A record that may be the same as one being entered, and why."""

    record: Record
    fields: tuple[str, ...]


@planned_anew()
def duplicates_of(model: type[Record], columns: Mapping[str, Any], *, limit: int = 5) -> list[Likeness]:
    """Records with the same e-mail, domain or registration number, or nearly the same name, as tidied `columns`."""
    same = {name: columns.get(name) for name in ("email", "domain", "registration_number")}
    same = {name: value for name, value in same.items() if value}
    found: dict[int, tuple[Record, set[str]]] = {}
    active = model.objects.active()
    for name, value in same.items():
        for record in active.filter(**{name: value})[:limit]:
            found.setdefault(record.pk, (record, set()))[1].add(name)
    name = str(model(**columns))
    for row in search.alike(active, name, limit=limit):
        found.setdefault(row.pk, (row, set()))[1].add("name")
    return [Likeness(record, tuple(sorted(fields))) for record, fields in list(found.values())[:limit]]


def persons_of(company: Company, limit: int = 50) -> list[Person]:
    """The first active persons of a company by name, one more than `limit` if there are more."""
    persons = Person.objects.filter(company=company, archived_at=None).order_by("sort_name", "id")
    return list(persons[: limit + 1])


def company_of(number: int) -> Company | None:
    """The company of this number, if the tenant has it."""
    return Company.objects.filter(pk=number).first()


@planned_anew()
def companies_called(text: str, limit: int = 20) -> list[Company]:
    """Active companies of exactly this name, whatever its case and accents."""
    return list(search.exactly(Company.objects.filter(archived_at=None), text).order_by("sort_name", "id")[:limit])


def _planned(criteria: Criteria) -> AbstractContextManager[None]:
    """Whole lists are read along the index of their order, whatever the tenant; what narrows them decides otherwise."""
    return planned_anew() if criteria.is_narrowed else nullcontext()


def _fetcher(criteria: Criteria, columns: Iterable[str]) -> Any:
    order = criteria.order
    wanted = _needed(order, columns)
    asked = search.looked_for(criteria.q)

    def fetch(queryset: QuerySet[Any], order: Order, backwards: bool, limit: int) -> list[Row]:
        if asked:
            return search.find(queryset, asked, wanted, order, backwards=backwards, limit=limit)
        return search.fetch(queryset, wanted, order, backwards=backwards, limit=limit)

    return fetch


def _needed(order: Order, columns: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(["id", *order.columns, *columns]))


def _company(of: ListOf) -> tuple[str, ...]:
    return ("company_id",) if of.kind == Kind.PERSON else ()
