"""What was said as HTML: plain words, and the Markdown of a post-mortem. Nothing else in this room marks HTML as safe.

HTML in the source is text; images do not exist; links lead to https, mailto or within this server.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.utils.html import linebreaks
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

ALLOWED_LINK = re.compile(r"^(https://|mailto:|/(?!/)|#)", re.IGNORECASE)
BELOW = 3  # the page and the incident have h1 to h3


class _Renderer(RendererHTML):
    """Headings stand below the incident's; nobody's address is sent along to other servers."""

    def heading_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        tokens[idx].tag = _lower(tokens[idx].tag)
        return self.renderToken(tokens, idx, options, env)

    heading_close = heading_open

    def link_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        tokens[idx].attrSet("rel", "noopener noreferrer")
        return self.renderToken(tokens, idx, options, env)


MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
MARKDOWN.disable(["html_block", "html_inline", "image", "reference", "autolink"])
MARKDOWN.validateLink = lambda url: bool(ALLOWED_LINK.match(url.strip()))  # type: ignore[method-assign]


def render(text: str) -> SafeString:
    return mark_safe(MARKDOWN.render(text))  # noqa: S308 - by MARKDOWN, which lets no HTML through


def paragraphs(text: str) -> SafeString:
    """Plain words; an empty line begins a paragraph."""
    return mark_safe(linebreaks(text, autoescape=True))  # noqa: S308 - escaped


def _lower(tag: str) -> str:
    return f"h{min(int(tag[1:]) + BELOW - 1, 6)}"
