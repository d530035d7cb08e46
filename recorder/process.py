"""The recorder's process: rooms for what the database wants recorded, lines to the relays, rows, uploads, its state.

huilu.recorder.begin   {recording} → {}                 a nudge: what is to be recorded stands in the database
huilu.recorder.finish  {recording} → {closed: bool}     waits at most 10 s for the last seal and the checkpoint
huilu.recorder.state   {} → {well, code, zh, en, spool: {bytes, limit_bytes}, recordings: {id: {tracks: […]}}}
huilu.event.recorder   the same state, published each second
"""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from media_server import wire
from media_server.bus import Answer, Bus, Message, Refused
from media_server.errors import BadMessage
from media_server.records import SourceNote
from recorder import errors, fillers
from recorder.book import AWAY, Book
from recorder.errors import NoSuchRecording, RecorderError
from recorder.feed import Feed
from recorder.jobs import order
from recorder.line import Line
from recorder.notes import RecordingNote, SegmentNote, TrackNote
from recorder.room import Room
from recorder.spool import Spool, sync_files
from recorder.uploads import Uploads
from storage.database import Database
from storage.keys import Signer
from storage.objects import Objects, ObjectsConfig

log = logging.getLogger(__name__)

POLL_S = 2.0
TICK_S = 0.1
SYNC_S = 1.0
ROWS_S = 1.0
FINISH_S = 10.0
# A restart of the relay takes less; what is longer is told to people.
RELAY_AWAY_NS = 3_000_000_000
# A meeting without a living recording is noticed within 5 s (DESIGN §6).
NOTICE_NS = 4_000_000_000
# The chain takes `stored` entries until it is closed; a store that answers has the last segments within this time.
STORED_WAIT_S = 2.5


@dataclass(frozen=True, slots=True)
class RecorderConfig:
    bus_url: str
    bus_token: str | None
    database_url: str
    spool: Path
    spool_limit_bytes: int
    relay_sockets: tuple[Path, ...]
    objects: ObjectsConfig
    key_path: Path


async def run(config: RecorderConfig, stop: asyncio.Event) -> None:
    """Record what is to be recorded until `stop`. Raises what made it impossible; a restart takes up where it was."""
    recorder = Recorder(config, await Bus.connect(config.bus_url, "recorder", config.bus_token))
    try:
        async with asyncio.TaskGroup() as tasks:
            recorder.start(tasks)
            await recorder.serve()
            await stop.wait()
            await recorder.cancel()
    finally:
        await recorder.close()


