"""An HTTP server of the tests' own that a webhook leads to: it keeps what it gets and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Got:
    target: str
    headers: dict[str, str]  # names in small letters
    body: bytes


@dataclass
class Gateway:
    status: int = 200
    answer: bytes = b"{}"
    hangs: bool = False
    path: str = "/hook"
    got: list[Got] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.path}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Gateway"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.got.append(Got(head[0].split(" ")[1], headers, body))
            if self.hangs:
                await asyncio.sleep(30)
            more = "Location: /elsewhere\r\n" if self.status == 301 else ""
            reply = (
                f"HTTP/1.1 {self.status} so\r\n{more}Content-Length: {len(self.answer)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(reply.encode() + self.answer)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
