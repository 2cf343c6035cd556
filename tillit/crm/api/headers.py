"""Headers of requests and answers, for the documentation."""

from __future__ import annotations

from typing import Any

Extra = dict[str, Any]


def _asked(name: str, description: str, example: str, *, required: bool = False) -> Extra:
    return {
        "in": "header",
        "name": name,
        "required": required,
        "description": description,
        "schema": {"type": "string", "examples": [example]},
    }


def _told(**headers: str) -> Extra:
    return {
        "headers": {
            name.replace("_", "-"): {"description": description, "schema": {"type": "string"}}
            for name, description in headers.items()
        }
    }


_VERSION = _told(ETag="Version of the record, for `If-Match` and `If-None-Match`.")

LISTED: Extra = {"responses": {200: _told(Link='Address of the next page, `rel="next"`; absent on the last one.')}}
ADDED: Extra = {
    "parameters": [
        _asked("Idempotency-Key", "Of your choice, at most 255 characters. Makes repeating harmless.", "order-4711")
    ],
    "responses": {201: _told(Location="Address of the record.", ETag="Version of the record.")},
}
READ: Extra = {
    "parameters": [_asked("If-None-Match", "An `ETag` you have: answers 304 when it is still the version.", '"3"')],
    "responses": {200: _VERSION, 304: {"description": "You have the current version."}},
}
CHANGED: Extra = {
    "parameters": [
        _asked("If-Match", "`ETag` of the record you changed; `*` overwrites whatever is there.", '"3"', required=True)
    ],
    "responses": {200: _VERSION},
}
ARCHIVED: Extra = {
    "parameters": [_asked("If-Match", "Archive it only while it is this version.", '"3"')],
    "responses": {204: _VERSION},
}
RESTORED: Extra = {"responses": {200: _VERSION}}
