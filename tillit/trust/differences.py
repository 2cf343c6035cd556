"""What differs between two registers, both as a file says them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["added", "changed", "removed", "moved"]
Entries = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Change:
    """One key of an entry; None where it is not said."""

    key: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Difference:
    """One entry of a section that differs. The tables [operator] and [promises] are entries without a name."""

    section: str
    name: str
    kind: Kind
    changes: tuple[Change, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Entry by entry, in the order of the new file; a change of order alone is `moved`."""
    sections = [*after, *(name for name in before if name not in after)]
    return [
        found
        for section in sections
        if section != "format"
        for found in _in_section(section, _entries(before.get(section)), _entries(after.get(section)))
    ]


def counts(found: Iterable[Difference]) -> dict[str, int]:
    """`added`, `changed` (moved entries too) and `removed`."""
    kinds = Counter("changed" if difference.kind == "moved" else difference.kind for difference in found)
    return {kind: kinds[kind] for kind in ("added", "changed", "removed")}


def _entries(section: Any) -> dict[str, dict[str, Any]]:
    if isinstance(section, Mapping):
        return {"": dict(section)}
    return {str(entry.get("slug", entry.get("key", ""))): dict(entry) for entry in section or []}


def _in_section(section: str, before: Entries, after: Entries) -> Iterator[Difference]:
    for name, entry in after.items():
        if name not in before:
            yield Difference(section, name, "added", tuple(_changes({}, entry)))
        elif changes := tuple(_changes(before[name], entry)):
            yield Difference(section, name, "changed", changes)
    for name, entry in before.items():
        if name not in after:
            yield Difference(section, name, "removed", tuple(_changes(entry, {})))
    yield from _moved(section, list(before), list(after))


def _moved(section: str, before: list[str], after: list[str]) -> Iterator[Difference]:
    """Entries of both registers whose neighbours changed: told once for the section."""
    stayed = [name for name in after if name in before]
    if stayed != [name for name in before if name in after]:
        yield Difference(section, "", "moved")


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Texts are compared language by language: `text.de`."""
    flat_before, flat_after = dict(_flat(before)), dict(_flat(after))
    for key in [*flat_after, *(key for key in flat_before if key not in flat_after)]:
        if flat_before.get(key) != flat_after.get(key):
            yield Change(key, flat_before.get(key), flat_after.get(key))


def _flat(entry: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in entry.items():
        if isinstance(value, Mapping):
            yield from ((f"{key}.{language}", text) for language, text in value.items())
        else:
            yield key, value
