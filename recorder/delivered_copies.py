"""The viewing copy of a delivered file: fragmented MP4 with an index, as HLS takes it; a copy is never evidence.

H.264 keeps its pictures bit for bit and gets another wrapping only; anything else is encoded anew. The file lies in

    DERIVED/RECORDING/delivered/DELIVERY.mp4, .m3u8 (ffmpeg's own, our index), .percent while it is being made
"""

import contextlib
import os
import re
import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import ffmpeg
import imageio_ffmpeg

from recorder import decoding

FOLDER = "delivered"
PIECE_S = 2
KEPT_SOUNDS = ("opus", "aac")
_STREAM = re.compile(r"Stream #\d+:\d+.*?: (Video|Audio): (\w+)")
_RANGE = re.compile(r'#EXT-X-BYTERANGE:(\d+)@(\d+)|#EXTINF:([0-9.]+)|BYTERANGE="(\d+)@0"')


class Row(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def recording_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Indexed:
    """A piece of the copy; times from its beginning."""

    start_ns: int
    end_ns: int
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Index:
    head_bytes: int
    bytes: int
    pieces: list[Indexed]

    @property
    def longest_s(self) -> int:
        return max((round((each.end_ns - each.start_ns) / 1e9 + 0.5) for each in self.pieces), default=PIECE_S)


@dataclass(frozen=True, slots=True)
class Streams:
    picture: str | None  # ffmpeg's name of the codec
    sound: str | None


@dataclass(frozen=True, slots=True)
class MadeCopy:
    kind: str  # rewrapped | encoded
    picture: bool
    sound: bool
    length_ns: int


class NotAFilm(ValueError):
    """Nothing of it can be decoded."""


def name(row: Row) -> str:
    """Below the folder of derived files."""
    return f"{row.recording_id}/{FOLDER}/{row.id}.mp4"


def percent(derived: Path, row: Row) -> int:
    """How far the copy is that is being made."""
    try:
        return int((derived / name(row)).with_suffix(".percent").read_text())
    except (OSError, ValueError):
        return 0


def read_index(derived: Path, row: Row) -> Index:
    """Raises OSError when there is no copy."""
    path = derived / name(row)
    return _index(path.with_suffix(".m3u8").read_text(), path.stat().st_size)


def _index(text: str, size: int) -> Index:
    head, at, length = 0, 0, 0
    pieces = []
    for count, offset, seconds, of_head in _RANGE.findall(text):
        if of_head:
            head = int(of_head)
        elif seconds:
            length = round(float(seconds) * 1e9)
        else:
            pieces.append(Indexed(at, at + length, int(offset), int(count)))
            at += length
    if any(before.offset + before.length > after.offset for before, after in pairwise(pieces)):
        raise NotAFilm("an index that overlaps")
    return Index(head, size, pieces)


def streams(source: Path) -> Streams:
    """What ffmpeg finds in a file."""
    done = subprocess.run(
        [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(source)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    found = dict(reversed(_STREAM.findall(done.stderr.decode(errors="replace"))))
    return Streams(found.get("Video"), found.get("Audio"))


def make(source: Path, row: Row, derived: Path, claimed_ns: int) -> MadeCopy:
    """Write the copy and its index; whole or not at all. Blocking, for hours where a film is long. Raises NotAFilm."""
    found = streams(source)
    if found.picture is None and found.sound is None:
        raise NotAFilm(source.name)
    path = derived / name(row)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part, listed = path.with_suffix(".part.mp4"), path.with_suffix(".part.m3u8")
    kept = found.picture in ("h264", None)
    try:
        _run(_command(source, found, part, listed), path.with_suffix(".percent"), claimed_ns)
        index = _index(listed.read_text(), part.stat().st_size)
        if not index.pieces:
            raise NotAFilm("no piece of it can be played")
        os.replace(part, path)
        os.replace(listed, path.with_suffix(".m3u8"))
    finally:
        for each in (part, listed, path.with_suffix(".percent")):
            each.unlink(missing_ok=True)
    return MadeCopy("rewrapped" if kept else "encoded", found.picture is not None, found.sound is not None,
                    index.pieces[-1].end_ns)  # fmt: skip


def _command(source: Path, found: Streams, part: Path, listed: Path) -> Any:
    film = ffmpeg.input(str(source), fflags="+genpts+discardcorrupt", err_detect="ignore_err")
    options: dict[str, Any] = {
        "format": "hls", "hls_time": PIECE_S, "hls_list_size": 0, "hls_playlist_type": "vod",
        "hls_segment_type": "fmp4", "hls_flags": "single_file", "hls_segment_filename": str(part),
    }  # fmt: skip
    kept = []
    if found.picture is not None:
        video = film["v:0"]
        if found.picture == "h264":
            options["c:v"] = "copy"
        else:
            video = video.filter("scale", -2, "trunc(min(720,ih)/2)*2").filter("format", "yuv420p")
            options |= {
                "c:v": "libx264", "profile:v": "main", "preset": "veryfast", "crf": 23, "threads": 1,
                "fps_mode": "passthrough", "force_key_frames": f"expr:gte(t,n_forced*{PIECE_S})",
            }  # fmt: skip
        kept.append(video)
    if found.sound is not None:
        kept.append(film["a:0"])
        options |= {"c:a": "copy"} if found.sound in KEPT_SOUNDS else {"c:a": "aac", "b:a": "96k"}
    return ffmpeg.output(*kept, str(listed), **options).global_args(
        "-nostdin", "-hide_banner", "-loglevel", "error", "-progress", "pipe:1", "-nostats", "-y"
    )


def _run(command: Any, said: Path, claimed_ns: int) -> None:
    # Archiving goes first.
    low_priority = ["nice", "-n", "10", imageio_ffmpeg.get_ffmpeg_exe()]
    process = command.run_async(cmd=low_priority, pipe_stdout=True, pipe_stderr=False)
    with decoding.watched(process):
        for line in process.stdout:
            key, _, value = line.decode(errors="replace").strip().partition("=")
            if key == "out_time_us" and value.isdecimal() and claimed_ns:
                with contextlib.suppress(OSError):
                    said.write_text(str(min(99, int(value) * 100_000 // claimed_ns)))
        if process.wait(60) != 0 and not decoding.ending():
            raise NotAFilm(f"ffmpeg ended with {process.returncode}")
