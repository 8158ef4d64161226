"""Merkle trees against RFC 6962 vectors and a naive implementation of its definitions."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.ledger.merkle import (
    EMPTY_ROOT,
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_hash,
    verify_consistency,
    verify_inclusion,
)

RFC_LEAVES = [
    bytes.fromhex(h)
    for h in (
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
RFC_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""The reference vectors of the certificate-transparency project."""

leaves_lists = st.lists(st.binary(max_size=8), min_size=1, max_size=40).map(
    lambda data: [leaf_hash(d) for d in data]
)


def naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def test_empty_tree() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root_hash([]) == EMPTY_ROOT


@pytest.mark.parametrize("size", range(1, 9))
def test_reference_vectors(size: int) -> None:
    assert root_hash([leaf_hash(d) for d in RFC_LEAVES[:size]]).hex() == RFC_ROOTS[size - 1]


@given(leaves_lists)
def test_root_equals_the_recursive_definition(leaves: list[bytes]) -> None:
    assert root_hash(leaves) == naive_root(leaves)
    tree = CompactRange()
    for number, leaf in enumerate(leaves, start=1):
        tree.append(leaf)
        assert tree.root() == naive_root(leaves[:number])


@given(leaves_lists, st.data())
def test_inclusion(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = inclusion_proof(index, leaves), root_hash(leaves)
    assert verify_inclusion(leaves[index], index, len(leaves), proof, root)
    assert not verify_inclusion(leaf_hash(b"another leaf"), index, len(leaves), proof, root)
    assert not verify_inclusion(leaves[index], index, len(leaves), [*proof, root], root)
    assert not verify_inclusion(leaves[index], len(leaves), len(leaves), proof, root)
    if proof:
        assert not verify_inclusion(leaves[index], index, len(leaves), proof[:-1], root)
        edited = [leaf_hash(proof[0]), *proof[1:]]
        assert not verify_inclusion(leaves[index], index, len(leaves), edited, root)


@given(leaves_lists, st.data())
def test_consistency(leaves: list[bytes], data: st.DataObject) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    proof = consistency_proof(old, leaves)
    old_root, new_root = root_hash(leaves[:old]), root_hash(leaves)
    new = len(leaves)
    assert verify_consistency(old, new, old_root, new_root, proof)
    assert not verify_consistency(old, new, leaf_hash(old_root), new_root, proof)
    assert not verify_consistency(old, new, old_root, leaf_hash(new_root), proof)
    assert not verify_consistency(old, new, old_root, new_root, [*proof, new_root])
    assert not verify_consistency(new + 1, new, old_root, new_root, proof)
    if proof:
        assert not verify_consistency(old, new, old_root, new_root, proof[:-1])


def test_proofs_outside_the_tree() -> None:
    with pytest.raises(IndexError):
        inclusion_proof(1, [EMPTY_ROOT])
    with pytest.raises(IndexError):
        consistency_proof(0, [EMPTY_ROOT])
