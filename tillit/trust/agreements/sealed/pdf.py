"""Agreements as PDF, by WeasyPrint: A4, PDF/A-3a (tagged, for the archive, with files embedded).

Loading WeasyPrint takes a second and a document some more: workers and the command line import this module, pages never
do.
Nothing is fetched while rendering: no picture, no face, no foreign host.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import weasyprint
from django.template.loader import render_to_string
from django.utils import timezone, translation
from weasyprint.urls import FatalURLFetchingError, URLFetcher  # type: ignore[import-untyped]

from tillit.trust.agreements.rendering import Part
from tillit.trust.agreements.sealed.sealkey import Seal

STYLE = Path(__file__).parents[1] / "static" / "agreements" / "document.css"
VARIANT = "pdf/a-3a"
LOOSE_NUMBER = re.compile(r'((?:<a id="[^"]*"></a>)?<span class="number">[^<]*</span>)<p>')  # into its paragraph's line
FEWEST_FOR_CONTENTS = 4  # clauses; a shorter document needs no table of contents

logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of every property it does not know
logging.getLogger("fontTools").setLevel(logging.ERROR)


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
    annexes: Sequence[Annex] = ()
    attached: Sequence[Attached] = ()
    is_bundle: bool = False
    example_data: bool = False
    made_at: datetime = field(default_factory=timezone.now)


class Nowhere(URLFetcher):
    """Fetches nothing: whatever a text names, no document asks another host or reads another file for it."""

    def fetch(self, url: str, *_options: object, **_named: object) -> NoReturn:
        raise FatalURLFetchingError(f"A document is made of its own text alone, without {url[:200]}")


def render(printed: Printed, *, address: str) -> bytes:
    """The document as PDF. `address`: the page on which its relative links begin."""
    nowhere = Nowhere()
    style = weasyprint.CSS(string=STYLE.read_text("utf-8"), url_fetcher=nowhere)
    page = weasyprint.HTML(string=html(printed), base_url=address, url_fetcher=nowhere)
    attachments = [
        weasyprint.Attachment(
            string=one.content,
            name=one.name,
            description=one.description,
            relationship=one.relation,
            url_fetcher=nowhere,
        )
        for one in printed.attached
    ]
    made = page.write_pdf(stylesheets=[style], pdf_variant=VARIANT, attachments=attachments or None)
    if made is None:
        raise RuntimeError("WeasyPrint gave no document.")
    return made


def html(printed: Printed) -> str:
    """The page that is set: parts of one file, in which the anchors of one chapter do not meet those of another."""
    with translation.override(printed.language):
        head = render_to_string("agreements/print/head.html", {"printed": printed})
        foot = render_to_string("agreements/print/foot.html", {"printed": printed})
    return "".join([head, *(_chapter(printed, one) for one in printed.chapters), foot])


def _chapter(printed: Printed, chapter: Chapter) -> str:
    with translation.override(chapter.language):
        said = str(render_to_string("agreements/print/chapter.html", {"printed": printed, "chapter": chapter}))
    key = f"{chapter.key}-"
    said = LOOSE_NUMBER.sub(r"<p>\1", said)
    said = said.replace('href="#', f'href="#{key}').replace(' id="', f' id="{key}')
    return said.replace(f' id="{key}{chapter.key}"', f' id="{chapter.key}"', 1)
