"""Every change to companies, persons, selections and list settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tillit.crm.merging import merge
from tillit.crm.models import Company, Kind, ListSetting, Person, Record, Selection, SelectionMember
from tillit.crm.values import fields_of, tidied, tidy_text
from tillit.foundation.access import Actor, action, even_in_maintenance, require
from tillit.foundation.clock import LedgerTime, now
from tillit.foundation.errors import Refused
from tillit.foundation.events import record
from tillit.foundation.models import LedgerEntry

R = TypeVar("R", bound=Record)

# --- companies -------------------------------------------------------------------------------------------------


@action
def create_company(actor: Actor, *, values: Mapping[str, Any], key: UUID | None = None) -> Company:
    """Add a company. `values` by field name; `key`: the form's, so that sending it twice adds one company.

    Raises ValidationError by field.
    """
    require(actor, "crm.edit")
    company, new = _insert(Company(tenant=actor.tenant), values, key)
    if new:
        record(actor, "crm.company_created", company)
    return company


@action
def edit_company(actor: Actor, *, company: Company, version: int, values: Mapping[str, Any]) -> Company:
    """Change fields of a company as seen at `version`; returns it as it stands now.

    Edits of different fields merge. Raises Conflict with both values where they clash, Refused while it is archived,
    ValidationError by field.
    """
    require(actor, "crm.edit")
    company, changed = _change(company, version, values)
    if changed:
        record(actor, "crm.company_changed", company, fields=changed)
    return company


@action
def archive_company(actor: Actor, *, company: Company) -> Company:
    """Take a company out of the lists. Its persons stay. Harmless when it is archived already."""
    require(actor, "crm.edit")
    company, changed = _archive(actor, company)
    if changed:
        record(actor, "crm.company_archived", company)
    return company


@action
def restore_company(actor: Actor, *, company: Company) -> Company:
    """Bring an archived company back. Harmless when it is not archived."""
    require(actor, "crm.edit")
    company, changed = _restore(company)
    if changed:
        record(actor, "crm.company_restored", company)
    return company


# --- persons ---------------------------------------------------------------------------------------------------


@action
def create_person(actor: Actor, *, values: Mapping[str, Any], key: UUID | None = None) -> Person:
    """Add a person. `values["company"]` is a company or its number, of this tenant. Else as `create_company`."""
    require(actor, "crm.edit")
    person, new = _insert(Person(tenant=actor.tenant), values, key)
    if new:
        record(actor, "crm.person_created", person)
    return person


@action
def edit_person(actor: Actor, *, person: Person, version: int, values: Mapping[str, Any]) -> Person:
    """Change fields of a person as seen at `version`; see `edit_company`."""
    require(actor, "crm.edit")
    person, changed = _change(person, version, values)
    if changed:
        record(actor, "crm.person_changed", person, fields=changed)
    return person


@action
def archive_person(actor: Actor, *, person: Person) -> Person:
    """Take a person out of the lists. Harmless when archived already."""
    require(actor, "crm.edit")
    person, changed = _archive(actor, person)
    if changed:
        record(actor, "crm.person_archived", person)
    return person


@action
def restore_person(actor: Actor, *, person: Person) -> Person:
    """Bring an archived person back. Harmless when not archived."""
    require(actor, "crm.edit")
    person, changed = _restore(person)
    if changed:
        record(actor, "crm.person_restored", person)
    return person


# --- selections and lists --------------------------------------------------------------------------------------


@action
def create_selection(actor: Actor, *, name: str, kind: str, ids: Iterable[int] = ()) -> Selection:
    """Name a set of companies or persons (`Kind`). Numbers that are none of the tenant's are left out.

    Raises ValidationError for a name that is none.
    """
    require(actor, "crm.edit")
    selection = Selection(tenant=actor.tenant, name=tidy_text("name", name), kind=kind, created_by=actor.user)
    selection.clean_fields(exclude=["tenant", "created_by", "created_at"])
    selection.save(force_insert=True)
    _select(selection, ids)
    record(actor, "crm.selection_created", selection, kind=kind)
    return selection


@action
def delete_selection(actor: Actor, *, selection: Selection) -> None:
    """Forget a selection. The companies and persons in it stay."""
    require(actor, "crm.edit")
    record(actor, "crm.selection_deleted", selection, selection_name=selection.name)
    column = _column(selection)
    SelectionMember.objects.filter(**{"selection": selection, f"{column}__isnull": False}).delete()
    selection.delete()


@action
def choose_columns(actor: Actor, *, kind: str, columns: Sequence[str]) -> None:
    """Which columns of a list this person wants to see, in order; an empty choice returns to the usual ones."""
    require(actor, "crm.read")
    ListSetting.objects.update_or_create(
        tenant=actor.tenant, user=actor.user, kind=Kind(kind), defaults={"columns": list(columns)}
    )


@action
@even_in_maintenance
def note_export(actor: Actor, *, kind: str, form: str, rows: int) -> None:
    """Record that so many rows of a list left the house as a file. `form`: csv or xlsx."""
    require(actor, "crm.export")
    record(actor, "crm.exported", kind=kind, form=form, rows=rows)


# --- shared mechanics ------------------------------------------------------------------------------------------


def _insert(row: R, values: Mapping[str, Any], key: UUID | None) -> tuple[R, bool]:
    """Save a new row, and say so; or find the one the same form made before."""
    columns = tidied(type(row), values)
    _fill(row, columns)
    row.request_key = key
    if key is None:
        row.save(force_insert=True)
        return row, True
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        made = type(row).objects.filter(request_key=key).first()
        if made is None:
            raise
        if not _made_of(made, row):
            said = _("This was sent before with other content, and %(record)s was added. Change that one instead.")
            raise Refused(said % {"record": made}) from None
        return made, False
    return row, True


def _made_of(made: Record, row: Record) -> bool:
    """Whether `made` was added with what `row` says now, however it was changed since. The ledger knows."""
    first = LedgerEntry.objects.filter(table_name=made._meta.db_table, row_id=made.pk, kind="i").first()
    fields = [field for field in made._meta.concrete_fields if field.name in fields_of(type(made))]
    said = {str(field.column): getattr(row, field.attname) for field in fields}
    then = (first.after if first else None) or {}
    return first is None or all(then.get(column) == value for column, value in said.items())


def _change(seen: R, version: int, values: Mapping[str, Any]) -> tuple[R, list[str]]:
    row = _locked(seen)
    if row.is_archived:
        raise Refused(_("%(record)s is archived. Restore it first, then change it.") % {"record": row})
    columns = merge(row, version, tidied(type(row), values))
    if columns:
        _fill(row, columns)
        _save(row, *columns)
    return row, sorted(columns)


def _archive(actor: Actor, seen: R) -> tuple[R, bool]:
    row = _locked(seen)
    if row.is_archived:
        return row, False
    row.archived_at, row.archived_by = now(), actor.user
    _save(row, "archived_at", "archived_by")
    return row, True


def _restore(seen: R) -> tuple[R, bool]:
    row = _locked(seen)
    if not row.is_archived:
        return row, False
    row.archived_at = row.archived_by = None
    _save(row, "archived_at", "archived_by")
    return row, True


def _locked(seen: R) -> R:
    """The row as it stands, nobody else writing it until we are done."""
    return type(seen).objects.select_for_update().get(pk=seen.pk)


def _fill(row: Record, columns: Mapping[str, Any]) -> None:
    """Set the columns and check every field people may write. Raises ValidationError, Refused for a foreign company."""
    for column, value in columns.items():
        setattr(row, column, value)
    checked = {*fields_of(type(row))} - {"company"}
    row.clean_fields(exclude={field.name for field in row._meta.concrete_fields} - checked)
    row.clean()
    company_id = columns.get("company_id")
    if company_id is not None and not Company.objects.filter(pk=company_id).exists():
        raise Refused(_("This company does not exist here (any more)."), field="company")


def _save(row: Record, *columns: str) -> None:
    row.version += 1
    row.updated_at = LedgerTime()
    row.save(update_fields=[*columns, "version", "updated_at"])
    row.refresh_from_db(fields=["updated_at"])


def _select(selection: Selection, ids: Iterable[int]) -> None:
    model = Company if selection.kind == Kind.COMPANY else Person
    found = model.objects.filter(pk__in=list(ids)).values_list("pk", flat=True)
    SelectionMember.objects.bulk_create(
        [SelectionMember(tenant=selection.tenant, selection=selection, **{_column(selection): pk}) for pk in found],
        ignore_conflicts=True,
        batch_size=2_000,
    )


def _column(selection: Selection) -> str:
    return "company_id" if selection.kind == Kind.COMPANY else "person_id"
