"""A recording's picture and sound as one MP4, made of the sealed fragments as they are: nothing is encoded again.

Of each fragment only what places it is written anew (track, time), in as many bytes as before. So the film's length is
known from rows, and any range of it can be made without what stands before. Where pictures have more than one head (a
new size, a filler), each piece begins with its parameter sets in the stream (`avc3`): players that know of one sample
description only, as ffmpeg does in fragmented files, play on.

The film begins and ends with pieces of its first track. Where a track has a hole, a filler stands; what the reader may
not see is cut out of the time line, for all tracks alike, widened to whole pieces of the first.
"""

import struct
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise

from recorder import fillers, mp4
from recorder.notes import TrackNote
from recorder.playlists import TOLERANCE_NS, PieceRow, head_tag
from recorder.spans import Spans, difference, length, union

_NEVER = 1 << 62

Read = Callable[[PieceRow], Awaitable[bytes]]


class NothingThere(Exception):
    """No piece of the first track lies in the span, or none that may be seen."""


class NotAsSealed(Exception):
    """A file does not hold what its row says."""


@dataclass(frozen=True, slots=True)
class Lane:
    """A track with its pieces in the order of time."""

    kind: str  # camera | screen | microphone
    pieces: Sequence[PieceRow]
    size: tuple[int, int] | None = None  # of a picture

    @property
    def note(self) -> TrackNote:
        return TrackNote("", "", "", self.kind, "")


@dataclass(frozen=True, slots=True)
class Part:
    """Some fragments of one track, one after the other in the film's bytes."""

    track: int  # counts from 1
    start_ns: int  # meeting time
    end_ns: int
    shift: int  # ticks, from meeting time to the film's
    size: int
    sets: bytes  # parameter sets before its first picture
    piece: PieceRow | None  # none: a filler, or what of a piece lies in the span
    data: bytes = b""  # placed already
    filler: bool = False


@dataclass(slots=True)
class Film:
    head: bytes
    parts: list[Part]
    tag: str = ""  # of all its bytes: the same plan makes the same film
    offsets: list[int] = field(default_factory=list)  # of each part, and of the end

    @property
    def size(self) -> int:
        return self.offsets[-1]


async def plan(lanes: Sequence[Lane], from_ns: int, until_ns: int, hidden: Spans, read: Read) -> Film:
    """Reads what stands at the borders only. Raises NothingThere, NotAsSealed, and what `read` raises."""
    first = [piece for piece in lanes[0].pieces if piece.start_ns < until_ns and piece.end_ns > from_ns]
    refused = [(p.start_ns, p.end_ns) for p in first if any(p.start_ns < e and s < p.end_ns for s, e in hidden)]
    if len(refused) == len(first):
        raise NothingThere
    whole = [(first[0].start_ns, first[-1].end_ns)]
    kept = difference(whole, union([*refused, *hidden]))
    tracks: list[_Track] = []
    for number, lane in enumerate(lanes, 1):
        tracks.append(await _laid(number, lane, kept, read))
    parts, sidx = _interleaved([track.parts for track in tracks])
    head = _head(tracks, length(kept), sidx)
    film = Film(head, parts)
    at = len(head)
    for part in parts:
        film.offsets.append(at)
        at += part.size
    film.offsets.append(at)
    told = [head, *(f"{p.piece.id if p.piece else ''} {p.shift} {p.size}".encode() + p.data for p in parts)]
    film.tag = sha256(b"\n".join(told)).hexdigest()[:32]
    return film


def content(part: Part, data: bytes) -> bytes:
    """A part's bytes in the film; `data`: its piece's whole file. Raises NotAsSealed."""
    if part.piece is None:
        return part.data
    made = _placed(data, list(mp4.fragments(data)), part.track, part.shift, part.sets)
    if len(made) != part.size:
        raise NotAsSealed(part.piece.name)
    return made


