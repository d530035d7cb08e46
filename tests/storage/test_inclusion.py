"""Inclusion proofs lead from each leaf to the root, and from nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from storage.inclusion import included, path
from storage.merkle import root
from tests.storage.test_merkle import LEAVES


def test_a_known_path() -> None:
    # Of Certificate Transparency's reference tests: leaf 6 of 8 (from 1).
    assert [each.hex() for each in path(LEAVES, 5)] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=70), st.data())
def test_every_leaf_is_included_and_no_other(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    top, way = root(leaves), path(leaves, index)
    assert included(leaves[index], index, len(leaves), way, top)
    assert not included(leaves[index] + b"x", index, len(leaves), way, top)
    assert not included(leaves[index], index, len(leaves), [*way, b"\x00" * 32], top)
    assert not included(leaves[index], len(leaves), len(leaves), way, top)
    if way:
        assert not included(leaves[index], index, len(leaves), way[:-1], top)
        spoilt = [bytes([way[0][0] ^ 1]) + way[0][1:], *way[1:]]
        assert not included(leaves[index], index, len(leaves), spoilt, top)
