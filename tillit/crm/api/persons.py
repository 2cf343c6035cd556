"""`/api/v1/persons`."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Query, Router

from tillit.crm import actions
from tillit.crm.api import headers, records
from tillit.crm.api.records import Resource
from tillit.crm.api.schemas import NewPerson, Number, Person, PersonChange, PersonList, PersonQuery
from tillit.crm.lists import PERSONS
from tillit.foundation.requests import Request

router = Router()
RESOURCE = Resource(
    PERSONS,
    "/api/v1/persons",
    actions.create_person,
    actions.edit_person,
    actions.archive_person,
    actions.restore_person,
)


@router.get(
    "",
    response=PersonList,
    operation_id="list_persons",
    summary="List and search persons",
    openapi_extra=headers.LISTED,
)
def list_persons(request: Request, query: Query[PersonQuery]) -> HttpResponse:
    """Persons in use, by last name, unless asked otherwise. Pages hold together while others add persons."""
    return records.list_records(request, RESOURCE, query)


@router.post(
    "", response={201: Person}, operation_id="create_person", summary="Add a person", openapi_extra=headers.ADDED
)
def create_person(request: Request, body: NewPerson) -> HttpResponse:
    """With an `Idempotency-Key` a repeated request adds no second person, but answers with the first."""
    return records.create_record(request, RESOURCE, body)


@router.get(
    "/{int:id}", response=Person, operation_id="get_person", summary="Read a person", openapi_extra=headers.READ
)
def get_person(request: Request, id: Number) -> HttpResponse:
    """Archived ones too. Answers 304 when `If-None-Match` names the current version."""
    return records.get_record(request, RESOURCE, id)


@router.patch(
    "/{int:id}", response=Person, operation_id="change_person", summary="Change a person", openapi_extra=headers.CHANGED
)
def change_person(request: Request, id: Number, body: PersonChange) -> HttpResponse:
    """Send only the fields to change, and the `ETag` you got as `If-Match`.

    Changes that others made to other fields meanwhile stay; where both changed the same field, nothing is written and
    the answer (412) holds both values.
    """
    return records.change_record(request, RESOURCE, id, body)


@router.delete(
    "/{int:id}",
    response={204: None},
    operation_id="archive_person",
    summary="Archive a person",
    openapi_extra=headers.ARCHIVED,
)
def archive_person(request: Request, id: Number) -> HttpResponse:
    """Takes it out of the lists; it can be restored. Harmless when it is archived already."""
    return records.archive_record(request, RESOURCE, id)


@router.post(
    "/{int:id}/restore",
    response=Person,
    operation_id="restore_person",
    summary="Restore a person",
    openapi_extra=headers.RESTORED,
)
def restore_person(request: Request, id: Number) -> HttpResponse:
    """Brings an archived person back into the lists. Harmless when it is not archived."""
    return records.restore_record(request, RESOURCE, id)
