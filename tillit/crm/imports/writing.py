"""Rows of a file into companies and persons, a batch at a time and in set-based SQL.

Matching, linking, inserting and updating each cost one statement per batch, whatever its size; the ledger's triggers
see each statement once. Everything here runs inside an action's transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from psycopg import sql

from tillit.crm.imports.cleaning import Value
from tillit.crm.imports.likeness import alike, names_of
from tillit.crm.imports.models import LISTED, Import
from tillit.crm.imports.problems import Problem
from tillit.crm.imports.statements import execute, fetch, fold_all
from tillit.crm.models import Kind, Selection

TEXT, SMALL, WHOLE, BIG = "text", "smallint", "integer", "bigint"
_REACHED = {"email": TEXT, "phone": TEXT, "street": TEXT, "postal_code": TEXT, "city": TEXT, "country": TEXT}
COLUMNS: dict[str, dict[str, str]] = {
    Kind.COMPANY: {
        "name": TEXT, "code": TEXT, "registration_number": TEXT, "domain": TEXT, "industry": TEXT,
        "founded": SMALL, "employees": WHOLE, **_REACHED, "note": TEXT,
    },
    Kind.PERSON: {
        "first_name": TEXT, "last_name": TEXT, "title": TEXT, "company_id": BIG, **_REACHED, "note": TEXT,
    },
}  # fmt: skip
Company = tuple[str, str]  # a name and a domain, one of them perhaps empty
TABLES = {Kind.COMPANY: "crm_company", Kind.PERSON: "crm_person"}


@dataclass
class Row:
    """A row of the file, cleaned: its number, the cells as they stood, the values by field."""

    number: int
    cells: Sequence[str]
    values: dict[str, Value]
    record: int | None = None  # the record it belongs to, when it was found


@dataclass
class Batch:
    """Some rows in the order of the file, and what was wrong with others between them."""

    last: int
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass
class Outcome:
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    companies_added: int = 0
    problems: list[Problem] = field(default_factory=list)
    same: list[Problem] = field(default_factory=list)  # the first unchanged rows of the import, each with its record


def write(of_import: Import, rows: list[Row]) -> Outcome:
    """Bring the rows into the records of the import's kind; what cannot be decided is a problem, not a guess."""
    outcome = Outcome()
    if not rows:
        return outcome
    missing = _link_companies(of_import, rows) if of_import.kind == Kind.PERSON else []
    if of_import.on_match == Import.OnMatch.ADD:
        _make_companies(of_import, missing, rows, outcome)
        outcome.added = _insert(of_import, rows)
        return outcome
    rows = _find_records(of_import, rows, outcome)
    new, known = _combine(of_import, rows, outcome)
    written = known if of_import.on_match != Import.OnMatch.SKIP else []
    _make_companies(of_import, missing, [*new, *written], outcome)
    _doubt(of_import, new, outcome)
    outcome.added = _insert(of_import, new)
    changed = _update(of_import, written)
    _select(of_import, [row.record for row in known])
    outcome.changed += len(changed)
    outcome.unchanged += len(known) - len(changed)
    _tell_unchanged(of_import, [row for row in known if row.record not in changed], outcome)
    return outcome


def _doubt(of_import: Import, rows: list[Row], outcome: Outcome) -> None:
    """Say of which new rows the record may be there already, under nearly the same name."""
    asked = {row.number: (_key_of("name", row) or str(row.values.get("name") or ""), _company(row)) for row in rows}
    found = alike(of_import, Kind(of_import.kind), asked)
    for row in rows:
        if row.number in found:
            reason = _("Added; perhaps the same as “%(record)s”, which was there before.")
            told = Problem(row.number, list(row.cells), reason % {"record": found[row.number]}, rejected=False)
            outcome.problems.append(told)


def _company(row: Row) -> int | None:
    number = row.values.get("company_id")
    return number if isinstance(number, int) else None


def _tell_unchanged(of_import: Import, rows: list[Row], outcome: Outcome) -> None:
    """Say of the first unchanged rows as which record they are there already."""
    told = rows[: max(LISTED - of_import.unchanged, 0)]
    names = names_of(of_import, [row.record for row in told])
    for row in told:
        reason = _("There already as “%(record)s”; the row adds nothing.") % {"record": names.get(row.record or 0, "")}
        outcome.same.append(Problem(row.number, list(row.cells), reason, rejected=False))


