"""Expand, then contract: refuse a migration that the release before could not live with.

    python -m tillit.site.expanding [--older CHECKOUT]      what is new since the baseline, or since another checkout
    python -m tillit.site.expanding --record                the present migrations are those of the released version

While a release goes to one wave after the other, both run on the same tables. So a release may add what the older one
does not look at, and take away only what no running release uses any more: in a migration that says so, with
`contracts = "0.2.0"`, the release that was the first to do without. `RunSQL` and `RunPython` cannot be read here; a
migration with them says why the older release does not mind: `expands = "Fills a column that only we read."`

Not even a wider column is harmless: what a connection has prepared must give the same types for ever (SQLSTATE
0A000, "cached plan must not change result type"). A text whose length may grow is a `TextField` with a rule.

`migrations.json` is the baseline: the migrations of the last released version. While the project still has that
version, it is not released yet, and every migration counts to it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tillit.site.runtime import ROOT

BASELINE = Path(__file__).with_name("migrations.json")
HARMLESS = (
    migrations.CreateModel, migrations.AddIndex, migrations.RemoveIndex, migrations.RenameIndex,
    migrations.RemoveConstraint, migrations.AlterModelOptions, migrations.AlterModelManagers,
    migrations.AlterModelTableComment, migrations.AlterConstraint,
)  # fmt: skip
GONE = {
    migrations.RemoveField: "takes away the column “{model}.{name}”, which the older release reads and writes",
    migrations.DeleteModel: "takes away the table of “{name}”, which the older release reads and writes",
    migrations.RenameField: "renames “{model}.{old}”, which the older release knows by its old name",
    migrations.RenameModel: "renames “{old}”, whose table the older release knows by its old name",
    migrations.AlterModelTable: "renames the table of “{name}”, which the older release knows by its old name",
    migrations.AlterOrderWithRespectTo: "adds a column to “{name}” that the older release does not fill",
}
NEW_RULE = (migrations.AddConstraint, migrations.AlterUniqueTogether, migrations.AlterIndexTogether)
UNREADABLE = (migrations.RunSQL, migrations.RunPython)
WIDER = {("CharField", "TextField"), ("IntegerField", "BigIntegerField"), ("SmallIntegerField", "IntegerField")}


@dataclass(frozen=True)
class Finding:
    """What is wrong with one operation of one file. A warning is for people to think about and stops nothing."""

    file: str
    operation: str
    sentence: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{'Warning: ' if self.warning else ''}{self.file}: {self.operation} {self.sentence}."


def examine(migration: migrations.Migration, before: ProjectState, *, older: str, fresh: set[str]) -> Iterator[Finding]:
    """What the release `older` could not live with. `before`: the models as they are before this migration.

    `fresh`: labels of models that came with the new migrations; the older release does not know them.
    """
    module = type(migration).__module__
    file = f"{module.replace('.', '/')}.py"
    contracts, expands = (getattr(migration, name, "") for name in ("contracts", "expands"))
    if contracts and _version(contracts) <= _version(older):
        return
    state = before.clone()
    for operation in _on_the_database(migration.operations):
        for sentence, warning in _complaints(operation, state, migration.app_label, fresh, bool(expands)):
            if contracts:
                sentence += f"; it waits until {contracts} is everywhere, and {older} still runs"
            yield Finding(file, type(operation).__name__, sentence, warning)
        if isinstance(operation, migrations.CreateModel):
            fresh.add(f"{migration.app_label}.{operation.name_lower}")
        operation.state_forwards(migration.app_label, state)


def _on_the_database(operations: Sequence[Operation]) -> Iterator[Operation]:
    for operation in operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from _on_the_database(operation.database_operations)
        else:
            yield operation


def _complaints(
    operation: Any, state: ProjectState, app: str, fresh: set[str], expands: bool
) -> Iterator[tuple[str, bool]]:
    model = str(getattr(operation, "model_name", getattr(operation, "name", ""))).lower()
    if f"{app}.{model}" in fresh or isinstance(operation, HARMLESS):
        return
    if type(operation) in GONE:
        known = {"model": model, "name": getattr(operation, "name", ""), "old": getattr(operation, "old_name", "")}
        yield GONE[type(operation)].format(**known), False
    elif isinstance(operation, migrations.AddField):
        yield from _added(operation)
    elif isinstance(operation, migrations.AlterField):
        fields = state.models[app, model].fields if (app, model) in state.models else {}
        yield from _altered(operation, fields.get(operation.name))
    elif isinstance(operation, NEW_RULE):
        yield f"adds a rule to “{model}” that what the older release writes may break", True
    elif isinstance(operation, UNREADABLE):
        if not expands:
            yield "cannot be read; say in `expands` why the older release does not mind", False
    else:
        yield "is not known here", False


def _added(operation: migrations.AddField) -> Iterator[tuple[str, bool]]:
    field: Any = operation.field
    fills_itself = field.null or field.many_to_many or field.has_db_default() or field.generated
    named = f"“{operation.model_name}.{operation.name}”"
    if not fills_itself:
        yield f"adds {named}, which may not be empty and has no db_default: the older release cannot add rows", False
    if field.unique:
        yield f"adds {named}, which is unique: the older release's rows may collide", True


def _altered(operation: migrations.AlterField, before: Any) -> Iterator[tuple[str, bool]]:
    after: Any = operation.field
    named = f"“{operation.model_name}.{operation.name}”"
    if before is None:
        yield f"changes {named}, of which nothing is known", False
        return
    kinds = (before.get_internal_type(), after.get_internal_type())
    if kinds[0] != kinds[1] and kinds not in WIDER:
        yield f"makes {named} another kind of column", False
    elif _shorter(before, after) and kinds not in WIDER:
        yield f"makes {named} shorter than what the older release writes", False
    elif not after.is_relation and before.db_type(connection) != after.db_type(connection):
        yield f"widens {named}: the older release's connections, which keep their plans, are refused once each", False
    if before.null and not after.null:
        yield f"forbids {named} to be empty, and the older release may leave it so", False
    if before.has_db_default() and not after.has_db_default() and not after.null:
        yield f"takes the db_default from {named}: the older release may count on it", False
    if (before.db_column or operation.name) != (after.db_column or operation.name):
        yield f"gives {named} another column, which the older release does not know", False
    if after.unique and not before.unique:
        yield f"makes {named} unique: the older release's rows may collide", True


def _shorter(before: Any, after: Any) -> bool:
    return bool(after.max_length) and (not before.max_length or before.max_length > after.max_length)


def released(root: Path | None = None) -> tuple[str, set[str]]:
    """The older release and its migrations (`app.0001_initial`): the baseline's, or those of another checkout."""
    if root is not None:
        return project_version(root), {f"{app}.{name}" for app, name in _files(root)}
    known = json.loads(BASELINE.read_text())
    if known["version"] == project_version(ROOT):
        return known["version"], {f"{app}.{name}" for app, name in _files(ROOT)}
    return known["version"], set(known["migrations"])


