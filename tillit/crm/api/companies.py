"""`/api/v1/companies`."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Query, Router

from tillit.crm import actions
from tillit.crm.api import headers, records
from tillit.crm.api.records import Resource
from tillit.crm.api.schemas import Company, CompanyChange, CompanyList, CompanyQuery, NewCompany, Number
from tillit.crm.lists import COMPANIES
from tillit.foundation.requests import Request

router = Router()
RESOURCE = Resource(
    COMPANIES,
    "/api/v1/companies",
    actions.create_company,
    actions.edit_company,
    actions.archive_company,
    actions.restore_company,
)


@router.get(
    "",
    response=CompanyList,
    operation_id="list_companies",
    summary="List and search companies",
    openapi_extra=headers.LISTED,
)
def list_companies(request: Request, query: Query[CompanyQuery]) -> HttpResponse:
    """Companies in use, by name, unless asked otherwise. Pages hold together while others add companies."""
    return records.list_records(request, RESOURCE, query)


@router.post(
    "", response={201: Company}, operation_id="create_company", summary="Add a company", openapi_extra=headers.ADDED
)
def create_company(request: Request, body: NewCompany) -> HttpResponse:
    """With an `Idempotency-Key` a repeated request adds no second company, but answers with the first."""
    return records.create_record(request, RESOURCE, body)


@router.get(
    "/{int:id}", response=Company, operation_id="get_company", summary="Read a company", openapi_extra=headers.READ
)
def get_company(request: Request, id: Number) -> HttpResponse:
    """Archived ones too. Answers 304 when `If-None-Match` names the current version."""
    return records.get_record(request, RESOURCE, id)


@router.patch(
    "/{int:id}",
    response=Company,
    operation_id="change_company",
    summary="Change a company",
    openapi_extra=headers.CHANGED,
)
def change_company(request: Request, id: Number, body: CompanyChange) -> HttpResponse:
    """Send only the fields to change, and the `ETag` you got as `If-Match`.

    Changes that others made to other fields meanwhile stay; where both changed the same field, nothing is written and
    the answer (412) holds both values.
    """
    return records.change_record(request, RESOURCE, id, body)


@router.delete(
    "/{int:id}",
    response={204: None},
    operation_id="archive_company",
    summary="Archive a company",
    openapi_extra=headers.ARCHIVED,
)
def archive_company(request: Request, id: Number) -> HttpResponse:
    """Takes it out of the lists; it can be restored. Its persons stay. Harmless when it is archived already."""
    return records.archive_record(request, RESOURCE, id)


@router.post(
    "/{int:id}/restore",
    response=Company,
    operation_id="restore_company",
    summary="Restore a company",
    openapi_extra=headers.RESTORED,
)
def restore_company(request: Request, id: Number) -> HttpResponse:
    """Brings an archived company back into the lists. Harmless when it is not archived."""
    return records.restore_record(request, RESOURCE, id)
