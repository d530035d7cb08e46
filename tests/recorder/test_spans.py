from hypothesis import given
from hypothesis import strategies as st

from recorder.spans import difference, intersection, length, union

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def moments(spans: list[tuple[int, int]]) -> set[int]:
    return {moment for start, end in spans for moment in range(start, end)}


@given(SPANS, SPANS)
def test_spans_are_sets_of_moments(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    a, b = union(one), union(other)
    assert moments(a) == moments(one)
    assert a == union(a) == sorted(a)
    assert moments(intersection(a, b)) == moments(one) & moments(other)
    assert moments(difference(a, b)) == moments(one) - moments(other)
    assert length(a) == len(moments(one))
    assert length(difference(a, b)) + length(intersection(a, b)) == length(a)
