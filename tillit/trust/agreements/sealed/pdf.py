"""Agreements as PDF, by WeasyPrint: A4, PDF/A-3a (tagged, for the archive, with files embedded).

Loading WeasyPrint takes a second and a document some more: workers and the command line import this module, pages never
do.
Nothing is fetched while rendering: no picture, no face, no foreign host.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import NoReturn

import weasyprint  # type: ignore[import-untyped]
from django.template.loader import render_to_string
from django.utils import translation
from weasyprint.urls import FatalURLFetchingError, URLFetcher  # type: ignore[import-untyped]

from tillit.trust.agreements.sealed.printed import Chapter, Printed

STYLE = Path(__file__).parent / "static" / "sealed" / "document.css"
VARIANT = "pdf/a-3a"
LOOSE_NUMBER = re.compile(r'((?:<a id="[^"]*"></a>)?<span class="number">[^<]*</span>)<p>')  # into its paragraph's line

logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of every property it does not know
logging.getLogger("fontTools").setLevel(logging.ERROR)


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
        head = render_to_string("sealed/print/head.html", {"printed": printed})
        foot = render_to_string("sealed/print/foot.html", {"printed": printed})
    return "".join([head, *(_chapter(printed, one) for one in printed.chapters), foot])


def _chapter(printed: Printed, chapter: Chapter) -> str:
    with translation.override(chapter.language):
        said = str(render_to_string("sealed/print/chapter.html", {"printed": printed, "chapter": chapter}))
    key = f"{chapter.key}-"
    said = LOOSE_NUMBER.sub(r"<p>\1", said)
    said = said.replace('href="#', f'href="#{key}').replace(' id="', f' id="{key}')
    return said.replace(f' id="{key}{chapter.key}"', f' id="{chapter.key}"', 1)
