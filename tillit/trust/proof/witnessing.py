"""Watching another log: whether what it shows now continues what it showed before. No Django, no database.

Only tiles are read, and of those only what the proof needs: O(log size), however large the log is.
"""

from __future__ import annotations

from dataclasses import dataclass

from tillit.trust.proof import merkle, notes
from tillit.trust.proof.fetching import Source, Unreachable
from tillit.trust.proof.merkle import HASH_BYTES
from tillit.trust.proof.tiles import TiledTree, tile_path

LOG = "/trust/log/"


@dataclass(frozen=True)
class Known:
    """What was seen last: the key that is believed since the first visit, and the checkpoint."""

    vkey: str
    checkpoint: notes.Checkpoint


@dataclass(frozen=True)
class Visit:
    """What is shown now, and why both cannot be true; an empty reason means that all is well."""

    vkey: str
    checkpoint: notes.Checkpoint
    reason: str = ""


def visit(source: Source, known: Known | None) -> Visit:
    """Raises Unreachable when there is nothing that the believed key has signed: that is no evidence of anything."""
    data = source.get(f"{LOG}checkpoint")
    if data is None:
        raise Unreachable(f"{source.name} has no trust log, or nothing is in it yet")
    try:
        checkpoint = notes.read_checkpoint(data)
        vkey = known.vkey if known is not None else _first_key(source, checkpoint)
        checkpoint.check(notes.VerifierKey.read(vkey))
    except notes.BadNote as error:
        raise Unreachable(f"{source.name}: {error}") from error
    return Visit(vkey, checkpoint, _contradiction(source, known.checkpoint, checkpoint) if known else "")


def _first_key(source: Source, checkpoint: notes.Checkpoint) -> str:
    for written in (source.get(f"{LOG}key") or b"").decode(errors="replace").split():
        if notes.VerifierKey.read(written).name == checkpoint.origin:
            return written
    raise notes.BadNote("it publishes no key of its own")


def _contradiction(source: Source, before: notes.Checkpoint, now: notes.Checkpoint) -> str:
    if now.origin != before.origin:
        return f"it calls itself {now.origin} and was {before.origin}"
    if now.size < before.size:
        return f"it shows {now.size} entries and had {before.size}"
    if now.size == before.size:
        return "" if now.root == before.root else f"it shows another root for the same {now.size} entries: a split view"
    tree = TiledTree(now.size, lambda level, index, width: _tile(source, level, index, width))
    proof = merkle.consistency_proof(before.size, now.size, tree.node)
    if merkle.continues(before.root, now.root, old=before.size, new=now.size, proof=proof):
        return ""
    return f"its {now.size} entries do not continue the {before.size} it had: a split view"


def _tile(source: Source, level: int, index: int, width: int) -> bytes:
    path = LOG + tile_path(level, index, width)
    data = source.get(path)
    if data is None or len(data) < width * HASH_BYTES:
        raise Unreachable(f"{source.name}{path} is missing, so nothing can be proven")
    return data[: width * HASH_BYTES]
