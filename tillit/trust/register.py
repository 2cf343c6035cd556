"""The register's file, read: `read_register` turns its text into a `Register` or refuses it whole.

Every wrong key is named. Keys that other rooms keep (`keepers`) are handed on unread; those rooms refuse for themselves
when the register is applied.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError as ShapeError

from tillit.trust.contradictions import contradictions
from tillit.trust.keepers import kept_elsewhere
from tillit.trust.parts import PARTS, Parts
from tillit.trust.problems import Problem, RegisterRefused, Steps, problems_of

LONGEST_FILE = 1_000_000  # bytes


@dataclass(frozen=True)
class Register:
    """A file that was read and found in order: this room's parts, and those that other rooms keep, as parsed."""

    parts: Parts
    elsewhere: dict[str, list[dict[str, Any]]]

    def as_file(self) -> dict[str, Any]:
        """What the file said, comments aside."""
        said = {name: part for name, part in self.parts.model_dump(exclude_none=True).items() if part}
        return said | {name: entries for name, entries in self.elsewhere.items() if entries}


def text_of(data: bytes) -> str:
    """The text of a file's bytes. Raises RegisterRefused for what can be no register."""
    if len(data) > LONGEST_FILE:
        raise RegisterRefused([Problem("", _("The file is larger than 1 MB. A register is a short text."))])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        sentence = _("The file is not text in UTF-8. Save it as UTF-8 and try again.")
        raise RegisterRefused([Problem("", sentence)]) from error


def read_register(text: str) -> Register:
    """Raises RegisterRefused with every problem that was found, each with its key and line."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # not only TOMLDecodeError: numbers and nesting beyond measure
        sentence = _("The file is not well-formed TOML: %(why)s.") % {"why": error}
        raise RegisterRefused([Problem("", sentence)]) from error
    elsewhere = {name: data.pop(name) for name in kept_elsewhere() if name in data}
    problems = list(_misshapen(elsewhere))
    try:
        parts = Parts.model_validate(data)
    except ShapeError as error:
        problems += problems_of(error, data, _known_keys)
    else:
        problems += contradictions(parts)
    if problems:
        raise RegisterRefused(problems).located(text)
    return Register(parts, elsewhere)


def _known_keys(steps: Steps) -> Iterable[str]:
    """The keys a place of the file may have, to suggest one for a misspelt one."""
    if not steps:
        return [*Parts.model_fields, *kept_elsewhere()]
    part = PARTS.get(str(steps[0]))
    return part.model_fields if part else ()


def _misshapen(elsewhere: dict[str, Any]) -> Iterator[Problem]:
    for name, entries in elsewhere.items():
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            yield Problem(name, _("must be a list of tables: [[%(name)s]].") % {"name": name})
