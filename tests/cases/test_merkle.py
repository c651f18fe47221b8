from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.merkle import (
    EMPTY_ROOT,
    Growth,
    LeafOutOfRange,
    Node,
    consistency_proof,
    edge_nodes,
    inclusion_proof,
    leaf_hash,
    node_hash,
    reader_of,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)

# The inputs and roots of the Certificate Transparency reference implementation.
REFERENCE = [
    bytes.fromhex(text)
    for text in (
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
REFERENCE_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(naive_root(leaves[:k]), naive_root(leaves[k:]))


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, word for word."""
    if len(leaves) <= 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, word for word."""
    if m == len(leaves):
        return [] if whole else [naive_root(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*naive_subproof(m, leaves[:k], whole), naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], False), naive_root(leaves[:k])]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_equal_those_that_certificate_transparency_published(size: int) -> None:
    assert root_of(map(leaf_hash, REFERENCE[:size])).hex() == REFERENCE_ROOTS[size - 1]


def test_the_published_inclusion_and_consistency_proofs_come_out() -> None:
    reader = reader_of([leaf_hash(leaf) for leaf in REFERENCE])
    assert [step.hex() for step in inclusion_proof(5, 8, reader)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    assert [step.hex() for step in consistency_proof(6, 8, reader)] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


def test_the_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert Growth().root == EMPTY_ROOT == naive_root([]) == root_at(0, reader_of([]))


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=70), st.data())
@settings(max_examples=60)
def test_growth_proofs_and_checks_agree_with_the_naive_recursion(
    leaves: list[bytes], data: st.DataObject
) -> None:
    hashes = [leaf_hash(leaf) for leaf in leaves]
    reader, size = reader_of(hashes), len(leaves)
    root = naive_root(leaves)
    assert root_of(hashes) == root_at(size, reader) == root
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(index, size, reader)
    assert path == naive_path(index, leaves)
    assert verify_inclusion(hashes[index], index, size, path, root)
    old = data.draw(st.integers(1, size))
    steps = consistency_proof(old, size, reader)
    assert steps == naive_subproof(old, leaves)
    assert verify_consistency(old, size, steps, naive_root(leaves[:old]), root)


@given(st.integers(1, 40), st.data())
@settings(max_examples=60)
def test_no_changed_proof_verifies(size: int, data: st.DataObject) -> None:
    hashes = [leaf_hash(bytes([number])) for number in range(size)]
    reader, root = reader_of(hashes), root_of(hashes)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_proof(index, size, reader)
    assert not verify_inclusion(hashes[index], index, size, [*path, root], root)
    assert not verify_inclusion(hashes[index], index, size, path, leaf_hash(root))
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index) | st.just(size))
    assert not verify_inclusion(hashes[index], other, size, path, root)
    if path:
        place = data.draw(st.integers(0, len(path) - 1))
        assert not verify_inclusion(hashes[index], index, size, path[:place], root)
        path[place] = leaf_hash(path[place])
        assert not verify_inclusion(hashes[index], index, size, path, root)
    old = data.draw(st.integers(1, size))
    steps = consistency_proof(old, size, reader)
    old_root = root_of(hashes[:old])
    assert not verify_consistency(old, size, [*steps, root], old_root, root)
    assert not verify_consistency(old, size, steps, leaf_hash(old_root), root)
    assert not verify_consistency(old, size, steps, old_root, leaf_hash(root))


def test_growth_gives_each_complete_subtree_once_and_the_edge_restores_it() -> None:
    growth, stored = Growth(), {}
    for number in range(37):
        for node, value in growth.append(leaf_hash(bytes([number]))):
            assert node not in stored
            stored[node] = value
    assert len(stored) == sum(37 >> level for level in range(6))
    again = Growth(37, [stored[node] for node in edge_nodes(37)])
    assert again.root == growth.root
    assert again.append(b"\x07" * 32) == growth.append(b"\x07" * 32)


def test_the_tree_of_seven_is_made_of_four_two_and_one() -> None:
    assert edge_nodes(7) == [Node(2, 0), Node(1, 2), Node(0, 6)]


@pytest.mark.parametrize(("leaf", "size"), [(0, 0), (3, 3), (-1, 4)])
def test_a_proof_of_a_leaf_that_is_not_there_is_refused(leaf: int, size: int) -> None:
    with pytest.raises(LeafOutOfRange, match=f"no leaf {leaf} in a tree of {size}"):
        inclusion_proof(leaf, size, reader_of([]))


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3), (-1, 2)])
def test_a_consistency_proof_from_nothing_or_backward_is_refused(old: int, new: int) -> None:
    with pytest.raises(LeafOutOfRange):
        consistency_proof(old, new, reader_of([]))
    assert not verify_consistency(old, new, [], EMPTY_ROOT, EMPTY_ROOT)


def test_an_edge_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="a tree of 3 has 2 edge hashes, not 1"):
        Growth(3, [b""])
