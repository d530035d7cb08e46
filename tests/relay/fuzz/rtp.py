"""Whatever bytes come, reading RTP gives None or a packet whose payload lies within them and that reads again as built.

Read: RFC 3550 §5.1, and what an RTX packet carries (RFC 4588 §4).
"""

from media_server.engine import rtp

SEEDS = [
    rtp.build(102, 65_535, 1 << 31, 0xFFFF_FFFF, bytes(20), True),
    rtp.build(111, 1, 0, 5, b"\x78" + bytes(9), extensions={1: b"\x9e", 3: b"0"}),
    rtp.build(111, 1, 0, 5, b"", extensions={200: bytes(30)}),
    rtp.build(103, 9, 7, 55, b"\0\2" + bytes(10)),
    b"\xb2\x60\0\1\0\0\0\2\0\0\0\3" + bytes(8) + b"\xbe\xde\0\1\x10\xff\0\0" + b"payload" + b"\0\0\3",
]


def check(data: bytes) -> None:
    packet = rtp.read(data)
    if packet is None:
        return
    assert rtp.HEADER_BYTES <= packet.start <= packet.end <= len(data)
    assert packet.payload == data[packet.start : packet.end]
    assert 0 <= packet.payload_type <= 127
    packet.extensions()
    again = rtp.read(
        rtp.build(packet.payload_type, packet.sequence, packet.timestamp, packet.ssrc, packet.payload, packet.marker)
    )
    assert again is not None
    fields = ("payload_type", "sequence", "timestamp", "ssrc", "marker", "payload")
    assert all(getattr(again, field) == getattr(packet, field) for field in fields)
    original = rtp.repaired(packet, 96, 77)
    assert (original is None) == (len(packet.payload) < 2)
    if original is not None:
        assert original.sequence.to_bytes(2, "big") + original.payload == packet.payload
