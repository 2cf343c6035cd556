"""A law's list of what a contract must say, clause by clause: our words, the agreement's section, the evidence."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils.translation import get_language

from tillit.foundation.texts import pick
from tillit.trust.agreements.models import AgreementVersion
from tillit.trust.evidence.facts import Fact, evidence
from tillit.trust.evidence.queries.cloud import Cloud

TABLES = Path(__file__).parent / "tables"


@dataclass(frozen=True)
class Clause:
    """One demand of the law. `title` and `text` are texts by language; `evidence` names functions of `facts`."""

    key: str
    article: str
    title: dict[str, str]
    text: dict[str, str]
    agreement: str
    anchor: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """The clauses of one law, in its order."""

    name: str
    source: str
    called: Mapping[str, str]  # the source for people, in their languages
    link: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True)
class Section:
    """Where the contract says it. `number` is empty while no text of the agreement is in force."""

    title: dict[str, str]
    link: str
    number: str = ""
    version: str = ""


@dataclass(frozen=True)
class Row:
    """A clause with what stands for it here and now. `section` is None where the register has no such agreement."""

    clause: Clause
    section: Section | None
    facts: list[Fact]


@cache
def table(name: str) -> Table:
    """`dora` or `gdpr`."""
    said = tomllib.loads((TABLES / f"{name}.toml").read_text())
    clauses = tuple(Clause(**(entry | {"evidence": tuple(entry["evidence"])})) for entry in said["clauses"])
    return Table(name, said["source"], said["called"], said["link"], clauses)


def rows(name: str, cloud: Cloud) -> list[Row]:
    """The table of one law as it stands for this cloud and customer."""
    clauses = table(name).clauses
    sections = _Sections(cloud, {clause.agreement for clause in clauses})
    return [Row(clause, sections.of(clause), [evidence(one)(cloud) for one in clause.evidence]) for clause in clauses]


def as_json(name: str, cloud: Cloud) -> dict[str, Any]:
    """The same for programs: texts by language, evidence as sentences in the active language."""
    return {
        "law": {"source": table(name).source, "link": table(name).link},
        "language": (get_language() or "en")[:2],
        "clauses": [_clause_as_json(row) for row in rows(name, cloud)],
    }


def _clause_as_json(row: Row) -> dict[str, Any]:
    section = row.section
    return {
        "key": row.clause.key,
        "article": row.clause.article,
        "title": row.clause.title,
        "text": row.clause.text,
        "section": section
        and {
            "agreement": row.clause.agreement,
            "anchor": row.clause.anchor,
            "number": section.number or None,
            "version": section.version or None,
            "link": section.link,
        },
        "evidence": [
            {"weight": fact.weight, "sentence": fact.sentence, "at": fact.at, "link": fact.link or None}
            for fact in row.facts
        ],
    }


class _Sections:
    """The versions in force of the agreements that a table names: one query."""

    def __init__(self, cloud: Cloud, slugs: set[str]) -> None:
        self.cloud = cloud
        found = AgreementVersion.objects.in_force(cloud.at).filter(agreement__in=slugs)
        self.versions = {version.agreement: version for version in found}

    def of(self, clause: Clause) -> Section | None:
        entry = self.cloud.agreements.get(clause.agreement)
        if entry is None:
            return None
        link = f"{reverse('agreements:agreement', args=[clause.agreement])}#{clause.anchor}"
        version = self.versions.get(clause.agreement)
        if version is None:
            return Section(entry.title, link)
        found = version.document(version.language_for()).clause(clause.anchor)
        return Section(version.title, link, found.number if found else "", version.label)


def title(section: Section) -> str:
    return pick(section.title)[0]
