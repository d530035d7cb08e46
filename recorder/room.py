"""One recording: its tracks and the relay's sources that feed them, holes and their causes, fillers, the end.

No socket and no database: `sealed` and `filled` take what has become whole. `now` is CLOCK_MONOTONIC.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from media_server.engine.capture import Least
from media_server.records import Pictures, SourceNote
from media_server.wire import Arrived
from recorder import fillers, recovery
from recorder.disk import INLINE, Files
from recorder.errors import SpoolFull
from recorder.feed import Feed
from recorder.names import OpenName
from recorder.notes import ASIDE, FillerNote, GapNote, Position, RecordingNote, SegmentNote, Source, TrackNote
from recorder.spool import Spool
from recorder.track import Writer
from storage.ids import new_id

log = logging.getLogger(__name__)

SECOND_NS = 1_000_000_000
# Behind now, where no segment can begin any more: late packets 1 s, a first report 4 s.
FILL_LAG_NS = 6 * SECOND_NS
FILLERS_A_TRACK, FILLERS_A_TICK = 20, 200
RETRY_NS = SECOND_NS  # after a disk error
# A resumed file whose source the relay doesn't name any more is sealed as it is.
RESUME_WAIT_NS = 3 * SECOND_NS
# After the end: late packets have 1 s.
FLUSH_NS = 1_500_000_000
LONGEST_FLUSH_NS = 7 * SECOND_NS
_FILLERS_OF = "fillers of "  # jobs beside those of a track
# Why a source ended (media_server.wire, E) → why its track has a hole.
CAUSE_OF_END = {"closed": "left", "room": "left", "silent": "network", "dtls": "network", "replaced": "network"}
# Whose camera ended so was not due any more, where only what is shown is kept.
NOT_MISSED = frozenset({ASIDE, "left", "network"})


@dataclass(slots=True)
class _Track:
    note: TrackNote
    writer: Writer
    last_source: Source | None = None
    last_index: int = -1
    filled_ns: int = 0
    size: tuple[int, int] | None = None
    feed: Feed | None = None
    cause: str = "network"  # of the hole before the next source's first unit
    failed: bool = False  # by the disk: nothing of it is written until the room begins anew
    resumed_at: int | None = None


@dataclass(slots=True)
class Room:
    recording: RecordingNote
    spool: Spool
    sealed: Callable[[RecordingNote, SegmentNote], None]
    filled: Callable[[FillerNote], None]
    tracked: Callable[[RecordingNote, TrackNote], None]
    away: str = "recorder"  # the cause of what is missing between an earlier life and this one
    tracks: dict[tuple[str, str], _Track] = field(default_factory=dict)
    feeds: dict[Source, Feed] = field(default_factory=dict)
    # Of each source the last index that was written or given up: to a new connection a relay names ended ones again.
    taken: dict[Source, int] = field(default_factory=dict)
    files: Files = INLINE
    sealed_to: dict[str, tuple[Source | None, int]] = field(default_factory=dict)  # by track: source and last index
    ending_at: int | None = None  # now
    trouble: OSError | SpoolFull | None = None
    failed_at: int = 0  # now, of the last disk error
    broken: bool = False  # what is open is not sealed yet, because the disk took nothing
    finished: bool = False
    opened_at: int = 0  # now
    line_up_at: int | None = None  # now, since when
    _publishers: dict[str, Least] = field(default_factory=dict)
    _errors: list[tuple[_Track, OSError | SpoolFull]] = field(default_factory=list)  # that jobs told of

    # Where it was

    def load(self, rows: Iterable[Position], now: int) -> list[SegmentNote]:
        """Take up what rows and spool know; gives the sealed segments of the spool (they may lack their rows)."""
        self.opened_at = now
        rows = list(rows)
        recovery.reopen(self.spool.folder, self.recording.id, {each.track.id: each.number for each in rows})
        positions, segments, opened = self.spool.left(self.recording.id)
        known: dict[str, Position] = {}
        for position in [*rows, *positions]:
            before = known.get(position.track.id)
            if before is None or position.number > before.number:
                filled = max(position.filled_ns, before.filled_ns if before else 0)
                known[position.track.id] = Position(
                    position.track, position.number, position.end_ns, position.source, position.last_index, filled,
                    position.size or (before.size if before else None),
                )  # fmt: skip
        for segment in segments:
            self._took(segment.source, segment.last_index)
        for position in known.values():
            if position.source is not None:
                self._took(position.source, position.last_index)
            self._take_up(position, segments, now)
        for name in sorted(opened, key=lambda each: each.number):
            self._resume(name, now)
        return segments

    def _take_up(self, position: Position, segments: list[SegmentNote], now: int) -> _Track:
        note = position.track
        last = next((s for s in reversed(segments) if s.track.id == note.id and s.number == position.number), None)
        end_ns = self.recording.start_ns if position.end_ns is None else position.end_ns
        end_ticks = last.end_ticks if last else note.ticks(end_ns)
        track = _Track(
            note,
            Writer(
                self.spool.folder, note, position.number + 1, end_ticks, lambda sealed: self._sealed(track, sealed),
                begun=position.number > 0, last_source=position.source,
                end_stamp=last.end_stamp if last else None, check=self.spool.check, files=self.files,
                failed=lambda error: self._errors.append((track, error)),
            ),
            position.source, position.last_index,
            max(position.filled_ns, position.end_ns or 0, self.recording.start_ns), position.size,
            cause=self.away,
        )  # fmt: skip
        self.tracks[note.publisher, note.kind] = track
        self.sealed_to[note.id] = (position.source, position.last_index)
        return track

    def _resume(self, name: OpenName, now: int) -> None:
        track = next((each for each in self.tracks.values() if each.note.id == name.track), None)
        if track is None:
            log.error("open file of an unknown track: %s", name)
            return
        if name.number < track.writer.number:  # sealed under this number already: cannot be
            log.error("open file with a number that is taken: %s", name)
            return
        track.writer.seal()
        if track.writer.resume(name):
            track.resumed_at = now
            track.last_source, track.last_index = name.source, track.writer.open_index or -1
            self._took(track.last_source, track.last_index)

    def _took(self, source: Source, index: int) -> None:
        self.taken[source] = max(index, self.taken.get(source, -1))

    def after(self, epoch: str) -> dict[str, int]:
        """Of each source the index up to which it is taken (wire S)."""
        taken = {f"{epoch}/{source.id}": index for source, index in self.taken.items() if source.epoch == epoch}
        for source, feed in self.feeds.items():
            if source.epoch == epoch:
                taken[f"{epoch}/{source.id}"] = feed.next_index - 1
        return taken

    # What the relay tells

    def source(self, epoch: str, note: SourceNote, first: int, now: int, *, aside: bool = False) -> Feed | None:
        """A source begins, or goes on after a new connection. `aside`: what was before `first` wasn't shown, and so is
        not missing."""
        source = Source(epoch, note.id)
        feed = self.feeds.get(source)
        if feed is not None:
            return feed
        key = (note.publisher, note.kind)
        if key not in self.tracks:
            try:
                self._new_track(note, now)
            except OSError as error:
                self.fails(error, now)
                return None  # it is named again when the room begins anew
        track = self.tracks[key]
        if source in self.taken and (track.feed is not None or track.last_source != source):
            return None  # another one has taken its place: everything of it was written then
        if track.feed is not None and not track.feed.ended:
            self._end_feed(track, now, "network")
        follows = track.writer.open_source == source and not aside
        if not follows:
            self._guard(track, now, track.writer.seal)
            if track.cause == self.away and track.last_source is not None:
                # This process wasn't there when the track's last source ended.
                track.cause = "relay" if track.last_source.epoch != epoch else "left"
        next_index = first
        if aside:
            track.cause = ASIDE
        elif track.last_source == source:
            next_index = track.last_index + 1
        track.resumed_at = None
        feed = Feed(
            source, note.codec, track.writer, self._publishers.setdefault(note.session, Least()), self.recording.origin,
            self.recording.start_ns, next_index, now, follows=follows, cause=track.cause, away=self.away,
        )  # fmt: skip
        feed.end_ns = self.recording.end_ns
        self.feeds[source] = track.feed = feed
        if first > next_index:
            self._guard(track, now, lambda: feed.gone(first - 1, now))
        return feed

    def _new_track(self, note: SourceNote, now: int) -> _Track:
        made = TrackNote(new_id("trk"), self.recording.id, note.publisher, note.kind, note.codec)
        self.tracked(self.recording, made)
        track = self._take_up(Position(made), [], now)
        track.cause = "network"
        self.files.post(
            made.id, lambda: self.spool.note_track(made), failed=lambda error: self._errors.append((track, error))
        )
        return track

    def packets(self, feed: Feed, run: Sequence[Arrived], now: int) -> None:
        """What one read brought of this source, as it came."""
        self._guarded(feed, now, lambda: feed.packets(run, now))

    def gone(self, feed: Feed, last: int, now: int) -> None:
        self._guarded(feed, now, lambda: feed.gone(last, now))

    def ended(self, feed: Feed, cause: str, now: int) -> None:
        track = self._track_of(feed)
        self._end_feed(track, now, ASIDE if cause == ASIDE else CAUSE_OF_END.get(cause, "network"))

    def relay_died(self, epoch: str, now: int) -> None:
        """That relay's life is over: what it had sent is written, a hole begins."""
        for source in [source for source in self.feeds if source.epoch == epoch]:
            self._end_feed(self._track_of(self.feeds[source]), now, "relay")
        for track in self.tracks.values():
            opened = track.writer.open_source
            if opened is not None and opened.epoch == epoch:
                self._guard(track, now, track.writer.seal)
                track.cause = "relay"

    def _end_feed(self, track: _Track, now: int, cause: str) -> None:
        feed = track.feed
        if feed is None:
            return
        muted = feed.muted
        self._guard(track, now, lambda: feed.end(now, cause))
        track.last_source, track.last_index = feed.source, feed.next_index - 1
        self._took(feed.source, feed.next_index - 1)
        track.feed = None
        # A disk that took nothing any more is why the hole began, whatever ended afterwards.
        track.cause = "disk" if track.failed else cause if cause == ASIDE else muted or cause
        self.feeds.pop(feed.source, None)

    def _track_of(self, feed: Feed) -> _Track:
        track = feed.writer.track
        return self.tracks[track.publisher, track.kind]

    # Time

    def tick(self, now: int, line_up: bool) -> None:
        self._hear_of_errors(now)
        self.line_up_at = (now if self.line_up_at is None else self.line_up_at) if line_up else None
        if self.line_up_at is not None:
            if now - self.line_up_at > RESUME_WAIT_NS:
                self._set_aside()
            for feed in list(self.feeds.values()):
                self._guarded(feed, now, lambda feed=feed: feed.tick(now))  # type: ignore[misc]
            for track in self.tracks.values():
                if track.resumed_at is not None and now - track.resumed_at > RESUME_WAIT_NS:
                    track.resumed_at = None
                    self._guard(track, now, track.writer.seal)

    def _only_shown(self, track: _Track) -> bool:
        return self.recording.pictures == "shown" and track.note.kind == "camera"

    def _set_aside(self) -> None:
        """Cameras of an earlier life that the relay doesn't name: they are not shown."""
        for track in self.tracks.values():
            if track.cause == "recorder" and track.feed is None and self._only_shown(track):
                track.cause = ASIDE

    def sync(self, now: int) -> None:
        """The open files to the disk."""
        for track in self.tracks.values():
            self._guard(track, now, track.writer.sync)

    @property
    def writing(self) -> bool:
        """Something is on its way to the disk."""
        ids = [track.note.id for track in self.tracks.values()]
        return any(self.files.waits(each) or self.files.waits(_FILLERS_OF + each) for each in ids)

    def go_on_by(self, files: Files) -> None:
        """From now on jobs with files are done so."""
        self.files = files
        for track in self.tracks.values():
            track.writer.go_on_by(files)
            files.goes_on(track.note.id)

    def fill(self, now: int) -> None:
        """Filler files for holes that can't be filled any more; a few at a time."""
        if self.trouble is not None:
            return
        budget = FILLERS_A_TICK
        latest = self.recording.origin.meeting_ns(now) - FILL_LAG_NS
        if self.recording.end_ns is not None:
            latest = min(latest, self.recording.end_ns)
        for track in self.tracks.values():
            opened = track.writer.unsealed_ns
            until = latest if opened is None else opened
            holding = track.feed is not None and track.feed.holding
            if opened is None and (until - track.filled_ns < fillers.PIECE_NS or holding):
                continue
            for start, end in fillers.pieces(track.filled_ns, until)[: min(FILLERS_A_TRACK, budget)]:
                if opened is None and end - start < fillers.PIECE_NS // 2:
                    break
                self._fill(track, start, end)
                track.filled_ns, budget = end, budget - 1

    def keep(self, pictures: Pictures) -> None:
        """From now on so: the meeting has grown."""
        self.recording = note = RecordingNote(**{**_fields(self.recording), "pictures": pictures})
        failed = partial(log.error, "the note of %s: %s", note.id)
        self.files.post(note.id, lambda: self.spool.note_recording(note), failed=failed, anyway=True)

    # The end

    def end_at(self, end_ns: int, now: int) -> None:
        if self.ending_at is None:
            self.ending_at = now
            self.recording = RecordingNote(**{**_fields(self.recording), "end_ns": end_ns})
            for feed in self.feeds.values():
                feed.end_ns = end_ns

    def flushed(self, now: int) -> bool:
        """Whether everything up to the end has come, or had its time to come."""
        if self.ending_at is None or self.broken:
            return False
        if now - self.opened_at < SECOND_NS:  # taken up while closing: the relay may still have packets for it
            return False
        waiting = [feed for feed in self.feeds.values() if not feed.ended and not feed.past_end]
        resuming = any(track.resumed_at is not None for track in self.tracks.values())
        if not waiting and not resuming:
            return True
        # A relay that is still telling its history to a recorder that was restarted.
        coming = any(now - (feed.last_packet_ns or feed.begun_ns) < SECOND_NS // 2 for feed in waiting)
        return now - self.ending_at > (LONGEST_FLUSH_NS if coming else FLUSH_NS)

    def finish(self, now: int) -> bool:
        """Seal everything; nothing is taken afterwards. False: the disk didn't take it, the room must begin anew."""
        self.finished = True
        for track in self.tracks.values():
            if track.feed is not None:
                self._end_feed(track, now, track.feed.cause)
            self._guard(track, now, track.writer.seal)
        return not self.broken

    def stop(self, now: int, seal: bool) -> None:
        """The process ends. What stays open is taken up by the next one: a restart is the same as a crash."""
        for track in self.tracks.values():
            if seal:
                self._guard(track, now, track.writer.seal)
        if not seal:
            self.settle(now)

    def last_gaps(self) -> list[GapNote]:
        """The holes at the tracks' ends."""
        end_ns = self.recording.end_ns
        assert end_ns is not None
        return [
            GapNote(new_id("gap"), track.note.id, track.writer.reaches_ns, end_ns, track.cause)
            for track in self.tracks.values()
            if track.writer.begun
            and end_ns - track.writer.reaches_ns >= SECOND_NS // 2
            and not (self._only_shown(track) and track.cause in NOT_MISSED)
        ]

    # Disks

    def _guarded(self, feed: Feed, now: int, act: Callable[[], None]) -> None:
        self._guard(self._track_of(feed), now, act)

    def _guard(self, track: _Track, now: int, act: Callable[[], object]) -> None:
        """A disk that fails costs no process. What comes from here on stays with the relay until the room begins anew
        (`begins_anew`), which is the same as a restart of the recorder: nothing is missing of a pause of 10 s."""
        if track.failed:
            return
        try:
            act()
        except (OSError, SpoolFull) as error:
            self._failed(track, error, now)

    def _failed(self, track: _Track, error: OSError | SpoolFull, now: int) -> None:
        if not track.failed:
            track.failed = True
            self.broken |= isinstance(error, OSError)  # a spool that is full has taken what was open
            track.writer.drop()
            self.fails(error, now)

    def _hear_of_errors(self, now: int) -> None:
        """Of jobs that failed meanwhile."""
        errors, self._errors = self._errors, []
        for track, error in errors:
            self._failed(track, error, now)

    def fails(self, error: OSError | SpoolFull, now: int) -> None:
        if str(error) != str(self.trouble):  # not each second the same
            log.error("recording %s: %s", self.recording.id, error)
        self.trouble, self.failed_at = error, now

    def whole(self, now: int) -> bool:
        """Whether all was sealed; False: the disk didn't take it, the room must begin anew."""
        self._hear_of_errors(now)
        return not self.broken

    def settle(self, now: int) -> None:
        """To the disk with what its successor is to find there."""
        for track in self.tracks.values():
            self._guard(track, now, track.writer.flush)
            self._guard(track, now, track.writer.sync)

    def begins_anew(self, now: int) -> bool:
        """Whether to try it now."""
        wanted = self.trouble is not None and (self.broken or self.ending_at is None)
        return wanted and now - self.failed_at > RETRY_NS

    def successor(self, now: int) -> "Room":
        """The room begun anew from what lies on the disk; this one may not be `writing`, and not be used meanwhile.
        Blocking. Raises OSError, SpoolFull while that can't be written; then this one goes on with the tracks that it
        has."""
        if self.ending_at is None:
            self.spool.check()
        self.spool.probe(self.recording.id, [track.note.id for track in self.tracks.values()])
        for track in self.tracks.values():
            if track.failed:
                self.spool.note_track(track.note)
        made = Room(self.recording, self.spool, self.sealed, self.filled, self.tracked, away="disk")
        made.load([self._position(track) for track in self.tracks.values()], now)
        return made

    def _position(self, track: _Track) -> Position:
        number, end_ticks = track.writer.sealed_number, track.writer.sealed_ticks
        source, last_index = self.sealed_to.get(track.note.id, (None, -1))
        return Position(
            track.note, number, track.note.ns(end_ticks) if number else None, source, last_index, track.filled_ns,
            track.size,
        )  # fmt: skip

    def _sealed(self, track: _Track, note: SegmentNote) -> None:
        self.spool.add(note.bytes)
        hole = (track.filled_ns, note.start_ns)
        track.filled_ns = max(track.filled_ns, note.end_ns)
        if track.feed is None or track.feed.source == note.source:  # else another one has come meanwhile
            track.last_source = note.source
            track.last_index = max(note.last_index, self.taken.get(note.source, -1))
        self.sealed_to[note.track.id] = (note.source, note.last_index)
        self._took(note.source, note.last_index)
        if note.width and note.height:
            track.size = (note.width, note.height)
        self.sealed(self.recording, note)
        if hole[0] + 1_000_000 < hole[1]:
            for start, end in fillers.pieces(*hole):  # what `fill` had no time for
                self._fill(track, start, end)

    def _fill(self, track: _Track, start_ns: int, end_ns: int) -> None:
        failed = partial(log.error, "a filler of %s: %s; it is made at the end", track.note.id)
        write = partial(fillers.write, self.spool.folder, track.note, start_ns, end_ns, track.size)
        try:
            self.files.post(_FILLERS_OF + track.note.id, write, self.filled, failed=failed, anyway=True)
        except OSError as error:
            failed(error)

    # What others ask

    def epochs(self) -> set[str]:
        """The relays' lives that open files or running sources come from."""
        opened = {track.writer.open_source for track in self.tracks.values()}
        return {source.epoch for source in [*opened, *self.feeds] if source is not None}

    def size_of(self, track: str) -> tuple[int, int] | None:
        return next((each.size for each in self.tracks.values() if each.note.id == track), None)

    def stuck(self, now: int, patience_ns: int) -> bool:
        """Sources send, and none of it comes to anything. One that sends nothing is no fault of ours: a gap."""
        sending = [stuck for feed in self.feeds.values() if (stuck := feed.stuck(now, patience_ns)) is not None]
        return bool(sending) and all(sending)

    def state(self) -> dict[str, Any]:
        return {
            "tracks": [
                {
                    "id": track.note.id,
                    "publisher": track.note.publisher,
                    "kind": track.note.kind,
                    "live": track.feed is not None,
                    "last_ns": track.writer.reaches_ns,
                    "synced_ns": track.note.ns(track.writer.synced_ticks),
                    "cause": None if track.feed is not None else track.cause,
                }
                for track in self.tracks.values()
            ]
        }


def _fields(note: RecordingNote) -> dict[str, Any]:
    return {name: getattr(note, name) for name in RecordingNote.__slots__}