def findings(older: str, known: set[str]) -> list[Finding]:
    """Of every migration of this checkout that the older release does not have, in the order they are applied."""
    loader = MigrationLoader(None)
    fresh: set[str] = set()
    found: list[Finding] = []
    for app, name in _in_order(loader):
        if f"{app}.{name}" not in known and Path(apps.get_app_config(app).path).is_relative_to(ROOT / "tillit"):
            before = loader.project_state((app, name), at_end=False)
            found += examine(loader.disk_migrations[app, name], before, older=older, fresh=fresh)
    return found


def project_version(root: Path) -> str:
    return str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Refuse migrations that the release before could not live with.")
    parser.add_argument("--older", type=Path, help="a checkout of the older release, instead of the baseline")
    parser.add_argument("--record", action="store_true", help="write the present migrations as the baseline")
    options = parser.parse_args(arguments)
    if options.record:
        names = sorted(f"{app}.{name}" for app, name in _files(ROOT))
        BASELINE.write_text(json.dumps({"version": project_version(ROOT), "migrations": names}, indent=1) + "\n")
        return 0
    older, known = released(options.older)
    found = findings(older, known)
    for one in found:
        sys.stdout.write(f"{one}\n")
    return 1 if any(not one.warning for one in found) else 0


def _in_order(loader: MigrationLoader) -> Iterator[tuple[str, str]]:
    seen = set()
    for leaf in sorted(loader.graph.leaf_nodes()):
        for node in loader.graph.forwards_plan(leaf):
            if node not in seen:
                seen.add(node)
                yield node


def _files(root: Path) -> Iterator[tuple[str, str]]:
    """App label and name of every migration in a checkout, without importing any of it."""
    for path in sorted((root / "tillit").rglob("migrations/[0-9]*.py")):
        yield path.parent.parent.name, path.stem


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.partition("+")[0])[:3])


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tillit.site.settings")
    django.setup()
    sys.exit(main())
