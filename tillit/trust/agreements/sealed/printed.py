"""What goes on paper, before it is set: chapters, annexes, files to embed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from tillit.trust.agreements.rendering import Part
from tillit.trust.agreements.sealed.sealkey import Seal

FEWEST_FOR_CONTENTS = 4  # clauses; a shorter document needs no table of contents


@dataclass(frozen=True)
class Chapter:
    """One agreement in one language. `key` is unlike that of every other chapter of the same file."""

    key: str
    title: str
    version: str
    language: str
    parts: Sequence[Part]
    facts: Sequence[tuple[str, str]] = ()
    with_contents: bool = True

    @property
    def contents(self) -> list[Part]:
        found = [one for one in self.parts if one.is_heading and one.depth == 1]
        return found if self.with_contents and len(found) >= FEWEST_FOR_CONTENTS else []


@dataclass(frozen=True)
class Table:
    """The first cell of a row is its name; `empty` stands where there are no rows."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    empty: str = ""


@dataclass(frozen=True)
class Annex:
    key: str
    title: str
    tables: Sequence[Table]
    lead: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Attached:
    """A file inside the file. `relation` is the AFRelationship of PDF/A-3: Source, Data, Supplement."""

    name: str
    content: str
    description: str
    relation: str = "Source"


@dataclass(frozen=True)
class Printed:
    """Everything that goes on paper. With a subtitle and several chapters it is a bundle and gets a cover."""

    title: str
    author: str
    language: str
    seal: Seal
    chapters: Sequence[Chapter]
    subtitle: str = ""
    keywords: str = ""
    facts: Sequence[tuple[str, str]] = ()
    overview: Table | None = None
    annexes: Sequence[Annex] = ()
    attached: Sequence[Attached] = ()
    is_bundle: bool = False
    example_data: bool = False
    made_at: datetime = field(default_factory=timezone.now)
