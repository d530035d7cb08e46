"""Listeners on the Unix socket (media_server.wire): each is told of the rooms it wants, live and from the history.

The relay never waits for one. A source is first caught up from the history as fast as the listener reads, then
followed live; a listener that lets more than MAX_QUEUED_BYTES pile up is cut off and comes back by index.
"""

import asyncio
import contextlib
import logging
import os
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from media_server import wire
from media_server.engine.drops import DropReason
from media_server.engine.history import Packet
from media_server.engine.outputs import Aside, Ended, Heard, Kept, Muted, Output, Reported, Started
from media_server.engine.relay import Relay
from media_server.engine.source import Source
from media_server.records import Pictures
from media_server.socket_address import address_of
from media_server.tasks import Tasks

CATCH_UP_BYTES = 1024 * 1024  # what catching up may have in flight; the rest of the 8 MiB is for what is live
CATCH_UP_BATCH = 200
STALLED_S = 30.0
HELLO_S = 5.0
MAX_LISTENERS = 16
MAX_ASKED = 500  # packets that one L frame may name

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Feed:
    """How far a listener has been told of a source."""

    source: Source
    handle: int
    cursor: int  # next index to send while it is behind
    behind: bool = True
    end: str | None = None  # cause of the end, told once caught up


class Listener:
    def __init__(self, writer: asyncio.StreamWriter, relay: Relay) -> None:
        self.name = ""
        self.rooms: dict[str, Pictures] = {}
        self._writer = writer
        self._relay = relay
        self._feeds: dict[Source, Feed] = {}
        self._handles = 0
        self._work = asyncio.Event()
        writer.transport.set_write_buffer_limits(high=CATCH_UP_BYTES)

    def send(self, frame: wire.Frame) -> None:
        """Cuts the listener off rather than wait for it."""
        transport = self._writer.transport
        if transport.is_closing():
            return
        if transport.get_write_buffer_size() > wire.MAX_QUEUED_BYTES:
            self._relay.drops.add(DropReason.LISTENER_SLOW)
            log.warning("listener %s is too slow and cut off", self.name)
            transport.abort()
            return
        self._writer.write(wire.encode(frame))

    def want(self, room: str, after: dict[str, int], pictures: Pictures) -> None:
        before, now = self.rooms.get(room), time.monotonic_ns()
        if before == pictures:
            return
        self.rooms[room] = pictures
        self._relay.listen(now, room, True, pictures)
        if before is not None:
            self._relay.listen(now, room, False, before)
        known = self._relay.rooms.get(room)
        if known is None:
            return
        for source in [*known.ended, *known.sources.values()]:
            if self.wants(source):
                self.begin(source, after.get(f"{self._relay.settings.epoch}/{source.note.id}"))
            else:
                self.aside(source)

    def wants(self, source: Source) -> bool:
        pictures = self.rooms.get(source.note.room)
        if pictures == "shown" and source.note.kind == "camera":
            return source.kept_from is not None
        if pictures == "shown" and source.note.kind == "microphone":
            return not source.muted
        return pictures is not None

    def unwant(self, room: str) -> None:
        if room in self.rooms:
            self._relay.listen(time.monotonic_ns(), room, False, self.rooms.pop(room))
        self._feeds = {source: feed for source, feed in self._feeds.items() if source.note.room != room}

    def begin(self, source: Source, after: int | None) -> None:
        if (known := self._feeds.get(source)) is not None:
            if known.end == "aside":  # it was not told yet
                known.end = None
            return
        self._handles += 1
        oldest = max(source.first_index, source.history.floor)
        wanted = source.first_index if after is None else after + 1
        since = source.kept_from if self.rooms[source.note.room] == "shown" else None
        aside = since is not None and wanted < since
        if since is not None:
            wanted = max(wanted, since)
        cursor = max(oldest, wanted)
        feed = self._feeds[source] = Feed(source, self._handles, cursor, end=source.end_cause)
        note = source.note.model_dump()
        self.send(wire.Note("A", {"source": note, "handle": feed.handle, "from": cursor, "aside": aside}))
        if after is not None and wanted < oldest:
            self.send(wire.Note("X", {"handle": feed.handle, "first": wanted, "last": oldest - 1}))
        if source.last_report is not None:
            self._report(feed)
        if source.muted:
            self._muted(feed)
        self._work.set()

    def aside(self, source: Source) -> None:
        feed = self._feeds.get(source)
        if feed is not None and feed.end is None:
            feed.end = "aside"
            if not feed.behind:
                self._end(feed)

    def heard(self, source: Source, packet: Packet) -> None:
        feed = self._feeds.get(source)
        if feed is None:
            return
        if feed.behind:
            if packet.index >= feed.cursor:
                return  # catching up comes past it
        else:
            feed.cursor = max(feed.cursor, packet.index + 1)
        self._packet(feed, packet)

    def told(self, output: Reported | Muted | Ended) -> None:
        feed = self._feeds.get(output.source)
        if feed is None:
            return
        if isinstance(output, Reported):
            self._report(feed)
        elif isinstance(output, Muted):
            self._muted(feed)
        else:
            feed.end = output.cause
            if not feed.behind:
                self._end(feed)

    def _packet(self, feed: Feed, packet: Packet) -> None:
        self.send(wire.Packet(feed.handle, packet.index, packet.arrival, feed.source.bytes_of(packet)))

    def _report(self, feed: Feed) -> None:
        assert feed.source.last_report is not None
        self.send(wire.Report(feed.handle, *feed.source.last_report))

    def _muted(self, feed: Feed) -> None:
        source = feed.source
        body = {
            "handle": feed.handle, "muted": source.muted, "cause": source.mute_cause,
            "monotonic_ns": source.muted_at,
        }  # fmt: skip
        self.send(wire.Note("M", body))

    def _end(self, feed: Feed) -> None:
        at = time.monotonic_ns() if feed.end == "aside" else feed.source.ended_at
        body = {"handle": feed.handle, "cause": feed.end, "monotonic_ns": at}
        self.send(wire.Note("E", body))
        self._feeds.pop(feed.source, None)

    async def catch_up(self) -> None:
        """Runs for as long as the listener does."""
        while True:
            await self._work.wait()
            self._work.clear()
            while True:
                feed = next((feed for feed in self._feeds.values() if feed.behind), None)
                if feed is None:
                    break
                self._catch_up(feed)
                async with asyncio.timeout(STALLED_S):
                    await self._writer.drain()
                await asyncio.sleep(0)  # drain does not give way while the buffer has room

    def _catch_up(self, feed: Feed) -> None:
        history = feed.source.history
        if feed.cursor < history.floor:  # it went while the listener was reading
            body = {"handle": feed.handle, "first": feed.cursor, "last": history.floor - 1}
            self.send(wire.Note("X", body))
            feed.cursor = history.floor
        last = min(feed.cursor + CATCH_UP_BATCH - 1, feed.source.newest)
        for packet in history.between(feed.cursor, last):
            self._packet(feed, packet)
        feed.cursor = last + 1
        if feed.cursor > feed.source.newest:
            feed.behind = False
            if feed.end is not None:
                self._end(feed)

    def asked(self, note: wire.Note) -> None:
        """S, U, K or L; raises WireError at anything else."""
        body = note.body
        try:
            if note.type == "S":
                after = body.get("after") or {}
                indices = {str(name): int(index) for name, index in after.items()}
                self.want(str(body["room"]), indices, "shown" if body.get("pictures") == "shown" else "all")
            elif note.type == "U":
                self.unwant(str(body["room"]))
            elif note.type == "K":
                source = self._relay.source(str(body["source"]))
                if source is not None:
                    source.want_key_frame()
            elif note.type == "L":
                self._missing(str(body["source"]), int(body["from"]), int(body["to"]))
            else:
                raise wire.WireError(f"{note.type} is the relay's to say")
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise wire.WireError(f"{note.type}: {error}") from error

    def _missing(self, name: str, first: int, last: int) -> None:
        source = self._relay.source(name)
        if source is None:
            return
        now = time.monotonic_ns()
        for index in range(max(first, source.history.floor), min(last, source.newest, first + MAX_ASKED) + 1):
            source.wanted(now, index)


