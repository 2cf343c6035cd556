"""`bin/tillit register`: the register as a file that is kept in Git.

`apply` is a dry run unless it is told to write: it shows what would differ and what that compiles into.

Exit status: 0 when all is well, 1 when a file was refused or could not be read. `diff` answers as diff(1) does:
0 when file and register say the same, 1 when they differ, 2 when the file was refused.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tillit.foundation.access import Actor
from tillit.foundation.models import Tenant
from tillit.site.problems import Problem
from tillit.trust.actions.proposals import foresee_register
from tillit.trust.actions.register import apply_register
from tillit.trust.differences import Difference, counts, differences
from tillit.trust.meaning import meaning
from tillit.trust.problems import RegisterRefused
from tillit.trust.queries import export_register
from tillit.trust.register import LONGEST_FILE, Register, read_register, text_of
from tillit.trust.writing import as_toml, as_value

PROFILES = Path(__file__).parents[2] / "trust" / "profiles"
SIGNS = {"added": "+", "changed": "~", "removed": "-", "moved": "~"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="apply|diff|export")
    apply = verbs.add_parser("apply", help="show what a file would change and mean; with --write put it into force")
    apply.add_argument("file", nargs="?", help="the register's file, - for standard input")
    apply.add_argument("--profile", choices=sorted(path.stem for path in PROFILES.glob("*.toml")))
    how = apply.add_mutually_exclusive_group()
    how.add_argument("--write", action="store_true", help="replace the register, as a whole or not at all")
    how.add_argument("--dry-run", action="store_true", help="change nothing, as without --write")
    diff = verbs.add_parser("diff", help="compare a file with the register")
    diff.add_argument("file", help="the register's file, - for standard input")
    export = verbs.add_parser("export", help="write the register to a file")
    export.add_argument("file", nargs="?", default="-", help="where to (standard output)")
    for verb in (apply, diff, export):
        verb.add_argument("--json", action="store_true", help="answer in JSON")


def run(options: argparse.Namespace) -> int:
    if options.verb == "export":
        return _export(options)
    text = ""
    try:
        text = _text(options)
        register = read_register(text)
        return _diff(register, options) if options.verb == "diff" else _apply(register, options)
    except RegisterRefused as refusal:
        _explain(refusal.located(text), options)
        return 2 if options.verb == "diff" else 1


def _apply(register: Register, options: argparse.Namespace) -> int:
    actor = Actor.system(_operator())
    foreseen = foresee_register(actor, register=register)
    found, sentences = foreseen.found, meaning(foreseen)
    if options.write:
        apply_register(actor, register=register)
    if options.json:
        changes = {**counts(found), "differences": _as_json(found), "consequences": sentences}
        _say_json({"applied": options.write, **changes})
        return 0
    total = "{added} added, {changed} changed, {removed} removed".format(**counts(found))
    if options.write:
        _say(f"Applied: {total}." if found else "Applied. Nothing differed; the register is confirmed.")
    else:
        _say(f"Nothing was written. Applying would mean: {total}." if found else "Nothing differs.")
    _say(*_lines(found))
    if found and sentences:
        _say("", "What it compiles into:", *(f"  {sentence}" for sentence in sentences))
    if not options.write:
        _say("", "This was a dry run. With --write it is put into force.")
    return 0


def _diff(register: Register, options: argparse.Namespace) -> int:
    found = differences(export_register(), register.as_file())
    if options.json:
        _say_json({**counts(found), "differences": _as_json(found)})
    else:
        _say(*(_lines(found) if found else ["Nothing differs."]))
    return 1 if found else 0


def _export(options: argparse.Namespace) -> int:
    register = export_register()
    if not register:
        raise Problem("No register has been applied yet: bin/tillit register apply FILE --write")
    text = json.dumps(register, ensure_ascii=False, indent=1, default=str) + "\n" if options.json else as_toml(register)
    if options.file == "-":
        sys.stdout.write(text)
    else:
        Path(options.file).write_text(text, encoding="utf-8")
    return 0


def _text(options: argparse.Namespace) -> str:
    profile = getattr(options, "profile", None)
    if bool(profile) == bool(options.file):
        raise Problem("Name either a FILE or a --profile.")
    if options.file == "-":
        return text_of(sys.stdin.buffer.read(LONGEST_FILE + 1))
    with (PROFILES / f"{profile}.toml" if profile else Path(options.file)).open("rb") as file:
        return text_of(file.read(LONGEST_FILE + 1))


def _operator() -> Tenant:
    operator = Tenant.objects.filter(kind=Tenant.Kind.OPERATOR).first()
    if operator is None:
        raise Problem("There is no operator yet who could have a register. Start bin/up once.")
    return operator


def _explain(refusal: RegisterRefused, options: argparse.Namespace) -> None:
    if options.json:
        _say_json({"applied": False, "problems": [asdict(problem) for problem in refusal.problems]})
        return
    name = getattr(options, "profile", None) or options.file
    sys.stderr.write(f"{name} is refused as a whole, and nothing was changed:\n")
    sys.stderr.writelines(f"  {line}\n" for line in str(refusal).splitlines())


def _lines(found: list[Difference]) -> Iterator[str]:
    for difference in found:
        name = " ".join(part for part in (difference.section, difference.name) if part)
        moved = ": another order" if difference.kind == "moved" else ""
        yield f"  {SIGNS[difference.kind]} {name}{moved}"
        if difference.kind == "changed":
            for change in difference.changes:
                yield f"      {change.key}: {_shown(change.before)} -> {_shown(change.after)}"


def _shown(value: Any) -> str:
    return "(nothing)" if value is None else as_value(value)


def _as_json(found: list[Difference]) -> list[dict[str, Any]]:
    return [difference.as_json() for difference in found]


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _say_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")
