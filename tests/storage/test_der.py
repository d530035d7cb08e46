"""One spelling for each value, and NotDer for every other one."""

from datetime import UTC, datetime

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from storage import der


@pytest.mark.parametrize(
    "content",
    [
        "", "30", "3001", "3080 0000", "3081 00", "3081 7f" + "00" * 127, "3082 0001 00", "3000 00", "1f8101 00",
        "3085 0000000001 00",
    ],
)  # fmt: skip
def test_other_spellings_are_refused(content: str) -> None:
    with pytest.raises(der.NotDer):
        der.read(bytes.fromhex(content))


@pytest.mark.parametrize("content", ["0200", "020200 01", "0202ff 80", "0101 00", "0241" + "01" * 65])
def test_integers_that_are_none(content: str) -> None:
    with pytest.raises(der.NotDer):
        der.Reader(bytes.fromhex(content)).next().integer()


@pytest.mark.parametrize("content", ["0600", "060180", "06028001", "06022a80", "0201 01"])
def test_identifiers_that_are_none(content: str) -> None:
    with pytest.raises(der.NotDer):
        der.Reader(bytes.fromhex(content)).next().oid()


@pytest.mark.parametrize("content", ["010101", "0100", "01020000"])
def test_booleans_that_are_none(content: str) -> None:
    with pytest.raises(der.NotDer):
        der.Reader(bytes.fromhex(content)).next().boolean()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20260202024000Z", datetime(2026, 2, 2, 2, 40, tzinfo=UTC)),
        ("20260202024000.25Z", datetime(2026, 2, 2, 2, 40, 0, 250_000, tzinfo=UTC)),
        ("20260202024000.123456789Z", datetime(2026, 2, 2, 2, 40, 0, 123_456, tzinfo=UTC)),
        *((text, None) for text in (
            "20260202024000", "202602020240Z", "20260202024000.Z", "20260202024000.10Z", "20260231024000Z", "Z",
            "20260202024000+0800", "20260202024000.1234567891Z", "2026020202400 Z", "",
        )),
    ],
)  # fmt: skip
def test_times(text: str, moment: datetime | None) -> None:
    element = der.read(der.encode(der.GENERALIZED_TIME, text.encode()), der.GENERALIZED_TIME)
    if moment is not None:
        assert element.time() == moment
    else:
        with pytest.raises(der.NotDer):
            element.time()


@given(st.binary(max_size=70_000))
def test_what_is_encoded_is_read_again_and_as_others_write_it(content: bytes) -> None:
    written = der.encode(der.OCTET_STRING, content)
    assert written == core.OctetString(content).dump()
    assert der.read(written, der.OCTET_STRING).octets() == content


@given(st.integers(-(2**120), 2**120))
def test_integers_as_others_write_them(value: int) -> None:
    assert der.read(core.Integer(value).dump(), der.INTEGER).integer() == value


@pytest.mark.parametrize(
    "oid", ["1.2.840.113549.1.7.2", "2.16.840.1.101.3.4.2.1", "0.9.2342", "2.999.1", "1.3.101.112"]
)
def test_identifiers_as_others_write_them(oid: str) -> None:
    assert der.read(core.ObjectIdentifier(oid).dump(), der.OID).oid() == oid


@given(st.binary(max_size=200))
def test_any_bytes_are_elements_or_refused(content: bytes) -> None:
    """Whatever was read is the whole of it, and written again it is the same."""
    try:
        elements = list(der.Reader(content).all())
    except der.NotDer:
        return
    assert b"".join(each.whole for each in elements) == content
    assert all(der.encode(each.tag, each.content) == each.whole for each in elements)
