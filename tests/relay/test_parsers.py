"""Whatever bytes come, a parser gives a record, nothing, or its own error; what we build, we read again."""

import hmac
from ipaddress import ip_address

from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from media_server.engine import ice, rtcp, rtp
from media_server.engine.framing import Framing, FramingError, frame

u8, u16, u32 = (st.integers(0, (1 << bits) - 1) for bits in (8, 16, 32))


@given(st.binary(max_size=100))
def test_rtp_never_raises(data: bytes) -> None:
    packet = rtp.read(data)
    if packet is not None:
        assert 12 <= packet.start <= packet.end <= len(data)
        packet.extensions()


_head = st.sampled_from([0x80, 0x90, 0xA0, 0xB0, 0x81, 0x92, 0x40, 0x00]).map(lambda first: bytes([first]))


@given(st.one_of(st.binary(max_size=60), st.tuples(_head, st.binary(max_size=60)).map(b"".join)))
def test_the_short_reading_of_rtp_says_what_the_long_one_says(data: bytes) -> None:
    packet = rtp.read(data)
    long = None if packet is None else (packet.marker, packet.timestamp, packet.ssrc, packet.payload)
    assert rtp.media(data) == long


@given(st.binary(max_size=60).map(lambda rest: b"\x90\x60\0\1\0\0\0\2\0\0\0\3\xbe\xde" + rest))
def test_rtp_with_torn_extensions_never_raises(data: bytes) -> None:
    packet = rtp.read(data)
    if packet is not None:
        assert all(1 <= number <= 14 and 1 <= len(value) <= 16 for number, value in packet.extensions().items())


@given(st.binary(max_size=60).map(lambda rest: b"\x90\x60\0\1\0\0\0\2\0\0\0\3\x10\x00" + rest))
def test_rtp_with_torn_two_byte_extensions_never_raises(data: bytes) -> None:
    packet = rtp.read(data)
    if packet is not None:
        assert all(number for number in packet.extensions())


@given(
    st.integers(0, 127), u16, u32, u32, st.binary(max_size=50), st.booleans(),
    st.dictionaries(st.integers(1, 255), st.binary(max_size=40), max_size=4),
)  # fmt: skip
def test_rtp_reads_what_it_builds(
    payload_type: int, sequence: int, stamp: int, ssrc: int, payload: bytes, marker: bool, elements: dict[int, bytes]
) -> None:
    packet = rtp.read(rtp.build(payload_type, sequence, stamp, ssrc, payload, marker, elements))
    assert packet is not None
    assert (packet.payload_type, packet.sequence, packet.timestamp) == (payload_type, sequence, stamp)
    assert (packet.ssrc, packet.marker, packet.payload) == (ssrc, marker, payload)
    assert packet.extensions() == elements


def test_padding_is_no_payload() -> None:
    plain = rtp.build(102, 1, 2, 3, b"abc")
    packet = rtp.read(bytes((plain[0] | 0x20,)) + plain[1:] + b"\0\0\3")
    assert packet is not None
    assert packet.payload == b"abc"
    assert rtp.read(bytes((plain[0] | 0x20,)) + plain[1:] + b"\x10") is None


def test_an_rtx_packet_gives_back_the_one_that_it_repairs() -> None:
    rtx = rtp.read(rtp.build(97, 9, 1234, 77, (65_535).to_bytes(2, "big") + b"abc", True))
    assert rtx is not None
    packet = rtp.repaired(rtx, 96, 55)
    assert packet is not None
    assert (packet.sequence, packet.timestamp, packet.ssrc) == (65_535, 1234, 55)
    assert (packet.payload_type, packet.marker, packet.payload) == (96, True, b"abc")
    empty = rtp.read(rtp.build(97, 9, 1234, 77, b""))
    assert empty is not None
    assert rtp.repaired(empty, 96, 55) is None


@given(st.binary(max_size=120))
def test_rtcp_never_raises(data: bytes) -> None:
    rtcp.read(data)


