"""What the relays tell (recorder.line.Hearer), given to the rooms that it is meant for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from media_server import wire
from media_server.records import Pictures, SourceNote
from recorder.feed import Feed
from recorder.line import Line
from recorder.room import Room


class Hearing:
    def __init__(
        self, rooms: Mapping[str, Room], clock: Callable[[], int], time_goes_on: Callable[[int], None]
    ) -> None:
        """`rooms` by recording; whoever calls this opens and drops them. `clock` gives `now`; `time_goes_on` is called
        with it whenever what came so far was given out."""
        self._rooms = rooms
        self._clock = clock
        self._time_goes_on = time_goes_on
        self._lines: list[Line] = []
        self._handles: dict[tuple[Line, int], tuple[Room, Feed]] = {}
        self._epochs: dict[Line, str] = {}
        # Recordings whose rooms begin anew. What such a room were told it would write beside its successor, which takes
        # up the same files: a file that was sealed would be written to. The successor asks for all of it again.
        self._deaf: set[str] = set()

    def listen(self, lines: list[Line]) -> None:
        self._lines = lines

    def wanted(self, meeting: str, epoch: str) -> dict[str, Any]:
        """Of each of a meeting's sources the index up to which it is taken, and which pictures (wire S)."""
        after: dict[str, int] = {}
        pictures = "shown"
        for room in self._rooms.values():
            if room.recording.meeting == meeting:
                after |= room.after(epoch)
                if room.recording.pictures == "all":
                    pictures = "all"
        return {"after": after, "pictures": pictures}

    def begin(self, room: Room, now: int) -> None:
        """It was opened, or goes on."""
        self._deaf.discard(room.recording.id)
        for line in self._lines:
            if line.epoch is not None and line.connected:
                self._other_life(room, line.epoch, now)
            line.subscribe(room.recording.meeting)

    def keep(self, room: Room, pictures: Pictures) -> None:
        """Which of its pictures are kept has changed."""
        room.keep(pictures)
        for line in self._lines:
            line.want(room.recording.meeting)

    def forget(self, room: Room) -> None:
        """It was dropped, or begins anew: it is told nothing until its successor begins."""
        if self._rooms.get(room.recording.id) is room:
            self._deaf.add(room.recording.id)
        self._handles = {key: value for key, value in self._handles.items() if value[0] is not room}
        if all(other.recording.meeting != room.recording.meeting for other in self._rooms.values()):
            for line in self._lines:
                line.unsubscribe(room.recording.meeting)

    def ask(self, now: int) -> None:
        """The relays for key frames and lost packets that are due."""
        for (line, _), (_, feed) in self._handles.items():
            if feed.wants_key(now):
                line.ask_key(feed.source.id)
            if (hole := feed.missing(now)) is not None:
                line.ask_missing(feed.source.id, hole.first, hole.last)

    def up(self, line: Line, epoch: str) -> None:
        now = self._clock()
        before = self._epochs.get(line)
        self._epochs[line] = epoch
        for room in self._rooms.values():
            if room.recording.id in self._deaf:
                continue
            if before is not None and before != epoch:
                room.relay_died(before, now)
            self._other_life(room, epoch, now)

    def _other_life(self, room: Room, epoch: str, now: int) -> None:
        """With one relay, files that were taken up from another life of it can't go on."""
        if len(self._lines) == 1:
            for old in room.epochs() - {epoch}:
                room.relay_died(old, now)

    def down(self, line: Line) -> None:
        self._handles = {key: value for key, value in self._handles.items() if key[0] is not line}

    def heard_all(self, now: int) -> None:
        self._time_goes_on(now)

    def packets(self, line: Line, handle: int, run: Sequence[wire.Arrived], now: int) -> None:
        if (found := self._handles.get((line, handle))) is not None:
            found[0].packets(found[1], run, now)

    def heard(self, line: Line, frame: wire.Frame, now: int) -> None:
        if isinstance(frame, wire.Packet):
            self.packets(line, frame.handle, [(frame.index, frame.arrival_ns, frame.rtp)], now)
        elif isinstance(frame, wire.Report):
            if (found := self._handles.get((line, frame.handle))) is not None:
                found[1].report(frame.ntp, frame.rtp_time)
        elif frame.type == "A":
            self._source(line, frame.body, now)
        elif (found := self._handles.get((line, frame.body.get("handle", -1)))) is not None:
            room, feed = found
            if frame.type == "X":
                room.gone(feed, int(frame.body["last"]), now)
            elif frame.type == "M":
                feed.mute(bool(frame.body["muted"]), str(frame.body["cause"]))
            elif frame.type == "E":
                room.ended(feed, str(frame.body["cause"]), now)
                del self._handles[line, frame.body["handle"]]

    def _source(self, line: Line, body: dict[str, Any], now: int) -> None:
        assert line.epoch is not None
        try:
            note = SourceNote.model_validate(body["source"])
        except ValidationError as error:
            raise wire.WireError(str(error)) from error
        parts = [
            room
            for room in self._rooms.values()
            if room.recording.meeting == note.room and room.recording.id not in self._deaf
        ]
        if not parts:
            return
        # A meeting that was reopened has an earlier part that may still be closing: it takes nothing new.
        room = next((part for part in parts if part.ending_at is None), parts[0])
        feed = room.source(line.epoch, note, int(body["from"]), now, aside=bool(body.get("aside")))
        if feed is not None:
            self._handles[line, int(body["handle"])] = (room, feed)
