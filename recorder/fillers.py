"""Filler files: "no picture" and silence for a track's holes, so that tracks that play together stay in step.

They are in no ledger and no export, and are named so. Black pictures and one-byte Opus packets need no encoder.
"""

import os
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from media_server.codecs import h264, opus
from recorder import mp4
from recorder.black import black
from recorder.names import filler_name
from recorder.notes import FillerNote, TrackNote
from storage.ids import new_id

# HLS target duration (recorder.playlists).
PIECE_NS = 6_000_000_000
DEFAULT_SIZE = (1280, 720)


def pieces(start_ns: int, end_ns: int) -> list[tuple[int, int]]:
    """A hole in pieces of at most 6 s; a short rest goes with the piece before it, halved."""
    out = []
    while end_ns - start_ns > 2 * PIECE_NS:
        out.append((start_ns, start_ns + PIECE_NS))
        start_ns += PIECE_NS
    if end_ns - start_ns > PIECE_NS:
        middle = (start_ns + end_ns) // 2
        out += [(start_ns, middle), (middle, end_ns)]
    elif end_ns > start_ns:
        out.append((start_ns, end_ns))
    return out


_black = lru_cache(8)(black)  # 5 ms each; a camera that stays away takes one a second


def content(track: TrackNote, start_ns: int, end_ns: int, size: tuple[int, int]) -> tuple[bytes, bytes]:
    """Head and body."""
    start, length = track.ticks(start_ns), track.ticks(end_ns) - track.ticks(start_ns)
    if track.kind == "microphone":
        count, rest = divmod(length, opus.FRAME_SAMPLES)
        durations = [opus.FRAME_SAMPLES] * count
        if rest and count:
            durations[-1] += rest
        samples = [mp4.Sample(d, opus.SILENCE, True, "lost") for d in durations or [length]]
        return mp4.sound_head(2), mp4.fragment(0, start, samples)
    picture, other = _black(*size, 0), _black(*size, 1)
    head = mp4.video_head(h264.decoder_configuration([picture.sps], [picture.pps]), *size)
    # One sample a second: a seek into it has a picture near by.
    scale = track.scale
    durations = [scale] * (length // scale) or [0]
    durations[-1] += length - sum(durations)
    samples = [
        mp4.Sample(d, h264.sample([(other if number & 1 else picture).idr]), True, "lost")
        for number, d in enumerate(durations)
    ]
    return head, mp4.fragment(0, start, samples)


def write(
    spool: Path, track: TrackNote, start_ns: int, end_ns: int, size: tuple[int, int] | None
) -> FillerNote:  # fmt: skip
    """One filler file. Not synced: a torn one is written anew, nothing rests on it."""
    head, body = content(track, start_ns, end_ns, size or DEFAULT_SIZE)
    name = filler_name(track.recording, track.id, start_ns, end_ns, sha256(head).hexdigest()[:8])
    path = spool / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    part.write_bytes(head + body)
    os.replace(part, path)
    return FillerNote(new_id("fil"), track, name, start_ns, end_ns, len(head) + len(body), len(head))


def write_all(
    spool: Path, track: TrackNote, start_ns: int, end_ns: int, size: tuple[int, int] | None
) -> list[FillerNote]:  # fmt: skip
    """Filler files for a whole hole."""
    return [write(spool, track, first, last, size) for first, last in pieces(start_ns, end_ns)]
