"""The H.264 viewing copy of a WebM segment: the same pictures at the same ticks, as a piece that players take.

A copy is never evidence: it lies outside ledger and export, and its name says of which segment it was made:

    DERIVED/RECORDING/copies/SEGMENT~HEADBYTES.hTAG.mp4
"""

import logging
import os
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import ffmpeg

from media_server.codecs import h264, vp8
from recorder import decoding, fillers, mp4, webm
from recorder.notes import TrackNote

log = logging.getLogger(__name__)

FOLDER = "copies"
# Below the queue's own limit (recorder.jobs), after which another worker would begin the same.
LIMIT_S = 100.0
NICE = 5  # archiving goes first
# Of no meaning for time, which stands in our ticks; always the same, so that every copy of a size has the same head.
_NOMINAL_RATE = 30
_ANY = TrackNote("", "", "", "camera", "h264")  # for its clock alone


@dataclass(frozen=True, slots=True)
class Copy:
    """As a playlist's piece: the segment's place on the time line with the copy's bytes."""

    id: str  # the segment's
    name: str  # below the folder of derived files
    start_ns: int
    end_ns: int
    bytes: int
    head_bytes: int


@dataclass(frozen=True, slots=True)
class Made:
    name: str
    bytes: int
    head_bytes: int


def made(derived: Path, recording: str) -> dict[str, Made]:
    """The copies that lie there, by segment."""
    found = {}
    try:
        with os.scandir(derived / recording / FOLDER) as entries:
            for entry in entries:
                segment, _, rest = entry.name.partition("~")
                head_bytes = rest.partition(".")[0]
                if entry.name.endswith(".mp4") and head_bytes.isdecimal():
                    name = f"{recording}/{FOLDER}/{entry.name}"
                    found[segment] = Made(name, entry.stat().st_size, int(head_bytes))
    except FileNotFoundError:
        return {}
    return found


def make(segment: str, data: bytes, folder: Path) -> Path:
    """Write the copy of a sealed file of this segment into the recording's folder; whole or not at all. Blocking.

    What can't be decoded becomes black for its time: a replay that waits for it for ever would be worse. Raises
    TimeoutError when the machine is too busy: to be tried again."""
    frames = list(webm.frames(data))
    size = webm.picture_size(data) or fillers.DEFAULT_SIZE
    try:
        head, body = _encoded(frames, size)
    except (ValueError, h264.Malformed) as error:
        log.error("segment %s has no viewing copy but a black one: %s", segment, error)
        head, body = _black(frames, size)
    folder = folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{segment}~{len(head)}.h{sha256(head).hexdigest()[:8]}.mp4"
    part = path.with_suffix(".part")
    part.write_bytes(head + body)
    os.replace(part, path)
    return path


def _black(frames: Sequence[tuple[int, int, bytes]], size: tuple[int, int]) -> tuple[bytes, bytes]:
    start = frames[0][0] if frames else 0
    end = frames[-1][0] + frames[-1][1] if frames else _ANY.scale
    return fillers.content(_ANY, _ANY.ns(start), _ANY.ns(end), size)


def _encoded(frames: Sequence[tuple[int, int, bytes]], size: tuple[int, int]) -> tuple[bytes, bytes]:
    """Head and body. Raises ValueError when pictures are lost on the way."""
    # A hidden frame brings no picture: its time goes to the one before it.
    starts = [start for start, _, data in frames if vp8.read_tag(data).shown]
    if not starts:
        raise ValueError("no picture")
    ends = [*starts[1:], frames[-1][0] + frames[-1][1]]
    nals = _nals(_h264(_ivf([data for _, _, data in frames], size)))
    sps, pps = h264.parameter_sets(nals)
    pictures = _pictures(nals)
    if len(pictures) != len(starts) or not sps or not pps:
        raise ValueError(f"{len(pictures)} pictures of {len(starts)}")
    shown = h264.parse_sps(sps[0])
    head = mp4.video_head(h264.decoder_configuration(sps[:1], pps[:1]), shown.width, shown.height)
    samples = [
        mp4.Sample(end - start, h264.sample(picture), h264.is_key_frame(picture))
        for picture, start, end in zip(pictures, starts, ends, strict=True)
    ]
    return head, mp4.fragment(0, starts[0], samples)


def _ivf(frames: Iterable[bytes], size: tuple[int, int]) -> bytes:
    """The plainest container that ffmpeg reads VP8 from: a header, then length and number before each frame."""
    out = [struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"VP80", *size, _NOMINAL_RATE, 1, 0, 0)]
    for number, data in enumerate(frames):
        out += [struct.pack("<IQ", len(data), number), data]
    return b"".join(out)


def _h264(ivf: bytes) -> bytes:
    """Constrained baseline as a byte stream with a delimiter before each picture; one key frame at its beginning."""
    graph = (
        ffmpeg.input("pipe:", format="ivf")
        .filter("scale", "trunc(iw/2)*2", "trunc(ih/2)*2")
        .filter("format", "yuv420p")
        .output(
            "pipe:",
            format="h264",
            fps_mode="passthrough",
            loglevel="error",
            **{
                "c:v": "libx264", "profile:v": "baseline", "preset": "veryfast", "tune": "zerolatency", "crf": 23,
                "threads": 1, "x264-params": "aud=1:keyint=infinite:scenecut=0:sliced-threads=0",
            },
        )
    )  # fmt: skip
    return decoding.run(graph, ivf, LIMIT_S, NICE)[0]


def _nals(stream: bytes) -> list[bytes]:
    """The units of a byte stream (Rec. ITU-T H.264 §B.1); trailing zeros belong to the next start code."""
    return [nal for part in stream.split(b"\0\0\1") if (nal := part.rstrip(b"\0"))]


def _pictures(nals: Iterable[bytes]) -> list[list[bytes]]:
    out: list[list[bytes]] = []
    for nal in nals:
        if h264.nal_type(nal) == h264.DELIMITER:
            out.append([])
        elif out:
            out[-1].append(nal)
    return out
