"""Inclusion proofs (RFC 9162 §2.1.3): that a leaf lies in a Merkle tree, shown by log₂ n hashes instead of n leaves."""

import hashlib
from collections.abc import Sequence

from storage.merkle import _LEAF, _join, root


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """§2.1.3.1: the hashes beside the way from leaf `index` (from 0) up to the root."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1  # the largest power of two smaller than n
    if index < half:
        return [*path(leaves[:half], index), root(leaves[half:])]
    return [*path(leaves[half:], index - half), root(leaves[:half])]


def included(leaf: bytes, index: int, count: int, beside: Sequence[bytes], expected: bytes) -> bool:
    """§2.1.3.2: whether the path leads from a leaf to the root of a tree of `count` leaves."""
    if not 0 <= index < count:
        return False
    place, last = index, count - 1
    node = hashlib.sha256(_LEAF + leaf).digest()
    for each in beside:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = _join(each, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = _join(node, each)
        place, last = place >> 1, last >> 1
    return last == 0 and node == expected
