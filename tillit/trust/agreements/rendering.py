"""From Markdown to HTML, and to the canonical text that is hashed. Nothing else in this room marks HTML as safe.

HTML in the source is text, images and code do not exist, links lead to https, mailto or within this server.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import tomlkit
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from tillit.trust.agreements.documents import BLOCKS, Clause, Document
from tillit.trust.agreements.variables import CLOSES, OPENS, Values, fill

ALLOWED_LINK = re.compile(r"^(https://|mailto:|#|\.{0,2}/(?!/)|(?![a-z][a-z0-9+.-]*:|/)[^\s])", re.IGNORECASE)


class _Renderer(RendererHTML):
    """Shows what is bound to the register, and sends nobody's address along to other servers."""

    def text(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        said = escapeHtml(tokens[idx].content)
        return said.replace(OPENS, '<span class="bound">').replace(CLOSES, "</span>")

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        if str(tokens[idx].attrGet("href")).startswith("https:"):
            tokens[idx].attrSet("rel", "noopener noreferrer")
        return self.renderToken(tokens, idx, options, env)


MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
MARKDOWN.disable(
    ["code", "fence", "lheading", "html_block", "reference", "html_inline", "image", "backticks", "autolink"]
)
MARKDOWN.validateLink = lambda url: bool(ALLOWED_LINK.match(url.strip()))  # type: ignore[method-assign]


@dataclass(frozen=True)
class Part:
    """A clause as a page or a PDF shows it; the preamble has no number."""

    number: str
    anchor: str
    depth: int
    title: SafeString
    body: SafeString
    plain_title: str

    @property
    def is_heading(self) -> bool:
        return bool(self.plain_title)

    @property
    def level(self) -> int:
        """Of the heading on a page whose `h1` is the document's title."""
        return min(self.depth + 1, 6)


def parts(document: Document, values: Values) -> list[Part]:
    """The document's clauses as HTML, with the values in place of the variables."""
    return [_part(clause, values, document.language) for clause in document.clauses]


def _part(clause: Clause, values: Values, language: str) -> Part:
    title = fill(clause.title, values, language, marked=True)
    body = fill(clause.body, values, language, marked=True)
    return Part(
        clause.number,
        clause.anchor,
        clause.depth,
        _safe(MARKDOWN.renderInline(title)),
        _safe(MARKDOWN.render(body)),
        plain(fill(clause.title, values, language)),
    )


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 - by MARKDOWN, which lets no HTML through


def plain(markdown: str) -> str:
    """The words alone; blocks are lines."""
    return "\n".join(_words(BLOCKS.parse(markdown)))


def _words(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "inline":
            children = token.children or []
            said = "".join(" " if one.type in ("softbreak", "hardbreak") else one.content for one in children)
            yield said.strip()


def canonical(document: Document, values: Values, *, number: int, valid_from: datetime) -> str:
    """What is published, in one language: identity, then the text with its values. See FORMAT.md."""
    head = {
        "agreement": document.slug,
        "number": number,
        "version": document.front.version,
        "language": document.language,
        "binding_language": document.front.binding_language,
        "valid_from": valid_from.astimezone(UTC).isoformat(timespec="seconds"),
        "title": document.front.title,
    }
    body = fill(document.body, values, document.language).strip("\n")
    lines = [line.rstrip() for line in body.split("\n")]
    text = "\n".join(["+++", tomlkit.dumps(head).strip("\n"), "+++", "", *lines]) + "\n"
    return unicodedata.normalize("NFC", text)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
