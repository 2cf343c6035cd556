"""Reading one file of an agreement: front matter, clauses, names. How it is written: FORMAT.md."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Literal

from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.token import Token
from pydantic import BaseModel, ConfigDict, Field, ValidationError

LANGUAGES = ("de", "en", "nb")
LONGEST_FILE = 400_000  # characters
FENCE = "+++"
VISIBLE = r"^[^\x00-\x08\x0b-\x1f\x7f]*$"  # TOML may say them, no database keeps U+0000, and nobody reads any
HEADING = re.compile(r"^(\d+(?:\.\d+)*+)\s++(.*)$")
NAME = re.compile(r"\{#([a-z][a-z0-9-]*)\}$")
PARAGRAPH = re.compile(r"^(\d+(?:\.\d+)+)\s+(?:\{#([a-z][a-z0-9-]*)\}\s*)?")
# A second grammar would be a second truth: what is a paragraph is what the renderer takes for one.
BLOCKS = MarkdownIt("commonmark", {"html": False}).enable("table")
BLOCKS.disable(["code", "fence", "lheading", "html_block", "reference"])


class Front(BaseModel):
    """The front matter. `changes` says in this language what is new against the version before."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: str = Field(min_length=1, max_length=200, pattern=VISIBLE)
    version: str = Field(min_length=1, max_length=20, pattern=VISIBLE)
    valid_from: date
    binding_language: Literal["de", "en", "nb"]
    asks_acceptance: bool = False
    changes: str = Field(default="", max_length=2000, pattern=VISIBLE)


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong, where: a sentence for the author. Lines count from 1; 0 means the file as a whole."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}" if self.line else f"{self.file}: {self.sentence}"


class Unreadable(Exception):
    """The file is no agreement at all; `problems` says why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Clause:
    """A numbered part, or the preamble (without a number). Title and body are Markdown with variables in it."""

    number: str
    anchor: str
    title: str
    body: str
    line: int  # on which it begins
    level: int = 0  # of its heading; 0: a numbered paragraph, or the preamble

    @property
    def depth(self) -> int:
        return self.number.count(".") + 1 if self.number else 0

    @property
    def source(self) -> str:
        return f"{self.title}\n{self.body}" if self.title else self.body


@dataclass(frozen=True)
class Document:
    """One file, read. `text` is the whole of it, `body_line` the line on which the Markdown begins."""

    slug: str
    language: str
    front: Front
    clauses: tuple[Clause, ...]
    text: str
    body_line: int

    @property
    def file(self) -> str:
        return file_name(self.slug, self.language)

    @cached_property
    def body(self) -> str:
        return "\n".join(self.text.split("\n")[self.body_line - 1 :])

    def line_at(self, offset: int) -> int:
        """The line of the file in which this character of the body stands."""
        return self.body_line + bisect_left(self._ends, offset)

    @cached_property
    def _ends(self) -> list[int]:
        return [found.start() for found in re.finditer("\n", self.body)]

    def clause(self, name: str) -> Clause | None:
        """By number or by anchor."""
        return next((one for one in self.clauses if name and name in (one.number, one.anchor)), None)


def file_name(slug: str, language: str) -> str:
    return f"{slug}.{language}.md"


def read_document(text: str, *, slug: str, language: str) -> Document:
    """Raises Unreadable when there is no front matter or it is wrong; the rest is for `inspection`."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    file = file_name(slug, language)
    if len(text) > LONGEST_FILE:
        raise Unreadable([Problem(file, 0, _("The file is too long: at most 400,000 characters."))])
    lines = text.split("\n")
    if lines[0].strip() != FENCE or FENCE not in (line.strip() for line in lines[1:]):
        raise Unreadable([Problem(file, 1, _("The file begins with a front matter between two lines “+++”."))])
    end = next(number for number, line in enumerate(lines[1:], 1) if line.strip() == FENCE)
    front = _read_front(lines[1:end], file)
    return Document(slug, language, front, tuple(_clauses(lines, end + 1)), text, end + 2)


def _read_front(lines: list[str], file: str) -> Front:
    try:
        said = tomllib.loads("\n".join(lines))
    except (ValueError, RecursionError) as error:  # not only TOMLDecodeError: numbers and nesting beyond measure
        line = re.search(r"at line (\d+)", str(error))
        number = int(line.group(1)) + 1 if line else 2
        raise Unreadable([Problem(file, number, _("This is no TOML: %(error)s") % {"error": error})]) from error
    try:
        return Front.model_validate(said)
    except ValidationError as error:
        problems = [Problem(file, _line_of(lines, str(one["loc"][0])), _sentence(one)) for one in error.errors()]
        raise Unreadable(problems) from error


def _line_of(lines: list[str], key: str) -> int:
    return next((number for number, line in enumerate(lines, 2) if re.match(rf"\s*{re.escape(key)}\s*=", line)), 1)


def _sentence(error: object) -> str:
    kind, key, told = error["type"], error["loc"][0], error["msg"]  # type: ignore[index]
    if kind == "missing":
        return _("“%(key)s” is missing in the front matter.") % {"key": key}
    if kind == "extra_forbidden":
        return _("“%(key)s” is not known in the front matter.") % {"key": key}
    return _("“%(key)s” cannot be read: %(told)s.") % {"key": key, "told": told}


@dataclass(frozen=True)
class _Start:
    """Where a clause begins, by index into the file's lines, and what its first line says."""

    at: int
    number: str = ""
    title: str = ""
    anchor: str = ""
    rest: str | None = None  # of a numbered paragraph's first line
    level: int = 0


def _clauses(lines: list[str], first: int) -> Iterator[Clause]:
    starts = [_Start(first - 1), *_starts(lines, first)]
    for start, end in zip(starts, [*(one.at for one in starts[1:]), len(lines)], strict=True):
        body = [start.rest, *lines[start.at + 1 : end]] if start.rest is not None else lines[start.at + 1 : end]
        written = "\n".join(body).strip("\n").rstrip()
        if start.number or written.strip():
            yield Clause(start.number, start.anchor, start.title, written, start.at + 1, start.level)


def _starts(lines: list[str], first: int) -> Iterator[_Start]:
    tokens = BLOCKS.parse("\n".join(lines[first:]))
    for token, inline in pairwise(tokens):
        if token.level or token.map is None:
            continue
        at = first + token.map[0]
        if token.type == "heading_open" and (found := HEADING.match(inline.content)):
            name = NAME.search(found[2])
            title = found[2][: name.start()] if name else found[2]
            yield _Start(at, found[1], title.rstrip(), name[1] if name else "", None, _level(token))
        elif token.type == "paragraph_open" and (found := PARAGRAPH.match(inline.content)):
            yield _Start(at, found[1], "", found[2] or "", lines[at].lstrip()[found.end() :])


def _level(token: Token) -> int:
    return int(token.tag[1:])
