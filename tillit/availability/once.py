"""What is sent twice is made once, and who would collide with another waits for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.utils.translation import gettext as _

from tillit.foundation.errors import Refused

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Sent:
    """The form that something came by: its key, and the digest of all it said. Both are columns of what it made."""

    request_key: UUID | None = None
    request_digest: str = ""

    @classmethod
    def by(cls, key: UUID | None, said: Mapping[str, Any]) -> Sent:
        """`said`: what was understood of every field, by name."""
        return cls(key, digest(said) if key else "")


UNSENT = Sent()  # what no form made


def digest(said: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal digits, of JSON with sorted names: moments in UTC, rows as their keys."""
    written = json.dumps(said, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(written.encode()).hexdigest()


def one_at_a_time(lock: int) -> None:
    """Until the transaction ends: who comes at the same moment waits, and then sees what was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])


def made_before(model: type[Row], sent: Sent, *, named: Callable[[Row], str] = str, **of: Any) -> Row | None:
    """What the same form has made already; asked behind a lock. Refused if it said anything else, or not `of` these."""
    before = model._default_manager.filter(request_key=sent.request_key).first() if sent.request_key else None
    if before is None:
        return None
    same = vars(sent) | of
    if any(getattr(before, name) != value for name, value in same.items()):
        again = _("This was sent before with other content, and %(record)s was added. Change that one instead.")
        raise Refused(again % {"record": named(before)})
    return before


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Model):
        return value.pk
    return sorted(one.pk for one in value) if isinstance(value, Iterable) else str(value)