def _find_records(of_import: Import, rows: list[Row], outcome: Outcome) -> list[Row]:
    """Set `record` where exactly one record matches; two or more make the row a problem."""
    undecided = {index: row for index, row in enumerate(rows)}
    ambiguous: set[int] = set()
    for key in of_import.match_on:
        asked = {index: _key_of(key, row) for index, row in undecided.items()}
        found = _matches(of_import, key, {index: text for index, text in asked.items() if text})
        for index, candidates in found.items():
            fitting = _fitting(rows[index], candidates)
            if len(fitting) == 1:
                rows[index].record = fitting[0]
            elif fitting:
                ambiguous.add(index)
                row, count = rows[index], len(fitting)
                reason = _("%(count)s records match; it is not clear which one is meant.") % {"count": count}
                outcome.problems.append(Problem(row.number, list(row.cells), reason))
            if fitting:
                undecided.pop(index)
    return [row for index, row in enumerate(rows) if index not in ambiguous]


def _key_of(key: str, row: Row) -> str:
    if key == "name" and "name" not in row.values:
        return f"{row.values.get('last_name') or ''} {row.values.get('first_name') or ''}".strip()
    return str(row.values.get(key) or "")


def _fitting(row: Row, candidates: list[tuple[int, int | None]]) -> list[int]:
    return [record for record, company in candidates if not _elsewhere(row, company)]


def _elsewhere(row: Row, company: Value) -> bool:
    """Persons of the same name at another company are other persons."""
    ours = row.values.get("company_id")
    return bool(ours and company and ours != company)


def _matches(of_import: Import, key: str, asked: dict[int, str]) -> dict[int, list[tuple[int, int | None]]]:
    """For each asked row: the active records whose key is the same; names are compared folded."""
    if not asked:
        return {}
    by_name = key == "name"
    statement = sql.SQL(
        "SELECT asked.place, r.id, {company} FROM unnest(%s::integer[], %s::text[]) AS asked(place, key)"
        " JOIN {table} r ON r.tenant_id = %s AND r.{column} = {key} AND r.archived_at IS NULL"
    ).format(
        company=sql.SQL("r.company_id" if of_import.kind == Kind.PERSON else "NULL::bigint"),
        table=sql.Identifier(TABLES[Kind(of_import.kind)]),
        column=sql.Identifier("sort_name" if by_name else key),
        key=sql.SQL("fold(asked.key)" if by_name else "asked.key"),
    )
    found: dict[int, list[tuple[int, int | None]]] = {}
    for place, record, company in fetch(statement, [list(asked), list(asked.values()), of_import.tenant_id]):
        found.setdefault(place, []).append((record, company))
    return found


def _combine(of_import: Import, rows: list[Row], outcome: Outcome) -> tuple[list[Row], list[Row]]:
    """New rows and known ones, each record once: later rows of the same record are worked into the first."""
    new: list[Row] = []
    known: dict[int, Row] = {}
    seen: dict[tuple[str, str], list[Row]] = {}
    folded = _folded(of_import, rows)
    for row in rows:
        keys = [(key, text) for key in of_import.match_on if (text := folded.get((row.number, key)))]
        others = (one for key in keys for one in seen.get(key, ()) if not _elsewhere(row, one.values.get("company_id")))
        first = known.get(row.record) if row.record else next(others, None)
        if first is not None:
            _work_in(of_import, first, row, outcome)
            continue
        for key in keys:
            seen.setdefault(key, []).append(row)
        if row.record:
            known[row.record] = row
        else:
            new.append(row)
    return new, list(known.values())


def _work_in(of_import: Import, first: Row, row: Row, outcome: Outcome) -> None:
    """Work a later row of the same record into the first."""
    before = dict(first.values)
    for key, value in row.values.items():
        if value in ("", None) or of_import.on_match == Import.OnMatch.SKIP:
            continue
        if of_import.on_match == Import.OnMatch.REPLACE or first.values.get(key) in ("", None):
            first.values[key] = value
    if first.values != before:
        outcome.changed += 1
        return
    outcome.unchanged += 1
    reason = _("The same as row %(row)s; it adds nothing.") % {"row": first.number}
    outcome.same.append(Problem(row.number, list(row.cells), reason, rejected=False))


