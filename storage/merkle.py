"""The Merkle tree of RFC 9162 §2.1: one hash that stands for a list of byte strings in their order."""

import hashlib
from collections.abc import Iterable

# RFC 9162 §2.1.1: the prefixes keep a leaf from being taken for a node.
_LEAF, _NODE = b"\x00", b"\x01"


def root(leaves: Iterable[bytes]) -> bytes:
    """MTH of the leaves; memory grows with the tree's height only."""
    # Complete subtrees from left to right, each with its height: the binary digits of the count so far.
    stack: list[tuple[int, bytes]] = []
    for leaf in leaves:
        height, node = 0, hashlib.sha256(_LEAF + leaf).digest()
        while stack and stack[-1][0] == height:
            node = _join(stack.pop()[1], node)
            height += 1
        stack.append((height, node))
    if not stack:
        return hashlib.sha256(b"").digest()
    node = stack.pop()[1]
    while stack:
        node = _join(stack.pop()[1], node)
    return node


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
