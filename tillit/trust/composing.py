"""A register with some entries put in other words: what a proposal would make of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, get_args

from tillit.trust.parts import PARTS
from tillit.trust.register import Register, read_register
from tillit.trust.writing import as_toml

TABLES = ("operator", "promises")  # parts of the file that are one entry, called by the name of its section
SECTIONS = tuple(PARTS)
Said = Mapping[str, Any]


def name_of(section: str, entry: Said) -> str:
    """What an entry is called by."""
    return section if section in TABLES else str(entry["key" if section == "statements" else "slug"])


def entry_of(register: Said, section: str, slug: str) -> dict[str, Any] | None:
    """One entry as the register says it."""
    entries = [register.get(section)] if section in TABLES else register.get(section, [])
    return next((dict(entry) for entry in entries if entry and name_of(section, entry) == slug), None)


def composed(register: Said, changes: Iterable[tuple[str, str, Said | None]]) -> Register:
    """The register with every (section, slug, entry) in its place; None takes one out. Raises RegisterRefused."""
    data = dict(register)
    for section, slug, entry in changes:
        if section in TABLES:
            data[section] = dict(entry or {})
            continue
        entries = [(name_of(section, one), one) for one in data.get(section, [])]
        if entry is None:
            data[section] = [one for name, one in entries if name != slug]
        elif slug in dict(entries):
            data[section] = [entry if name == slug else one for name, one in entries]
        else:
            data[section] = [*(one for _name, one in entries), entry]
    return read_register(as_toml({name: part for name, part in data.items() if part}))


def as_kept(entry: Said | None) -> dict[str, Any] | None:
    """An entry as JSON keeps it: days as texts."""
    if entry is None:
        return None
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in entry.items()}


def as_said(section: str, kept: Said | None) -> dict[str, Any] | None:
    """The entry again as a file says it. A day that is none stays a text, and is refused as such."""
    if kept is None:
        return None
    days = {key for key, field in PARTS[section].model_fields.items() if date in get_args(field.annotation)}
    return {key: _day(value) if key in days else value for key, value in kept.items()}


def _day(value: Any) -> Any:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        return value
