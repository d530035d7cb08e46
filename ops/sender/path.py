"""The way to an ice-lite relay: a connected UDP socket to the first of its candidates that answers a check.

A full ICE agent isn't needed towards an ice-lite side with host candidates (RFC 8445 §2.5): the checks, nomination of
the first that is answered and of no other (§8.1.1: the relay follows whatever was nominated last), and consent (RFC
7675) are all there is. The socket is connected, so that a relay that died is noticed by the kernel's "port
unreachable" at once.
"""

import asyncio
import contextlib
import secrets
import socket
import string
import time
from collections.abc import Callable
from typing import cast

from aioice import stun

from media_server.records import Candidate, Ice

CHECK_EVERY_S = 0.05
CONSENT_EVERY_S = 4.0  # RFC 7675 §5.1: 5 s, ± 20%
SO_RCVBUFFORCE = 33  # socket(7)
RECEIVE_BYTES = 2 * 1024 * 1024  # 2 s of several pictures, while many viewers share one process
_ALPHABET = string.ascii_letters + string.digits


class NoPath(Exception):
    """None of the relay's UDP candidates answered."""


def new_ice() -> Ice:
    def word(length: int) -> str:
        return "".join(secrets.choice(_ALPHABET) for _ in range(length))

    return Ice(ufrag=word(8), pwd=word(24))


def check(remote: Ice, local: Ice, tie_breaker: int, nominate: bool) -> stun.Message:
    """A binding request with its integrity (RFC 8445 §7.2.2)."""
    message = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{remote.ufrag}:{local.ufrag}"
    message.attributes["PRIORITY"] = 1853824767
    message.attributes["ICE-CONTROLLING"] = tie_breaker
    if nominate:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(remote.pwd.encode())
    return message


class _Check(asyncio.DatagramProtocol):
    def __init__(self, path: "Path") -> None:
        self._path = path
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Until Python 3.12 asyncio's own datagram transport isn't an instance of its abstract class.
        self.transport = cast(asyncio.DatagramTransport, transport)
        ours = transport.get_extra_info("socket")
        for option in (
            SO_RCVBUFFORCE,
            socket.SO_RCVBUF,
        ):  # FORCE where we may, else what is allowed
            with contextlib.suppress(OSError):
                ours.setsockopt(socket.SOL_SOCKET, option, RECEIVE_BYTES)
                break

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._path.take(self, data)

    def error_received(self, exc: Exception) -> None:
        self._path.fail(self, exc)


class Path:
    """Datagrams to and from the relay; `receive` gets every one that isn't STUN."""

    def __init__(self, local: Ice, receive: Callable[[bytes], None]) -> None:
        self.local = local
        self._receive = receive
        self._remote: Ice | None = None
        self._checks: list[_Check] = []
        self._chosen: _Check | None = None
        self._nominated = asyncio.Event()
        self._consent: asyncio.Task[None] | None = None
        self._tie_breaker = secrets.randbits(64)
        self._transactions: dict[bytes, bool] = {}
        self.heard = time.monotonic()  # last datagram from the relay
        self.refused = False  # the kernel said that nobody listens there any more

    async def open(self, remote: Ice, candidates: list[Candidate], limit_s: float) -> None:
        self._remote = remote
        loop = asyncio.get_running_loop()
        for candidate in candidates:
            if candidate.transport != "udp":
                continue
            try:
                _, check = await loop.create_datagram_endpoint(
                    lambda: _Check(self), remote_addr=(candidate.address, candidate.port)
                )
            except OSError:
                continue  # an address of a family or network that this machine has no route to
            self._checks.append(check)
        try:
            async with asyncio.timeout(limit_s):
                while not self._nominated.is_set():
                    for check in self._checks:
                        self._ask(check)
                    try:
                        async with asyncio.timeout(CHECK_EVERY_S):
                            await self._nominated.wait()
                    except TimeoutError:
                        continue
        except TimeoutError as error:
            await self.close()
            raise NoPath(", ".join(f"{c.address}:{c.port}" for c in candidates) or "no candidates") from error
        for check in self._checks:
            if check is not self._chosen and check.transport is not None:
                check.transport.close()
        self._consent = asyncio.create_task(self._keep_consent())

    async def _keep_consent(self) -> None:
        while True:
            await asyncio.sleep(CONSENT_EVERY_S)
            if self._chosen is not None:
                self._ask(self._chosen)

    def _ask(self, at: _Check) -> None:
        """A plain check, or on the chosen way the nomination."""
        if self._remote is None or at.transport is None or at.transport.is_closing():
            return
        nominate = at is self._chosen
        if self._chosen is not None and not nominate:
            return
        message = check(self._remote, self.local, self._tie_breaker, nominate)
        self._transactions[message.transaction_id] = nominate
        while len(self._transactions) > 256:
            del self._transactions[next(iter(self._transactions))]
        at.transport.sendto(bytes(message))

    def take(self, check: _Check, data: bytes) -> None:
        if not data:
            return
        if data[0] > 3:
            if check is self._chosen:
                self.heard = time.monotonic()
                self._receive(data)
            return
        try:
            message = stun.parse_message(data)
        except ValueError:
            return
        if message.message_class != stun.Class.RESPONSE or message.transaction_id not in self._transactions:
            return
        nominated = self._transactions.pop(message.transaction_id)
        self.heard = time.monotonic()
        if self._chosen is None:
            self._chosen = check
            self._ask(check)
        elif nominated:
            self._nominated.set()

    def fail(self, check: _Check, _: Exception) -> None:
        if check is self._chosen:
            self.refused = True

    def send(self, datagram: bytes) -> None:
        if self._chosen is not None and self._chosen.transport is not None:
            self._chosen.transport.sendto(datagram)

    async def close(self) -> None:
        if self._consent is not None:
            self._consent.cancel()
            await asyncio.wait([self._consent])
            self._consent = None
        for check in self._checks:
            if check.transport is not None:
                check.transport.close()
        self._checks.clear()
        self._chosen = None
        await asyncio.sleep(0)  # the loop closes the sockets in its next turn
