"""A weak network between real ends: a UDP port that stands in for the relay's, over the emulator's links.

Connectivity checks and DTLS pass unharmed; what the conditions are for is media and their reports.
"""

import asyncio
import contextlib
import re
import socket
import time
from typing import Any

from ops.bench.emulator import Link, Network
from ops.sender.path import RECEIVE_BYTES, SO_RCVBUFFORCE


def _widen(transport: asyncio.BaseTransport) -> None:
    """What is lost is the emulator's word, not the socket's: a cached group of pictures comes all at once."""
    ours = transport.get_extra_info("socket")
    for option in (SO_RCVBUFFORCE, socket.SO_RCVBUF):  # FORCE where we may, else what is allowed
        with contextlib.suppress(OSError):
            ours.setsockopt(socket.SOL_SOCKET, option, RECEIVE_BYTES)
            break


class _Way(asyncio.DatagramProtocol):
    """One client's datagrams, in both directions."""

    def __init__(self, proxy: "LossyPort", client: tuple[str, int], seed: int) -> None:
        self.proxy = proxy
        self.client = client
        self.up = Link(proxy.network.up, 2 * seed)
        self.down = Link(proxy.network.down, 2 * seed + 1)
        self.out: Any = None
        self._timers: dict[Link, asyncio.TimerHandle] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.out = transport
        _widen(transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.carry(self.down, data)

    def carry(self, link: Link, data: bytes) -> None:
        if data[0] < 128:
            self._deliver(link, data)
            return
        link.send(time.monotonic_ns(), data)
        self._wake(link)

    def _wake(self, link: Link) -> None:
        timer = self._timers.pop(link, None)
        if timer is not None:
            timer.cancel()
        if link.next_at is not None:
            wait = max(0, link.next_at - time.monotonic_ns()) / 1e9
            self._timers[link] = asyncio.get_running_loop().call_later(wait, self._due, link)

    def _due(self, link: Link) -> None:
        for _, data in link.arrived(time.monotonic_ns()):
            self._deliver(link, data)
        self._wake(link)

    def _deliver(self, link: Link, data: bytes) -> None:
        if link is self.up:
            self.out.sendto(data)
        else:
            self.proxy.transport.sendto(data, self.client)

    def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self.out.close()


class LossyPort(asyncio.DatagramProtocol):
    """`await LossyPort.open(…)`, then `moved(answer)` gives clients this port in place of the relay's."""

    def __init__(self, network: Network, relay_port: int) -> None:
        self.network = network
        self.transport: Any = None
        self.ways: dict[tuple[str, int], _Way] = {}
        self._relay_port = relay_port
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        port: int = self.transport.get_extra_info("sockname")[1]
        return port

    @property
    def lost(self) -> int:
        return sum(link.counts.lost for way in self.ways.values() for link in (way.up, way.down))

    def becomes(self, network: Network) -> None:
        """From now on, for those who are there too."""
        self.network = network
        for way in self.ways.values():
            way.up.conditions, way.down.conditions = network.up, network.down

    @classmethod
    async def open(cls, network: Network, relay_port: int) -> "LossyPort":
        loop = asyncio.get_running_loop()
        _, port = await loop.create_datagram_endpoint(lambda: cls(network, relay_port), local_addr=("127.0.0.1", 0))
        return port

    def moved(self, answer: str) -> str:
        answer = re.sub(r"a=candidate:\S+ 1 tcp .*\r\n", "", answer)
        return re.sub(r"(a=candidate:\S+ 1 udp \S+ \S+) \d+", rf"\1 {self.port}", answer)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        _widen(transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        way = self.ways.get(addr)
        if way is None:
            task = asyncio.create_task(self._first(data, addr))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            way.carry(way.up, data)

    async def _first(self, data: bytes, addr: Any) -> None:
        loop = asyncio.get_running_loop()
        _, way = await loop.create_datagram_endpoint(
            lambda: _Way(self, addr, len(self.ways) + 1), remote_addr=("127.0.0.1", self._relay_port)
        )
        if addr in self.ways:  # another first one was quicker
            way.close()
            way = self.ways[addr]
        self.ways[addr] = way
        way.carry(way.up, data)

    def close(self) -> None:
        for way in self.ways.values():
            way.close()
        self.transport.close()
