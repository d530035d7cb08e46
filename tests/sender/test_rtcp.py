"""RTCP that a sender and a viewer write, read back by another implementation (aiortc's) and by our own reader."""

from aiortc import rtp
from hypothesis import given
from hypothesis import strategies as st

from ops.sender import rtcp


def test_sender_report_by_another_reader():
    ntp = rtcp.ntp(1_700_000_000_500_000_000)
    compound = rtcp.sender_report(5, ntp, 6, 7, 8) + rtcp.description(5, "cname")
    report, description = rtp.RtcpPacket.parse(compound)
    assert report.sender_info.ntp_timestamp == ntp
    assert (report.ssrc, report.sender_info.rtp_timestamp, report.sender_info.packet_count) == (5, 6, 7)
    assert ntp & 0xFFFFFFFF == 1 << 31
    assert description.chunks[0].items == [(1, b"cname")]


def test_receiver_report_by_another_reader():
    block = rtcp.Block(9, 12, 300, 70_000, 4, 5, 6)
    (report,) = rtp.RtcpPacket.parse(rtcp.receiver_report(3, [block]))
    read = report.reports[0]
    assert (read.ssrc, read.fraction_lost, read.packets_lost, read.highest_sequence) == (9, 12, 300, 70_000)
    assert (read.lsr, read.dlsr) == (5, 6)


@given(st.sets(st.integers(0, 300), min_size=1), st.integers(0, 0xFFFF))
def test_nacks_name_what_is_missing(offsets, base):
    sequences = [(base + offset) & 0xFFFF for offset in sorted(offsets)]
    data = rtcp.nack(1, 2, sequences)
    (feedback,) = rtcp.split(data)
    assert feedback.media == 2
    assert list(feedback.missing()) == sequences
    # aiortc forgets to wrap what it reads out of the mask.
    assert [number & 0xFFFF for number in rtp.RtcpPacket.parse(data)[0].lost] == sequences


def test_picture_loss_remb_and_bye():
    (loss,) = rtcp.split(rtcp.picture_loss(1, 2))
    assert loss.asked_for_key() == [2]
    remb = rtp.pack_remb_fci(2_500_000, [2])
    (limit,) = rtcp.split(bytes([0x8F, 206]) + (2 + len(remb) // 4).to_bytes(2, "big") + bytes(8) + remb)
    assert limit.bits_per_second() is not None
    assert abs(limit.bits_per_second() - 2_500_000) < 16
    assert rtp.RtcpPacket.parse(rtcp.bye([1, 2]))[0].sources == [1, 2]


@given(st.binary(max_size=120) | st.binary(max_size=100).map(lambda body: b"\x81\xcd\x00\x08" + body))
def test_any_bytes_are_read_or_left(data):
    for packet in rtcp.split(data):
        list(packet.missing())
        packet.asked_for_key()
        packet.bits_per_second()
