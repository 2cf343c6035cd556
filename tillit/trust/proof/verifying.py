"""Checking a trust log from outside, with nothing but what it publishes. No Django, no database.

The tree is made again from the entries, so every entry is proven at once; what was seen on an earlier visit
(`Remembered`) must be its beginning. What is wrong is named entry by entry, subject by subject.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tillit.trust.proof import comparing, entries, merkle, notes
from tillit.trust.proof.fetching import Source, Unreachable
from tillit.trust.proof.merkle import HASH_BYTES, TILE_WIDTH
from tillit.trust.proof.remembering import Remembered
from tillit.trust.proof.tiles import tile_path, tiles_of

LOG = "/trust/log/"
MOST_ENTRIES = 2_000_000


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it must be, in a sentence; `index` or `subject` say where."""

    text: str
    index: int | None = None
    subject: str = ""


@dataclass
class Report:
    source: str
    origin: str = ""
    size: int = 0
    root: str = ""
    keys: list[str] = field(default_factory=list)
    cosigned_by: list[str] = field(default_factory=list)
    compared: int = 0  # subjects whose public page was compared
    erased: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_well(self) -> bool:
        return not self.problems

    def add(self, text: str, *, index: int | None = None, subject: str = "") -> None:
        self.problems.append(Problem(text, index, subject))


@dataclass(frozen=True)
class Leaf:
    """An entry as the log published it."""

    index: int
    at: str
    kind: str
    subject: str
    hash: str

    def __str__(self) -> str:
        return f"entry {self.index} ({self.subject}, {self.at[:10]})"


def verify(
    source: Source, before: Remembered | None = None, witnesses: Iterable[str] = ()
) -> tuple[Report, Remembered]:
    """Everything that can be checked, and what to remember for the next visit. Raises Unreachable."""
    report = Report(source.name)
    checkpoint = _checkpoint(source, report, before)
    _cosignatures(checkpoint, report, witnesses)
    raw = list(_entries(source, checkpoint.size))
    hashes = [merkle.leaf_hash(entry) if entry else b"" for entry in raw]
    tile_hashes = _leaf_tiles(source, checkpoint.size)
    leaves = [_leaf(index, entry, report) for index, entry in enumerate(raw)]
    _compare_with_tiles(report, leaves, hashes, tile_hashes)
    true = _compare_with_root(report, checkpoint, hashes, tile_hashes)
    if true:
        _compare_upper_tiles(source, report, true)
    if before is not None:
        _compare_with_before(report, checkpoint, before, leaves, hashes)
    newest = _contents(source, report, leaves)
    report.compared = comparing.compare_pages(source, newest, report.add)
    return report, _remember(checkpoint, before, report, newest, hashes)


def _checkpoint(source: Source, report: Report, before: Remembered | None) -> notes.Checkpoint:
    data = source.get(f"{LOG}checkpoint")
    if data is None:
        raise Unreachable(f"{source.name} has no trust log, or nothing is in it yet")
    try:
        checkpoint = notes.read_checkpoint(data)
    except notes.BadNote as error:
        raise Unreachable(f"what {source.name} shows as its checkpoint cannot be read: {error}") from error
    if checkpoint.size > MOST_ENTRIES:
        raise Unreachable(f"the log says it has {checkpoint.size} entries; this program reads up to {MOST_ENTRIES}")
    report.origin, report.size, report.root = checkpoint.origin, checkpoint.size, checkpoint.root.hex()
    shown = (source.get(f"{LOG}key") or b"").decode(errors="replace").split()
    report.keys = before.keys if before is not None else shown
    _check_signature(checkpoint, report)
    if before is not None and before.origin != checkpoint.origin:
        report.add(f"the log calls itself {checkpoint.origin}; it was {before.origin} on {before.seen_at[:10]}")
    return checkpoint


