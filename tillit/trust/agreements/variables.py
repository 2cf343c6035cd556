"""Values of the register in a text: `{{ promises.processor_notice_days }}`. Which ones there are: trust.queries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

# One line; no quotes or braces inside. `{{ literal 24 }}` says that a number only happens to equal a variable's.
PLACE = re.compile(r"\{\{[ \t]*(?:literal[ \t]+(?P<literal>[^{}\n]*?)|(?P<key>[a-z0-9][a-z0-9._-]*))[ \t]*\}\}")
BRACES = re.compile(r"\{\{|\}\}")
IN_ADDRESS = re.compile(r"\]\([^)\s]*+$")
LONGEST_ADDRESS = 2_000
SPECIAL = re.compile(r"([\\`*_\[\]<>&#|~])")
# Around a bound value, so that the page can show that it is one; no text may bring them along.
OPENS, CLOSES = "\ue000", "\ue001"

Values = Mapping[str, Mapping[str, str]]  # name of the variable: its text by language


@dataclass(frozen=True)
class Use:
    """One place of a text that is not written but bound, or marked as a literal."""

    start: int
    end: int
    key: str = ""
    literal: str = ""


def uses(text: str) -> Iterator[Use]:
    for found in PLACE.finditer(text):
        yield Use(found.start(), found.end(), found["key"] or "", found["literal"] or "")


def keys_in(text: str) -> list[str]:
    return [use.key for use in uses(text) if use.key]


def fill(text: str, values: Values, language: str, *, marked: bool = False) -> str:
    """The text with values in place of variables, as Markdown that says them literally.

    A variable without a value stays as it is written: `inspection` tells of it. `marked` puts OPENS and CLOSES around
    each value, except inside the address of a link.
    """
    return _replace(text, lambda use: _said(use, values, language), marked)


def _said(use: Use, values: Values, language: str) -> str | None:
    if use.literal:
        return use.literal
    texts = values.get(use.key)
    said = texts.get(language) if texts else None
    return None if said is None else SPECIAL.sub(r"\\\1", " ".join(said.split()))


def _replace(text: str, said: Callable[[Use], str | None], marked: bool) -> str:
    text = text.replace(OPENS, "").replace(CLOSES, "")
    parts, at = [], 0
    for use in uses(text):
        value = said(use)
        if value is None:
            continue
        before = text[at : use.start]
        in_address = IN_ADDRESS.search(text, max(0, use.start - LONGEST_ADDRESS), use.start) is not None
        parts += [before, f"{OPENS}{value}{CLOSES}" if marked and use.key and not in_address else value]
        at = use.end
    return "".join([*parts, text[at:]])
