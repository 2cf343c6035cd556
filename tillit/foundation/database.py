"""What migrations cannot promise alone: every tenant table is locked and ledgered, checked at every start.

Runs under the owner role after `migrate` (see `manage.py prepare`). Idempotent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.apps import apps
from django.db import connections
from django.db.backends.utils import CursorWrapper
from django.db.models import GeneratedField
from django.utils import timezone
from psycopg import sql

from tillit.foundation.tenancy import TenantModel

POLICY = sql.SQL("nullif(current_setting('tillit.tenant', true), '')::bigint")
OWN = sql.SQL("tenant_id = {}").format(POLICY)
SHARED = sql.SQL("{} OR {} = (SELECT id FROM foundation_tenant WHERE kind = 'operator')").format(OWN, POLICY)
SQL = Path(__file__).parent / "sql"
LEDGER = "foundation_ledgerentry"
APPLICATION_ROLE = sql.Identifier("tillit_app")


def tenant_models() -> Iterator[type[TenantModel]]:
    for model in apps.get_models(include_auto_created=True):
        if issubclass(model, TenantModel) and not model._meta.proxy:
            yield model


def secure_tables(alias: str) -> None:
    """Row-level security, ledger triggers and the rights of the application role, on every tenant table."""
    with connections[alias].cursor() as cursor:
        for name in ("fold.sql", "ledger.sql"):
            cursor.execute((SQL / name).read_text())
        for model in tenant_models():
            table = sql.Identifier(model._meta.db_table)
            for statement in _lock(table, SHARED if model.operator_reads else OWN):
                cursor.execute(statement)
            if model.append_only:
                cursor.execute(sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(table, APPLICATION_ROLE))
            else:
                for statement in _ledger(table, _left_out(model)):
                    cursor.execute(statement)
        cursor.execute(
            sql.SQL("REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {} FROM {}").format(
                sql.Identifier(LEDGER), APPLICATION_ROLE
            )
        )
        make_ledger_partitions(alias)
        _deny_partitions(cursor)


def make_ledger_partitions(alias: str = "default", *, months_back: int = 12, months_ahead: int = 3) -> None:
    """Monthly partitions of the ledger, from the past that a demo tells to the next months."""
    first = (timezone.now() - timedelta(days=31 * months_back)).date()
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT ledger_partitions(%s, %s)", [first, months_back + months_ahead + 1])


def _left_out(model: type[TenantModel]) -> tuple[str, ...]:
    """Columns the ledger need not repeat: computed ones, and what the model calls housekeeping."""
    computed = [str(field.column) for field in model._meta.concrete_fields if isinstance(field, GeneratedField)]
    return (*computed, *model.ledger_leaves_out)


def _lock(table: sql.Identifier, rule: sql.Composable) -> list[sql.Composed]:
    return [
        sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(table),
        sql.SQL("ALTER TABLE {} FORCE ROW LEVEL SECURITY").format(table),
        sql.SQL("DROP POLICY IF EXISTS one_tenant ON {}").format(table),
        sql.SQL("CREATE POLICY one_tenant ON {} USING ({}) WITH CHECK ({})").format(table, rule, rule),
    ]


def _ledger(table: sql.Identifier, leaves_out: tuple[str, ...]) -> list[sql.Composed]:
    omitted = sql.SQL(", ").join([sql.Literal(name) for name in ("id", "tenant_id", *leaves_out)])
    make = sql.SQL(
        "CREATE OR REPLACE TRIGGER {name} AFTER {verb} ON {table} REFERENCING {images}"
        " FOR EACH STATEMENT EXECUTE FUNCTION {function}({omitted})"
    )
    kinds = [
        ("inserted", "INSERT", "NEW TABLE AS new_rows"),
        ("changed", "UPDATE", "OLD TABLE AS old_rows NEW TABLE AS new_rows"),
        ("deleted", "DELETE", "OLD TABLE AS old_rows"),
    ]
    return [
        make.format(
            name=sql.Identifier(f"ledger_{kind}"),
            verb=sql.SQL(verb),
            table=table,
            images=sql.SQL(images),
            function=sql.Identifier(f"ledger_{kind}"),
            omitted=omitted,
        )
        for kind, verb, images in kinds
    ]


def _deny_partitions(cursor: CursorWrapper) -> None:
    """Partitions have no policy of their own: the application reaches them through the parent only."""
    cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass", [LEDGER])
    for (partition,) in cursor.fetchall():
        cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(sql.Identifier(partition), APPLICATION_ROLE))
