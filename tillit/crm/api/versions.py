"""Which version of a record a caller speaks of: `If-Match` and `If-None-Match` (RFC 9110, part 13)."""

from __future__ import annotations

from typing import Any

from django.utils.http import parse_etags
from django.utils.translation import gettext as _
from ninja.errors import HttpError

from tillit.foundation.requests import Request

ANY = -1


class Stale(HttpError):
    """412: the caller's version is not the current one. `members` and `headers` tell what is."""

    def __init__(self, message: str, *, members: dict[str, Any], headers: dict[str, str]) -> None:
        super().__init__(412, message)
        self.members = members
        self.headers = headers


def version_named(request: Request) -> int | None:
    """The version in `If-Match`, the newest of several; `ANY` for `*`; None without the header.

    Raises a 400 problem for something that cannot be an entity tag of ours: a change must not pass by a slip.
    """
    said = request.headers.get("If-Match")
    if said is None:
        return None
    if said.strip() == "*":
        return ANY
    numbers = [tag.strip('"') for tag in parse_etags(said)]
    if not numbers or not all(number.isascii() and number.isdigit() and len(number) < 10 for number in numbers):
        raise HttpError(400, _('The header If-Match must be an ETag of this record, for example "3".'))
    return max(map(int, numbers))


def is_known(request: Request, etag: str) -> bool:
    """Whether the caller has this version already: then 304 is the answer."""
    said = request.headers.get("If-None-Match")
    return said is not None and (said.strip() == "*" or etag in [tag.removeprefix("W/") for tag in parse_etags(said)])
