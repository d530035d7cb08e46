"""A line to a PostgreSQL's socket that can stand still: nothing is refused or closed, and nothing comes through."""

import asyncio
import contextlib


class Strait:
    def __init__(self, socket: str) -> None:
        self._socket = socket
        self._free = asyncio.Event()
        self._free.set()
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()
        self._forgotten: list[asyncio.StreamWriter] = []
        self._writers: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self.url = ""

    async def start(self, name: str) -> None:
        self._server = await asyncio.start_server(self._come, "127.0.0.1", 0)
        self.url = f"postgresql+asyncpg://postgres@127.0.0.1:{self._server.sockets[0].getsockname()[1]}/{name}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._lines:
            task.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)
        for writer in self._forgotten:
            writer.transport.abort()

    def hold(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    def forget(self) -> None:
        """New lines pass; of those there are the server never hears anything again, not even their end."""
        for task in list(self._lines):
            if task in self._writers:
                self._forgotten.append(self._writers[task])
            task.cancel()
        self.release()

    async def _come(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        try:
            await self._free.wait()
            up_reader, up_writer = await asyncio.open_unix_connection(self._socket)
            self._writers[task] = up_writer
            ways = [asyncio.create_task(self._copy(*each)) for each in ((reader, up_writer), (up_reader, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in ways:
                    each.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                if up_writer not in self._forgotten:
                    up_writer.transport.abort()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._lines.discard(task)
            writer.transport.abort()

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._free.wait()
                writer.write(data)
                await writer.drain()
            await self._free.wait()  # its end, too
