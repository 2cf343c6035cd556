"""The tree of our own log, kept as tiles. Adding n leaves reads and writes the right edge: O(n + log size)."""

from __future__ import annotations

from collections.abc import Sequence

from tillit.trust.proof import merkle
from tillit.trust.proof.merkle import HASH_BYTES, TILE_HEIGHT, TILE_WIDTH
from tillit.trust.proof.models.log import Tile
from tillit.trust.proof.tiles import TiledTree


def tree_of(size: int) -> TiledTree:
    """The tree of the log's first `size` leaves, read from the tiles as they are asked for."""
    return TiledTree(size, _stored)


def root_of(size: int) -> bytes:
    return merkle.root_of(size, tree_of(size).node)


def extend(size: int, leaves: Sequence[bytes]) -> None:
    """Add leaf hashes to a tree of this size. A tile that becomes full adds its root to the level above."""
    growing: dict[tuple[int, int], bytearray] = {}

    def add(level: int, position: int, value: bytes) -> None:
        index, at = divmod(position, TILE_WIDTH)
        if (level, index) not in growing:
            growing[level, index] = bytearray(_stored(level, index, at) if at else b"")
        tile = growing[level, index]
        tile += value
        if at == TILE_WIDTH - 1:
            row = [bytes(tile[n : n + HASH_BYTES]) for n in range(0, len(tile), HASH_BYTES)]
            add(level + 1, position >> TILE_HEIGHT, merkle.fold(row))

    for position, leaf in enumerate(leaves, size):
        add(0, position, leaf)
    Tile.objects.bulk_create(
        [Tile(level=level, index=index, hashes=bytes(found)) for (level, index), found in growing.items()],
        update_conflicts=True,
        unique_fields=["level", "index"],
        update_fields=["hashes"],
    )


def _stored(level: int, index: int, width: int) -> bytes:
    """The first `width` hashes of a tile. Raises LookupError when they are not there."""
    found = Tile.objects.filter(level=level, index=index).values_list("hashes", flat=True).first()
    if found is None or len(found) < width * HASH_BYTES:
        raise LookupError(f"tile/{level}/{index} is missing or too short")
    return bytes(found)[: width * HASH_BYTES]