@given(st.sampled_from([200, 201, 202, 203, 205, 206]), st.integers(0, 31), st.binary(max_size=80))
def test_torn_rtcp_never_raises(kind: int, count: int, body: bytes) -> None:
    body += bytes(-len(body) % 4)
    rtcp.read(bytes((0x80 | count, kind)) + (len(body) // 4).to_bytes(2, "big") + body)
    rtcp.read(bytes((0xA0 | count, kind)) + (len(body) // 4).to_bytes(2, "big") + body)


blocks = st.builds(
    rtcp.ReportBlock, u32, u8, st.integers(-0x80_0000, 0x7F_FFFF), u32, u32, u32, u32
)  # fmt: skip


@given(u32, st.integers(0, (1 << 64) - 1), u32, u32, u32, st.lists(blocks, max_size=31))
def test_reports_are_read_as_built(
    ssrc: int, ntp: int, stamp: int, packets: int, octets: int, about: list[rtcp.ReportBlock]
) -> None:
    sender = rtcp.SenderReport(ssrc, ntp, stamp, packets, octets, tuple(about))
    receiver = rtcp.ReceiverReport(ssrc, tuple(about))
    compound = rtcp.read(rtcp.sender_report(sender) + rtcp.receiver_report(receiver) + rtcp.description(ssrc, "x"))
    assert compound.whole
    assert compound.reports == [sender, receiver]


@given(u16, st.lists(st.integers(0, 300), min_size=1, max_size=60, unique=True))
def test_a_nack_names_exactly_what_is_missing(first: int, steps: list[int]) -> None:
    missing = [(first + step) & 0xFFFF for step in sorted(steps)]
    (read,) = rtcp.read(rtcp.nack(1, 2, missing)).reports
    assert isinstance(read, rtcp.Nack)
    assert read.media == 2
    assert list(read.sequences) == missing


@given(st.integers(0, 10_000_000_000), st.lists(u32, max_size=5))
def test_a_remb_is_read_to_its_18_bits(bitrate: int, ssrcs: list[int]) -> None:
    (read,) = rtcp.read(rtcp.remb(1, bitrate, ssrcs)).reports
    assert isinstance(read, rtcp.Remb)
    assert read.ssrcs == tuple(ssrcs)
    assert read.bitrate <= bitrate <= read.bitrate + (bitrate >> 17)


def test_key_frames_are_asked_for_in_both_ways() -> None:
    assert rtcp.read(rtcp.pli(1, 2) + rtcp.fir(1, 3, 4)).reports == [rtcp.KeyFrameRequest(2), rtcp.KeyFrameRequest(3)]
    assert rtcp.read(rtcp.bye([5, 6])).reports == [rtcp.Bye((5, 6))]


@given(st.binary(max_size=600))
def test_cheap_checks_never_raise(data: bytes) -> None:
    ice.local_ufrag(data)


@given(st.binary(max_size=500))
def test_a_check_of_whatever_attributes_never_raises_and_is_never_believed(body: bytes) -> None:
    body += bytes(-len(body) % 4)
    head = b"\0\1" + len(body).to_bytes(2, "big") + ice.COOKIE.to_bytes(4, "big") + bytes(12)
    assert ice.verified(head + body, ice.Key(b"p" * 24)) is None
    assert read(head + body, ice.Credentials("ours", "p" * 24)) is None


def read(data: bytes, credentials: ice.Credentials) -> ice.Check | None:
    """As doors asks: whom it names, then whether it holds."""
    named = ice.local_ufrag(data) == credentials.ufrag.encode()
    return ice.verified(data, credentials.key) if named else None


addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)


@given(addresses, st.integers(1, 65_535), st.booleans(), st.booleans(), st.booleans(), st.text("ab/+", min_size=1))
def test_a_check_is_answered_as_aioice_would(
    host: str, port: int, nominated: bool, controlled: bool, fingerprint: bool, ufrag: str
) -> None:
    credentials = ice.Credentials("ours", "p" * 24)
    asked = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    asked.attributes["USERNAME"] = f"ours:{ufrag}"
    asked.attributes["PRIORITY"] = 5
    asked.attributes["ICE-CONTROLLED" if controlled else "ICE-CONTROLLING"] = 7
    if nominated:
        asked.attributes["USE-CANDIDATE"] = None
    asked.add_message_integrity(credentials.pwd.encode())
    data = bytes(asked)
    if not fingerprint:  # aioice's last eight bytes
        data = data[:2] + (len(data) - 28).to_bytes(2, "big") + data[4:-8]
    check = read(data, credentials)
    assert check is not None
    assert check.nominated == (nominated and not controlled)
    expected = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, asked.transaction_id)
    expected.attributes["XOR-MAPPED-ADDRESS"] = (str(ip_address(host)), port)
    if controlled:
        expected = stun.Message(stun.Method.BINDING, stun.Class.ERROR, asked.transaction_id)
        expected.attributes["ERROR-CODE"] = (487, "Role Conflict")
    expected.add_message_integrity(credentials.pwd.encode())
    assert ice.answer(check, credentials.key, (host, port)) == bytes(expected)
    assert read(data, ice.Credentials("ours", "q" * 24)) is None
    for at in range(len(data) - 8 * fingerprint):
        torn = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        assert read(torn, credentials) is None


@given(st.binary(max_size=200), st.binary(max_size=100))
def test_a_key_made_ready_signs_as_hmac_does(key: bytes, data: bytes) -> None:
    ready = ice.Key(key)
    assert ready.digest(data) == ready.digest(data) == hmac.digest(key, data, "sha1")


def test_three_hundred_empty_attributes_are_not_walked() -> None:
    body = b"\x80\x22\0\0" * 120
    head = b"\0\1" + len(body).to_bytes(2, "big") + ice.COOKIE.to_bytes(4, "big") + bytes(12)
    assert ice.local_ufrag(head + body) is None


@given(st.lists(st.binary(min_size=1, max_size=1_500), max_size=5), st.integers(1, 700))
def test_frames_come_out_of_a_stream_however_it_is_cut(packets: list[bytes], step: int) -> None:
    stream = b"".join(frame(packet) for packet in packets)
    framing = Framing()
    read = [packet for at in range(0, len(stream), step) for packet in framing.feed(stream[at : at + step])]
    assert read == packets


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_a_stream_of_whatever_bytes_ends_in_its_own_error(pieces: list[bytes]) -> None:
    framing = Framing()
    try:
        for piece in pieces:
            framing.feed(piece)
    except FramingError:
        pass
