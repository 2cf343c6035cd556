"""`bin/tillit agreements`: the texts of the agreements as files that are kept in Git.

Exit status: 0 when all is well, 1 when texts have problems; each is said as `file:line: sentence`.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from tillit.foundation.access import Actor
from tillit.foundation.errors import Refused
from tillit.foundation.models import Tenant
from tillit.foundation.tenancy import in_tenant
from tillit.site.problems import Problem
from tillit.trust.agreements import queries
from tillit.trust.agreements.actions import draft_agreement, publish_agreement
from tillit.trust.agreements.documents import LONGEST_FILE

NAME = re.compile(r"^(?P<slug>[a-z0-9-]+)\.(?P<language>[a-z]{2})\.md$")
Texts = dict[str, dict[str, str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="check|apply")
    check = verbs.add_parser("check", help="tell what is wrong with the texts, by the register that is in force")
    apply = verbs.add_parser("apply", help="make the texts the drafts of the next versions")
    apply.add_argument("--publish", action="store_true", help="and publish those that differ from what is published")
    for verb in (check, apply):
        verb.add_argument("folder", type=Path, help="holds <slug>.<language>.md")


def run(options: argparse.Namespace) -> int:
    texts, strays = _read(options.folder)
    operator = Tenant.objects.filter(kind=Tenant.Kind.OPERATOR).first()
    if operator is None:
        raise Problem("There is no operator yet who could have agreements. Start bin/up once.")
    with in_tenant(operator):
        problems = [*strays, *_problems(texts)]
        for problem in problems:
            sys.stderr.write(f"{problem}\n")
        if problems:
            return 1
        return _say_checked(texts) if options.verb == "check" else _apply(texts, operator, publish=options.publish)


def _read(folder: Path) -> tuple[Texts, list[str]]:
    if not folder.is_dir():
        raise Problem(f"{folder} is no folder.")
    texts: Texts = {}
    strays = []
    for path in sorted(folder.glob("*.md")):
        found = NAME.match(path.name)
        if path.stat().st_size > 4 * LONGEST_FILE:
            raise Problem(f"{path} is too large for a text.")
        if found:
            texts.setdefault(found["slug"], {})[found["language"]] = path.read_text(encoding="utf-8")
        elif path.name != "README.md":
            strays.append(f"{path.name}: A text is named <slug>.<language>.md.")
    if not texts:
        raise Problem(f"There is no <slug>.<language>.md in {folder}.")
    return texts, strays


def _problems(texts: Texts) -> list[str]:
    known = queries.variables()
    listed = {one.slug for one in queries.entries()}
    problems = [f"{slug}: The register has no such agreement." for slug in texts if slug not in listed]
    for slug, by_language in texts.items():
        problems += map(str, queries.inspection(slug, by_language, with_variables=known).problems)
    return problems


def _say_checked(texts: Texts) -> int:
    files = sum(len(by_language) for by_language in texts.values())
    sys.stdout.write(f"{len(texts)} agreements in {files} files: all is well.\n")
    return 0


def _apply(texts: Texts, operator: Tenant, *, publish: bool) -> int:
    actor = Actor.system(operator)
    status = 0
    for slug, by_language in texts.items():
        if _is_published(slug, by_language):
            sys.stdout.write(f"{slug}: as published.\n")
            continue
        draft_agreement(actor, agreement=slug, texts=by_language)
        if not publish:
            sys.stdout.write(f"{slug}: is the draft now.\n")
            continue
        try:
            version = publish_agreement(actor, agreement=slug)
            sys.stdout.write(f"{slug}: version {version.number}, valid from {version.valid_from:%Y-%m-%d %H:%M %Z}.\n")
        except Refused as refusal:
            sys.stderr.write(f"{slug}: {refusal}\n")
            status = 1
    return status


def _is_published(slug: str, by_language: dict[str, str]) -> bool:
    found = queries.newest_version(slug)
    return found is not None and found.texts == by_language and slug not in queries.stale()
