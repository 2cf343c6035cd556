"""Errors of the API as problem documents (RFC 9457), in the caller's language.

Each status has one kind; its `type` leads to the paragraph about it on the documentation page. A room says more by
raising `ninja.errors.HttpError` with the attributes `members` (further members of the document) or `headers`.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig, ValidationError
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled
from ninja.errors import ValidationError as WrongTypes
from pydantic_core import to_json

from tillit.foundation.errors import Refused
from tillit.foundation.requests import Request
from tillit.foundation.standstill import Paused
from tillit.site.api.sentences import errors_of_fields, errors_of_types, where_json_breaks

log = logging.getLogger(__name__)
LARGEST_BODY = 1_000_000  # bytes


@dataclass(frozen=True)
class Kind:
    """One kind of error. `meaning` is for the documentation page, in English like all of it."""

    slug: str
    title: str | Promise
    meaning: str


KINDS = {
    400: Kind(
        "malformed",
        gettext_lazy("The request cannot be read"),
        "The body is no JSON, or a header is not written as it should be. The detail says where.",
    ),
    401: Kind(
        "not-signed-in",
        gettext_lazy("No valid access token"),
        "The token is missing, expired, revoked, or belongs to another tenant's host.",
    ),
    403: Kind(
        "not-allowed",
        gettext_lazy("Not allowed"),
        "The person behind the token has a role in this tenant that does not include this.",
    ),
    404: Kind(
        "not-found",
        gettext_lazy("Not found"),
        "There is no such address, or no such record in this tenant.",
    ),
    405: Kind(
        "method-not-allowed",
        gettext_lazy("Method not allowed"),
        "The address exists, but not for this method. The header `Allow` lists those it has.",
    ),
    408: Kind(
        "too-slow",
        gettext_lazy("The body came too slowly"),
        "Each 64 KB of a body have a minute to arrive. Nothing was done with it; send it again.",
    ),
    409: Kind(
        "refused",
        gettext_lazy("Refused"),
        "A rule of the product forbids this at present. The detail says why, and what to do instead.",
    ),
    411: Kind(
        "length-required",
        gettext_lazy("Length required"),
        "The body came without a `Content-Length`.",
    ),
    412: Kind(
        "changed-meanwhile",
        gettext_lazy("Changed meanwhile"),
        "Somebody changed the same fields since the version you named. Nothing was written. `current` is the record "
        "as it stands, `conflicts` holds both values of each such field, and `ETag` is the version to name next.",
    ),
    413: Kind(
        "too-large",
        gettext_lazy("The body is too large"),
        f"A body may have at most {LARGEST_BODY:,} bytes.",
    ),
    415: Kind(
        "wrong-content-type",
        gettext_lazy("Wrong content type"),
        "Bodies are `application/json` in UTF-8; changes may also call themselves `application/merge-patch+json`.",
    ),
    422: Kind(
        "invalid-values",
        gettext_lazy("Some values are not valid"),
        "`errors` names each field or parameter and what is wrong with it. Nothing was written.",
    ),
    428: Kind(
        "version-required",
        gettext_lazy("The version is missing"),
        "A change must say which version of the record it was made from: send the `ETag` you got as `If-Match`.",
    ),
    429: Kind(
        "too-many-requests",
        gettext_lazy("Too many requests"),
        "The token's allowance for this minute is used up. `Retry-After` says in how many seconds there is a new one.",
    ),
    500: Kind(
        "internal-error",
        gettext_lazy("Something went wrong on our side"),
        "Nothing was written. `instance` helps the operator find what happened.",
    ),
    503: Kind(
        "busy",
        gettext_lazy("Busy at the moment"),
        "The database could not answer in time. Nothing was written; try again after `Retry-After` seconds.",
    ),
}

PAUSED = Kind(
    "paused",
    gettext_lazy("Maintenance is under way"),
    "Announced maintenance: nothing can be changed (or reached) now. The detail says until when, `Retry-After` in how "
    "many seconds to try again. Every answer tells the next window in `Tillit-Maintenance`.",
)


def problem(
    status: int,
    detail: str = "",
    *,
    kind: Kind | None = None,
    members: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem document about an error of this status."""
    kind = kind or KINDS[status]
    told: dict[str, Any] = {"type": type_of(kind), "title": str(kind.title), "status": status}
    if detail:
        told["detail"] = detail
    body = to_json(told | dict(members or {}))
    return HttpResponse(body, status=status, content_type="application/problem+json", headers=dict(headers or {}))