def _folded(of_import: Import, rows: list[Row]) -> dict[tuple[int, str], str]:
    """The keys of all rows as the database compares them."""
    keys = {(row.number, key): _key_of(key, row) for row in rows for key in of_import.match_on}
    names = [place for place, text in keys.items() if place[1] == "name" and text]
    if names:
        answers = fold_all([keys[place] for place in names])
        keys.update(zip(names, answers, strict=True))
    return keys


def _link_companies(of_import: Import, rows: list[Row]) -> list[Company]:
    """Turn the company's name or domain into the company's id. Unknown companies are returned, and nothing is made.

    Until `_make_companies` the id of an unknown one is its place in that list as -1, -2 …, so that rows already tell
    companies apart.
    """
    wanted: list[Company] = []
    for row in rows:
        name, domain = row.values.pop("company", ""), row.values.pop("company_domain", "")
        wanted.append((str(name or ""), str(domain or "")))
    asked = [pair for pair in dict.fromkeys(wanted) if any(pair)]
    companies = _companies(of_import, asked)
    missing: list[Company] = []
    for group in _alike([pair for pair in asked if pair not in companies]):
        missing.append(group[0])
        companies.update(dict.fromkeys(group, -len(missing)))
    for row, pair in zip(rows, wanted, strict=True):
        row.values["company_id"] = companies.get(pair)
    return missing


def _make_companies(of_import: Import, missing: list[Company], rows: list[Row], outcome: Outcome) -> None:
    """Make the unknown companies of these rows, and only theirs: what is rejected or left as it is needs none.

    They are in a selection of their own; where one is perhaps there already, that is a remark on the first of its rows.
    """
    linked = [(row, number) for row in rows if (number := _company(row)) is not None and number < 0]
    needed = {number: missing[-number - 1] for _row, number in linked}
    if not needed:
        return
    _doubt_companies(of_import, {number: name or domain for number, (name, domain) in needed.items()}, linked, outcome)
    of_import.company_selection = of_import.company_selection or _selection_of_companies(of_import)
    made = [Row(0, [], {"name": name or domain, "domain": domain}) for name, domain in needed.values()]
    _insert_rows(of_import, Kind.COMPANY, made, of_import.company_selection.pk)
    ids = _companies(of_import, [(name or domain, domain) for name, domain in needed.values()])
    for row, number in linked:
        name, domain = needed[number]
        row.values["company_id"] = ids[name or domain, domain]
    outcome.companies_added = len(made)


def _doubt_companies(of_import: Import, names: dict[int, str], linked: list[tuple[Row, int]], outcome: Outcome) -> None:
    found = alike(of_import, Kind.COMPANY, {number: (name, None) for number, name in names.items()})
    for row, number in linked:
        if (there := found.pop(number, None)) is not None:
            reason = _("The company “%(company)s” was added; perhaps it is the same as “%(record)s”.")
            reason %= {"company": names[number], "record": there}
            outcome.problems.append(Problem(row.number, list(row.cells), reason, rejected=False))


def _selection_of_companies(of_import: Import) -> Selection:
    name = of_import.selection.name if of_import.selection else str(of_import)[:120]
    by = of_import.created_by_id
    return Selection.objects.create(tenant_id=of_import.tenant_id, kind=Kind.COMPANY, created_by_id=by, name=name)


def _companies(of_import: Import, asked: list[Company]) -> dict[Company, int]:
    """The active companies among these: by domain, else by folded name, the oldest of several."""
    if not asked:
        return {}
    find = sql.SQL(
        "SELECT DISTINCT ON (place) place, id FROM ("
        " SELECT k.place, c.id, 0 AS rank FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS k(name, domain, place)"
        "  JOIN crm_company c ON c.tenant_id = %s AND k.domain <> '' AND c.domain = k.domain AND c.archived_at IS NULL"
        " UNION ALL"
        " SELECT k.place, c.id, 1 FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS k(name, domain, place)"
        "  JOIN crm_company c ON c.tenant_id = %s AND k.name <> '' AND c.sort_name = fold(k.name)"
        "  AND c.archived_at IS NULL) found ORDER BY place, rank, id"
    )
    names, domains = [name for name, _domain in asked], [domain for _name, domain in asked]
    return {asked[place - 1]: record for place, record in fetch(find, [names, domains, of_import.tenant_id] * 2)}


