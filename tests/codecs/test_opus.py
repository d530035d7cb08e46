"""Opus packets by their first bytes; the filler is one that a real decoder takes for 20 ms."""

import contextlib

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.codecs import opus
from media_server.codecs.errors import Malformed


@pytest.mark.parametrize(
    ("packet", "samples"),
    [
        (b"\x78\0", 960),  # browsers: hybrid, full band, 20 ms
        (b"\xfc\0", 960),  # CELT, stereo
        (b"\x08", 960),
        (b"\x18", 2880),
        (b"\x19\0\0", 5760),
        (b"\xe0\0", 120),
        (b"\xfb\x03", 2880),
        (b"\xfb\x06", 5760),
    ],
)
def test_duration(packet, samples):
    assert opus.duration(packet) == samples


@pytest.mark.parametrize("packet", [b"", b"\x03", b"\xfb\x00", b"\xfb\x07", b"\x1b\x03"])
def test_what_is_no_packet(packet):
    with pytest.raises(Malformed):
        opus.duration(packet)


@given(st.binary(max_size=4))
def test_any_bytes(packet):
    with contextlib.suppress(Malformed):
        assert 0 < opus.duration(packet) <= opus.MAX_SAMPLES


@given(st.integers(0, 255))
def test_filler_is_20_ms_of_the_same_mode(toc):
    filler = opus.filler(bytes([toc]))
    assert len(filler) == 1
    assert opus.duration(filler) == opus.FRAME_SAMPLES
    assert opus.channels(filler) == opus.channels(bytes([toc]))
    old, new = toc >> 3, filler[0] >> 3
    assert (old < 12, old < 16) == (new < 12, new < 16)
    if old >= 16 or old < 12:
        assert old // 4 == new // 4


def test_a_decoder_takes_the_fillers():
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate = 48000
    decoder.layout = "stereo"
    samples = 0
    for toc in range(0, 256, 4):
        for frame in decoder.decode(av.Packet(opus.filler(bytes([toc])))):
            samples += frame.samples
    assert samples == pytest.approx(64 * 960, abs=960)
