"""RTP payloads of H.264: what a real encoder writes is read back, and no bytes at all raise anything unplanned."""

import contextlib
import subprocess
from functools import cache

import imageio_ffmpeg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.codecs import h264
from media_server.codecs.access_units import Assembler


@cache
def encoded(size: str, profile: str, extra: tuple[str, ...] = ()) -> bytes:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-f", "lavfi", "-i", f"testsrc2=s={size}:r=10"]
    command += ["-frames:v", "3", "-c:v", "libx264", "-profile:v", profile, *extra, "-f", "h264", "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def nals_of(stream: bytes) -> list[bytes]:
    return [part for part in stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if part]


@pytest.mark.parametrize(
    ("size", "profile", "extra", "expected"),
    [
        ("1280x720", "baseline", (), (1280, 720, 66)),
        ("1920x1080", "baseline", (), (1920, 1080, 66)),
        ("642x358", "main", (), (642, 358, 77)),
        ("320x180", "high", (), (320, 180, 100)),
        ("322x180", "high", ("-x264-params", "interlaced=1"), (322, 180, 100)),
        ("322x182", "high444", ("-pix_fmt", "yuv444p"), (322, 182, 244)),
        ("322x182", "high422", ("-pix_fmt", "yuv422p10le"), (322, 182, 122)),
    ],
)
def test_picture_size_is_what_the_encoder_was_told(size, profile, extra, expected):
    sps = next(nal for nal in nals_of(encoded(size, profile, extra)) if h264.nal_type(nal) == h264.SPS)
    picture = h264.parse_sps(sps)
    assert (picture.width, picture.height, picture.profile) == expected
    assert picture.level == sps[3]


def test_configuration_record_is_the_muxers():
    stream = nals_of(encoded("320x180", "high"))
    sps, pps = h264.parameter_sets(stream)
    record = h264.decoder_configuration(sps[:1], pps[:1])
    assert record[:6] == bytes([1, *sps[0][1:4], 0xFF, 0xE1])
    assert record[-4:] == bytes([0xFD, 0xF8, 0xF8, 0])
    assert h264.codec_string(sps[0]) == "avc1." + sps[0][1:4].hex()


def stap(*nals: bytes) -> bytes:
    return b"\x78" + b"".join(len(nal).to_bytes(2, "big") + nal for nal in nals)


def fragments(nal: bytes, size: int) -> list[bytes]:
    body = [nal[at : at + size] for at in range(1, len(nal), size)]
    indicator, kind, last = nal[0] & 0xE0 | 28, nal[0] & 31, len(body) - 1
    return [
        bytes([indicator, (0x80 if at == 0 else 0) | (0x40 if at == last else 0) | kind]) + part
        for at, part in enumerate(body)
    ]


def test_key_frames_begin_where_a_decoder_can():
    sps, pps, idr, slice_ = b"\x67\x42\xe0\x1f\x00", b"\x68\xce", b"\x65" + bytes(50), b"\x41" + bytes(50)
    assert h264.is_key_frame_start(sps)
    assert h264.is_key_frame_start(stap(sps, pps))
    assert h264.is_key_frame_start(stap(b"\x09\x10", sps))
    assert [h264.is_key_frame_start(p) for p in fragments(idr, 20)] == [True, False, False]
    assert not any(h264.is_key_frame_start(p) for p in [pps, slice_, *fragments(slice_, 20), stap(pps, slice_), b""])


@given(st.binary(min_size=20, max_size=300), st.integers(5, 100))
def test_fragments_come_together(body, size):
    nal = b"\x65" + body
    parts = fragments(nal, size)
    assert h264.depacketize(parts if len(parts) > 1 else [nal]) == [nal]
    if len(parts) > 2:
        with pytest.raises(h264.Malformed):
            h264.depacketize(parts[:-1])
        with pytest.raises(h264.Malformed):
            h264.depacketize(parts[1:])
        with pytest.raises(h264.Malformed):
            h264.depacketize([*parts[:1], b"\x41ab"])


noise = st.binary(max_size=80) | st.builds(
    lambda head, tail: bytes(head) + tail, st.lists(st.sampled_from([0x78, 0x7C, 0x5C, 0x67, 0x65, 0x85, 0x45, 0])),
    st.binary(max_size=60),
)  # fmt: skip


@given(st.lists(noise, max_size=8))
def test_any_payloads_give_units_or_malformed(payloads):
    depacketizer = h264.Depacketizer()
    for payload in payloads:
        assert isinstance(h264.is_key_frame_start(payload), bool)
        try:
            nals = depacketizer.push(payload)
        except h264.Malformed:
            assert not depacketizer.pending
        else:
            assert all(nals)
            assert h264.sample(nals) is not None


@given(st.binary(max_size=60), st.sampled_from([66, 77, 100, 244, 118]))
def test_any_sps_gives_a_size_or_malformed(body, profile):
    for nal in (body, bytes([0x67, profile]) + body):
        try:
            width, height, _, _ = h264.parse_sps(nal)
        except h264.Malformed:
            continue
        assert 0 < width <= 16896
        assert 0 < height <= 2 * 16896


def test_truncated_real_sps_never_raises_another_error():
    sps = nals_of(encoded("322x182", "high444", ("-pix_fmt", "yuv444p")))[0]
    for length in range(len(sps)):
        for nal in (sps[:length], sps[:length] + b"\xff" * 8):
            with contextlib.suppress(h264.Malformed):
                h264.parse_sps(nal)


KEY, DELTA = b"\x65key", b"\x41delta"


def units(packets):
    assembler = Assembler(h264.is_key_frame_start)
    out = [unit for packet in packets for unit in assembler.push(*packet)]
    return [(u.timestamp, u.first, u.last, u.whole, u.key) for u in out], assembler.flush()


@given(st.binary(max_size=12))
def test_a_key_frame_start_is_what_the_units_that_begin_say(payload):
    begins = False
    with contextlib.suppress(h264.Malformed):
        begins = any(kind in (h264.IDR, h264.SPS) for kind in h264.starts_with(payload))
    assert h264.is_key_frame_start(payload) == begins


@given(st.lists(st.sampled_from([0x85, 0x05, 0x45, 0xC5, 0x81, 0x01, 0x41]), max_size=8), st.integers(0, 3))
def test_fragments_in_any_order_give_their_units_or_malformed(headers, size):
    """By the letter of RFC 6184 §5.8: a start, middles of the same unit, an end."""
    payloads = [bytes([0x7C, header]) + b"x" * size for header in headers]
    wanted, kind = [], None
    for header in headers:
        start, end, each = header & 0x80, header & 0x40, header & 0x1F
        if not size or (start and (end or kind is not None)) or (not start and kind != each):
            wanted = None
            break
        wanted += [bytearray([0x60 | each])] if start else []
        wanted[-1] += b"x" * size
        kind = None if end else each
    if wanted is None or kind is not None:
        with pytest.raises(h264.Malformed):
            h264.depacketize(payloads)
    else:
        assert h264.depacketize(payloads) == [bytes(each) for each in wanted]


def test_units_end_with_the_marker_or_the_next_time_stamp():
    done, rest = units(
        [(1, 90, False, KEY), (2, 90, True, DELTA), (3, 93, False, DELTA), (4, 96, True, DELTA), (5, 99, False, DELTA)]
    )
    assert done == [(90, 1, 2, True, True), (93, 3, 3, True, False), (96, 4, 4, True, False)]
    assert rest is not None
    assert not rest.whole


def test_a_hole_spoils_the_units_that_it_may_touch():
    done, _ = units(
        [
            (1, 90, True, DELTA),  # begun in mid-stream: nobody knows
            (2, 93, False, DELTA), (4, 93, True, DELTA),  # hole inside
            (5, 96, True, DELTA),
            (7, 99, True, DELTA),  # hole before it
            (8, 102, False, DELTA), (10, 105, True, DELTA),  # hole between two
            (12, 108, True, KEY),  # a key frame says that it is the first
            (11, 108, True, KEY),  # too late
        ]
    )  # fmt: skip
    assert [(ts, whole) for ts, _, _, whole, _ in done] == [
        (90, False), (93, False), (96, True), (99, False), (102, False), (105, False), (108, True),
    ]  # fmt: skip


def test_a_unit_has_a_bound():
    assembler = Assembler(h264.is_key_frame_start)
    done = [unit for index in range(5000) for unit in assembler.push(index, 90, False, DELTA)]
    assert [(len(unit.payloads), unit.whole) for unit in done] == [(4096, False)]
