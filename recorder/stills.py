"""Key frames as small pictures: a tile for the time line, and a few grey squares to measure by.

Many are decoded by one child, whichever track and size they are: a start costs as much as two pictures. 66 key frames
of 720p and less took 0.54 s of a core with their tiles, 8 ms each.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import ffmpeg

from media_server.codecs import h264
from recorder import decoding, mp4

TILE_WIDTH, TILE_HEIGHT = 160, 90
COLUMNS = 5  # of a sheet, and as many rows
LIMIT_S = 60.0
NICE = 15
_GREY = (32, 18)
GREY_BYTES = _GREY[0] * _GREY[1]
_DELIMITER = b"\x09\xf0"  # §7.3.2.4: any slice type


@dataclass(frozen=True, slots=True)
class Still:
    tile: bytes  # JPEG, TILE_WIDTH × TILE_HEIGHT
    grey: bytes  # 32 × 18 luminances, 0 to 255

    @property
    def brightness(self) -> int:
        """Of 255."""
        return round(sum(self.grey) / GREY_BYTES)

    @property
    def spread(self) -> int:
        """Between the darkest and the brightest square, of 255: a covered or unplugged camera has none."""
        return max(self.grey) - min(self.grey)

    def change(self, before: bytes) -> float:
        """The mean difference to another still's squares, of 255."""
        return sum(abs(one - other) for one, other in zip(self.grey, before, strict=True)) / GREY_BYTES


def key_frame(segment: bytes) -> bytes | None:
    """The first picture of a segment as we write it, with its parameter sets, as a byte stream; None where it has
    none that could be decoded alone."""
    first = next(mp4.fragments(segment), None)
    sps, pps = mp4.parameter_sets(segment[: mp4.head_length(segment)])
    if first is None or not sps or not first.sizes:
        return None
    at = first.end - sum(first.sizes)
    return h264.annex_b([_DELIMITER, *sps, *pps, *_nals(segment[at : at + first.sizes[0]])])


def _nals(sample: bytes) -> list[bytes]:
    """Of a sample with lengths of four bytes (ISO/IEC 14496-15 §5.3.4.2)."""
    found, at = [], 0
    while at + 4 <= len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        found.append(sample[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def decode(frames: Sequence[bytes]) -> list[Still | None]:
    """One still for each key frame; None for one that can't be decoded. Blocking. Raises TimeoutError."""
    if not frames:
        return []
    try:
        found = _decode(frames)
    except decoding.Undecodable:
        found = []
    if len(found) == len(frames):
        return list(found)
    if len(frames) == 1:
        return [None]
    # One of them is broken: each for itself, so that it takes no other's place.
    return [still for frame in frames for still in decode([frame])]


def _decode(frames: Sequence[bytes]) -> list[Still]:
    with tempfile.TemporaryDirectory(prefix="huilu-stills-") as folder:
        work = Path(folder)
        both = ffmpeg.input("pipe:", format="h264").video.filter_multi_output("split")
        tiles = (
            both.stream(0)
            .filter("scale", TILE_WIDTH, TILE_HEIGHT, force_original_aspect_ratio="decrease")
            .filter("pad", TILE_WIDTH, TILE_HEIGHT, "(ow-iw)/2", "(oh-ih)/2")
            .output(str(work / "%06d.jpg"), format="image2", fps_mode="passthrough", **{"q:v": 5})
        )
        squares = (
            both.stream(1)
            .filter("scale", *_GREY, flags="area")
            .filter("format", "gray")
            .output(str(work / "grey"), format="rawvideo", fps_mode="passthrough", loglevel="error")
        )
        decoding.run(ffmpeg.merge_outputs(tiles, squares), b"".join(frames), LIMIT_S, NICE)
        grey = (work / "grey").read_bytes()
        pictures = sorted(work.glob("*.jpg"))
        if len(grey) != GREY_BYTES * len(pictures):
            return []
        return [
            Still(path.read_bytes(), grey[n * GREY_BYTES : (n + 1) * GREY_BYTES]) for n, path in enumerate(pictures)
        ]


def sheet(tiles: Sequence[bytes]) -> bytes:
    """Tiles in rows of COLUMNS as one JPEG; places that are left over stay black. Blocking. Raises Undecodable,
    TimeoutError."""
    graph = (
        ffmpeg.input("pipe:", format="mjpeg")
        .filter("tile", f"{COLUMNS}x{COLUMNS}")
        .output("pipe:", format="mjpeg", vframes=1, loglevel="error", **{"q:v": 5})
    )
    return decoding.run(graph, b"".join(tiles), LIMIT_S, NICE)[0]
