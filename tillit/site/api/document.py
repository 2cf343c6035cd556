"""The API's description as OpenAPI 3.1: what ninja knows of the rooms' views, and the errors they all share."""

from __future__ import annotations

from typing import Any

from ninja import NinjaAPI

from tillit.site.api.problems import KINDS

PREFIX = "/api/v1/"
Json = dict[str, Any]

INTRODUCTION = """\
Companies and persons of a tenant, for programs. Every call does what a person does on a page: the same permissions,
the same rules, the same entries in the history.

**Host.** Each tenant answers on its own host; that is the host of these addresses.

**Token.** Send `Authorization: Bearer …`. People make tokens on their page `/profile/tokens/`; a token stands for one
person in one tenant. Cookies are not looked at.

**Versions.** `ETag` is the version of a record. Send it back as `If-Match` with a change, and as `If-None-Match` to
read only what is new.

**Pages.** A list answers with `next`; ask again with it as `cursor`, until it is null. There are no totals.

**Once only.** A `POST` with an `Idempotency-Key` may be repeated: it adds one record, and answers with it. The same key
with other content is answered with 409.

**Cut connections.** Servers restart every night, and a connection may be cut before its answer comes. Send the request
once more, on a fresh connection: `GET`, `PATCH` with `If-Match`, `DELETE`, and `POST` with an `Idempotency-Key` may be
repeated without harm.

**Pace.** `RateLimit-Policy` and `RateLimit` tell the token's allowance per minute and what is left of it.

**Errors** are problem documents (RFC 9457) in the language of `Accept-Language`: English, German or Norwegian.
"""

PROBLEM: Json = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The kind of error; leads to its description."},
        "title": {"type": "string", "description": "The kind of error, in the caller's language."},
        "status": {"type": "integer", "description": "The status code once more."},
        "detail": {"type": "string", "description": "What is wrong with this request, in the caller's language."},
        "instance": {"type": "string", "description": "With 500: the reference under which the operator finds it."},
        "errors": {
            "type": "array",
            "description": "With 422 (and 409 where it concerns a field): each value that is wrong.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {
                    "field": {"type": "string", "description": "Field or parameter; empty for the whole."},
                    "message": {"type": "string"},
                },
            },
        },
        "current": {"type": "object", "description": "With 412: the record as it stands."},
        "conflicts": {
            "type": "array",
            "description": "With 412: the fields that both of you changed.",
            "items": {
                "type": "object",
                "required": ["field", "theirs", "yours", "by", "at"],
                "properties": {
                    "field": {"type": "string"},
                    "theirs": {"description": "The value now."},
                    "yours": {"description": "The value you sent."},
                    "by": {"type": ["string", "null"], "description": "Who changed it, when it was a person."},
                    "at": {"type": ["string", "null"], "format": "date-time"},
                },
            },
        },
    },
    "examples": [
        {
            "type": "https://cloud.example/api/v1/docs#invalid-values",
            "title": "Some values are not valid",
            "status": 422,
            "errors": [{"field": "email", "message": "Enter a valid email address."}],
        }
    ],
}


def describe(api: NinjaAPI) -> Json:
    """The whole document."""
    document: Json = dict(api.get_openapi_schema(path_prefix=PREFIX))
    document["info"]["description"] = INTRODUCTION
    document["servers"] = [{"url": "/", "description": "The tenant's own host."}]
    components = document["components"]
    components["schemas"] = {name: schema for name, schema in components["schemas"].items() if _is_named(name)}
    components["schemas"]["Problem"] = PROBLEM
    components["responses"] = {kind.slug: _response(status) for status, kind in KINDS.items()}
    for address, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation["parameters"]:
                parameter.pop("examples", None)  # ninja copies them here from the schema, in a form only schemas have
            for status in _errors_of(method, address, operation):
                operation["responses"][status] = {"$ref": f"#/components/responses/{KINDS[status].slug}"}
    return document


def _is_named(schema: str) -> bool:
    """Whether callers meet the schema; the parameters of a list are told one by one."""
    return not schema.endswith("Query")


def _response(status: int) -> Json:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": KINDS[status].meaning, "content": content}


def _errors_of(method: str, address: str, operation: Json) -> list[int]:
    """Which errors a caller of this operation must expect, by what it takes."""
    matches = [one for one in operation["parameters"] if one["name"] == "If-Match"]
    body = "requestBody" in operation
    found = {
        400: body or bool(matches),
        401: True,
        403: True,
        404: "{" in address,
        409: method in ("patch", "post"),
        412: bool(matches),
        413: body,
        415: body,
        422: body or any(one["in"] == "query" for one in operation["parameters"]),
        428: any(one.get("required") for one in matches),
        429: True,
        500: True,
        503: True,
    }
    return [status for status, expected in found.items() if expected]
