"""The recorder's process: a room for each recording that the database wants, lines to the relays, and time going on.

What it answers on the bus: recorder.answers.
"""

import asyncio
import contextlib
import gc
import logging
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec

from media_server.bus import Bus
from recorder import checkpointing
from recorder.answers import Answers
from recorder.book import AWAY, Book
from recorder.checkpointing import Checkpointing
from recorder.closing import Closing
from recorder.disk import Disk
from recorder.errors import SpoolFull
from recorder.hearing import Hearing
from recorder.line import Line
from recorder.notes import Position, RecordingNote
from recorder.room import Room
from recorder.rows import Rows
from recorder.spool import Spool
from storage.clock_watch import ClockWatch
from storage.notary import Notary
from storage.objects import ObjectsConfig

log = logging.getLogger(__name__)

P = ParamSpec("P")

POLL_S = 2.0
TICK_S = 0.2
SYNC_S = 1.0
# A recorder that begins waits so long for its database. One that stands still would say so after 5 to 15 s only.
DATABASE_S = 1.0
STOP_S = 1.5  # for the disk; the hub gives 2 s
# A thread of the disk gives the interpreter away at each call of the kernel's, a dozen a seal, and had to wait Python's
# 5 ms each time that the loop was busy: hundreds of open microphones were more than it could seal.
TURN_S = 0.001
STOOD_STILL_NS = 1_000_000_000  # the whole process, in a write to a slow disk


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
    time_source: str = ""  # an NTP server (storage.clock_watch)
    checkpoint_every_s: float = checkpointing.EVERY_S


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
    """Going through everything that was ever imported, in search of garbage, was a quarter of all we did. And turns are
    short."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    sys.setswitchinterval(TURN_S)


class Recorder:
    def __init__(self, config: RecorderConfig, bus: Bus) -> None:
        self._bus = bus
        self._spool = Spool(config.spool, config.spool_limit_bytes)
        self._disk = Disk()
        self._loop = asyncio.get_running_loop()
        self._rooms: dict[str, Room] = {}  # by recording
        self._notary = Notary(config.key_path, ClockWatch(config.time_source))
        self._rows = Rows(config.database_url, self._notary, self._spool, config.objects)
        self._checkpoint_every_s = config.checkpoint_every_s
        self._hearing = Hearing(self._rooms, time.monotonic_ns, self._time_goes_on)
        self._lines = [Line(path, "recorder", self._hearing, self._hearing.wanted) for path in config.relay_sockets]
        self._hearing.listen(self._lines)
        self._nudge = asyncio.Event()
        self._ending = Closing(self._rows, self._spool, bus)
        self._answers = Answers(
            bus, self._rooms, self._lines, self._rows, self._spool, self._disk, self._ending, self._nudge.set
        )  # fmt: skip
        self._ticked = time.monotonic_ns()
        self._judges_from = 0  # now
        self._looked = False
        self._closing: set[str] = set()
        self._anew: set[str] = set()  # those that begin anew
        self._relay_lives = True
        self._group: asyncio.TaskGroup | None = None
        self._running: set[asyncio.Task[None]] = set()

    def start(self, group: asyncio.TaskGroup) -> None:
        """A job that fails takes the process down, which is then started anew."""
        self._group = group
        jobs = (
            self._poll(),
            self._tick(),
            self._sync(),
            self._answers.tell(),
            self._disk.run(),
            self._notary.clock.keep(),
        )
        for job in (*(line.run() for line in self._lines), *jobs):
            self._spawn(job)

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        assert self._group is not None
        task = self._group.create_task(job)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def serve(self) -> None:
        await self._answers.serve()

    async def cancel(self) -> None:
        """End all jobs; once more those that lost it (a library that waits by asyncio.wait_for may)."""
        self._relay_lives = any(line.connected for line in self._lines)
        while running := list(self._running):
            for task in running:
                task.cancel()
            await asyncio.wait(running, timeout=1.0)

    async def close(self) -> None:
        now = time.monotonic_ns()
        for room in self._rooms.values():
            if room.recording.id in self._anew:  # what it had is on its way to the disk, or its successor's
                continue
            # With the relay alive a restart goes on in the open files; without it they have come to their end.
            room.stop(now, seal=not self._relay_lives)
        if not await self._disk.drain(STOP_S):
            log.warning("the disk is slow: what it has not taken is asked of the relay again")
        self._disk.close()
        await self._rows.close()
        await self._bus.close()

    # What is to be recorded

    async def _take_up(self) -> None:
        """What was recorded goes on by its notes when the database takes its time: the relay remembers 10 s."""
        connecting = asyncio.ensure_future(self._connected())
        try:
            await asyncio.wait((connecting,), timeout=DATABASE_S)
            if not connecting.done() or connecting.result() is None:
                for note in self._spool.recordings():
                    await self._open(note, [])
                    if (book := self._rows.book) is not None:  # it has come meanwhile
                        book.behind.add(note.id)
            await connecting
        finally:
            connecting.cancel()

    async def _poll(self) -> None:
        await self._take_up()
        settled = False
        while True:
            if (book := await self._connected()) is not None:
                await self._look(book)
                if not settled:
                    _settle()
                    settled = True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self._nudge.wait()
            self._nudge.clear()

    async def _connected(self) -> Book | None:
        if self._rows.book is not None:
            return self._rows.book
        book = await self._rows.connect()
        if book is not None:
            assert self._rows.uploads is not None
            book.behind.update(self._rooms)  # opened without it
            self._spawn(self._rows.write(book, self._rows.uploads))
            self._spawn(self._rows.uploads.run())
            self._spawn(self._rows.uploads.free())
            self._spawn(Checkpointing(book.database, self._notary, ("recording",), self._checkpoint_every_s).keep())
        return book

    async def _look(self, book: Book) -> None:
        """Make the rooms what the database says."""
        try:
            recording, closing = await book.desired()
            for note in [*recording, *closing]:
                if note.id not in self._rooms:
                    await self._open(note, await book.positions(note.id))
                    book.behind.add(note.id)
            for note in recording:
                if (room := self._rooms.get(note.id)) is not None and room.recording.pictures != note.pictures:
                    self._hearing.keep(room, note.pictures)
            for each in sorted(book.behind):
                if (room := self._rooms.get(each)) is None:
                    book.behind.discard(each)
                else:
                    await book.catch_up(room.recording, lambda each=each: self._spool.left(each)[1])  # type: ignore[misc]
            self._rows.wake()
            now = time.monotonic_ns()
            for note in closing:
                if note.end_ns is not None and note.id in self._rooms:
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
            book.away = True

    async def _open(self, note: RecordingNote, rows: list[Position]) -> None:
        """A disk that refuses is told, and tried again at the next look."""
        now = time.monotonic_ns()
        room = Room(
            note, self._spool, self._from_any_thread(self._rows.take_sealed),
            self._from_any_thread(self._rows.take_filler), self._rows.take_track,
        )  # fmt: skip

        def load() -> None:
            self._spool.note_recording(note)
            room.load(rows, now)

        try:
            await asyncio.to_thread(load)
        except (OSError, SpoolFull) as error:
            log.error("recording %s can't begin: %s", note.id, error)
            self._spool.trouble = error
            return
        self._spool.trouble = None
        room.go_on_by(self._disk)
        self._rooms[note.id] = room
        self._hearing.begin(room, now)
        log.info("recording %s of meeting %s", note.id, note.meeting)

    def _from_any_thread(self, take: Callable[P, None]) -> Callable[P, None]:
        """What a room that is loaded on a thread of its own tells is taken on the loop."""
        ours = threading.get_ident()

        def told(*args: P.args, **kwargs: P.kwargs) -> None:
            if threading.get_ident() == ours:
                take(*args, **kwargs)
            else:
                self._loop.call_soon_threadsafe(partial(take, *args, **kwargs))

        return told

    async def _begin_anew(self, room: Room) -> None:
        """After a disk error. Nothing is given to the room meanwhile; it is asked of the relay again."""
        self._hearing.forget(room)
        room.settle(time.monotonic_ns())
        while room.writing:  # noqa: ASYNC110  # by a disk, on other threads, however long that stands still
            await asyncio.sleep(0.02)
        now = time.monotonic_ns()
        try:
            made = await asyncio.to_thread(room.successor, now)
        except (OSError, SpoolFull) as error:
            room.fails(error, now)
            self._anew.discard(room.recording.id)
            self._hearing.begin(room, now)
            return
        log.warning("recording %s goes on", room.recording.id)
        made.go_on_by(self._disk)
        self._rooms[room.recording.id] = made
        self._anew.discard(room.recording.id)
        self._hearing.begin(made, now)
        if (book := self._rows.book) is not None:
            book.behind.add(room.recording.id)  # whatever was sealed and not told
        self._nudge.set()

    def _drop(self, room: Room) -> None:
        """It is closed."""
        self._rooms.pop(room.recording.id, None)
        self._spool.forget_recording(room.recording.id)
        self._hearing.forget(room)

    # Time

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            if (now := time.monotonic_ns()) - self._ticked > TICK_S * 0.9e9:  # no packets
                self._time_goes_on(now)

    def _time_goes_on(self, now: int) -> None:
        if now - self._ticked > STOOD_STILL_NS:
            self._judges_from = now + STOOD_STILL_NS
        self._ticked = now
        if now < self._judges_from:  # what came meanwhile is read before anything counts as missing
            return
        up = any(line.connected for line in self._lines)
        for room in list(self._rooms.values()):
            if room.recording.id in self._anew:
                continue
            room.tick(now, up)
            if room.begins_anew(now) and room.recording.id not in self._closing:
                self._anew.add(room.recording.id)
                self._spawn(self._begin_anew(room))
        self._hearing.ask(now)
        for room in self._rooms.values():
            if room.recording.id not in self._closing | self._anew and room.flushed(now) and room.finish(now):
                self._closing.add(room.recording.id)
                self._spawn(self._close(room))

    async def _close(self, room: Room) -> None:
        while room.writing:  # noqa: ASYNC110  # see above
            await asyncio.sleep(0.02)
        if not room.whole(time.monotonic_ns()):
            self._closing.discard(room.recording.id)  # it begins anew
            return
        await self._ending.close(room)
        self._drop(room)
        self._closing.discard(room.recording.id)
        await self._ending.tell(room.recording.id)

    async def _sync(self) -> None:
        while True:
            await asyncio.sleep(SYNC_S)
            for room in list(self._rooms.values()):
                if room.recording.id not in self._anew:
                    now = time.monotonic_ns()
                    room.sync(now)
                    room.fill(now)
                await asyncio.sleep(0)  # a meeting of many tracks leaves room for others
