"""A bad line between clients and the relay: UDP forwarded with random loss and a delay, by a seed."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from typing import cast


class _End(asyncio.DatagramProtocol):
    def __init__(self, take) -> None:
        self.take = take
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr) -> None:
        self.take(data, addr)


class BadLine:
    def __init__(self, port: int, loss: float, delay_s: float, seed: int) -> None:
        self._target = ("127.0.0.1", port)
        self.loss, self._delay_s, self._random = loss, delay_s, random.Random(seed)
        self._ends: dict[tuple[str, int], asyncio.Future[_End]] = {}
        self.port = 0
        self.lost = 0
        self._near: _End | None = None

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator["BadLine"]:
        loop = asyncio.get_running_loop()
        _, self._near = await loop.create_datagram_endpoint(lambda: _End(self._up), local_addr=("127.0.0.1", 0))
        self.port = self._near.transport.get_extra_info("sockname")[1]
        try:
            yield self
        finally:
            self._near.transport.close()
            for end in self._ends.values():
                if end.done():
                    end.result().transport.close()

    def _later(self, send, data: bytes) -> None:
        if data[0] > 127 and self._random.random() < self.loss:  # media; checks and handshakes come through
            self.lost += 1
        else:
            asyncio.get_running_loop().call_later(self._delay_s, send, data)

    def _up(self, data: bytes, client: tuple[str, int]) -> None:
        end = self._ends.get(client)
        if end is None:
            end = self._ends[client] = asyncio.ensure_future(self._far_end(client))
        end.add_done_callback(lambda done: self._later(done.result().transport.sendto, data))

    async def _far_end(self, client: tuple[str, int]) -> _End:
        def down(data: bytes, _) -> None:
            self._later(lambda late: self._near.transport.sendto(late, client), data)

        loop = asyncio.get_running_loop()
        _, end = await loop.create_datagram_endpoint(lambda: _End(down), remote_addr=self._target)
        return end
