"""How loud it was in each tenth of a second: a byte, from decoded sound.

Segments of many tracks are decoded by one child, a moment of silence between them, in mono at 8 kHz: what is looked
for is speech.
"""

import math
from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

import ffmpeg

from media_server.codecs import opus
from media_server.codecs.errors import Malformed
from recorder import decoding, mp4

STEP_MS = 100
FLOOR_DB = -60.0
NOTHING = 0  # nothing was recorded
QUIET = 1  # FLOOR_DB and less
FULL = 255  # full scale
LIMIT_S = 60.0
NICE = 15
_RATE = 8_000
_STEP = _RATE * STEP_MS // 1000
_BETWEEN = 5  # packets
_SCALE = 32_768


def level(peak: float) -> int:
    """Of a peak between 0 and 1: 1 at -60 dBFS and less, 255 at full scale, even in decibels between."""
    if peak <= 0.0:
        return QUIET
    db = 20 * math.log10(peak)
    return max(QUIET, min(FULL, round(QUIET + (FULL - QUIET) * (1 - db / FLOOR_DB))))


def decibels(value: int) -> float:
    """What a byte stands for, dBFS."""
    return FLOOR_DB * (1 - (value - QUIET) / (FULL - QUIET))


_level = lru_cache(_SCALE + 1)(lambda peak: level(peak / _SCALE))


def peaks(segments: Sequence[bytes], offsets: Sequence[int]) -> list[bytes | None]:
    """For each segment the levels of its steps; `offsets`: how far (ticks of 48 kHz) each begins after a step's
    beginning. None for one that can't be decoded or has none. Blocking. Raises TimeoutError."""
    if not segments:
        return []
    try:
        packets = [[_packet(each) for each in _samples(data)] for data in segments]
        sounds = _decode(packets)
    except (decoding.Undecodable, Malformed):
        sounds = []
    if not sounds:
        if len(segments) == 1:
            return [None]
        singly = zip(segments, offsets, strict=True)
        return [found for data, offset in singly for found in peaks([data], [offset])]
    return [
        _levels(sound, offset * _RATE // mp4.SOUND_SCALE) or None for sound, offset in zip(sounds, offsets, strict=True)
    ]


def _samples(segment: bytes) -> list[bytes]:
    found = []
    for fragment in mp4.fragments(segment):
        bounds = accumulate(fragment.sizes, initial=fragment.end - sum(fragment.sizes))
        found += [segment[start:end] for start, end in pairwise(bounds)]
    return found


def _packet(data: bytes) -> tuple[int, bytes]:
    """How long it sounds, ticks of 48 kHz: a container's durations bridge holes, a decoder doesn't."""
    return opus.duration(data), data


def _decode(segments: Sequence[Sequence[tuple[int, bytes]]]) -> "list[array[int]]":
    """The sound of each, or none at all when what came out doesn't add up."""
    pause = [(opus.FRAME_SAMPLES, opus.SILENCE)] * _BETWEEN
    row = [packet for segment in segments for packet in [*segment, *pause]]
    film = mp4.sound_head(2) + mp4.fragment(0, 0, [mp4.Sample(ticks, data) for ticks, data in row])
    graph = ffmpeg.input("pipe:", format="mp4").output("pipe:", format="s16le", ac=1, ar=_RATE, loglevel="error")
    sound = array("h", decoding.run(graph, film, LIMIT_S, NICE)[0])
    due = sum(ticks for ticks, _ in row) * _RATE // mp4.SOUND_SCALE
    if abs(len(sound) - due) > _STEP:
        return []
    found, at = [], 0
    for segment in segments:
        end = at + sum(ticks for ticks, _ in segment)
        found.append(sound[at * _RATE // mp4.SOUND_SCALE : end * _RATE // mp4.SOUND_SCALE])
        at = end + _BETWEEN * opus.FRAME_SAMPLES
    return found


def _levels(sound: "array[int]", offset: int) -> bytes:
    out, at = bytearray(), 0
    end = _STEP - offset
    while at < len(sound):
        step = sound[at:end]
        out.append(_level(max(max(step), -min(step))))
        at, end = end, end + _STEP
    return bytes(out)
