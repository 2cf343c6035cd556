"""`bin/tillit import TENANT FILE --as EMAIL`: bring a table into companies or persons, as a person would.

Exit status: 0 when every row was taken, 1 when the file or the person was refused, 2 when rows were rejected.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tillit.crm.imports.actions import choose_columns, start_import, upload_table
from tillit.crm.imports.jobs import run_import
from tillit.crm.imports.mapping import guess
from tillit.crm.imports.models import Import
from tillit.crm.imports.queries import preview, rejected_rows
from tillit.crm.imports.reading import inspect
from tillit.crm.models import Kind
from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant, User
from tillit.foundation.tenancy import in_tenant
from tillit.site.problems import Problem

REJECTED = 2
CHUNK = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tenant", help="the tenant's address, as in TENANT.localhost")
    parser.add_argument("file", type=Path, help="a CSV or XLSX file")
    parser.add_argument("--as", dest="email", required=True, help="the person of the tenant who imports")
    parser.add_argument("--kind", choices=[kind.value for kind in Kind], default=Kind.COMPANY.value)
    parser.add_argument("--on-match", choices=Import.OnMatch.values, default=Import.OnMatch.MERGE.value)
    parser.add_argument("--match-on", action="append", default=[], metavar="FIELD", help="may be given several times")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="COLUMN=FIELD",
        help="overrule a guessed column; --map COLUMN= leaves it out; may be given several times",
    )
    parser.add_argument("--dry-run", action="store_true", help="show the columns and the first rows, change nothing")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace) -> int:
    actor = _actor(options.tenant, options.email)
    try:
        answer = _rehearse(options) if options.dry_run else _import(actor, options)
    except Refused as refusal:
        raise Problem(str(refusal)) from refusal
    except OSError as error:
        raise Problem(f"{options.file} cannot be read: {error.strerror}.") from error
    sys.stdout.write(json.dumps(answer, indent=1, ensure_ascii=False) + "\n" if options.json else _told(answer))
    return REJECTED if answer.get("rejected") else 0


def _actor(slug: str, email: str) -> Actor:
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        raise Problem(f"There is no tenant {slug}.")
    user = User.objects.filter(email=email.lower()).first()
    actor = Actor.of(user, tenant) if user else Actor.nobody(tenant)
    if not actor.may("imports.run"):
        raise Problem(f"{email} may not import into {slug}.")
    return actor


def _rehearse(options: argparse.Namespace) -> dict[str, Any]:
    """What the columns and the first rows would become; nothing is kept."""
    sheet = inspect(options.file, options.file.name)
    shape = Import(kind=options.kind)
    columns = _mapped(options, sheet.headers, guess(sheet.headers, sheet.samples, shape.fields))
    shape.mapping = {str(column): key for column, key in columns.items()}
    return {
        "file": options.file.name,
        "about_rows": sheet.about,
        "columns": {header: columns.get(index) for index, header in enumerate(sheet.headers)},
        "notes": list(sheet.notes),
        "first_rows": [
            {"row": row.number, "values": row.values, "warnings": row.warnings, "problem": row.problem}
            for row in preview(shape, sheet)
        ],
    }


def _mapped(options: argparse.Namespace, headers: Sequence[str], guessed: dict[int, str]) -> dict[int, str]:
    """The guessed columns as `--map` corrects them; a field that is given away leaves the column that had it."""
    mapping = dict(guessed)
    known = [field.key for field in Import(kind=options.kind).fields]
    for wish in options.map:
        heading, equals, key = wish.rpartition("=")
        column = next((i for i, header in enumerate(headers) if header.casefold() == heading.strip().casefold()), None)
        if not equals or column is None:
            raise Problem(f"--map {wish}: the file has no such column. It has: {', '.join(headers)}.")
        if key and key not in known:
            raise Problem(f"--map {wish}: there is no field {key}. There are: {', '.join(known)}.")
        mapping = {at: field for at, field in mapping.items() if at != column and field != key}
        if key:
            mapping[column] = key
    return dict(sorted(mapping.items()))


def _import(actor: Actor, options: argparse.Namespace) -> dict[str, Any]:
    if options.map:  # before anything is kept
        _mapped(options, inspect(options.file, options.file.name).headers, {})
    made = upload_table(actor, kind=Kind(options.kind), name=options.file.name, chunks=_chunks(options.file))
    mapping = _mapped(options, made.headers, made.plan)
    made.mapping = {str(column): key for column, key in mapping.items()}
    match_on = options.match_on or made.matchable()[:1]
    choose_columns(actor, import_id=made.pk, mapping=mapping, match_on=match_on, on_match=options.on_match)
    start_import(actor, import_id=made.pk)
    run_import(actor, import_id=made.pk)  # here and now; the waiting job then finds nothing left to do
    with in_tenant(actor.tenant):
        done = Import.objects.select_related("file").get(pk=made.pk)
        reasons = [f"{problem.number}: {problem.reason}" for problem in _first(rejected_rows(done), 20)]
    if done.state != Import.State.DONE:
        raise Problem(f"The import ended as {done.state}. {done.problem}".strip())
    return {"import": done.pk, "file": options.file.name, **done.counts(), "reasons": reasons}


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _first(items: Iterator[Any], count: int) -> Iterator[Any]:
    for _number, item in zip(range(count), items, strict=False):
        yield item


def _told(answer: dict[str, Any]) -> str:
    lines: list[str] = []
    for name, value in answer.items():
        if isinstance(value, dict):
            lines += [f"{name}:", *(f"  {key} -> {field or '(not imported)'}" for key, field in value.items())]
        elif isinstance(value, list):
            lines += [f"  {_told_row(item) if isinstance(item, dict) else item}" for item in value]
        else:
            lines.append(f"{name}: {value}")
    return "\n".join(lines) + "\n"


def _told_row(row: dict[str, Any]) -> str:
    if row["problem"]:
        return f"row {row['row']} would be rejected: {row['problem']}"
    values = "; ".join(f"{key}: {value}" for key, value in row["values"].items() if value not in ("", None))
    return " ".join([f"row {row['row']}", values, *(f"({warning})" for warning in row["warnings"])])
