"""What companies and persons have in common over HTTP. Every change is one of the room's actions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID, uuid5

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.utils.translation import gettext as _
from ninja.errors import HttpError

from tillit.crm.api.answers import Row, answer, etag_of, nothing
from tillit.crm.api.rows import read_row
from tillit.crm.api.schemas import ListQuery, Sent
from tillit.crm.api.versions import ANY, Stale, is_known, version_named
from tillit.crm.lists import Criteria, ListOf
from tillit.crm.merging import Clash, Conflict
from tillit.crm.models import Record
from tillit.crm.paging import decode
from tillit.crm.queries import page_of
from tillit.crm.values import fields_of
from tillit.foundation.access import require
from tillit.foundation.requests import Request

KEPT = ("version", "archived_at", "created_at", "updated_at")
SORTS = {"created_at": "created", "updated_at": "updated"}  # fields that the lists call otherwise
KEYS = UUID("6f0e4f0a-6f57-4b7c-9d0c-3c1f6f1a2a61")  # the space of Idempotency-Key


@dataclass(frozen=True)
class Resource:
    """One kind of record: its list, its address, and the actions that change it."""

    of: ListOf
    address: str
    create: Callable[..., Record]
    edit: Callable[..., Record]
    archive: Callable[..., Record]
    restore: Callable[..., Record]

    @property
    def model(self) -> type[Record]:
        return self.of.model

    @functools.cached_property
    def columns(self) -> tuple[str, ...]:
        return ("id", *fields_of(self.model), *KEPT)

    def subject(self, record: Record) -> dict[str, Record]:
        """The record under the name its actions know it by."""
        return {str(self.of.kind): record}


def list_records(request: Request, resource: Resource, query: ListQuery) -> HttpResponse:
    """One page; the address of the next one is in the body and in the header Link."""
    require(request.actor, "crm.read")
    criteria = _criteria(request, resource, query)
    page = page_of(criteria, resource.columns, size=query.limit)
    items = [{column: row[column] for column in resource.columns} for row in page.rows]
    headers = {}
    if page.next:
        following = request.GET.copy()
        following["cursor"] = page.next
        headers["Link"] = f'<{request.path}?{urlencode(list(following.items()))}>; rel="next"'
    return answer({"items": items, "next": page.next or None}, headers=headers)


def create_record(request: Request, resource: Resource, body: Sent) -> HttpResponse:
    record = resource.create(request.actor, values=body.values(), key=_key(request, resource))
    headers = {"Location": f"{resource.address}/{record.pk}", "ETag": etag_of(record.version)}
    return answer(_row_of(resource, record), status=201, headers=headers)


def get_record(request: Request, resource: Resource, pk: int) -> HttpResponse:
    """The record, archived or not; 304 when the caller has this version."""
    require(request.actor, "crm.read")
    row = read_row(resource.model, resource.columns, pk)
    if row is None:
        raise Http404
    etag = etag_of(row["version"])
    if is_known(request, etag):
        return HttpResponseNotModified(headers={"ETag": etag})
    return answer(row, headers={"ETag": etag})


def change_record(request: Request, resource: Resource, pk: int, body: Sent) -> HttpResponse:
    """Change what was sent, as seen at the version of `If-Match`; changes of other fields meanwhile do not disturb."""
    version = version_named(request)
    if version is None:
        raise HttpError(428, _("Send the ETag of the record you changed in the header If-Match."))
    record = _found(resource, pk)
    seen = record.version if version == ANY else version
    try:
        record = resource.edit(request.actor, version=seen, values=body.values(), **resource.subject(record))
    except Conflict as conflict:
        raise _changed_meanwhile(resource, conflict.record, str(conflict), conflict.clashes) from conflict
    return _told(resource, record)


def archive_record(request: Request, resource: Resource, pk: int) -> HttpResponse:
    """Take it out of the lists. With `If-Match` only when it is still that version."""
    version = version_named(request)
    record = _found(resource, pk, lock=version not in (None, ANY))
    if version not in (None, ANY, record.version):
        sentence = _("%(record)s is no longer what you saw. Please look at it again.") % {"record": record}
        raise _changed_meanwhile(resource, record, sentence, [])
    record = resource.archive(request.actor, **resource.subject(record))
    return nothing(headers={"ETag": etag_of(record.version)})


def restore_record(request: Request, resource: Resource, pk: int) -> HttpResponse:
    record = resource.restore(request.actor, **resource.subject(_found(resource, pk)))
    return _told(resource, record)


def _told(resource: Resource, record: Record) -> HttpResponse:
    return answer(_row_of(resource, record), headers={"ETag": etag_of(record.version)})


def _row_of(resource: Resource, record: Record) -> Row:
    """As `values(*columns)` gives it: foreign keys by number."""
    attributes = {field.name: field.attname for field in record._meta.concrete_fields}
    return {column: getattr(record, attributes[column]) for column in resource.columns}


def _found(resource: Resource, pk: int, *, lock: bool = False) -> Record:
    rows = resource.model.objects.select_for_update() if lock else resource.model.objects
    record = rows.filter(pk=pk).first()
    if record is None:
        raise Http404
    return record


def _criteria(request: Request, resource: Resource, query: ListQuery) -> Criteria:
    """What the list page would make of these parameters. What it would ignore is refused here.

    Raises ValidationError by parameter.
    """
    unknown = set(request.GET) - set(type(query).model_fields) - {"lang"}
    if unknown:
        raise ValidationError({name: _("There is no parameter of this name.") for name in sorted(unknown)})
    asked = {
        **query.model_dump(include={"q", "country", "city", "industry", "company", "selection"}, exclude_none=True),
        "email": "" if query.has_email is None else str(int(query.has_email)),
        "archived": {"true": "1", "all": "all"}.get(query.archived, ""),
        "sort": _sort(query.sort),
        "after": query.cursor,
    }
    said = {name: str(value).strip() for name, value in asked.items()}
    criteria = Criteria.read(resource.of, said)
    ignored = [one.name for one in resource.of.filters if said.get(one.name) and one.name not in criteria.filters]
    if ignored:
        raise ValidationError({name: _("This value is not valid.") for name in ignored})
    if query.cursor and decode(query.cursor, resource.model, criteria.order) is None:
        raise ValidationError({"cursor": _("This cursor is none of this list in this order.")})
    return criteria


def _sort(name: str) -> str:
    field = name.removeprefix("-")
    return name.removesuffix(field) + SORTS.get(field, field)


def _key(request: Request, resource: Resource) -> UUID | None:
    """The caller's Idempotency-Key, each person's own; None without."""
    said = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if not said:
        return None
    if len(said) > 255:
        raise HttpError(400, _("The header Idempotency-Key may have at most 255 characters."))
    return uuid5(KEYS, f"{request.actor.user_id} {resource.of.kind} {said}")


def _changed_meanwhile(resource: Resource, record: Record, sentence: str, clashes: list[Clash]) -> Stale:
    return Stale(
        sentence,
        members={"current": _row_of(resource, record), "conflicts": [_clash(clash) for clash in clashes]},
        headers={"ETag": etag_of(record.version)},
    )


def _clash(clash: Clash) -> Row:
    return {
        "field": clash.column.removesuffix("_id"),
        "theirs": clash.theirs,
        "yours": clash.mine,
        "by": clash.by.name if clash.by else None,
        "at": clash.at,
    }