def _settle() -> None:
    """Going through everything that was ever imported, in search of garbage, was a quarter of all we did."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)


class Recorder:
    def __init__(self, config: RecorderConfig, bus: Bus) -> None:
        self._config = config
        self._bus = bus
        self._spool = Spool(config.spool, config.spool_limit_bytes)
        self._database: Database | None = None
        self._book: Book | None = None
        self._objects = Objects(config.objects)
        self._uploads: Uploads | None = None
        self._rooms: dict[str, Room] = {}  # by recording
        self._lines = [Line(path, "recorder", self, self._after) for path in config.relay_sockets]
        self._handles: dict[tuple[Line, int], tuple[Room, Feed]] = {}
        self._epochs: dict[Line, str] = {}
        self._ticked = 0  # now
        self._looked = False
        self._nudge = asyncio.Event()
        self._rows = asyncio.Event()
        self._closed = asyncio.Condition()
        self._wanted_since: dict[str, int] = {}  # recording → now
        self._early: list[tuple[RecordingNote, SegmentNote]] = []  # sealed before there was a database

        self._closing: set[str] = set()
        self._relay_lives = True
        self._group: asyncio.TaskGroup | None = None
        self._running: set[asyncio.Task[None]] = set()

    def start(self, group: asyncio.TaskGroup) -> None:
        """A job that fails takes the process down, which is then started anew."""
        self._group = group
        for job in (*(line.run() for line in self._lines), self._poll(), self._tick(), self._sync(), self._tell()):
            self._spawn(job)

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        assert self._group is not None
        task = self._group.create_task(job)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def cancel(self) -> None:
        """End all jobs; once more those that lost it (asyncio.wait_for of Python 3.11 does)."""
        self._relay_lives = any(line.connected for line in self._lines)
        while running := list(self._running):
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=1.0)

    async def serve(self) -> None:
        await self._bus.serve("huilu.recorder.begin", _refusing(self._begin))
        await self._bus.serve("huilu.recorder.finish", _refusing(self._finish))
        await self._bus.serve("huilu.recorder.state", self._say_state)
        await self._bus.present("recorder", lambda: {"detail": self.state()["code"] or ""})

    async def close(self) -> None:
        now = time.monotonic_ns()
        for room in self._rooms.values():
            # With the relay alive a restart goes on in the open files; without it they have come to their end.
            room.stop(now, seal=not self._relay_lives)
        if self._book is not None:
            await self._book.work_off()
        await self._objects.close()
        if self._database is not None:
            await self._database.close()
        await self._bus.close()

    # What is to be recorded

    async def _poll(self) -> None:
        for note in self._spool.recordings():
            if not await self._connected():
                self._open(note, [])
        settled = False
        while True:
            if await self._connected():
                await self._look()
                if not settled:
                    _settle()
                    settled = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._nudge.wait(), POLL_S)
            self._nudge.clear()

    async def _connected(self) -> bool:
        if self._book is not None:
            return True
        try:
            self._database = await Database.open(self._config.database_url)
        except AWAY as error:
            log.warning("no database: %s", error)
            return False
        self._book = Book(self._database, Signer.load_or_create(self._config.key_path))
        self._uploads = Uploads(self._book, self._spool, self._objects)
        for early in self._early:
            self._book.add(*early)
        self._early.clear()
        for room in self._rooms.values():  # opened without it
            self._book.behind.add(room.recording.id)
        self._spawn(self._write_rows(self._book))
        self._spawn(self._uploads.run())
        return True

    async def _look(self) -> None:
        """Make the rooms what the database says."""
        assert self._book is not None
        try:
            recording, closing = await self._book.desired()
            for note in [*recording, *closing]:
                if note.id not in self._rooms:
                    self._open(note, await self._book.positions(note.id))
                    self._book.behind.add(note.id)
            for each in sorted(self._book.behind):
                room = self._rooms.get(each)
                if room is not None:
                    _, segments, _ = self._spool.left(each)
                    for segment in await self._book.without_row(segments):
                        self._book.add(room.recording, segment)
                self._book.behind.discard(each)
            self._rows.set()
            now = time.monotonic_ns()
            for note in closing:
                if note.end_ns is not None:
                    self._rooms[note.id].end_at(note.end_ns, now)
            if not self._looked:  # notes of recordings that were closed in another life
                for stale in self._spool.recordings():
                    if stale.id not in self._rooms:
                        self._spool.forget_recording(stale.id)
                self._looked = True
            wanted = {note.id for note in [*recording, *closing]}
            for gone in [each for each in self._rooms if each not in wanted and each not in self._closing]:
                self._drop(self._rooms[gone])
        except AWAY as error:
            log.warning("the database is away: %s", error)
            self._book.away = True

    def _open(self, note: RecordingNote, rows: list[Any]) -> None:
        now = time.monotonic_ns()
        self._spool.note_recording(note)
        room = Room(note, self._spool, self._take_sealed, self._take_filled, self._take_track)
        room.load(rows, now)
        self._rooms[note.id] = room
        self._wanted_since[note.id] = now
        for line in self._lines:
            if line.epoch is not None and line.connected:
                self._other_life(room, line.epoch, now)
            line.subscribe(note.meeting)
        log.info("recording %s of meeting %s", note.id, note.meeting)

    def _drop(self, room: Room) -> None:
        """It is closed."""
        self._rooms.pop(room.recording.id, None)
        self._wanted_since.pop(room.recording.id, None)
        self._spool.forget_recording(room.recording.id)
        self._handles = {key: value for key, value in self._handles.items() if value[0] is not room}
        if all(other.recording.meeting != room.recording.meeting for other in self._rooms.values()):
            for line in self._lines:
                line.unsubscribe(room.recording.meeting)

    # What the relay tells (recorder.line.Hearer)

    def _after(self, meeting: str, epoch: str) -> dict[str, int]:
        after: dict[str, int] = {}
        for room in self._rooms.values():
            if room.recording.meeting == meeting:
                after |= room.after(epoch)
        return after

    def up(self, line: Line, epoch: str) -> None:
        now = time.monotonic_ns()
        before = self._epochs.get(line)
        self._epochs[line] = epoch
        for room in self._rooms.values():
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

    def heard(self, line: Line, frame: wire.Frame, now: int) -> None:
        if isinstance(frame, wire.Packet):
            if (found := self._handles.get((line, frame.handle))) is not None:
                found[0].packet(found[1], frame.index, frame.arrival_ns, frame.rtp, now)
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
        for room in self._rooms.values():
            # A meeting that was reopened has an earlier part that may still be closing: it takes nothing new.
            if room.recording.meeting == note.room and room.ending_at is None:
                feed = room.source(line.epoch, note, int(body["from"]), now)
                if feed is not None:
                    self._handles[line, int(body["handle"])] = (room, feed)
                return
        for room in self._rooms.values():
            if room.recording.meeting == note.room:
                feed = room.source(line.epoch, note, int(body["from"]), now)
                if feed is not None:
                    self._handles[line, int(body["handle"])] = (room, feed)
                return

    # Time

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            if (now := time.monotonic_ns()) - self._ticked > TICK_S * 0.9e9:  # no packets
                self._time_goes_on(now)

    def heard_all(self, now: int) -> None:
        self._time_goes_on(now)

    def _time_goes_on(self, now: int) -> None:
        self._ticked = now
        up = any(line.connected for line in self._lines)
        for room in self._rooms.values():
            room.tick(now, up)
        for (line, _), (_, feed) in self._handles.items():
            if feed.wants_key(now):
                line.ask_key(feed.source.id)
            if (hole := feed.missing(now)) is not None:
                line.ask_missing(feed.source.id, hole.first, hole.last)
        for room in self._rooms.values():
            if room.flushed(now) and room.recording.id not in self._closing:
                self._closing.add(room.recording.id)
                self._spawn(self._close(room, now))

    async def _sync(self) -> None:
        while True:
            await asyncio.sleep(SYNC_S)
            now = time.monotonic_ns()
            rooms = list(self._rooms.values())
            paths = [path for room in rooms for path in room.flush(now)]
            # Beside the event loop: an old disk takes tens of milliseconds.
            for path, error in await asyncio.to_thread(sync_files, paths) if paths else ():
                for room in rooms:
                    room.sync_failed(path, error, now)
            for room in rooms:
                try:
                    room.fill(now)
                except OSError as error:
                    log.error("fillers of %s: %s", room.recording.id, error)

    async def _close(self, room: Room, now: int) -> None:
        """Seal, write rows and the last gaps, close the chain; again and again while the database is away."""
        room.finish(now)
        while True:
            if await self._try_close(room):
                break
            await asyncio.sleep(1.0)
        self._drop(room)
        self._closing.discard(room.recording.id)
        log.info("recording %s is closed", room.recording.id)
        async with self._closed:
            self._closed.notify_all()
        await self._order_poster(room.recording.id)

    async def _try_close(self, room: Room) -> bool:
        book = self._book
        if book is None:
            return False
        try:
            await book.work_off()
            if book.waiting or room.recording.id in book.behind:
                return False
            await self._wait_stored(book, room)
            holes = await book.close(room.recording, room.last_gaps())
            for track, start, end in holes:
                for first, last in fillers.pieces(start, end):
                    book.add_filler(fillers.write(self._spool.folder, track, first, last, room.size_of(track.id)))
            await book.work_off()
        except (*AWAY, OSError) as error:
            log.warning("recording %s is not closed yet: %s", room.recording.id, error)
            return False
        return True

    async def _wait_stored(self, book: Book, room: Room) -> None:
        """Let the last `stored` entries into the chain, but wait for no store that is away."""
        if self._uploads is None:
            return
        until = time.monotonic() + STORED_WAIT_S
        self._uploads.wake()
        while not self._uploads.away and time.monotonic() < until:
            if not await book.missing_in_store(room.recording.id):
                return
            await asyncio.sleep(0.05)

    async def _order_poster(self, recording: str) -> None:
        try:
            await asyncio.wait_for(order(self._bus, {"job": "poster", "recording": recording}), 2.0)
        except Exception as error:  # noqa: BLE001  # a poster is a comfort; the worker makes missing ones by itself
            log.warning("no poster ordered for %s: %s", recording, error or type(error).__name__)

    # Rows

    def _take_sealed(self, recording: RecordingNote, note: SegmentNote) -> None:
        if self._book is None:
            self._early.append((recording, note))
            del self._early[:-1000]  # the sidecars know the others
            return
        self._book.add(recording, note)
        self._rows.set()

    def _take_track(self, recording: RecordingNote, note: TrackNote) -> None:
        if self._book is not None:  # else its first segment brings it
            self._book.add_track(recording, note)
            self._rows.set()

    def _take_filled(self, note: Any) -> None:
        if self._book is not None:
            self._book.add_filler(note)
            self._rows.set()

    async def _write_rows(self, book: Book) -> None:
        while True:
            await self._rows.wait()
            self._rows.clear()
            if await book.work_off() and self._uploads is not None:
                self._uploads.wake()
            # What comes within a second goes in one transaction.
            await asyncio.sleep(ROWS_S)
            if book.waiting:
                self._rows.set()

    # The bus

    async def _begin(self, message: Message) -> Message:
        recording = str(message["recording"])
        self._nudge.set()
        for _ in range(75):  # 1.5 s
            if recording in self._rooms:
                break
            await asyncio.sleep(0.02)
        if recording not in self._rooms and self._book is not None and await self._book.exists(recording) is None:
            raise NoSuchRecording(recording)
        return {}

    async def _finish(self, message: Message) -> Message:
        recording = str(message["recording"])
        self._nudge.set()
        if self._book is None:
            return {"closed": False}
        until = time.monotonic() + FINISH_S
        while time.monotonic() < until:
            state = await self._book.exists(recording)
            if state is None:
                raise NoSuchRecording(recording)
            if state == "closed":
                return {"closed": True}
            async with self._closed:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._closed.wait(), 0.25)
        return {"closed": False}

    def trouble(self) -> RecorderError | None:
        """Why a meeting that is opened now wouldn't be recorded well."""
        now = time.monotonic_ns()
        if self._spool.full:
            return errors.SpoolFull()
        for room in self._rooms.values():
            if isinstance(room.trouble, OSError):
                return errors.DiskError(str(room.trouble))
        if not any(line.connected or now - line.down_since < RELAY_AWAY_NS for line in self._lines):
            return errors.RelayUnreachable()
        if any(room.stuck(now, NOTICE_NS) for room in self._rooms.values()):
            return errors.NotRecording()
        if self._book is not None and self._book.refused & self._rooms.keys():
            return errors.RowRefused()
        return None

    def state(self) -> Message:
        trouble = self.trouble()
        hint: RecorderError | None = trouble
        if hint is None and (self._book is None or self._book.away):
            hint = errors.BehindOnRows()
        elif hint is None and self._uploads is not None and self._uploads.away:
            hint = errors.BehindOnUploads()
        return {
            "well": trouble is None,
            "code": hint.code if hint else None,
            "zh": hint.zh if hint else "",
            "en": hint.en if hint else "",
            "spool": {"bytes": self._spool.bytes, "limit_bytes": self._spool.limit_bytes},
            "waiting": {"rows": self._book.waiting if self._book else len(self._early)},
            "recordings": {each: room.state() for each, room in self._rooms.items()},
        }

    async def _say_state(self, _: Message) -> Message:
        return self.state()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            await self._bus.publish("huilu.event.recorder", self.state())


def _refusing(answer: Answer) -> Answer:
    """Our refusals, as they travel on the bus."""

    async def refuse(message: Message) -> Message:
        try:
            return await answer(message)
        except KeyError as error:
            raise BadMessage(str(error)) from error
        except RecorderError as error:
            raise Refused(
                {
                    "code": error.code, "zh": error.zh, "en": error.en, "status": error.status, "detail": error.detail,
                }
            ) from error  # fmt: skip

    return refuse
