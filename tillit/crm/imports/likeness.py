"""Which records that were there before an import may be the same as what it is about to add.

Names are compared with their neighbours in the order of names: what is misspelt stands near, and every question costs
the same, however many records there are. A wrong first letter is not found so. Names that differ in a number, as those
of branches do, are not alike.
"""

from __future__ import annotations

from psycopg import sql

from tillit.crm.imports.models import Import
from tillit.crm.imports.statements import fetch
from tillit.crm.models import Kind
from tillit.crm.search import VERY_SIMILAR

NEIGHBOURS = 5  # on each side

_TABLES = {Kind.COMPANY: "crm_company", Kind.PERSON: "crm_person"}
_SHOWN = {Kind.COMPANY: "name", Kind.PERSON: "trim(first_name || ' ' || last_name)"}
_SIDE = sql.SQL(
    "(SELECT id, sort_name, {shown} AS shown FROM {table} WHERE tenant_id = {tenant} {same_company}"
    " AND archived_at IS NULL AND sort_name {sign} u.name ORDER BY sort_name {way}, id {way} LIMIT {limit})"
)
# Without what is left when the digits are taken away; several times as fast as a regular expression
_DIGITS = sql.SQL("translate({text}, translate({text}, '0123456789', ''), '')")
_OURS = sql.SQL(
    "EXISTS (SELECT FROM crm_selectionmember m WHERE m.tenant_id = {tenant} AND m.selection_id = {selection}"
    " AND m.{record} = o.id)"
)


def alike(of_import: Import, kind: Kind, asked: dict[int, tuple[str, int | None]]) -> dict[int, str]:
    """For each asked key the record most alike, as it is shown; most keys have none.

    `asked`: a name (of a person the last name first), and the company, which must be the same for persons.
    """
    parts = _parts(of_import, kind)
    if not asked or not _any_before(parts):
        return {}
    statement = sql.SQL(
        "WITH u AS MATERIALIZED (SELECT key, fold(name) AS name, company"
        " FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS asked(key, name, company))"
        " SELECT DISTINCT ON (u.key) u.key, o.shown FROM u CROSS JOIN LATERAL ({after} UNION ALL {before}) AS o"
        " WHERE similarity(o.sort_name, u.name) >= %s AND NOT {ours}"
        " AND {digits_o} = {digits_u}"
        " ORDER BY u.key, similarity(o.sort_name, u.name) DESC"
    ).format(
        after=_SIDE.format(**parts, sign=sql.SQL(">="), way=sql.SQL("ASC")),
        before=_SIDE.format(**parts, sign=sql.SQL("<"), way=sql.SQL("DESC")),
        ours=_OURS.format(**parts),
        digits_o=_DIGITS.format(text=sql.Identifier("o", "sort_name")),
        digits_u=_DIGITS.format(text=sql.Identifier("u", "name")),
    )
    names, companies = zip(*asked.values(), strict=True)
    return dict(fetch(statement, [list(asked), list(names), list(companies), VERY_SIMILAR]))


def names_of(of_import: Import, records: list[int | None]) -> dict[int, str]:
    """How records of the import's kind are shown, by number."""
    statement = sql.SQL("SELECT id, {shown} FROM {table} WHERE tenant_id = {tenant} AND id = ANY(%s)")
    return dict(fetch(statement.format(**_parts(of_import, Kind(of_import.kind))), [records])) if records else {}


def _any_before(parts: dict[str, sql.Composable]) -> bool:
    """Whether the oldest record is not of this import: filling an empty list asks no more than this."""
    oldest = sql.SQL("SELECT id FROM {table} WHERE tenant_id = {tenant} ORDER BY id LIMIT 1").format(**parts)
    statement = sql.SQL("SELECT FROM ({oldest}) AS o WHERE NOT {ours}").format(
        oldest=oldest, ours=_OURS.format(**parts)
    )
    return bool(fetch(statement, []))


def _parts(of_import: Import, kind: Kind) -> dict[str, sql.Composable]:
    return {
        "shown": sql.SQL(_SHOWN[kind]),
        "table": sql.Identifier(_TABLES[kind]),
        "record": sql.Identifier(f"{kind}_id"),
        "tenant": sql.Literal(of_import.tenant_id),
        "selection": sql.SQL("{}::bigint").format(sql.Literal(of_import.selection_of(kind))),
        "same_company": sql.SQL("AND company_id = u.company" if kind == Kind.PERSON else ""),
        "limit": sql.Literal(NEIGHBOURS),
    }
