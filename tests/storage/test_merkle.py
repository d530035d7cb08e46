"""The tree's root against known answers and against the RFC's recursive definition."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import merkle

# The inputs and roots of Certificate Transparency's reference tests (RFC 6962 and 9162 share the tree).
LEAVES = [
    bytes.fromhex(each)
    for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_known_answers() -> None:
    assert merkle.root([]).hex() == hashlib.sha256(b"").hexdigest()
    for count, expected in enumerate(ROOTS, start=1):
        assert merkle.root(LEAVES[:count]).hex() == expected


def recursive(leaves: list[bytes]) -> bytes:
    """RFC 9162 §2.1.1, word for word."""
    if len(leaves) == 0:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + recursive(leaves[:split]) + recursive(leaves[split:])).digest()


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_same_as_the_definition(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) == recursive(leaves)


@given(st.lists(st.lists(st.binary(max_size=8), max_size=40), max_size=6))
def test_a_frontier_goes_on_where_it_was(runs: list[list[bytes]]) -> None:
    """Kept as count and nodes after each run, as the ledger keeps it from one checkpoint to the next."""
    leaves: list[bytes] = []
    count, nodes = 0, list[bytes]()
    for run in runs:
        frontier = merkle.Frontier(count, nodes)
        for leaf in run:
            frontier.add(leaf)
        leaves += run
        assert frontier.root() == recursive(leaves)
        count, nodes = frontier.count, frontier.nodes
        assert len(nodes) == count.bit_count()


@given(st.integers(1, 200), st.data())
def test_a_wrong_frontier_has_another_root(count: int, data: st.DataObject) -> None:
    frontier = merkle.Frontier()
    for number in range(count):
        frontier.add(number.to_bytes(4, "big"))
    nodes = frontier.nodes
    at = data.draw(st.integers(0, len(nodes) - 1))
    flipped = bytearray(nodes[at])
    flipped[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
    spoilt = [*nodes[:at], bytes(flipped), *nodes[at + 1 :]]
    assert merkle.Frontier(count, spoilt).root() != frontier.root()
    for wrong in ([*nodes, nodes[0]], nodes[1:], [nodes[0][1:], *nodes[1:]]):
        with pytest.raises(ValueError):
            merkle.Frontier(count, wrong)