@dataclass(slots=True)
class _Track:
    lane: Lane
    entry: bytes  # its sample description
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A part before it is known whether it needs its parameter sets."""

    start_ns: int
    end_ns: int
    shift: int
    head: bytes
    piece: PieceRow | None
    data: bytes = b""
    chosen: tuple[mp4.Fragment, ...] = ()
    filler: bool = False


async def _laid(number: int, lane: Lane, kept: Spans, read: Read) -> _Track:
    note = lane.note
    heads: dict[str, bytes] = {}  # by tag
    drafts: list[_Draft] = []
    at = 0  # the film's time at the beginning of the kept span
    for start, end in kept:
        shift = note.ticks(start) - note.ticks(at)
        reached = start
        for piece in lane.pieces:
            if piece.end_ns <= start or piece.start_ns >= end:
                continue
            draft = await _draft(piece, (start, end), shift, note, heads, read)
            if draft is not None:
                drafts += [*_filled(lane, reached, draft.start_ns, shift), draft]
                reached = draft.end_ns
        drafts += _filled(lane, reached, end, shift)
        at += end - start
    several = lane.kind != "microphone" and len({draft.head for draft in drafts}) > 1
    entry = _entry(drafts[0].head)
    parts = [_part(number, draft, _sets(draft.head) if several else b"") for draft in drafts]
    return _Track(lane, entry.replace(b"avc1", b"avc3", 1) if several else entry, parts)


async def _draft(
    piece: PieceRow, span: tuple[int, int], shift: int, note: TrackNote, heads: dict[str, bytes], read: Read
) -> _Draft | None:
    """The piece, or those of its fragments that lie in the span."""
    tag = head_tag(piece.name)
    inside = piece.start_ns >= span[0] - TOLERANCE_NS and piece.end_ns <= span[1] + TOLERANCE_NS
    if inside and tag in heads:
        return _Draft(piece.start_ns, piece.end_ns, shift, heads[tag], piece)
    data = await read(piece)
    heads[tag] = data[: piece.head_bytes]
    if inside:
        return _Draft(piece.start_ns, piece.end_ns, shift, heads[tag], piece)
    chosen = [
        each
        for each in mp4.fragments(data)
        if note.ns(each.start) >= span[0] - TOLERANCE_NS
        and note.ns(each.start + sum(each.durations)) <= span[1] + TOLERANCE_NS
    ]
    if not chosen or (note.kind != "microphone" and chosen[0].begin != piece.head_bytes):
        return None  # pictures that rest on one that isn't there
    start, end = note.ns(chosen[0].start), note.ns(chosen[-1].start + sum(chosen[-1].durations))
    return _Draft(start, end, shift, heads[tag], None, data, tuple(chosen))


def _filled(lane: Lane, start: int, end: int, shift: int) -> list[_Draft]:
    if end - start <= TOLERANCE_NS:
        return []
    note, drafts = lane.note, []
    for begin, until in fillers.pieces(start, end):
        first = note.ticks(begin)
        head, body = _filler(lane.kind, note.ticks(until) - first, lane.size or fillers.DEFAULT_SIZE)
        data = head + body
        drafts.append(_Draft(begin, until, shift - first, head, None, data, tuple(mp4.fragments(data)), True))
    return drafts


@lru_cache(256)
def _filler(kind: str, ticks: int, size: tuple[int, int]) -> tuple[bytes, bytes]:
    note = TrackNote("", "", "", kind, "")
    return fillers.content(note, 0, note.ns(ticks), size)


def _part(number: int, draft: _Draft, sets: bytes) -> Part:
    if draft.piece is not None:
        size = draft.piece.bytes - draft.piece.head_bytes + len(sets)
        return Part(number, draft.start_ns, draft.end_ns, draft.shift, size, sets, draft.piece)
    made = _placed(draft.data, draft.chosen, number, draft.shift, sets)
    return Part(number, draft.start_ns, draft.end_ns, draft.shift, len(made), sets, None, made, draft.filler)


# In a moof as we write it (recorder.mp4): moof 8, mfhd 16, traf 8, then tfhd 16, tfdt 20, trun 20 and 12 a sample.
_TRACK_AT = 8 + 16 + 8 + 12
_TIME_AT = 8 + 16 + 8 + 16 + 12
_RUN_AT = 8 + 16 + 8 + 16 + 20 + 20


def _placed(data: bytes, found: Iterable[mp4.Fragment], track: int, shift: int, sets: bytes) -> bytes:
    """Fragments in another place; `sets` come before the first one's first sample."""
    out: list[bytearray] = []
    for each in found:
        made = bytearray(data[each.begin : each.end])
        (size,) = struct.unpack_from(">I", made)
        struct.pack_into(">I", made, _TRACK_AT, track)
        struct.pack_into(">Q", made, _TIME_AT, max(0, each.start - shift))
        free = _RUN_AT + 12 * len(each.sizes) + 8
        made[free:size] = bytes(size - free)  # the checksums were of the fragment as it was sealed
        if sets and not out:
            struct.pack_into(">I", made, _RUN_AT + 4, each.sizes[0] + len(sets))
            struct.pack_into(">I", made, size, sum(each.sizes) + len(sets) + 8)
            made[size + 8 : size + 8] = sets
        out.append(made)
    return b"".join(out)


