"""However a stream is cut, its frames come out whole and in order, or it ends in FramingError; what waits is bounded.

The first byte says how the rest is cut into pieces (RFC 4571 §2).
"""

from media_server.engine.framing import MAX_PACKET_BYTES, Framing, FramingError, frame

SEEDS = [
    b"\x03" + frame(b"abc") + frame(bytes(300)) + frame(b"x"),
    b"\x01" + frame(bytes(MAX_PACKET_BYTES)),
    b"\xff" + frame(b"abc") + b"\0\0rest",
    b"\x02" + frame(b"abc")[:-1],
]


def check(data: bytes) -> None:
    step, stream = data[0] + 1 if data else 1, data[1:]
    wanted, broken = _reference(stream)
    framing, got = Framing(), []
    try:
        for at in range(0, len(stream), step):
            got += framing.feed(stream[at : at + step])
            assert len(framing._rest) <= 2 + MAX_PACKET_BYTES
    except FramingError:
        assert broken
        assert got == wanted[: len(got)]
    else:
        assert not broken
        assert got == wanted


def _reference(stream: bytes) -> tuple[list[bytes], bool]:
    packets = []
    while len(stream) >= 2:
        size = int.from_bytes(stream[:2], "big")
        if not 1 <= size <= MAX_PACKET_BYTES:
            return packets, True
        if len(stream) < 2 + size:
            break
        packets.append(stream[2 : 2 + size])
        stream = stream[2 + size :]
    return packets, False
