"""The relay's sockets: UDP and TCP (RFC 4571, ICE-TCP passive: RFC 6544) on one fixed port of each announced address.

One socket for each address, because an answer must leave from the address that was asked (MEDIA.md).
"""

import asyncio
import contextlib
import errno
import logging
import select
import socket
import time
from collections.abc import Callable
from typing import NamedTuple

from media_server.engine.drops import DropReason, Drops
from media_server.engine.framing import Framing, FramingError, frame
from media_server.engine.outputs import Path
from media_server.records import Candidate

BUFFER_BYTES = 8 * 1024 * 1024  # a key frame to 400 viewers is 20 MB within some milliseconds
READ_BATCH = 64  # datagrams taken at one wake-up, so that timers and TCP get their turn
MAX_DATAGRAM = 2_048
BLOCKED_WAIT_S = 0.002
BLOCKED_PAUSE_S = 0.010  # after a wait in vain nobody waits for so long
TCP_BUFFER_BYTES = 512 * 1024  # 2 s of picture at 2 Mbit/s; a slower line loses pictures, not time
TCP_UNKNOWN_S = 5.0
MAX_TCP = 2_000

log = logging.getLogger(__name__)

Deliver = Callable[[list[tuple[Path, bytes]]], None]


class UdpPath(NamedTuple):
    socket: "UdpSocket"
    address: tuple[str, int]

    def send(self, data: bytes) -> bool:
        return self.socket.send(data, self.address)


class UdpSocket:
    def __init__(self, address: str, port: int, deliver: Deliver, drops: Drops) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self.address = address
        self._deliver = deliver
        self._drops = drops
        self._no_wait_until = 0.0
        try:
            self._socket.bind((address, port))
        except OSError:
            self._socket.close()
            raise
        for name, force in (("SO_SNDBUF", 32), ("SO_RCVBUF", 33)):  # SO_SNDBUFFORCE, SO_RCVBUFFORCE: socket(7)
            option = getattr(socket, name)
            try:
                self._socket.setsockopt(socket.SOL_SOCKET, force, BUFFER_BYTES)
            except OSError:
                self._socket.setsockopt(socket.SOL_SOCKET, option, BUFFER_BYTES)
            if self._socket.getsockopt(socket.SOL_SOCKET, option) < BUFFER_BYTES:
                log.warning("%s: %s is clamped; see sysctl net.core.wmem_max and rmem_max", address, name)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def fileno(self) -> int:
        return self._socket.fileno()

    def start(self) -> None:
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def _read(self) -> None:
        arrived: list[tuple[Path, bytes]] = []
        for _ in range(READ_BATCH):
            try:
                data, address = self._socket.recvfrom(MAX_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:  # an ICMP error of an earlier datagram: the next ones are none the worse
                continue
            arrived.append((UdpPath(self, address[:2]), data))
        if arrived:
            self._deliver(arrived)

    def send(self, data: bytes, address: tuple[str, int]) -> bool:
        try:
            self._socket.sendto(data, address)
        except (BlockingIOError, InterruptedError):
            return self._send_late(data, address)
        except OSError:
            self._drops.add(DropReason.SEND_FAILED)
        return True

    def _send_late(self, data: bytes, address: tuple[str, int]) -> bool:
        if time.monotonic() < self._no_wait_until:
            return False
        select.select([], [self._socket], [], BLOCKED_WAIT_S)
        try:
            self._socket.sendto(data, address)
        except OSError:
            self._no_wait_until = time.monotonic() + BLOCKED_PAUSE_S
            return False
        return True

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()


class TcpConnection(asyncio.Protocol):
    """A client's connection, which is a path by itself."""

    def __init__(self, owner: "MediaTransport") -> None:
        self._owner = owner
        self._framing = Framing()
        self._transport: asyncio.Transport | None = None
        self.address: tuple[str, int] = ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.address = transport.get_extra_info("peername")[:2]
        self._owner.tcp_came(self)

    def data_received(self, data: bytes) -> None:
        try:
            packets = self._framing.feed(data)
        except FramingError:
            self._owner.drops.add(DropReason.TCP_FRAMING)
            self.close()
            return
        self._owner.deliver([(self, packet) for packet in packets])

    def connection_lost(self, exc: Exception | None) -> None:
        self._owner.tcp_went(self)

    def send(self, data: bytes) -> bool:
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        if transport.get_write_buffer_size() > TCP_BUFFER_BYTES:
            return False
        transport.write(frame(data))
        return True

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()


class MediaTransport:
    """All sockets together. `deliver` takes what arrived; `lost` hears of connections that ended; `knows` says
    whether a session has shown itself on a path."""

    def __init__(
        self, deliver: Deliver, lost: Callable[[Path], None], knows: Callable[[Path], bool], drops: Drops
    ) -> None:
        self.deliver = deliver
        self.drops = drops
        self.candidates: list[Candidate] = []
        self._lost = lost
        self._knows = knows
        self._udp: list[UdpSocket] = []
        self._servers: list[asyncio.Server] = []
        self._connections: set[TcpConnection] = set()
        self._timers: dict[TcpConnection, asyncio.TimerHandle] = {}

    async def open(self, addresses: tuple[str, ...], port: int) -> None:
        """Raises OSError when the port cannot be had; port 0 takes one that is free everywhere.

        An address that the machine has lost since is left out, as long as there is another: a cable that was pulled
        may not keep the relay from starting again.
        """
        for attempt in range(10):
            try:
                await self._open(addresses, port)
                break
            except OSError:
                await self.close()
                if port or attempt == 9:
                    raise
        for udp in self._udp:
            udp.start()
        for transport in ("udp", "tcp"):  # UDP before TCP
            self.candidates += [Candidate(address=u.address, port=u.port, transport=transport) for u in self._udp]

    async def _open(self, addresses: tuple[str, ...], port: int) -> None:
        loop = asyncio.get_running_loop()
        for address in addresses:
            try:
                udp = UdpSocket(address, port, self.deliver, self.drops)
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL or (address == addresses[-1] and not self._udp):
                    raise
                log.warning("%s: this machine has no such address any more", address)
                continue
            self._udp.append(udp)
            port = udp.port
            self._servers.append(await loop.create_server(lambda: TcpConnection(self), address, port, backlog=256))

    def tcp_came(self, connection: TcpConnection) -> None:
        if len(self._connections) >= MAX_TCP:
            self.drops.add(DropReason.RELAY_FULL)
            # Of those who have shown no session the first goes, so that strangers take nobody's place.
            stranger = next((known for known in self._timers if not self._knows(known)), connection)
            stranger.close()
            if stranger is connection:
                return
            self._forget(stranger)
        self._connections.add(connection)
        loop = asyncio.get_running_loop()
        self._timers[connection] = loop.call_later(TCP_UNKNOWN_S, self._show_yourself, connection)

    def _show_yourself(self, connection: TcpConnection) -> None:
        self._timers.pop(connection, None)
        if not self._knows(connection):
            self.drops.add(DropReason.TCP_UNKNOWN)
            connection.close()

    def tcp_went(self, connection: TcpConnection) -> None:
        self._forget(connection)
        self._lost(connection)

    def _forget(self, connection: TcpConnection) -> None:
        self._connections.discard(connection)
        timer = self._timers.pop(connection, None)
        if timer is not None:
            timer.cancel()

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        for connection in list(self._connections):
            connection.close()
        for udp in self._udp:
            udp.close()
        for timer in self._timers.values():
            timer.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await asyncio.gather(*(server.wait_closed() for server in self._servers))
        self._servers, self._udp, self._timers = [], [], {}
