"""One client of the relay on a socket of its own: connectivity checks, DTLS, SRTP both ways.

Arrival is the kernel's time of a datagram (SO_TIMESTAMPNS), turned into CLOCK_MONOTONIC: so latency is what the relay
and the network take, whenever this busy process comes to read it.
"""

import asyncio
import secrets
import socket
import struct
import time
from collections.abc import Callable

from aioice import stun

from media_server.records import Candidate, Ice
from ops.bench.emulator import Conditions, Link
from ops.sender.dtls import HandshakeFailed, Keys, shared_certificate
from ops.sender.path import CHECK_EVERY_S, NoPath, check, new_ice
from ops.sender.session import Answer

CONSENT_EVERY_NS = 2_500_000_000  # as Chromium does; RFC 7675 §5.1 would let it be 5 s
BAD_CHECK_EVERY_S = 0.2  # on a bad line: longer than its round trip
RECEIVE_BYTES = 1024 * 1024  # a key frame is below 150 kB of socket memory; the rest is for a reader that comes late
MAX_DATAGRAM = 2048
MAX_EARLY = 1024
_SO_TIMESTAMPNS = 35  # asm-generic/socket.h
_SO_RCVBUFFORCE = 33
_TIMESPEC = struct.Struct("qq")

Take = Callable[[bytes, int], None]  # plain packet, arrival in ns


def _nothing(_: bytes, __: int) -> None:
    return


class Client:
    def __init__(self, outward: Link | None = None, inward: Link | None = None) -> None:
        self.ice = new_ice()
        self.ssrc = secrets.randbits(31) | 1  # ours, in reports
        self.on_rtp: Take = _nothing
        self.on_rtcp: Take = _nothing
        self.keyed = False
        self.undecrypted = 0
        self._outward, self._inward = outward, inward
        self._keys = Keys(self._send, shared_certificate())
        self.fingerprint = self._keys.local_fingerprint()
        self._socket: socket.socket | None = None
        self._remote: Ice | None = None
        self._tie_breaker = secrets.randbits(64)
        self._asked: dict[bytes, bool] = {}  # transaction → whether it nominates
        self._answered, self._nominated = asyncio.Event(), asyncio.Event()
        self._early: list[tuple[bytes, int]] = []
        self.consent_due = 0

    @property
    def bad_line(self) -> bool:
        return self._outward is not None

    def fileno(self) -> int:
        return -1 if self._socket is None else self._socket.fileno()

    async def connect(self, answer: Answer, limit_s: float) -> None:
        """Raises NoPath or HandshakeFailed. Afterwards whoever owns it calls `read` when datagrams are there."""
        at = next((c for c in answer.candidates if c.transport == "udp"), None)
        if at is None:
            raise NoPath("no UDP candidate")
        self._remote = answer.ice
        self._socket = ours = _open(at)
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, self.read)
        try:
            await self._check(limit_s)
            self.consent_due = time.monotonic_ns() + CONSENT_EVERY_NS
            await self._keys.shake_hands(answer.fingerprint, limit_s)
        finally:
            loop.remove_reader(ours)

    async def _check(self, limit_s: float) -> None:
        """Ask until it is answered, then nominate until that is answered (RFC 8445 §7.2.2, §8.1.1)."""
        try:
            async with asyncio.timeout(limit_s):
                for answered in (self._answered, self._nominated):
                    while not answered.is_set():
                        self.ask()
                        try:
                            async with asyncio.timeout(BAD_CHECK_EVERY_S if self.bad_line else CHECK_EVERY_S):
                                await answered.wait()
                        except TimeoutError:
                            continue
        except TimeoutError as error:
            raise NoPath("no answer to a check") from error

    def ask(self) -> None:
        """A check, which is consent too (RFC 7675)."""
        assert self._remote is not None, "only after the answer"
        nominate = self._answered.is_set()
        message = check(self._remote, self.ice, self._tie_breaker, nominate)
        self._asked[message.transaction_id] = nominate
        while len(self._asked) > 16:
            del self._asked[next(iter(self._asked))]
        self._send(bytes(message))

    def begin(self, on_rtp: Take, on_rtcp: Take) -> None:
        """Keys are agreed and the caller is ready: what came early is given out first."""
        self.on_rtp, self.on_rtcp, self.keyed = on_rtp, on_rtcp, True
        early, self._early = self._early, []
        for datagram, when in early:
            self.take(datagram, when)

    def plain_arrivals(self) -> None:
        """The kernel need no longer note when a datagram came."""
        if self._socket is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 0)

    # -- in

    def read(self) -> None:
        """Everything that is waiting at the socket."""
        ours = self._socket
        if ours is None:
            return
        to_monotonic = time.monotonic_ns() - time.time_ns()
        while True:
            try:
                datagram, notes, _, _ = ours.recvmsg(MAX_DATAGRAM, 64)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # the relay's port is closed: figures will show it
                return
            seconds, rest = _TIMESPEC.unpack(notes[0][2])
            when = seconds * 1_000_000_000 + rest + to_monotonic
            if self._inward is None:
                self.take(datagram, when)
            else:
                self._inward.send(when, datagram)

    def inward_becomes(self, conditions: Conditions) -> None:
        if self._inward is not None:
            self._inward.conditions = conditions

    def pass_on(self, now: int) -> None:
        """With a bad line: what has come through it."""
        if self._outward is not None and self._socket is not None:
            for _, datagram in self._outward.arrived(now):
                self._out(datagram)
        if self._inward is not None:
            for when, datagram in self._inward.arrived(now):
                self.take(datagram, when)

    def take(self, datagram: bytes, when: int) -> None:
        first = datagram[0] if datagram else 255
        if first <= 3:
            self._checked(datagram)
        elif 20 <= first <= 63:  # RFC 7983
            self._keys.receive(datagram)
        elif not self.keyed:
            if len(self._early) < MAX_EARLY:
                self._early.append((datagram, when))
        elif 128 <= first <= 191 and len(datagram) > 8:
            control = 64 <= datagram[1] & 0x7F <= 95  # RFC 5761 §4
            plain = self._keys.unprotect_rtcp(datagram) if control else self._keys.unprotect(datagram)
            if plain is None:
                self.undecrypted += 1
            else:
                (self.on_rtcp if control else self.on_rtp)(plain, when)

    def _checked(self, datagram: bytes) -> None:
        try:
            message = stun.parse_message(datagram)
        except ValueError:
            return
        nominated = self._asked.pop(message.transaction_id, None)
        if nominated is None or message.message_class != stun.Class.RESPONSE:
            return
        (self._nominated if nominated else self._answered).set()

    # -- out

    def send_rtp(self, packet: bytes) -> None:
        self._send(self._keys.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        self._send(self._keys.protect_rtcp(packet))

    def _send(self, datagram: bytes) -> None:
        if self._outward is not None:
            self._outward.send(time.monotonic_ns(), datagram)
        else:
            self._out(datagram)

    def _out(self, datagram: bytes) -> None:
        if self._socket is not None:
            try:
                self._socket.send(datagram)
            except OSError:  # full or closed: a datagram may be lost, and the figures show it
                return

    async def close(self) -> None:
        await self._keys.close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _open(at: Candidate) -> socket.socket:
    ours = socket.socket(socket.AF_INET6 if ":" in at.address else socket.AF_INET, socket.SOCK_DGRAM)
    ours.setblocking(False)
    ours.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    try:
        ours.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVE_BYTES)
    except OSError:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    ours.connect((at.address, at.port))
    return ours


__all__ = ["CONSENT_EVERY_NS", "Client", "HandshakeFailed", "NoPath"]
