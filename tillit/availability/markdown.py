"""What was said as HTML: plain words, and the Markdown of a post-mortem, also as plain text. Nothing else in this room
marks HTML as safe.

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
from markdown_it.tree import SyntaxTreeNode

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


def plain(text: str) -> str:
    """Markdown as it is read where there is no HTML: without its marks, an address in brackets after its words."""
    return _blocks(SyntaxTreeNode(MARKDOWN.parse(text)), "\n\n")


def _blocks(node: SyntaxTreeNode, between: str) -> str:
    return between.join(_block(child) for child in node.children)


def _block(node: SyntaxTreeNode) -> str:
    if node.type in ("bullet_list", "ordered_list"):
        return "\n".join(_item(node, number, item) for number, item in enumerate(node.children))
    if node.type == "blockquote":
        return _behind("> ", "> ", _blocks(node, "\n\n"))
    if node.type in ("fence", "code_block"):
        return _behind("    ", "    ", node.content.rstrip())
    if node.type == "table":
        return "\n".join(_blocks(row, " | ") for part in node.children for row in part.children)
    return "* * *" if node.type == "hr" else "".join(_words(child) for child in node.children)


def _item(of: SyntaxTreeNode, number: int, item: SyntaxTreeNode) -> str:
    mark = f"{int(of.attrs.get('start', 1)) + number}. " if of.type == "ordered_list" else "- "
    return _behind(mark, " " * len(mark), _blocks(item, "\n"))


def _behind(first: str, others: str, text: str) -> str:
    return first + text.replace("\n", f"\n{others}")


def _words(node: SyntaxTreeNode) -> str:
    if node.type in ("softbreak", "hardbreak"):
        return "\n"
    said = "".join(_words(child) for child in node.children) if node.children else node.content
    if node.type == "link" and (address := str(node.attrs["href"])) != said:
        return f"{said} ({address})"
    return said


def _lower(tag: str) -> str:
    return f"h{min(int(tag[1:]) + BELOW - 1, 6)}"
