"""What is sent twice is made once, and who would collide with another waits for it."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model

Row = TypeVar("Row", bound=Model)


def one_at_a_time(lock: int) -> None:
    """Until the transaction ends: who comes at the same moment waits, and then sees what was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock])


def made_before(model: type[Row], key: UUID | None) -> Row | None:
    """What the same form has made already; asked behind `one_at_a_time`."""
    return model._default_manager.filter(request_key=key).first() if key else None
