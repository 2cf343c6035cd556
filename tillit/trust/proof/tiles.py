"""Where tiles lie, and the tree read from them (C2SP tlog-tiles). No Django."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tillit.trust.proof.merkle import HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, fold

NUMBER = r"(?:x\d{3}/)*\d{3}"
PARTIAL = re.compile(rf"(?P<number>{NUMBER})(?:\.p/(?P<width>[1-9]\d{{0,2}}))?")
Fetch = Callable[[int, int, int], bytes]  # level, index, width -> that many hashes in a row


def number_path(index: int) -> str:
    """1234067 is `x001/x234/067`."""
    parts = [f"{index % 1000:03d}"]
    while index := index // 1000:
        parts.insert(0, f"x{index % 1000:03d}")
    return "/".join(parts)


def tile_path(level: int | str, index: int, width: int = TILE_WIDTH) -> str:
    """`tile/0/x001/067` or `tile/0/x001/067.p/8`; a level may be `entries`."""
    return f"tile/{level}/{number_path(index)}" + ("" if width == TILE_WIDTH else f".p/{width}")


def read_path(text: str) -> tuple[int, int] | None:
    """Index and width of `x001/067.p/8`; None for anything that is not written the one right way."""
    found = PARTIAL.fullmatch(text)
    if found is None or len(text) > 60:
        return None
    index = int(found["number"].replace("x", "").replace("/", ""))
    width = int(found["width"] or TILE_WIDTH)
    written = number_path(index) == found["number"] and (found["width"] is None or width < TILE_WIDTH)
    return (index, width) if written else None


def tiles_of(size: int) -> Iterator[tuple[int, int, int]]:
    """Level, index and width of every tile of a tree of this size; level 0 first."""
    level, count = 0, size
    while count:
        for index in range((count + TILE_WIDTH - 1) // TILE_WIDTH):
            yield level, index, min(TILE_WIDTH, count - index * TILE_WIDTH)
        level, count = level + 1, count // TILE_WIDTH


class TiledTree:
    """The nodes of a tree of `size` leaves, from the tiles that `fetch` gives; each tile is fetched once."""

    def __init__(self, size: int, fetch: Fetch) -> None:
        self.size = size
        self.fetch = fetch
        self.kept: dict[tuple[int, int], bytes] = {}

    def node(self, level: int, index: int) -> bytes:
        """The hash of the complete subtree of 2**level leaves beginning at index * 2**level."""
        tile_level, inside = divmod(level, TILE_HEIGHT)
        first = index << inside
        at = first % TILE_WIDTH
        hashes = self._tile(tile_level, first // TILE_WIDTH)[at * HASH_BYTES : (at + (1 << inside)) * HASH_BYTES]
        return fold([hashes[n : n + HASH_BYTES] for n in range(0, len(hashes), HASH_BYTES)])

    def _tile(self, level: int, index: int) -> bytes:
        if (level, index) not in self.kept:
            whole = self.size >> (TILE_HEIGHT * level)
            width = min(TILE_WIDTH, whole - index * TILE_WIDTH)
            self.kept[level, index] = self.fetch(level, index, width)
        return self.kept[level, index]
