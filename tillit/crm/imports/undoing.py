"""Taking an import back, from the ledger: what it made and nobody touched since goes, what it changed is changed back.

Entries are walked from the newest to the oldest, so that persons go before the companies they were linked to. What is
kept stays in the import's selections, and may be taken back later, when nothing holds it any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import sql

from tillit.crm.imports.models import Import
from tillit.crm.imports.statements import execute, fetch
from tillit.crm.imports.writing import COLUMNS, TABLES
from tillit.crm.models import Kind

PORTION = 5_000
NO_POSITION = 2**62  # above every id of the ledger

# By anybody but the import: neither its own later changes count, nor those of an import that was undone, nor undoing
_TOUCHED_SINCE = sql.SQL(
    "EXISTS (SELECT FROM foundation_ledgerentry x WHERE x.tenant_id = e.tenant_id AND x.table_name = e.table_name"
    " AND x.row_id = e.row_id AND x.id > e.id AND x.cause <> e.cause AND x.action <> 'crm.undo_rows'"
    " AND NOT EXISTS (SELECT FROM imports_import u WHERE u.tenant_id = x.tenant_id AND u.state = 'undone'"
    " AND x.cause = 'import:' || u.id))"
)
# By hand: that another import found a record as it is and put it into the selection it leaves is no work with it
_SELECTED = sql.SQL(
    "EXISTS (SELECT FROM crm_selectionmember m WHERE m.tenant_id = e.tenant_id AND m.{record} = e.row_id"
    " AND NOT EXISTS (SELECT FROM imports_import i WHERE i.tenant_id = m.tenant_id"
    " AND (i.selection_id = m.selection_id OR i.company_selection_id = m.selection_id)))"
)
_EMPLOYS = sql.SQL("EXISTS (SELECT FROM crm_person p WHERE p.tenant_id = e.tenant_id AND p.company_id = e.row_id)")
# Found first, then looked up by number: the planner knows little of tables that have just become large
_MADE = sql.SQL(
    "e AS MATERIALIZED (SELECT id, tenant_id, cause, table_name, row_id FROM foundation_ledgerentry"
    " WHERE tenant_id = %s AND cause = %s AND id BETWEEN %s AND %s AND kind = 'i' AND table_name = {name})"
)


def undo_portion(of_import: Import, below: int) -> tuple[int, int]:
    """Take back the newest entries with an id below this one. Returns the lowest id seen (0 at the end) and how many
    made records were kept, because somebody has worked with them since.
    """
    ids = fetch(
        sql.SQL(
            "SELECT id FROM foundation_ledgerentry WHERE tenant_id = %s AND cause = %s AND id < %s"
            " ORDER BY id DESC LIMIT %s"
        ),
        [of_import.tenant_id, of_import.cause, below, PORTION],
    )
    if not ids:
        return 0, 0
    lowest, highest = ids[-1][0], ids[0][0]
    span = [of_import.tenant_id, of_import.cause, lowest, highest]
    _forget_members(span)
    for kind in (Kind.PERSON, Kind.COMPANY):
        if of_import.undone_at is None:  # else that was done, and somebody may have typed the same since
            _change_back(kind, span)
    kept = 0
    for kind in (Kind.PERSON, Kind.COMPANY):
        _remove_made(kind, span)
        kept += _keep(kind, span, of_import.selection_of(kind))
    return lowest, kept


def _forget_members(span: Sequence[Any]) -> None:
    execute(
        sql.SQL(
            "DELETE FROM crm_selectionmember r USING foundation_ledgerentry e WHERE e.tenant_id = %s AND e.cause = %s"
            " AND e.id BETWEEN %s AND %s AND e.kind = 'i' AND e.table_name = 'crm_selectionmember'"
            " AND r.tenant_id = e.tenant_id AND r.id = e.row_id"
        ),
        span,
    )


def _remove_made(kind: Kind, span: Sequence[Any]) -> None:
    """Delete what the import made, unless it was touched or is needed; it leaves the selections of other imports."""
    table, record = TABLES[kind], sql.Identifier(f"{kind}_id")
    needed = [_SELECTED.format(record=record)] + ([_EMPLOYS] if kind == Kind.COMPANY else [])
    execute(
        sql.SQL(
            "WITH {made}, free AS MATERIALIZED (SELECT row_id FROM e WHERE NOT {touched} AND NOT ({needed})),"
            " gone AS (DELETE FROM {table} WHERE tenant_id = {tenant} AND id = ANY(ARRAY(SELECT row_id FROM free)))"
            " DELETE FROM crm_selectionmember WHERE tenant_id = {tenant}"
            " AND {record} = ANY(ARRAY(SELECT row_id FROM free))"
        ).format(
            made=_MADE.format(name=sql.Literal(table)),
            touched=_TOUCHED_SINCE,
            needed=sql.SQL(" OR ").join(needed),
            table=sql.Identifier(table),
            tenant=sql.Literal(span[0]),
            record=record,
        ),
        span,
    )


def _keep(kind: Kind, span: Sequence[Any], selection: int | None) -> int:
    """Leave what the import made and is still there in the import's selection; returns how many that are."""
    statement = sql.SQL(
        "WITH {made}, kept AS MATERIALIZED (SELECT id FROM {table} WHERE tenant_id = {tenant}"
        " AND id = ANY(ARRAY(SELECT row_id FROM e))),"
        " selected AS (INSERT INTO crm_selectionmember (tenant_id, selection_id, {record})"
        " SELECT {tenant}, {selection}, id FROM kept WHERE {selection} IS NOT NULL ON CONFLICT DO NOTHING)"
        " SELECT count(*) FROM kept"
    ).format(
        made=_MADE.format(name=sql.Literal(TABLES[kind])),
        table=sql.Identifier(TABLES[kind]),
        tenant=sql.Literal(span[0]),
        record=sql.Identifier(f"{kind}_id"),
        selection=sql.SQL("{}::bigint").format(sql.Literal(selection)),
    )
    return fetch(statement, span)[0][0]


def _change_back(kind: Kind, span: Sequence[Any]) -> int:
    """Set each field back that still holds what the import wrote. Of several changes the first `before` counts."""
    table = sql.Identifier(TABLES[kind])
    sets = [
        sql.SQL(
            "{column} = CASE WHEN e.before ? {name} AND to_jsonb(r.{column}) IS NOT DISTINCT FROM"
            " nullif(e.after -> {name}, 'null') THEN (jsonb_populate_record(NULL::{table}, e.before)).{column}"
            " ELSE r.{column} END"
        ).format(column=sql.Identifier(name), name=sql.Literal(name), table=table)
        for name in COLUMNS[kind]
    ]
    return execute(
        sql.SQL(
            "WITH e AS (SELECT l.row_id, jsonb_object_agg(b.key, b.value ORDER BY l.id DESC) AS before,"
            " jsonb_object_agg(b.key, l.after -> b.key ORDER BY l.id) AS after"
            " FROM foundation_ledgerentry l, jsonb_each(l.before) AS b WHERE l.tenant_id = %s AND l.cause = %s"
            " AND l.id BETWEEN %s AND %s AND l.kind = 'u' AND l.table_name = {name} GROUP BY l.row_id)"
            " UPDATE {table} r SET {sets}, version = r.version + 1, updated_at = ledger_time()"
            " FROM e WHERE r.id = e.row_id AND r.tenant_id = {tenant}"
        ).format(
            name=sql.Literal(TABLES[kind]),
            table=table,
            sets=sql.SQL(", ").join(sets),
            tenant=sql.Literal(span[0]),
        ),
        span,
    )
