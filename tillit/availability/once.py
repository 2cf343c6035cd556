"""What is sent twice is made once, and who would collide with another waits for it."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.utils.translation import gettext as _

from tillit.foundation.errors import Refused

Row = TypeVar("Row", bound=Model)


def one_at_a_time(lock: int) -> None:
    """Until the transaction ends: who comes at the same moment waits, and then sees what was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])


def made_before(model: type[Row], key: UUID | None, **said: Any) -> Row | None:
    """What the same form has made already; asked behind a lock. Refused if it was sent with other content."""
    before = model._default_manager.filter(request_key=key).first() if key else None
    if before is not None and any(getattr(before, name) != value for name, value in said.items()):
        again = _("This was sent before with other content, and %(record)s was added. Change that one instead.")
        raise Refused(again % {"record": before})
    return before
