"""Companies and persons have the same pages; here is in what they differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.urls import reverse

from tillit.crm import actions
from tillit.crm.forms import CompanyForm, PersonForm, RecordForm
from tillit.crm.lists import COMPANIES, PERSONS, ListOf
from tillit.crm.models import Company, Record
from tillit.crm.values import ADDRESS
from tillit.foundation.access import Actor
from tillit.foundation.requests import Request

Create = Callable[[Actor, Mapping[str, Any], UUID | None], Record]
Edit = Callable[[Actor, Any, int, Mapping[str, Any]], Record]
Put = Callable[[Actor, Any], Record]


@dataclass(frozen=True)
class Things:
    """One kind of record: its list, its form, its verbs, and the lines of its card by the fields each shows."""

    kind: str
    plural: str
    of: ListOf
    form: type[RecordForm]
    lines: dict[str, tuple[str, ...]]
    create: Create
    edit: Edit
    archive: Put
    restore: Put

    def url(self, name: str = "", *arguments: object) -> str:
        """The address of the list (no name), or of one of the pages below it."""
        return reverse(f"crm:{self.kind}_{name}" if name else f"crm:{self.plural}", args=arguments)

    def find(self, number: int) -> Record:
        """The record of this number; 404 for one that is not there, or not this tenant's."""
        records = self.of.model.objects.select_related("archived_by", *(["company"] if self.of is PERSONS else []))
        return get_object_or_404(records, pk=number)


def _lines(*names: str) -> dict[str, tuple[str, ...]]:
    return {name: (name,) for name in names}


THINGS = {
    "company": Things(
        "company",
        "companies",
        COMPANIES,
        CompanyForm,
        {
            **_lines("name", "industry", "domain", "email", "phone"),
            "address": ADDRESS,
            **_lines("registration_number", "code", "founded", "employees", "note"),
        },
        create=lambda actor, values, key: actions.create_company(actor, values=values, key=key),
        edit=lambda actor, company, version, values: actions.edit_company(
            actor, company=company, version=version, values=values
        ),
        archive=lambda actor, company: actions.archive_company(actor, company=company),
        restore=lambda actor, company: actions.restore_company(actor, company=company),
    ),
    "person": Things(
        "person",
        "persons",
        PERSONS,
        PersonForm,
        {
            "name": ("first_name", "last_name"),
            **_lines("title", "company", "email", "phone"),
            "address": ADDRESS,
            **_lines("note"),
        },
        create=lambda actor, values, key: actions.create_person(actor, values=values, key=key),
        edit=lambda actor, person, version, values: actions.edit_person(
            actor, person=person, version=version, values=values
        ),
        archive=lambda actor, person: actions.archive_person(actor, person=person),
        restore=lambda actor, person: actions.restore_person(actor, person=person),
    ),
}


def company_named_in(request: Request) -> Company | None:
    """The company an address names for a new person (`?company=5`)."""
    number = request.GET.get("company", "")
    if not (number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    return Company.objects.filter(pk=int(number)).first()
