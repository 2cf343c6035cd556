"""The tree of RFC 6962, section 2.1, and its tiles (C2SP tlog-tiles, height 8). No Django, no state.

`Node` is a function (level, index) -> hash of the complete subtree of 2**level leaves that begins at index * 2**level.
Everything here is made of such nodes: roots, inclusion proofs and consistency proofs need O(log size) of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
EMPTY_ROOT = hashlib.sha256(b"").digest()

Node = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over 2**k hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def root_of(size: int, node: Node) -> bytes:
    """The root of the tree's first `size` leaves."""
    return range_hash(0, size, node) if size else EMPTY_ROOT


def range_hash(low: int, high: int, node: Node) -> bytes:
    """MTH(D[low:high]) for a range that a tree really has as a subtree."""
    width = high - low
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return node(level, low >> level)
    split = low + _split(width)
    return node_hash(range_hash(low, split, node), range_hash(split, high, node))


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """PATH(index, D[size]): the siblings from the leaf up. Raises ValueError for a leaf that the tree has not."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} has no leaf {index}")
    return _path(index, 0, size, node)


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """PROOF(old, D[new]); empty when one of the trees is. Raises ValueError when the old one is larger."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} cannot continue one of {old}")
    return _subproof(old, 0, new, node, whole=True) if 0 < old < new else []


def includes(root: bytes, *, leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bool:
    """Whether the proof leads from the leaf's hash to the root (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    first, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            found = node_hash(sibling, found)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and found == root


def continues(old_root: bytes, new_root: bytes, *, old: int, new: int, proof: Sequence[bytes]) -> bool:
    """Whether the new tree begins with the old one (RFC 9162, section 2.1.4.2). Every tree continues the empty one."""
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if not 0 < old < new:
        return False
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _split(width: int) -> int:
    """The largest power of two smaller than `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def _path(index: int, low: int, high: int, node: Node) -> list[bytes]:
    if high - low == 1:
        return []
    split = low + _split(high - low)
    if index < split:
        return [*_path(index, low, split, node), range_hash(split, high, node)]
    return [*_path(index, split, high, node), range_hash(low, split, node)]


def _subproof(old: int, low: int, high: int, node: Node, *, whole: bool) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2; `old` is counted from the tree's beginning."""
    if old == high:
        return [] if whole else [range_hash(low, high, node)]
    split = low + _split(high - low)
    if old <= split:
        return [*_subproof(old, low, split, node, whole=whole), range_hash(split, high, node)]
    return [*_subproof(old, split, high, node, whole=False), range_hash(low, split, node)]