def _alike(pairs: list[Company]) -> list[list[Company]]:
    """Together what means one company: the same domain, or the same folded name, as `ACME` and `Acme`."""
    groups: dict[str, list[Company]] = {}
    for (name, domain), key in zip(pairs, fold_all([name or domain for name, domain in pairs]), strict=True):
        known = groups.get(f"@{domain}") if domain else None
        group = known if known is not None else groups.setdefault(key, [])
        group.append((name, domain))
        if domain:
            groups.setdefault(f"@{domain}", group)
        groups.setdefault(key, group)
    return list({id(group): group for group in groups.values()}.values())


def _insert(of_import: Import, rows: list[Row]) -> int:
    return _insert_rows(of_import, Kind(of_import.kind), rows, of_import.selection_id) if rows else 0


def _insert_rows(of_import: Import, kind: Kind, rows: list[Row], selection: int | None) -> int:
    """Add the rows as records, which are then in the selection."""
    columns = COLUMNS[kind]
    insert = sql.SQL(
        "INSERT INTO {table} (tenant_id, version, {columns}) SELECT %s, 1, {columns}"
        " FROM unnest({arrays}) AS u({columns}) RETURNING id"
    ).format(
        table=sql.Identifier(TABLES[kind]),
        columns=_identifiers(columns),
        arrays=sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(kind_of)) for kind_of in columns.values()),
    )
    selected = sql.SQL(
        "WITH made AS ({insert}) INSERT INTO crm_selectionmember (tenant_id, selection_id, {record})"
        " SELECT %s, %s, id FROM made"
    ).format(insert=insert, record=sql.Identifier(f"{kind}_id"))
    return execute(selected, [of_import.tenant_id, *_arrays(columns, rows), of_import.tenant_id, selection])


def _update(of_import: Import, rows: list[Row]) -> set[int]:
    """Change the known records; those that really changed."""
    columns = {
        name: kind for name, kind in COLUMNS[Kind(of_import.kind)].items() if any(name in r.values for r in rows)
    }
    if not rows or not columns:
        return set()
    keep, take = ("r", "u") if of_import.on_match == Import.OnMatch.MERGE else ("u", "r")
    fresh = {name: _filled(name, kind, keep, take) for name, kind in columns.items()}
    statement = sql.SQL(
        "UPDATE {table} r SET {sets}, version = r.version + 1, updated_at = ledger_time()"
        " FROM unnest(%s::bigint[], {arrays}) AS u(id, {columns})"
        " WHERE r.tenant_id = %s AND r.id = u.id AND ({differs}) RETURNING r.id"
    ).format(
        table=sql.Identifier(TABLES[Kind(of_import.kind)]),
        sets=sql.SQL(", ").join(sql.SQL("{} = {}").format(sql.Identifier(name), new) for name, new in fresh.items()),
        arrays=sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(kind)) for kind in columns.values()),
        columns=_identifiers(columns),
        differs=sql.SQL(" OR ").join(
            sql.SQL("r.{} IS DISTINCT FROM {}").format(sql.Identifier(name), new) for name, new in fresh.items()
        ),
    )
    values = [[row.record for row in rows], *_arrays(columns, rows), of_import.tenant_id]
    return {record for (record,) in fetch(statement, values)}


def _filled(name: str, kind: str, first: str, second: str) -> sql.Composed:
    """The first of two values that is not empty."""
    a, b = sql.Identifier(first, name), sql.Identifier(second, name)
    if kind == TEXT:
        return sql.SQL("coalesce(nullif({}, ''), {})").format(a, b)
    return sql.SQL("coalesce({}, {})").format(a, b)


def _select(of_import: Import, records: list[int | None]) -> None:
    if records:
        statement = sql.SQL(
            "INSERT INTO crm_selectionmember (tenant_id, selection_id, {}) SELECT %s, %s, id"
            " FROM unnest(%s::bigint[]) AS u(id) ON CONFLICT DO NOTHING"
        ).format(sql.Identifier(f"{of_import.kind}_id"))
        execute(statement, [of_import.tenant_id, of_import.selection_id, records])


def _arrays(columns: dict[str, str], rows: list[Row]) -> list[list[Value]]:
    empty = {name: "" if kind == TEXT else None for name, kind in columns.items()}
    return [[row.values.get(name, nothing) for row in rows] for name, nothing in empty.items()]


def _identifiers(names: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in names)
