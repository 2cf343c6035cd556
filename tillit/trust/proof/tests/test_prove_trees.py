"""The tree of RFC 6962: against the published test data, against its own definition, and around the edges of tiles."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillit.trust.proof import merkle
from tillit.trust.proof.merkle import HASH_BYTES, TILE_WIDTH, leaf_hash, node_hash
from tillit.trust.proof.tiles import TiledTree, number_path, read_path, tile_path, tiles_of

# The reference data of Certificate Transparency: these eight leaves, and the roots of the trees of the first 0..8.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# (leaf, size): the audit path from the leaf up.
INCLUSIONS = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
# (old, new): the consistency proof.
CONSISTENCIES = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def by_definition(leaves):
    """MTH as RFC 6962 writes it, without tiles or nodes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(by_definition(leaves[:split]), by_definition(leaves[split:]))


def tiled(leaves):
    """A tree over leaf hashes, through real tiles."""
    rows = [list(leaves)]
    while len(rows[-1]) >= TILE_WIDTH:
        row = rows[-1]
        whole = range(0, len(row) - len(row) % TILE_WIDTH, TILE_WIDTH)
        rows.append([merkle.fold(row[at : at + TILE_WIDTH]) for at in whole])

    def fetch(level, index, width):
        found = rows[level][index * TILE_WIDTH : index * TILE_WIDTH + width]
        assert len(found) == width
        return b"".join(found)

    return TiledTree(len(leaves), fetch)


def made_up(count):
    return [hashlib.sha256(n.to_bytes(8, "big")).digest() for n in range(count)]


MANY = made_up(65_536 + 300)


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots_are_found(size):
    tree = tiled([leaf_hash(leaf) for leaf in LEAVES[:size]])
    assert merkle.root_of(size, tree.node).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSIONS)
def test_the_published_inclusion_proofs_are_found_and_hold(index, size):
    tree = tiled([leaf_hash(leaf) for leaf in LEAVES[:size]])
    proof = merkle.inclusion_proof(index, size, tree.node)
    assert [part.hex() for part in proof] == INCLUSIONS[index, size]
    root, leaf = bytes.fromhex(ROOTS[size]), leaf_hash(LEAVES[index])
    assert merkle.includes(root, leaf=leaf, index=index, size=size, proof=proof)


@pytest.mark.parametrize(("old", "new"), CONSISTENCIES)
def test_the_published_consistency_proofs_are_found_and_hold(old, new):
    tree = tiled([leaf_hash(leaf) for leaf in LEAVES[:new]])
    proof = merkle.consistency_proof(old, new, tree.node)
    assert [part.hex() for part in proof] == CONSISTENCIES[old, new]
    assert merkle.continues(bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]), old=old, new=new, proof=proof)


@given(st.data(), st.integers(1, 700))
def test_every_leaf_is_proven_and_no_other_in_its_place(data, size):
    tree = tiled(MANY[:size])
    root = merkle.root_of(size, tree.node)
    assert root == by_definition(MANY[:size])
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion_proof(index, size, tree.node)
    holds = {"index": index, "size": size, "proof": proof}
    assert merkle.includes(root, leaf=MANY[index], **holds)
    assert not merkle.includes(root, leaf=MANY[index + 1], **holds)
    assert not merkle.includes(MANY[0] if size > 1 else MANY[1], leaf=MANY[index], **holds)
    for wrong in {*range(size)} - {index}:
        if wrong % 37 == 0:
            assert not merkle.includes(root, leaf=MANY[index], index=wrong, size=size, proof=proof)
    assert not merkle.includes(root, leaf=MANY[index], index=index, size=size, proof=[*proof, root])
    if proof:
        assert not merkle.includes(root, leaf=MANY[index], index=index, size=size, proof=proof[:-1])


@given(st.integers(0, 700), st.integers(0, 700))
def test_a_tree_continues_its_beginnings_and_no_other(one, other):
    old, new = sorted((one, other))
    tree = tiled(MANY[:new])
    before, after = by_definition(MANY[:old]), by_definition(MANY[:new])
    proof = merkle.consistency_proof(old, new, tree.node)
    assert merkle.continues(before, after, old=old, new=new, proof=proof)
    changed = by_definition([MANY[-1], *MANY[1:old]]) if old else MANY[0]
    assert not merkle.continues(changed, after, old=old, new=new, proof=proof)
    if old < new:
        assert not merkle.continues(after, before, old=new, new=old, proof=proof)
        assert not merkle.continues(before, MANY[-1], old=old, new=new, proof=proof) or old == 0


@pytest.mark.parametrize("size", [255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_536 + 257])
def test_trees_hold_around_the_edges_of_tiles(size):
    tree = tiled(MANY[:size])
    root = merkle.root_of(size, tree.node)
    assert root == by_definition(MANY[:size])
    for index in {0, 255, size // 2, size - 256, size - 1} & {*range(size)}:
        proof = merkle.inclusion_proof(index, size, tree.node)
        assert merkle.includes(root, leaf=MANY[index], index=index, size=size, proof=proof)
    for old in (1, 255, 256, size - 1):
        if old < size:
            proof = merkle.consistency_proof(old, size, tree.node)
            before = by_definition(MANY[:old])
            assert merkle.continues(before, root, old=old, new=size, proof=proof)


def test_the_tiles_of_a_tree_are_those_of_the_specification():
    """The example of C2SP tlog-tiles: 70,000 leaves, and 256."""
    found = list(tiles_of(70_000))
    assert found.count((0, 272, 256)) == 1
    assert len([one for one in found if one[0] == 0]) == 274
    assert [one for one in found if one[2] < 256] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles_of(0)) == []


def test_paths_are_written_in_one_way():
    assert number_path(1_234_067) == "x001/x234/067"
    assert tile_path(0, 273, 112) == "tile/0/273.p/112"
    assert tile_path("entries", 1_067) == "tile/entries/x001/067"
    assert read_path("x001/x234/067") == (1_234_067, 256)
    assert read_path("273.p/112") == (273, 112)
    for wrong in ("x000/001", "1", "0001", "001/067", "x001", "273.p/256", "273.p/0", "273.p/012", "-01", "２73", ""):
        assert read_path(wrong) is None, wrong


@given(st.integers(0, 10**12))
def test_every_path_is_read_as_it_was_written(index):
    assert read_path(number_path(index)) == (index, 256)
    assert len(MANY[0]) == HASH_BYTES
