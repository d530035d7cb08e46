"""A door before a real server that can misbehave as networks and broken servers do: a TCP proxy on loopback."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Literal

Mode = Literal["pass", "away", "500", "timeout", "truncate"]
MODES: tuple[Mode, ...] = ("pass", "away", "500", "timeout", "truncate")

# Of each connection, and of each direction, so much goes through before it is cut off: past the head of a message, and
# in the middle of a segment.
TRUNCATED_BYTES = 20_000
CHUNK_BYTES = 64 * 1024
REFUSAL = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>InternalError</Code><Message>broken</Message></Error>'


class Proxy:
    """`connections` counts what came while it misbehaved; `put` is called when an upload begins to pass."""

    def __init__(self, upstream: str, put: Callable[[], None] = lambda: None) -> None:
        self.host, _, port = upstream.rpartition(":")
        self.port = int(port)
        self.put = put
        self.mode: Mode = "pass"
        self.connections = 0
        self._socket: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    def listen(self) -> str:
        """Its own address; who comes before `start` waits."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        return f"127.0.0.1:{self._socket.getsockname()[1]}"

    async def start(self) -> None:
        assert self._socket is not None
        self._server = await asyncio.start_server(self._come, sock=self._socket)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        self.become("away")
        await asyncio.gather(*self._open, return_exceptions=True)

    def become(self, mode: Mode) -> None:
        """From now on so; what is under way is cut off."""
        self.mode = mode
        for task in self._open:
            task.cancel()

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            self._open.discard(task)
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode != "pass":
            self.connections += 1
        if self.mode == "away":
            return
        if self.mode == "timeout":
            while await reader.read(CHUNK_BYTES):
                pass
            return
        if self.mode == "500":
            await self._refuse(reader, writer)
            return
        limit = TRUNCATED_BYTES if self.mode == "truncate" else None
        up_reader, up_writer = await asyncio.open_connection(self.host, self.port)
        try:
            there = asyncio.create_task(self._copy(reader, up_writer, limit, self.put))
            back = asyncio.create_task(self._copy(up_reader, writer, limit, lambda: None))
            try:
                await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in (there, back):
                    each.cancel()
                await asyncio.gather(there, back, return_exceptions=True)
        finally:
            up_writer.transport.abort()

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None, put: Callable[[], None]
    ) -> None:
        passed = 0
        while data := await reader.read(CHUNK_BYTES):
            if data.startswith(b"PUT "):
                put()
            if limit is not None and passed + len(data) > limit:
                writer.write(data[: limit - passed])
                with contextlib.suppress(OSError):
                    await writer.drain()
                return
            passed += len(data)
            writer.write(data)
            await writer.drain()

    async def _refuse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Each request is read whole, as a server would, and refused."""
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = 0
            for line in head.split(b"\r\n"):
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            await reader.readexactly(length)
            body = b"" if head.startswith(b"HEAD ") else REFUSAL
            writer.write(
                b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n"
                % len(body) + body
            )  # fmt: skip
            await writer.drain()
