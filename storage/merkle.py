"""The Merkle tree of RFC 9162 §2.1: one hash that stands for a list of byte strings in their order.

Its frontier (right edge) is all that is needed to go on: log₂ n hashes, from which the root of what is there so far
follows, and to which further leaves are added.
"""

import hashlib
from collections.abc import Iterable, Sequence

# RFC 9162 §2.1.1: the prefixes keep a leaf from being taken for a node.
_LEAF, _NODE = b"\x00", b"\x01"
HASH_BYTES = 32


class Frontier:
    """Complete subtrees from left to right; their heights are the binary digits of `count`."""

    def __init__(self, count: int = 0, nodes: Sequence[bytes] = ()) -> None:
        """Go on from what `count` and `nodes` once were. Raises ValueError where they can't belong together; whether
        they are the right ones, only a root from elsewhere tells."""
        heights = [height for height in range(count.bit_length() - 1, -1, -1) if count >> height & 1]
        if count < 0 or len(nodes) != len(heights) or any(len(node) != HASH_BYTES for node in nodes):
            raise ValueError(f"{len(nodes)} nodes are no frontier of {count} leaves")
        self.count = count
        self._stack = list(zip(heights, nodes, strict=True))

    @property
    def nodes(self) -> list[bytes]:
        return [node for _, node in self._stack]

    def add(self, leaf: bytes) -> None:
        height, node = 0, hashlib.sha256(_LEAF + leaf).digest()
        while self._stack and self._stack[-1][0] == height:
            node = _join(self._stack.pop()[1], node)
            height += 1
        self._stack.append((height, node))
        self.count += 1

    def root(self) -> bytes:
        """MTH of the leaves so far."""
        nodes = self.nodes
        if not nodes:
            return hashlib.sha256(b"").digest()
        node = nodes.pop()
        while nodes:
            node = _join(nodes.pop(), node)
        return node


def root(leaves: Iterable[bytes]) -> bytes:
    """MTH of the leaves; memory grows with the tree's height only."""
    frontier = Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    return frontier.root()


def _join(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