def _check_signature(checkpoint: notes.Checkpoint, report: Report) -> None:
    """One of the known keys has to have signed, and none of them wrongly."""
    errors = []
    for written in report.keys:
        try:
            checkpoint.check(notes.VerifierKey.read(written))
            return
        except notes.BadNote as error:
            errors.append(str(error))
    report.add(errors[0] if errors else "the log publishes no key, so its signature cannot be checked")


def _cosignatures(checkpoint: notes.Checkpoint, report: Report, witnesses: Iterable[str]) -> None:
    for written in witnesses:
        try:
            key = notes.VerifierKey.read(written)
            if checkpoint.cosigned_at(key) is None:
                report.add(f"{key.name} has not cosigned the checkpoint")
            else:
                report.cosigned_by.append(key.name)
        except notes.BadNote as error:
            report.add(str(error))


def _entries(source: Source, size: int) -> Iterator[bytes]:
    """The bytes of every entry; an empty one where there is none."""
    for first in range(0, size, TILE_WIDTH):
        width = min(TILE_WIDTH, size - first)
        data = source.get(LOG + tile_path("entries", first // TILE_WIDTH, width)) or b""
        try:
            found = entries.leaves_in(data)[:width]
        except ValueError:
            found = []
        yield from found
        yield from [b""] * (width - len(found))


def _leaf_tiles(source: Source, size: int) -> list[bytes]:
    """The leaves' hashes as the tiles of level 0 have them; an empty one where there is none."""
    found: list[bytes] = []
    for level, index, width in tiles_of(size):
        if level == 0:
            data = source.get(LOG + tile_path(0, index, width)) or b""
            found += [data[at * HASH_BYTES : (at + 1) * HASH_BYTES] for at in range(width)]
    return found


def _leaf(index: int, entry: bytes, report: Report) -> Leaf | None:
    if not entry:
        report.add(f"entry {index} is missing", index=index)
        return None
    try:
        said = json.loads(entry)
        if said["format"] != entries.FORMAT:
            raise ValueError("another format")
        return Leaf(index, *(str(said[key]) for key in ("at", "kind", "subject", "hash")))
    except comparing.MISSHAPEN:
        report.add(f"entry {index} cannot be read: it is no entry of format {entries.FORMAT}", index=index)
        return None


def _compare_with_tiles(report: Report, leaves: list[Leaf | None], hashes: list[bytes], tiles: list[bytes]) -> None:
    places = {value: index for index, value in enumerate(tiles)}
    for index, (value, expected) in enumerate(zip(hashes, tiles, strict=True)):
        if value and value != expected:
            name = str(leaves[index] or f"entry {index}")
            if value in places:
                report.add(f"{name} stands in another place: the tree has it as entry {places[value]}", index=index)
            elif len(expected) != HASH_BYTES:
                report.add(f"{name}: its hash is missing in the tree's tiles", index=index)
            else:
                report.add(f"{name} differs from its hash in the tree", index=index)


def _compare_with_root(
    report: Report, checkpoint: notes.Checkpoint, hashes: list[bytes], tiles: list[bytes]
) -> list[bytes] | None:
    """The leaf hashes that make the signed root, if any do."""
    for found in (tiles, hashes):
        if _root(found) == checkpoint.root:
            if found is hashes and tiles != hashes:
                report.add("the tiles were changed: the entries make the signed root, and the tiles do not")
            return found
    report.add("the log's entries do not make the root that was signed")
    return None


def _compare_upper_tiles(source: Source, report: Report, hashes: list[bytes]) -> None:
    row = hashes
    for level, index, width in tiles_of(len(hashes)):
        if level == 0:
            continue
        if index == 0:
            whole = range(0, len(row) - len(row) % TILE_WIDTH, TILE_WIDTH)
            row = [merkle.fold(row[at : at + TILE_WIDTH]) for at in whole]
        path = tile_path(level, index, width)
        if source.get(LOG + path) != b"".join(row[index * TILE_WIDTH : index * TILE_WIDTH + width]):
            report.add(f"{path} is not what the tiles below it make")


def _compare_with_before(
    report: Report,
    checkpoint: notes.Checkpoint,
    before: Remembered,
    leaves: list[Leaf | None],
    hashes: list[bytes],
) -> None:
    """The log must begin with what it was on the earlier visit."""
    day = before.seen_at[:10]
    if checkpoint.size < before.size:
        gone = f"entry {checkpoint.size}" if before.size - checkpoint.size == 1 else f"entries {checkpoint.size}"
        last = "" if before.size - checkpoint.size == 1 else f" to {before.size - 1}"
        report.add(f"the log became shorter: {gone}{last} of {day} are gone", index=checkpoint.size)
    elif checkpoint.size == before.size and checkpoint.root != before.root:
        report.add(f"the log shows another root for the same {before.size} entries than on {day}: a split view")
    elif _root(hashes[: before.size]) != before.root:
        report.add(f"the log does not continue what it was on {day}")
    for index, (value, earlier) in enumerate(zip(hashes, before.leaves, strict=False)):
        if value and value != earlier:
            report.add(f"{leaves[index] or f'entry {index}'} is not the entry {index} of {day}", index=index)


def _contents(source: Source, report: Report, leaves: list[Leaf | None]) -> dict[str, comparing.Said]:
    """The newest content of every subject; each is compared with its leaf on the way."""
    newest: dict[str, comparing.Said] = {}
    for first in range(0, len(leaves), TILE_WIDTH):
        found = _content_bundle(source, first // TILE_WIDTH)
        for leaf in leaves[first : first + TILE_WIDTH]:
            if leaf is not None:
                newest[leaf.subject] = _said(leaf, found.get(leaf.index), report)
    return newest


def _content_bundle(source: Source, number: int) -> dict[int, dict[str, Any]]:
    try:
        told = json.loads(source.get(f"{LOG}contents/{number}.json") or b"{}")
        return {one["index"]: one for one in told.get("contents", [])}
    except comparing.MISSHAPEN:
        return {}


def _said(leaf: Leaf, told: dict[str, Any] | None, report: Report) -> comparing.Said:
    if told is None:
        report.add(f"{leaf}: its content is missing", index=leaf.index, subject=leaf.subject)
        return comparing.Said(leaf.index, known=False)
    if "erased_at" in told:
        report.erased += 1
        return comparing.Said(leaf.index, known=False)
    try:
        fits = entries.content_hash(bytes.fromhex(told["salt"]), entries.canonical(told["content"])) == leaf.hash
    except comparing.MISSHAPEN:
        fits = False
    if not fits:
        report.add(f"{leaf}: content differs from its leaf", index=leaf.index, subject=leaf.subject)
        return comparing.Said(leaf.index, known=False)
    return comparing.Said(leaf.index, told["content"])


def _remember(
    checkpoint: notes.Checkpoint,
    before: Remembered | None,
    report: Report,
    newest: dict[str, comparing.Said],
    hashes: list[bytes],
) -> Remembered:
    """What to hold the log to next time; after a visit that found something wrong, what was known before."""
    if before is not None and not report.is_well:
        return before
    said = newest.get("log/key")
    new = said.content.get("keys") if said is not None and isinstance(said.content, dict) else None
    new = [key for key in new if isinstance(key, str)] if isinstance(new, list) else []
    keys = list(dict.fromkeys([*new, *report.keys])) if report.is_well else report.keys
    return Remembered.of(checkpoint, keys=keys, leaves=hashes)


def _root(hashes: list[bytes]) -> bytes:
    """The root over leaf hashes, as RFC 6962 defines it; nothing when one is missing."""
    if any(len(value) != HASH_BYTES for value in hashes):
        return b""

    def node(level: int, index: int) -> bytes:
        return merkle.fold(hashes[index << level : (index + 1) << level])

    return merkle.root_of(len(hashes), node)
