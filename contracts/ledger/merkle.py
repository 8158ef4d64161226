"""Merkle trees after RFC 6962: hashes, roots, inclusion and consistency proofs.

Functions take leaf hashes (:func:`leaf_hash`), not leaves. Verification follows RFC 9162, 2.1.3.2
and 2.1.4.2.
"""

import hashlib
from collections.abc import Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""Root of the empty tree."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf (RFC 6962, 2.1): a leaf can never be passed off as a node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The root of a growing tree in logarithmic space: one hash for each perfect subtree.

    >>> tree = CompactRange()
    >>> tree.append(leaf_hash(b"a"))
    >>> tree.root() == leaf_hash(b"a")
    True
    """

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash on the right."""
        carry, size = leaf, self.size
        while size & 1:
            carry = node_hash(self._peaks.pop(), carry)
            size >>= 1
        self._peaks.append(carry)
        self.size += 1

    def root(self) -> bytes:
        """Root over all leaves so far."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def copy(self) -> "CompactRange":
        """An independent copy, to try an append on."""
        twin = CompactRange()
        twin.size, twin._peaks = self.size, list(self._peaks)
        return twin


def root_hash(leaves: Sequence[bytes]) -> bytes:
    """Root of a tree (RFC 6962, 2.1)."""
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Audit path of leaf ``index`` in the tree over ``leaves`` (RFC 6962, 2.1.1).

    Raises:
        IndexError: the tree has no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return []
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if index < split:
        return [*inclusion_proof(index, left), root_hash(right)]
    return [*inclusion_proof(index - split, right), root_hash(left)]


def consistency_proof(old_size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Proof that the tree of ``old_size`` is a prefix of the tree over ``leaves`` (2.1.2).

    Raises:
        IndexError: ``old_size`` is not between 1 and the present size.
    """
    if not 1 <= old_size <= len(leaves):
        raise IndexError(f"no tree of size {old_size} inside one of {len(leaves)}")
    return _subproof(old_size, leaves, complete=True)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether ``proof`` shows that ``leaf`` stands at ``index`` in the tree of ``root``."""
    if not 0 <= index < size:
        return False
    fn, sn, computed = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            computed = node_hash(sibling, computed)
            fn, sn = _drop_left_edge(fn, sn)
        else:
            computed = node_hash(computed, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and computed == root


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether ``proof`` shows that the new tree only added leaves to the old one."""
    if not 1 <= old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old_size & (old_size - 1) == 0 else list(proof)
    if not path:
        return False
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            fn, sn = _drop_left_edge(fn, sn)
        else:
            new = node_hash(new, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old == old_root and new == new_root


def _split(size: int) -> int:
    """Largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _subproof(old_size: int, leaves: Sequence[bytes], complete: bool) -> list[bytes]:
    size = len(leaves)
    if old_size == size:
        return [] if complete else [root_hash(leaves)]
    split = _split(size)
    left, right = leaves[:split], leaves[split:]
    if old_size <= split:
        return [*_subproof(old_size, left, complete), root_hash(right)]
    return [*_subproof(old_size - split, right, complete=False), root_hash(left)]


def _drop_left_edge(fn: int, sn: int) -> tuple[int, int]:
    """Skip the levels at which a right-edge node has no sibling."""
    while fn and not fn & 1:
        fn, sn = fn >> 1, sn >> 1
    return fn, sn
