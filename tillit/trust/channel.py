"""How the broker hears that its rules changed: PostgreSQL's NOTIFY, sent when the open transaction commits."""

from __future__ import annotations

from django.db import connection

from tillit.trust.quiet import speak

CHANNEL = "tillit_register"


def notify() -> None:
    """Tell the broker that a register or an objection changed what it may let out, and the pages that notices did."""
    speak()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [CHANNEL])
