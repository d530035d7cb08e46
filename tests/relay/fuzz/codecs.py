"""Whatever payloads come, a codec tells of them what lies within them, or raises Malformed and nothing else.

The first byte chooses the codec; then come payloads, each behind two bytes of length.
"""

import contextlib

from media_server.codecs import h264, opus, vp8
from media_server.codecs.errors import Malformed
from media_server.engine.keyframes import picture_size, starts_key_frame

_NAMES = ("h264", "vp8", "opus")
_SPS = bytes.fromhex("6742c01fd9005005bb016a02020280000003008000001e078c1924")
_PPS = bytes.fromhex("68ce3c80")
_HIGH = bytes.fromhex("6764001facd9405005bb011000000300100000030320f1831960")
_VP8 = b"\x90\xe0\x81\x23\x07\x60\x50\x01\x00\x9d\x01\x2a\x80\x02\xe0\x01" + bytes(20)


def payloads(*each: bytes) -> bytes:
    return b"".join(len(data).to_bytes(2, "big") + data for data in each)


SEEDS = [
    b"\0" + payloads(b"\x78" + payloads(_SPS, _PPS), b"\x7c\x85" + bytes(20), b"\x7c\x45" + bytes(5)),
    b"\0" + payloads(_SPS, _PPS, b"\x65\x88" + bytes(9)),
    b"\0" + payloads(_HIGH, b"\x06\x05\x01\x80", b"\x41\x9a" + bytes(3)),
    b"\1" + payloads(_VP8, b"\x80\x80\x81\x23" + bytes(20)),
    b"\1" + payloads(b"\x10\x01\x00\x00", b"\xb0\x30\xff\xff"),
    b"\2" + payloads(b"\x78" + bytes(40), b"\x7b\x86" + bytes(9), b"\x08"),
]


def check(data: bytes) -> None:
    codec = _NAMES[data[0] % 3] if data else "h264"
    came: list[bytes] = []
    position = 1
    while position + 2 <= len(data):
        size = int.from_bytes(data[position : position + 2], "big")
        came.append(data[position + 2 : position + 2 + size])
        position += 2 + size
    for payload in came:
        starts, size_ = starts_key_frame(codec, payload), picture_size(codec, payload)
        if size_ is not None:
            assert starts
            assert all(0 < pixels <= 2 * 16_896 for pixels in size_)
    {"h264": _h264, "vp8": _vp8, "opus": _opus}[codec](came)


def _h264(came: list[bytes]) -> None:
    depacketizer = h264.Depacketizer()
    nals: list[bytes] = []
    for payload in came:
        with contextlib.suppress(Malformed):
            nals += depacketizer.push(payload)
    assert sum(map(len, nals)) <= sum(map(len, came))
    assert all(1 <= h264.nal_type(nal) <= 23 for nal in nals)
    assert len(h264.sample(nals)) <= len(h264.annex_b(nals))
    with contextlib.suppress(Malformed):
        assert h264.decoder_configuration(*h264.parameter_sets(nals))[0] == 1
    for nal in nals:
        with contextlib.suppress(Malformed):
            assert h264.codec_string(nal).startswith("avc1.")


def _vp8(came: list[bytes]) -> None:
    for payload in came:
        with contextlib.suppress(Malformed):
            descriptor = vp8.read_descriptor(payload)
            assert 1 <= descriptor.size <= len(payload)
            written = vp8.write_descriptor(descriptor)
            assert vp8.read_descriptor(written) == descriptor._replace(size=len(written))
    with contextlib.suppress(Malformed):
        assert len(vp8.depacketize(came)) < sum(map(len, came))


def _opus(came: list[bytes]) -> None:
    for payload in came:
        with contextlib.suppress(Malformed):
            assert 0 < opus.duration(payload) <= opus.MAX_SAMPLES
        with contextlib.suppress(Malformed):
            assert opus.duration(opus.filler(payload)) == opus.FRAME_SAMPLES
            assert opus.channels(payload) == opus.channels(opus.filler(payload))
