"""What is wrong with a register file, said so that its writer finds the place: key, line, sentence."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from tillit.foundation.errors import Refused

MOST_SHOWN = 20
Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """One thing wrong: the key's path (`processors[mailgun].seat_country`), a sentence, and the line if known."""

    path: str
    sentence: str
    line: int | None = None

    def __str__(self) -> str:
        if not self.path:
            return self.sentence
        if self.line is None:
            return f"{self.path}: {self.sentence}"
        return _("Line %(line)s, %(path)s: %(sentence)s") % vars(self)


class RegisterRefused(Refused):
    """The file is refused whole; `problems` says why, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def located(self, text: str) -> RegisterRefused:
        """The same with line numbers, sorted by them, the first twenty."""
        found = [replace(problem, line=line_of(text, problem.path)) for problem in self.problems]
        found.sort(key=lambda problem: problem.line or 0)
        more = len(found) - MOST_SHOWN
        if more > 0:
            rest = ngettext("And %(count)s more problem.", "And %(count)s more problems.", more) % {"count": more}
            found = [*found[:MOST_SHOWN], Problem("", rest)]
        return RegisterRefused(found)


def complaint(sentence: str) -> PydanticCustomError:
    """What a validator raises: the sentence is shown as it is."""
    return PydanticCustomError("tillit", "{sentence}", {"sentence": sentence})


def readable(text: str) -> str:
    """A text people can read: something in it, and no control characters but line ends and tabs."""
    if not text.strip():
        raise complaint(_("must not be empty; leave the key out instead."))
    hidden = next((sign for sign in text if unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t"), "")
    if hidden:
        raise complaint(_("contains the control character %(code)s.") % {"code": f"U+{ord(hidden):04X}"})
    return text


def problems_of(
    error: ValidationError, data: dict[str, Any], known_keys: Callable[[Steps], Iterable[str]]
) -> Iterator[Problem]:
    """Pydantic's findings in our words. `known_keys` tells which keys a place of the file may have."""
    for found in error.errors(include_url=False):
        yield Problem(_path(found["loc"], data), _sentence(found, known_keys))


def _path(place: Steps, data: Any) -> str:
    """`processors[mailgun].seat_country`; an entry without a name is called by its number, from 1."""
    path, here = "", data
    for step in place:
        here = _inside(here, step)
        if step == "[key]":
            continue
        if isinstance(step, int):
            name = (here.get("slug") or here.get("key")) if isinstance(here, dict) else None
            path += f"[{name if isinstance(name, str) else step + 1}]"
        else:
            path += f".{step}" if path else step
    return path


def _inside(here: Any, step: str | int) -> Any:
    if isinstance(here, dict):
        return here.get(step)
    return here[step] if isinstance(here, list) and isinstance(step, int) and step < len(here) else None


SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "missing": lambda _context: _("is missing."),
    "string_type": lambda _context: _("must be a text in quotation marks."),
    "int_type": lambda _context: _("must be a whole number without quotation marks."),
    "list_type": lambda _context: _("must be a list."),
    "dict_type": lambda context: _("must be texts by language, as in %(key)s.en.") % context,
    "model_type": lambda _context: _("must be a table of keys."),
    "string_too_short": lambda _context: _("must not be empty; leave the key out instead."),
    "too_short": lambda _context: _("must not be empty; leave the key out instead."),
    "string_too_long": lambda context: _("is longer than %(max_length)s characters.") % context,
    "greater_than": lambda context: _("must be more than %(gt)s.") % context,
    "less_than_equal": lambda context: _("must be at most %(le)s.") % context,
    "string_pattern_mismatch": lambda _context: _("must be a short name of a-z, 0-9 and single hyphens."),
    "literal_error": lambda context: _("must be %(only)s.") % {"only": context["expected"].lower()},
    "tillit": lambda context: str(context["sentence"]),
}


def _sentence(found: ErrorDetails, known_keys: Callable[[Steps], Iterable[str]]) -> str:
    key = str(found["loc"][-1])
    if found["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, list(known_keys(found["loc"][:-1])), n=1)
        meant = " " + _("Did you mean “%(key)s”?") % {"key": close[0]} if close else ""
        return _("is not a key of the register.") + meant
    say = SENTENCES.get(found["type"])
    return say({**found.get("ctx", {}), "key": key}) if say else _("is not valid.")


@dataclass
class _Block:
    """The lines of a file from one header to the next; those before the first have no table."""

    table: str
    number: int
    first: int
    lines: list[str] = field(default_factory=list)

    def is_called(self, name: str) -> bool:
        named = re.compile(rf"""\s*(slug|key)\s*=\s*["']{re.escape(name)}["']""")
        return str(self.number) == name or any(named.match(line) for line in self.lines)

    def line_of(self, key: str) -> int | None:
        """The line on which the key is said, or the nearest key above it."""
        steps = key.split(".")
        for length in range(len(steps), 0, -1):
            said = re.compile(r"\s*" + r"\s*\.\s*".join(map(re.escape, steps[:length])) + r"\s*[=.]")
            for number, line in enumerate(self.lines):
                if said.match(line):
                    return self.first + number
        return None


def line_of(text: str, path: str) -> int | None:
    """The line of a key path in a TOML text; None where it cannot be told."""
    parts = re.fullmatch(r"([\w-]+)(?:\[([^\]]+)\])?(?:\.(.+))?", path)
    if parts is None:
        return None
    table, name, key = parts.groups()
    top, *blocks = _blocks(text)
    named = [block for block in blocks if block.table == table and (name is None or block.is_called(name))]
    if named:
        last = named[-1]  # of two entries with one name the second is the wrong one
        return (last.line_of(key) if key else None) or last.first
    return top.line_of(table)


def _blocks(text: str) -> list[_Block]:
    """Multi-line texts are blanked first, so that nothing inside them looks like a header or a key."""
    blank = re.sub(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'', lambda found: "\n" * found.group().count("\n"), text)
    blocks = [_Block("", 1, 1)]
    seen: Counter[str] = Counter()
    for number, line in enumerate(blank.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([\w-]+)\s*\]", line)
        if header:
            seen[header[1]] += 1
            blocks.append(_Block(header[1], seen[header[1]], number))
        blocks[-1].lines.append(line)
    return blocks