def _entry(head: bytes) -> bytes:
    """The sample description of a head that we wrote (§8.5.2)."""
    at = head.find(b"stsd") + 12
    (size,) = struct.unpack_from(">I", head, at)
    return head[at : at + size]


def _sets(head: bytes) -> bytes:
    sps, pps = mp4.parameter_sets(head)
    return b"".join(struct.pack(">I", len(each)) + each for each in (*sps, *pps))


@dataclass(frozen=True, slots=True)
class _Reference:
    size: int
    ticks: int


def _interleaved(lanes: Sequence[Sequence[Part]]) -> tuple[list[Part], list[_Reference]]:
    """By time; each part of the first track begins what a player may jump to."""
    parts: list[Part] = []
    references: list[_Reference] = []
    rest = [list(lane) for lane in lanes[1:]]
    taken = [0] * len(rest)
    note = TrackNote("", "", "", "camera", "")
    first = lanes[0]
    for part, following in pairwise([*first, None]):
        assert part is not None
        group = [part]
        # Kept spans follow each other in meeting time, so that orders what the film shows as well.
        until = following.start_ns if following is not None else _NEVER
        for number, lane in enumerate(rest):
            while taken[number] < len(lane) and lane[taken[number]].start_ns < until:
                group.append(lane[taken[number]])
                taken[number] += 1
        parts += group
        references.append(
            _Reference(sum(each.size for each in group), note.ticks(part.end_ns) - note.ticks(part.start_ns))
        )
    return parts, references


def _head(tracks: Sequence[_Track], duration_ns: int, references: Sequence[_Reference]) -> bytes:
    ms = duration_ns // 1_000_000
    boxes = [mp4.trak(n, track.lane.kind, track.entry, track.lane.size) for n, track in enumerate(tracks, 1)]
    extends = [mp4.full(b"trex", 0, 0, struct.pack(">5I", n, 1, 0, 0, 0)) for n, _ in enumerate(tracks, 1)]
    made = mp4.box(b"ftyp", b"iso6", bytes(4), b"iso6mp41") + mp4.box(
        b"moov",
        mp4.movie(1000, len(tracks) + 1),
        *boxes,
        mp4.box(b"mvex", mp4.full(b"mehd", 1, 0, struct.pack(">Q", ms)), *extends),
    )
    # Where each piece begins (§8.16.3), so that a player finds any moment without reading what is before it.
    table = b"".join(struct.pack(">III", each.size, each.ticks, 0x90000000) for each in references[:0xFFFF])
    index = struct.pack(">IIQQHH", 1, mp4.VIDEO_SCALE, 0, 0, 0, min(len(references), 0xFFFF)) + table
    return made + mp4.full(b"sidx", 1, 0, index)


__all__ = ["Film", "Lane", "NotAsSealed", "NothingThere", "Part", "content", "plan"]
