"""Reading the trust log: for the verifier as the specification has it, for people in words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tillit.trust.proof import entries, merkle, notes, tree
from tillit.trust.proof.merkle import HASH_BYTES, TILE_WIDTH
from tillit.trust.proof.models.log import Checkpoint, LogContent, LogEntry, LogSubject, Tile
from tillit.trust.proof.models.witness import Cosignature

KEYS = "log/key"  # the subject that says which keys sign
GONE = "null"  # the content of a subject that is no longer there


def last_signed() -> Checkpoint | None:
    return Checkpoint.objects.first()


def checkpoint_note() -> str | None:
    """The newest checkpoint with every cosignature we know; None while nothing is logged."""
    newest = last_signed()
    if newest is None:
        return None
    return newest.note + "".join(f"{one.line}\n" for one in newest.cosignatures.all())


def verifier_keys() -> list[notes.VerifierKey]:
    """The keys that sign, newest first, as the log itself says."""
    text = LogSubject.objects.filter(name=KEYS).values_list("newest__content__text", flat=True).first()
    try:
        return [notes.VerifierKey.read(key) for key in json.loads(text)["keys"]] if text else []
    except (ValueError, KeyError, TypeError):  # somebody changed the row: the verifier finds out, the page goes on
        return []


def witnesses() -> list[Cosignature]:
    """The last cosignature of every witness, the newest first; `checkpoint.size` says how far it saw."""
    last = Cosignature.objects.order_by("witness_id", "-checkpoint__size").distinct("witness_id")
    return sorted(last.select_related("witness", "checkpoint"), key=lambda one: one.at, reverse=True)


def size() -> int:
    return Checkpoint.objects.values_list("size", flat=True).first() or 0


def tile(level: int, index: int, width: int) -> bytes | None:
    """The hashes of a tile that a signed tree has."""
    if index * TILE_WIDTH + width > size() >> (merkle.TILE_HEIGHT * level):
        return None
    found = Tile.objects.filter(level=level, index=index).values_list("hashes", flat=True).first()
    return bytes(found)[: width * HASH_BYTES] if found is not None else None


def bundle(index: int, width: int) -> bytes | None:
    """The leaves of a bundle; an empty one in the place of one that is missing."""
    first = index * TILE_WIDTH
    if first + width > size():
        return None
    found = {entry.index: entry for entry in LogEntry.objects.filter(index__gte=first, index__lt=first + width)}
    leaves = [found[at].as_bytes() if at in found else b"" for at in range(first, first + width)]
    return entries.bundle(leaves)


def contents(first: int, count: int) -> list[dict[str, Any]]:
    """What the leaves stand for, each with its salt; or when it was erased."""
    found = LogContent.objects.filter(entry_id__gte=first, entry_id__lt=first + count).order_by("entry_id")
    return [content_as_json(content) for content in found]


def content_as_json(content: LogContent) -> dict[str, Any]:
    if content.erased_at is not None:
        return {"index": content.entry_id, "erased_at": content.erased_at.isoformat()}
    return {"index": content.entry_id, "salt": content.salt, "content": _read(content.text)}


def inclusion_proof(index: int) -> tuple[int, list[str]]:
    """The size of the newest signed tree, and the hashes that lead from the leaf to its root."""
    count = size()
    proof = merkle.inclusion_proof(index, count, tree.tree_of(count).node)
    return count, [part.hex() for part in proof]


@dataclass(frozen=True)
class Told:
    """An entry as a page tells it: what it is about, and which of its parts differ from the entry before."""

    entry: LogEntry
    content: Any
    verb: str  # added, changed, removed, erased
    keys: tuple[str, ...] = ()

    @property
    def section(self) -> str:
        return self.entry.subject.partition("/")[0]

    @property
    def says(self) -> dict[str, Any]:
        """The newest version of an entry of the register, or the content as it is."""
        return _said(self.content)

    @property
    def name(self) -> str:
        return self.entry.subject.partition("/")[2]


def newest(count: int, before: int | None = None) -> list[Told]:
    """The newest entries, the newest first; two queries."""
    found = LogEntry.objects.told().order_by("-index")
    return _told(found.filter(index__lt=before)[:count] if before is not None else found[:count])


def told(index: int) -> Told | None:
    return next(iter(_told(LogEntry.objects.told().filter(index=index))), None)


def _told(found: Iterable[LogEntry]) -> list[Told]:
    rows = list(found)
    indexes = [row.previous for row in rows if row.previous is not None]  # type: ignore[attr-defined]
    earlier = dict(LogContent.objects.filter(entry_id__in=indexes).values_list("entry_id", "text"))
    return [_tell(row, earlier.get(row.previous)) for row in rows]  # type: ignore[attr-defined]


def _tell(entry: LogEntry, before: str | None) -> Told:
    held: LogContent | None = getattr(entry, "content", None)
    if held is None or held.erased_at is not None:
        return Told(entry, None, "erased")
    if held.text == GONE:
        return Told(entry, None, "removed")
    content = _read(held.text)
    if before is None or before == GONE:
        return Told(entry, content, "added")
    return Told(entry, content, "changed", _differing(_said(_read(before)), _said(content)))


def _said(content: Any) -> dict[str, Any]:
    versions = content.get("versions") if isinstance(content, dict) else None
    if isinstance(versions, list) and versions and isinstance(versions[-1], dict):
        return versions[-1].get("says") or {}
    return content if isinstance(content, dict) else {}


def _differing(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    return tuple(key for key in sorted({*before, *after}) if before.get(key) != after.get(key))


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # changed by hand: shown as it is, and the verifier names it
        return text