class ListenerServer:
    def __init__(self, path: Path, relay: Relay, act: Callable[[], None]) -> None:
        self._path = path
        self._relay = relay
        self._act = act  # to be called after the engine was asked for something
        self._listeners: set[Listener] = set()
        self._tasks = Tasks()
        self._server: asyncio.Server | None = None

    def __len__(self) -> int:
        return len(self._listeners)

    async def open(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            with address_of(self._path) as address:
                self._server = await asyncio.start_unix_server(self._come, path=address)
        finally:
            os.umask(before)

    def tell(self, output: Output) -> None:
        for listener in self._listeners:
            if isinstance(output, Heard):
                listener.heard(output.source, output.packet)
            elif isinstance(output, Started | Kept):
                if listener.wants(output.source):
                    listener.begin(output.source, None)
            elif isinstance(output, Aside):
                if not listener.wants(output.source):
                    listener.aside(output.source)
            elif isinstance(output, Reported | Muted | Ended):
                listener.told(output)
                if isinstance(output, Muted) and listener.wants(output.source):
                    listener.begin(output.source, None)  # it was shut so far

    def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.start(self._serve(reader, writer), "a listener")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listener = Listener(writer, self._relay)
        chaser: asyncio.Task[None] | None = None
        try:
            if not _same_user(writer) or len(self._listeners) >= MAX_LISTENERS:
                return
            async with asyncio.timeout(HELLO_S):
                hello = await wire.read(reader)
            if not isinstance(hello, wire.Note) or hello.type != "H" or hello.body.get("version") != wire.VERSION:
                raise wire.WireError("no greeting of this version")
            listener.name = str(hello.body.get("name", ""))[:100]
            body = {"version": wire.VERSION, "epoch": self._relay.settings.epoch, "monotonic_ns": time.monotonic_ns()}
            listener.send(wire.Note("H", body))
            self._listeners.add(listener)
            log.info("listener %s is here", listener.name)
            chaser = asyncio.create_task(listener.catch_up())
            chaser.add_done_callback(lambda task: self._chased(task, writer))
            while (frame := await wire.read(reader)) is not None:
                if not isinstance(frame, wire.Note):
                    raise wire.WireError("packets come from the relay only")
                listener.asked(frame)
                self._act()
        except (wire.WireError, TimeoutError, ConnectionError) as error:
            log.warning("listener %s: %s", listener.name, error or type(error).__name__)
        finally:
            self._listeners.discard(listener)
            for room in list(listener.rooms):
                listener.unwant(room)
            if chaser is not None:
                chaser.cancel()
            writer.transport.abort()

    def _chased(self, task: asyncio.Task[None], writer: asyncio.StreamWriter) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.warning("a listener is cut off while catching up: %s", type(error).__name__)
            writer.transport.abort()

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._tasks.cancel()
        with contextlib.suppress(OSError):
            self._path.unlink()


def _same_user(writer: asyncio.StreamWriter) -> bool:
    """unix(7), SO_PEERCRED: pid, uid, gid."""
    peer: socket.socket = writer.get_extra_info("socket")
    _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if may_listen(uid):
        return True
    log.warning("a listener of user %d is refused", uid)
    return False


def may_listen(uid: int) -> bool:
    """Ourselves, and root, who can read our memory anyway."""
    return uid in (os.getuid(), 0)
