"""Canonical bytes: the RFC's own rules, and that one value has one form."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.canonical import MAX_INTEGER, canonical_bytes, read_canonical
from storage.errors import NotCanonical

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_reads_back_as_the_same_value(value: Any) -> None:
    assert json.loads(canonical_bytes(value)) == value
    assert canonical_bytes(json.loads(canonical_bytes(value))) == canonical_bytes(value)


@given(st.dictionaries(texts, st.integers(0, 9), max_size=6), st.randoms())
def test_the_order_of_keys_makes_no_difference(value: dict[str, int], random: Any) -> None:
    keys = list(value)
    random.shuffle(keys)
    assert canonical_bytes({key: value[key] for key in keys}) == canonical_bytes(value)


def test_keys_are_ordered_as_in_the_example_of_rfc_8785_3_2_3() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical_bytes(dict.fromkeys(keys, 0)))) == ordered


def test_text_is_escaped_as_in_rfc_8785_3_2_2() -> None:
    assert canonical_bytes('\u20ac$\u000f\u000aA\'B"\\\\"/\x7f') == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\x7f"'.encode()


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), 2**53, -(2**53), {1: 2}, b"x", "\ud800", {"\udfff": 1}, {"a": [{"b": 0.5}]}, {1, 2}]
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical_bytes(value)


def test_endless_depth_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(NotCanonical):
        canonical_bytes(deep)


@given(values, st.data())
def test_reads_exactly_what_it_would_write(value: Any, data: st.DataObject) -> None:
    """Also what json itself would order or write otherwise, and whatever a flipped bit makes of it."""
    written = bytearray(data.draw(st.sampled_from([canonical_bytes(value), json.dumps(value).encode()])))
    if written and data.draw(st.booleans()):
        written[data.draw(st.integers(0, len(written) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        expected = canonical_bytes(json.loads(written)) == written
    except (ValueError, NotCanonical):
        expected = False
    if expected:
        assert canonical_bytes(read_canonical(bytes(written))) == written
    else:
        with pytest.raises(NotCanonical):
            read_canonical(bytes(written))


@pytest.mark.parametrize(
    "written",
    [
        '{"\U0001f600":0,"\ufb33":0}', '{"a":1,"a":1}', '{"b":1,"a":1}', "9007199254740992", "-9007199254740992", "1.0",
        "1e3", "NaN", "-0", '"\\ud800"', " 1", "1 ", "[" * 64 + "0" + "]" * 64, '{"a":"\\u0041"}', "\ufeff1",
    ],
)  # fmt: skip
def test_the_same_value_written_otherwise_is_refused(written: str) -> None:
    if written.startswith('{"\U0001f600"'):  # this is the order of RFC 8785: by UTF-16 units
        assert read_canonical(written.encode()) == {"\U0001f600": 0, "\ufb33": 0}
        written = '{"\ufb33":0,"\U0001f600":0}'
    with pytest.raises(NotCanonical):
        read_canonical(written.encode())
