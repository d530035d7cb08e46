"""The line to a relay's Unix socket (media_server.wire): reconnects by itself and tells its listener what comes.

What is asked while the relay is away is asked again at the next connection, with the positions of that moment:
`wanted` gives, for each room, the index after which each source is wanted, and which pictures.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from media_server import wire
from media_server.socket_address import address_of

log = logging.getLogger(__name__)

RECONNECT_S = 0.2
HELLO_S = 5.0
# The relay says nothing for so long only while there is nothing to say; its death closes the socket.
READ_BYTES = 256 * 1024
# A wake-up a packet cost twice as much as all that is done with it: packets gather in the socket for so long. A kill
# loses none of them, because a listener comes back by index.
GATHER_S = 0.2
# When a read gives as much, more is waiting, or will be soon: a unix socket holds about 100 large packets.
MUCH_BYTES = 48 * 1024


class Hearer(Protocol):
    """Whom the line tells; called on the event loop, must not block for long."""

    def up(self, line: "Line", epoch: str) -> None: ...
    def down(self, line: "Line") -> None: ...
    def packets(self, line: "Line", handle: int, run: Sequence[wire.Arrived], now: int) -> None: ...
    def heard(self, line: "Line", frame: wire.Frame, now: int) -> None: ...  # any other
    def heard_all(self, now: int) -> None: ...  # what came so far


class Line:
    def __init__(self, path: Path, name: str, hearer: Hearer, wanted: Callable[[str, str], dict[str, Any]]) -> None:
        self.path = path
        self.epoch: str | None = None
        self.connected = False
        self.connected_at: int | None = None  # now
        self.down_since = time.monotonic_ns()
        self._name = name
        self._hearer = hearer
        self._wanted = wanted
        self._rooms: set[str] = set()
        self._writer: asyncio.StreamWriter | None = None

    async def run(self) -> None:
        """Never ends by itself."""
        while True:
            try:
                await self._once()
            except (OSError, wire.WireError, TimeoutError, ValueError, KeyError) as error:
                log.warning("relay at %s: %s", self.path, error or type(error).__name__)
            finally:
                self._lost()
            await asyncio.sleep(RECONNECT_S)

    async def _once(self) -> None:
        async with asyncio.timeout(HELLO_S):
            with address_of(self.path) as address:
                reader, writer = await asyncio.open_unix_connection(address, limit=wire.MAX_FRAME_BYTES * 4)
        self._writer = writer
        try:
            self._say("H", {"version": wire.VERSION, "name": self._name})
            async with asyncio.timeout(HELLO_S):
                hello = await wire.read(reader)
            if hello is None:
                raise ConnectionError("closed before its hello")
            if not isinstance(hello, wire.Note) or hello.type != "H" or hello.body.get("version") != wire.VERSION:
                raise wire.WireError("no hello of our version")
            self.epoch = str(hello.body["epoch"])
            self.connected, self.connected_at = True, time.monotonic_ns()
            self._hearer.up(self, self.epoch)
            for room in self._rooms:
                self._want(room)
            assert isinstance(writer.transport, asyncio.Transport)
            await self._listen(reader, writer.transport)
        finally:
            writer.close()

    async def _listen(self, reader: asyncio.StreamReader, transport: asyncio.Transport) -> None:
        """Frames out of large reads, with pauses."""
        rest, hearer = b"", self._hearer
        while data := await reader.read(READ_BYTES):
            now = time.monotonic_ns()
            read = rest + data
            at = 0
            while True:
                runs, at = wire.packets(read, at)
                for handle, run in runs.items():
                    hearer.packets(self, handle, run, now)
                if len(read) - at < 4:
                    break
                size = int.from_bytes(read[at : at + 4], "big")
                if not 1 <= size <= wire.MAX_FRAME_BYTES:
                    raise wire.WireError(f"a frame of {size} bytes")
                if len(read) - at - 4 < size:
                    break
                at += 4 + size
                hearer.heard(self, wire.decode(read[at - size : at]), now)
            rest = read[at:]
            self._hearer.heard_all(now)
            if len(data) < MUCH_BYTES:
                transport.pause_reading()
                await asyncio.sleep(GATHER_S)
                transport.resume_reading()

    def _lost(self) -> None:
        self._writer = None
        if self.connected:
            self.connected = False
            self.down_since = time.monotonic_ns()
            self._hearer.down(self)

    def _say(self, kind: str, body: dict[str, Any]) -> None:
        if self._writer is not None and not self._writer.is_closing():
            self._writer.write(wire.encode(wire.Note(kind, body)))

    def _want(self, room: str) -> None:
        assert self.epoch is not None
        self._say("S", {"room": room, **self._wanted(room, self.epoch)})

    def subscribe(self, room: str) -> None:
        """Once more for a room that is subscribed already: its sources are named anew (a meeting's further part)."""
        if self.connected:
            if room in self._rooms:
                self._say("U", {"room": room})
            self._want(room)
        self._rooms.add(room)

    def want(self, room: str) -> None:
        """Other pictures of a room that is subscribed."""
        if self.connected and room in self._rooms:
            self._want(room)

    def unsubscribe(self, room: str) -> None:
        self._rooms.discard(room)
        self._say("U", {"room": room})

    def ask_key(self, source: str) -> None:
        self._say("K", {"source": source})

    def ask_missing(self, source: str, first: int, last: int) -> None:
        self._say("L", {"source": source, "from": first, "to": last})
