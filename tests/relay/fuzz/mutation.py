"""Bytes for Hypothesis: any at all, and seeds that were changed a little."""

from collections.abc import Sequence

from hypothesis import strategies as st

ODD = (0, 1, 2, 3, 4, 0x0F, 0x10, 0x7F, 0x80, 0xBE, 0xDE, 0xFE, 0xFF)


@st.composite
def changed(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    data = bytearray(draw(st.sampled_from(list(seeds))))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 12))
        match draw(st.sampled_from(("byte", "odd", "cut", "drop", "insert", "double", "other", "end"))):
            case "byte" if at < len(data):
                data[at] = draw(st.integers(0, 255))
            case "odd" if at < len(data):
                data[at] = draw(st.sampled_from(ODD))
            case "cut":
                del data[at:]
            case "drop":
                del data[at : at + size]
            case "insert":
                data[at:at] = draw(st.binary(max_size=size))
            case "double":
                data[at:at] = data[at : at + 8 * size]
            case "other":
                other = draw(st.sampled_from(list(seeds)))
                data[at:] = other[at:]
            case "end":
                data += draw(st.binary(max_size=4))
    return bytes(data)


def inputs(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    return st.one_of(changed(seeds), changed(seeds), st.binary(max_size=200))
