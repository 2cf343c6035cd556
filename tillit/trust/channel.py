"""How the broker hears that its rules changed: PostgreSQL's NOTIFY, sent when the open transaction commits."""

from __future__ import annotations

from django.db import connection

CHANNEL = "tillit_register"


def notify() -> None:
    """Tell the broker that a register or an objection changed what it may let out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
