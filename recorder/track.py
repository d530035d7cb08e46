"""One track's segments: units in, sealed files out, one unbroken line of ticks on the meeting's time line.

Inside a segment durations are differences of RTP time stamps. At a segment's bound the line may move by 5 ms towards
the capture time (MEDIA.md); after a hole it starts at the capture time, never before the end of what is written. Where
an earlier life ended tells a time stamp: what one packet that came late says of the capture time would leave a seam.
A unit is written when the next one tells its duration. What is written goes to the disk by jobs (recorder.disk), once
a second and at the seal: a restart gets from the relay's history what had not left this process.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from media_server.engine.wrap import distance32, low32
from recorder import bridging, containers, resuming
from recorder.disk import INLINE, Files, OpenFile
from recorder.errors import SpoolFull
from recorder.names import OpenName, open_name
from recorder.notes import ASIDE, GAP_MS, GapNote, SegmentNote, Source, TrackNote
from recorder.segment import OpenSegment, tag
from recorder.units import Unit
from storage.ids import new_id
from storage.sealing import Sealed

SLEW_MS = 5  # a move at a segment's bound (MEDIA.md); a player doesn't notice it
# Below this difference the line stays as it is: reports jitter by as much.
DEAD_BAND_MS = 5
# Pictures: a megabyte, within these bounds. Each segment costs its two files, its upload and its reading back, its row
# and two entries, whatever it holds. The relay's history is 10 s, a restart takes up to 3 and a key frame 1.
SEGMENT_BITS = 8e6
SHORTEST_S, LONGEST_S = 2.0, 4.0
SOUND_S = 5.0
FIRST_RATE = 1e6  # bit/s, until a segment has told it
# Later than this after where an earlier life ended, time stamps have drifted, or belong to something else.
TAKEN_UP_S = 3.0


class Writer:
    """Writes one track. `sealed` is called with each note, after the ritual."""

    def __init__(
        self,
        spool: Path,
        track: TrackNote,
        number: int,
        end_ticks: int,
        sealed: Callable[[SegmentNote], None],
        *,
        begun: bool = False,
        last_source: Source | None = None,
        end_stamp: int | None = None,
        check: Callable[[], None] = lambda: None,
        files: Files = INLINE,
        failed: Callable[[OSError | SpoolFull], None] = lambda error: None,
    ) -> None:
        """`number` is the next segment's; `end_ticks` is the end of what is written, or the recording's start;
        `begun`: something of the track was written before; `end_stamp`: the RTP time
        of `end_ticks` in `last_source`, as an earlier life left it. `check` raises when there is no room for a file.
        `failed` is told of a disk that fails where `files` doesn't raise it."""
        self.track = track
        self.sound = track.sound
        self.scale = track.scale  # ticks a second
        self._spool = spool
        self.number = number
        self.end_ticks = end_ticks
        self._sealed = sealed
        self._check = check
        self._open: OpenSegment | None = None
        self._last_source = last_source
        self._earlier_stamp = end_stamp  # until this life has written something
        self.begun = begun
        self.due_from_start = False  # its source was there before the recording began
        self.sealed_number, self.sealed_ticks = number - 1, end_ticks
        self.synced_ticks = end_ticks  # up to here it survives a power cut
        self._rate = FIRST_RATE
        self._files = files
        self._failed = failed
        self._sealing: deque[OpenSegment] = deque()

    def go_on_by(self, files: Files) -> None:
        """From now on so."""
        self._files = files
        if self._open is not None:
            self._open.file.files = files

    @property
    def reaches_ns(self) -> int:
        """Meeting time up to which the track is written or held to be written."""
        return self.track.ns(self._open.tail if self._open else self.end_ticks)

    @property
    def open_start_ns(self) -> int | None:
        return self.track.ns(self._open.start) if self._open else None

    @property
    def unsealed_ns(self) -> int | None:
        """The start of the first file that is not sealed yet."""
        if self._sealing:
            return self.track.ns(self._sealing[0].start)
        return self.open_start_ns

    @property
    def open_source(self) -> Source | None:
        return self._open.name.source if self._open else None

    @property
    def open_index(self) -> int | None:
        """Index of the last packet in the open file."""
        return self._open.last_index if self._open else None

    def open_head(self) -> bytes:
        return self._open.head if self._open is not None else b""

    def put(self, unit: Unit, ideal_ns: int, source: Source, cause: str, *, steady: bool = True) -> bool:
        """Write a unit. `ideal_ns` is its capture time, `cause` that of a hole before it, should there be one;
        `steady`: the capture time is worth moving the line for.
        False: the unit doesn't go on from what is open and is no key unit; it was not taken."""
        opened = self._open
        if opened is None or opened.name.source != source or unit.broken or opened.jumps(unit):
            if not unit.key:
                return False
            if not self.sound or not self._bridge(unit, source, cause):
                self._begin_anew(unit, ideal_ns, source, cause)
        elif opened.pending is None:  # first after a resumption
            # A picture's last duration was told by this very unit. Sound may have paused in between.
            if abs(distance32(low32(unit.stamp), opened.stamp)) <= self._slew:
                opened.pending, self._earlier_stamp = unit, None
            elif unit.key:
                self._begin_anew(unit, ideal_ns, source, cause)
            else:
                return False
        elif unit.key and self._due(opened, unit):
            self._bound(unit, ideal_ns if steady else None, source)
        else:
            opened.write(opened.pending, unit.stamp - opened.pending.stamp)
            opened.pending = unit
        return True

    @property
    def _slew(self) -> int:
        return SLEW_MS * self.scale // 1000

    def _due(self, opened: OpenSegment, unit: Unit) -> bool:
        if opened.tag != tag(unit.head):
            return True
        assert opened.pending is not None
        age = opened.tail + unit.stamp - opened.pending.stamp - opened.start
        # A key frame that comes a little early by the sender's own beat would otherwise cost a whole beat.
        return age >= (self.target_s - 0.1) * self.scale

    @property
    def target_s(self) -> float:
        """How long a segment should be."""
        if self.sound:
            return SOUND_S
        return min(max(SEGMENT_BITS / max(self._rate, 1.0), SHORTEST_S), LONGEST_S)

    @property
    def wants_key(self) -> bool:
        """A key frame now would end the open segment in time."""
        opened = self._open
        return opened is not None and not self.sound and opened.tail - opened.start >= (
            self.target_s - 0.05
        ) * self.scale  # fmt: skip

    def _bridge(self, unit: Unit, source: Source, cause: str) -> bool:
        """Go on in the open segment over a short hole of sound."""
        opened = self._open
        if opened is None or opened.name.source != source or (hole := bridging.hole(opened, unit)) is None:
            return False
        if hole == 0:
            assert opened.pending is not None
            opened.write(opened.pending, opened.pending.duration)
            opened.pending = unit
            return True
        bridging.bridge(opened, unit, hole, cause)
        if self._due(opened, unit):
            # Its own start is the bound: everything before it is written.
            opened.pending = None
            self.seal()
            self._begin(unit, [], self.end_ticks, source)
        return True

    def _bound(self, unit: Unit, ideal_ns: int | None, source: Source) -> None:
        """End the open segment where this unit begins, moved a little towards its capture time."""
        opened = self._open
        assert opened is not None
        assert opened.pending is not None
        duration = unit.stamp - opened.pending.stamp
        apart = 0 if ideal_ns is None else self.track.ticks(ideal_ns) - (opened.tail + duration)
        if abs(apart) > DEAD_BAND_MS * self.scale // 1000:
            duration = max(1, duration + max(-self._slew, min(self._slew, apart)))
        opened.write(opened.pending, duration)
        opened.pending, opened.stamp = None, low32(unit.stamp)
        self.seal()
        self._begin(unit, [], self.end_ticks, source)

    def _begin_anew(self, unit: Unit, ideal_ns: int, source: Source, cause: str) -> None:
        """After a hole, or after an earlier life: at the unit's own time."""
        self.seal()
        start = max(self.track.ticks(ideal_ns), self.end_ticks)
        if self._earlier_stamp is not None and source == self._last_source:
            since = distance32(low32(unit.stamp), self._earlier_stamp)
            if -self._slew <= since <= TAKEN_UP_S * self.scale:
                start = self.end_ticks + max(since, 0)
        self._begin(unit, self._hole_before(unit, start, cause), start, source)

    def _hole_before(self, unit: Unit, start: int, cause: str) -> list[GapNote]:
        if cause == ASIDE or not (self.begun or self.due_from_start):
            return []  # a track that begins late has no hole; what was missing of the meeting is told at its end
        return self._hole(start, "network" if unit.lost else cause, unit.lost or None)

    def _hole(self, start: int, cause: str, packets: int | None = None) -> list[GapNote]:
        """From the end of what is written; none where it is too short for a gap."""
        end_ns, start_ns = self.track.ns(self.end_ticks), self.track.ns(start)
        if start_ns - end_ns < GAP_MS * 1_000_000:
            return []
        return [GapNote(new_id("gap"), self.track.id, end_ns, start_ns, cause, packets)]

    def _begin(self, unit: Unit, gaps: list[GapNote], start: int, source: Source) -> None:
        stamp = low32(unit.stamp)
        name = OpenName(self.track.recording, self.track.id, self.number, source, unit.first, stamp)
        self._check()
        file = OpenFile(self._files, self.track.id, self._spool, open_name(name), self._failed)
        file.create(unit.head)
        self.number += 1
        size = (unit.width, unit.height) if unit.width and unit.height else None
        self._open = OpenSegment(
            self.track, file, name, containers.of(unit.head), containers.suffix(unit.head), unit.head, size, start,
            start, unit.first - 1, stamp, gaps=gaps, pending=unit,
        )  # fmt: skip
        self.begun, self._last_source, self._earlier_stamp = True, source, None

    def flush(self) -> Path | None:
        """Written as far as units' durations are known; gives the open file."""
        if self._open is None:
            return None
        self._open.flush()
        return self._open.file.path

    def drop(self) -> None:
        """Let go of the open files as they lie on the disk, which has failed and wants to be repaired."""
        if self._open is not None:
            self._open.file.drop()
            self._open = None
        for each in self._sealing:
            each.file.drop()

    def sync(self) -> None:
        """The same, and on disk; nothing while the disk is still busy with that of the time before."""
        opened = self._open
        if opened is not None and not opened.file.syncing:
            data, tail = opened.fragment() if opened.group else b"", opened.tail
            opened.file.sync(data, lambda: self._synced(tail))

    def _synced(self, ticks: int) -> None:
        self.synced_ticks = max(self.synced_ticks, ticks)

    def seal(self) -> None:
        """Write what waits, with the duration of the unit before it, and seal the open file, if there is one."""
        opened = self._open
        if opened is None:
            return
        opened.end()
        self._open = None
        self.end_ticks = opened.tail
        if opened.frames == 0:
            opened.file.abandon()
            return
        draft = opened.note()
        self._sealing.append(opened)
        opened.file.seal(draft.name, draft.facts(), lambda sealed: self._was_sealed(draft, sealed))

    def _was_sealed(self, draft: SegmentNote, sealed: Sealed) -> None:
        self._sealing.popleft()
        self._synced(draft.end_ticks)
        self.sealed_number, self.sealed_ticks = draft.number, draft.end_ticks
        length = (draft.end_ticks - draft.start_ticks) / self.scale
        if length > 0.5:
            self._rate = sealed.bytes * 8 / length
        self._sealed(replace(draft, bytes=sealed.bytes, sha256=sealed.sha256, sm3=sealed.sm3))

    def resume(self, name: OpenName) -> bool:
        """Take up an open file of an earlier life, up to its last whole access unit; False when it holds none (then it
        is thrown away)."""
        opened = resuming.take_up(self._spool, self.track, name, self._files, self._failed)
        if opened is None:
            return False
        if self.begun and opened.start > self.end_ticks:
            same_life = self._last_source is not None and self._last_source.epoch == name.source.epoch
            opened.gaps += self._hole(opened.start, "network" if same_life else "relay")
        self._open = opened
        self.number = max(self.number, name.number + 1)
        self.begun, self._last_source, self._earlier_stamp = True, name.source, opened.stamp
        return True