def type_of(kind: Kind) -> str:
    """The kind's address: the same on every host of this installation, readable on each."""
    return f"{'https' if settings.HTTPS else 'http'}://{settings.BASE_HOST}/api/v1/docs#{kind.slug}"


def handle_errors(api: NinjaAPI) -> None:
    """Let every error that leaves a view of this API become a problem document."""
    for error, handler in _HANDLERS.items():
        api.add_exception_handler(error, handler)


def _http_error(_request: Request, error: HttpError) -> HttpResponse:
    """Also what ninja says itself about a body that is no JSON: then the cause tells where it breaks."""
    unreadable = isinstance(error.__cause__, ValueError)
    detail = where_json_breaks(str(error.__cause__)) if unreadable else error.message
    members, headers = getattr(error, "members", None), getattr(error, "headers", None)
    return problem(error.status_code, detail, members=members, headers=headers)


def _no_token(request: Request, _error: AuthenticationError) -> HttpResponse:
    challenge = f'Bearer realm="{request.tenant.slug}"'
    if "Authorization" not in request.headers:
        detail = _("Send an access token of this tenant: “Authorization: Bearer …”.")
    else:
        challenge += ', error="invalid_token"'
        detail = _("This access token is not valid here: it may be revoked, expired or of another tenant.")
    return problem(401, detail, headers={"WWW-Authenticate": challenge})


def _too_many(_request: Request, error: Throttled) -> HttpResponse:
    seconds = int(error.wait or 1)
    detail = _("Please wait %(seconds)s seconds.") % {"seconds": seconds}
    return problem(429, detail, headers={"Retry-After": str(seconds)})


def _forbidden(_request: Request, _error: PermissionDenied) -> HttpResponse:
    return problem(403, _("Your role in this tenant does not include this."))


def _missing(_request: Request, _error: Http404) -> HttpResponse:
    return problem(404, _("There is nothing at this address."))


def _refused(_request: Request, error: Refused) -> HttpResponse:
    members = {"errors": [{"field": error.field, "message": str(error)}]} if error.field else None
    return problem(409, str(error), members=members)


def _paused(_request: Request, error: Paused) -> HttpResponse:
    """By an action that began when the maintenance did; else the request would not have come this far."""
    return problem(503, str(error), kind=PAUSED, headers={"Retry-After": str(error.standstill.seconds)})


def _wrong_types(_request: Request, error: WrongTypes) -> HttpResponse:
    return problem(422, members={"errors": errors_of_types(error.errors)})


def _wrong_values(_request: Request, error: ValidationError) -> HttpResponse:
    return problem(422, members={"errors": errors_of_fields(error, NON_FIELD_ERRORS)})


def _too_large(_request: Request, _error: RequestDataTooBig) -> HttpResponse:
    return problem(413)


def _busy(_request: Request, error: OperationalError) -> HttpResponse:
    log.warning("The database did not answer an API request: %s", type(error.__cause__).__name__)
    return problem(503, headers={"Retry-After": "5"})


def _our_fault(_request: Request, _error: Exception) -> HttpResponse:
    """Nothing of the cause goes out; the reference is also in the log."""
    reference = uuid.uuid4().urn
    log.exception("An API request failed, %s", reference)
    return problem(500, members={"instance": reference})


_HANDLERS: dict[type[Exception], Any] = {
    Exception: _our_fault,
    HttpError: _http_error,
    AuthenticationError: _no_token,
    Throttled: _too_many,
    PermissionDenied: _forbidden,
    Http404: _missing,
    Paused: _paused,
    Refused: _refused,
    WrongTypes: _wrong_types,
    ValidationError: _wrong_values,
    RequestDataTooBig: _too_large,
    OperationalError: _busy,
}
