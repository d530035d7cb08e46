"""Real film: transcoded as a browser would send it, packetized, put together again and decoded without an error."""

import math

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.codecs import h264, opus
from media_server.codecs.access_units import Assembler
from media_server.engine.source import MAX_BEHIND
from ops.sender.clips import fake_devices, flash_and_beep
from ops.sender.film import AUDIO_TICKS, TICKS, VIDEO_TICKS, FilmMissing, bunny, load, transcode
from ops.sender.packetizer import MAX_PAYLOAD, Stream, extensions, h264_payloads
from ops.sender.viewer import rtp_payload


def decoded(streams: list[bytes]) -> list[av.VideoFrame]:
    decoder = av.CodecContext.create("h264", "r")
    decoder.options = {"err_detect": "explode"}
    frames = [frame for data in streams for frame in decoder.decode(av.Packet(data))]
    return frames + decoder.decode(None)


def test_it_is_what_a_browser_would_send(film):
    assert (film.width, film.height) == (1280, 720)
    pictures = [frame for frame in film.frames if frame.is_video]
    sounds = [frame for frame in film.frames if not frame.is_video]
    assert film.length == 5 * TICKS
    assert (len(pictures), len(sounds)) == (125, 250)
    assert [frame.key for frame in pictures] == [at % 25 == 0 for at in range(125)]
    sps, pps = h264.parameter_sets(pictures[0].nals)
    assert h264.parse_sps(sps[0]).profile == 66
    assert sps[0][2] & 0x40  # constrained
    assert len(pps) == 1
    assert all(opus.duration(frame.sound) == 960 for frame in sounds)
    assert min(frame.level for frame in sounds) < 40
    assert [frame.at for frame in film.frames] == sorted(frame.at for frame in film.frames)
    assert all(frame.at % AUDIO_TICKS == 0 for frame in sounds)
    assert all(frame.at % VIDEO_TICKS == 0 for frame in pictures)


def test_through_packets_and_back_it_decodes_to_the_same_pictures(film):
    pictures = [frame for frame in film.frames if frame.is_video]
    stream = Stream(77, 108, 90_000, 0xFFFFF000, 65_500)
    assembler = Assembler(h264.is_key_frame_start)
    units, index, kinds = [], 0, set()
    for picture in pictures:
        payloads = h264_payloads(picture.nals)
        assert max(map(len, payloads)) <= MAX_PAYLOAD
        for at, payload in enumerate(payloads):
            timestamp = stream.timestamp(picture.at, VIDEO_TICKS)
            packet = stream.packet(payload, timestamp, at == len(payloads) - 1, extensions(1 << 40))
            assert rtp_payload(packet) == payload
            assert int.from_bytes(packet[2:4], "big") == (65_500 + index) & 0xFFFF
            units += assembler.push(index, timestamp, bool(packet[1] & 0x80), payload)
            kinds.add(payload[0] & 0x1F)
            index += 1
    assert kinds >= {h264.STAP_A, h264.FU_A, h264.SLICE}
    assert len(units) == len(pictures)
    assert all(unit.whole for unit in units)
    nals = [h264.depacketize(unit.payloads) for unit in units]
    assert nals == [list(picture.nals) for picture in pictures]
    assert [unit.key for unit in units] == [h264.is_key_frame(unit) for unit in nals]
    frames = decoded([h264.annex_b(unit) for unit in nals])
    assert len(frames) == len(pictures)
    assert {(frame.width, frame.height) for frame in frames} == {(1280, 720)}
    assert not any(frame.pict_type == av.video.frame.PictureType.B for frame in frames)


def test_two_rounds_decode_without_a_seam(film):
    once = [h264.annex_b(frame.nals) for frame in film.frames if frame.is_video]
    assert len(decoded(once + once)) == 2 * film.pictures


def test_samples_and_configuration_make_a_track(film):
    pictures = [frame for frame in film.frames if frame.is_video]
    sps, pps = h264.parameter_sets(pictures[0].nals)
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = h264.decoder_configuration(sps, pps)
    frames = [f for picture in pictures for f in decoder.decode(av.Packet(h264.sample(picture.nals)))]
    assert len(frames + decoder.decode(None)) == len(pictures)


def test_a_cached_film_is_not_made_again(film, film_cache):
    before = {path: path.stat().st_mtime_ns for path in film_cache.iterdir()}
    transcode(bunny(), film_cache)
    assert {path: path.stat().st_mtime_ns for path in film_cache.iterdir()} == before
    with pytest.raises(FilmMissing):
        transcode(film_cache / "none.mp4", film_cache)


def test_flash_and_beep_are_together(tmp_path):
    clip = load(transcode(flash_and_beep(tmp_path, 3), tmp_path, width=640, height=360, kbps=500))
    assert clip.length == 3 * TICKS
    pictures = [frame for frame in clip.frames if frame.is_video]
    frames = decoded([h264.annex_b(picture.nals) for picture in pictures])
    lit = [bytes(frame.planes[0])[1000] > 128 for frame in frames]
    flashes = [picture.at / TICKS for picture, white in zip(pictures, lit, strict=True) if white]
    assert flashes == [0.0, 1.0, 2.0]
    beeps = beginnings([(frame.at / TICKS, frame.sound) for frame in clip.frames if not frame.is_video])
    assert len(beeps) == 3
    for beep, flash in zip(beeps, flashes, strict=True):
        assert beep == pytest.approx(flash, abs=0.003)


def beginnings(sounds: list[tuple[float, bytes]]) -> list[float]:
    """Moments at which it gets loud, by the decoder's output alone."""
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate = 48_000
    decoder.layout = "stereo"
    resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
    found, quiet_until = [], -1.0
    for at, sound in sounds:
        position = at
        for frame in decoder.decode(av.Packet(sound)):
            for plain in resampler.resample(frame):
                samples = memoryview(bytes(plain.planes[0])[: plain.samples * 2]).cast("h")
                for offset, value in enumerate(samples):
                    moment = position + offset / 48_000
                    if abs(value) > 8000:
                        if moment > quiet_until:
                            found.append(moment)
                        quiet_until = moment + 0.2
                position += plain.samples / 48_000
    return found


def test_fake_devices_for_a_browser(tmp_path):
    video, audio = fake_devices(tmp_path, seconds=2, width=320, height=180)
    assert video.read_bytes()[:9] == b"YUV4MPEG2"
    with av.open(str(audio)) as container:
        assert math.isclose(float(container.duration) / 1e6, 2.0, abs_tol=0.01)


@given(st.lists(st.binary(min_size=2, max_size=3000), min_size=1, max_size=6), st.integers(20, 1200))
def test_any_units_survive_packets(bodies, limit):
    nals = [bytes([0x61]) + body for body in bodies]
    payloads = h264_payloads(nals, limit)
    assert all(len(payload) <= limit for payload in payloads)
    assert h264.depacketize(payloads) == nals


def test_a_number_sent_again_has_the_same_bytes():
    stream = Stream(1, 96, 90_000, 0, 65_530)
    sent = [stream.packet(b"%d" % at, at, False, b"") for at in range(3000)]
    newest = int.from_bytes(sent[-1][2:4], "big")
    assert stream.again(newest) == sent[-1]
    assert stream.again((newest - MAX_BEHIND + 1) & 0xFFFF) == sent[-MAX_BEHIND]
    assert stream.again((newest - MAX_BEHIND) & 0xFFFF) is None
