"""What datagrams of strangers cost: each kind that may come to the port without keys, and the time that it takes.

    python -m tests.relay.strangers

Printed, never asserted: µs of CPU for each, in the engine alone and with its reading from the socket.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path as Folder
from random import Random
from tempfile import TemporaryDirectory

import pylibsrtp
from aioice import stun

from media_server import srtp
from media_server.dtls import MAX_WAITING, Certificate, DtlsPeer
from media_server.engine import rtp
from media_server.engine.drops import DropReason, Drops
from media_server.engine.outputs import Path
from media_server.engine.relay import EngineSettings, Relay
from media_server.engine.session import HANDSHAKES_PER_SECOND
from media_server.records import Fingerprint, Ice, SessionRequest
from media_server.transport import READ_BATCH, UdpSocket
from tests.relay.client import publisher_lines
from tests.relay.weak import check

_KEY = bytes(range(30))


class Address:
    """Where a datagram comes from."""

    def __init__(self, port: int) -> None:
        self.address = ("192.0.2.7", port)

    def send(self, data: bytes) -> bool:
        return True


class Guarded:
    """A relay with one client, whose way, credentials and keys strangers may aim at, and one that shakes hands."""

    def __init__(self) -> None:
        self.relay = Relay(EngineSettings("epoch", 0), Random(1))
        self.ice, self.way, self.check = self._client("p")
        _, self.shaking, _ = self._client("q")
        inbound = pylibsrtp.Policy(key=_KEY, ssrc_type=pylibsrtp.Policy.SSRC_ANY_INBOUND)
        outbound = pylibsrtp.Policy(key=_KEY, ssrc_type=pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        inbound.window_size = outbound.window_size = 1_024
        self.relay.keys(0, "p", srtp.inbound(pylibsrtp.Session(inbound)), pylibsrtp.Session(outbound))
        self.tx = pylibsrtp.Session(outbound)
        self.relay.drain()

    def _client(self, name: str) -> tuple[Ice, "Address", bytes]:
        request = SessionRequest(
            session=name, room="m", publisher=f"{name}.device", mode="whip", ice=Ice(ufrag="abcd", pwd="p" * 24),
            fingerprint=Fingerprint(algorithm="sha-256", value="00"), setup="actpass", media=publisher_lines(),
        )  # fmt: skip
        ice, _ = self.relay.open(0, request)
        way, first = Address(1), check(ice)
        self.relay.datagram(0, way, first)
        return ice, way, first

    def protected(self, sequence: int = 1) -> bytes:
        return self.tx.protect(rtp.build(102, sequence, 0, 1111, bytes(900)))


def named(ufrag: str, password: str) -> bytes:
    """A check as a browser's, of whoever."""
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": f"{ufrag}:abcd"})
    message.attributes |= {"PRIORITY": 1, "ICE-CONTROLLING": 1, "USE-CANDIDATE": None}
    message.add_message_integrity(password.encode())
    return bytes(message)


Kind = tuple[str, DropReason, Callable[[int], tuple[Path, bytes]]]


def kinds(guarded: Guarded) -> Iterator[Kind]:
    """Name, the drop that each must be counted as, and the n-th datagram of it: each from another address."""
    good = guarded.protected(7)
    guarded.relay.datagram(1, guarded.way, good)
    noise = os.urandom(1_200)
    record = b"\x17\xfe\xfd\0\1" + noise[:200]
    for _ in range(HANDSHAKES_PER_SECOND):  # what is let through in a second
        guarded.relay.datagram(1, guarded.way, record)
        guarded.relay.datagram(1, guarded.shaking, record)
        guarded.relay.datagram(1, Address(9), guarded.check)
    guarded.relay.drain()

    def of(first: int, size: int = 1_200) -> Callable[[int], tuple[Path, bytes]]:
        return lambda n: (Address(n), bytes((first,)) + n.to_bytes(4, "big") + noise[: size - 5])

    yield "nothing of ours", DropReason.NOT_OURS, of(0xFF)
    yield "torn check", DropReason.BAD_STUN, of(0, 64)
    yield "check that names nobody here", DropReason.UNKNOWN_UFRAG, _checks(lambda n: f"{n:012x}")
    yield "check with a wrong password", DropReason.BAD_INTEGRITY, _checks(lambda _: guarded.ice.ufrag)
    yield "DTLS of nobody", DropReason.UNKNOWN_ADDRESS, of(22)
    yield "RTP of nobody", DropReason.UNKNOWN_ADDRESS, of(0x80)
    yield "forged RTP from a client's address", DropReason.SRTP_REFUSED, lambda n: (
        guarded.way, rtp.build(102, 8 + n % 500, 0, 1111, noise[:900])
    )  # fmt: skip
    yield (
        "wrong password from a client's address",
        DropReason.BAD_INTEGRITY,
        _checks(lambda _: guarded.ice.ufrag, guarded.way),
    )
    yield "client's check, replayed", DropReason.FLOOD, lambda n: (Address(n), guarded.check)
    yield "DTLS from a client's address", DropReason.FLOOD, lambda _: (guarded.way, record)
    yield "DTLS from who shakes hands, beyond his rate", DropReason.FLOOD, lambda _: (guarded.shaking, record)
    yield "replayed RTP from a client's address", DropReason.SRTP_REPLAYED, lambda _: (guarded.way, good)


def _checks(ufrag: Callable[[int], str], way: Path | None = None) -> Callable[[int], tuple[Path, bytes]]:
    ready = [named(ufrag(n), "w" * 32) for n in range(64)]
    return lambda n: (way or Address(n), ready[n % 64])


def measure(count: int = 50_000) -> None:
    for name, reason, make in kinds(Guarded()):
        guarded = Guarded()
        relay = guarded.relay
        make = next(each[2] for each in kinds(guarded) if each[0] == name)
        datagrams = [make(n) for n in range(1_000)]
        before = relay.drops[reason]
        began = time.process_time_ns()
        for n in range(count):
            path, data = datagrams[n % 1_000]
            relay.datagram(2, path, data)
        took = time.process_time_ns() - began
        relay.drain()
        dropped = relay.drops[reason] - before
        print(f"{name:44} {took / count / 1_000:6.2f} µs   counted {dropped} of {count} as {reason.value}")
    shaking = asyncio.run(_shaking_hands(count // 5))
    read = f"OpenSSL's, as it may be his: {HANDSHAKES_PER_SECOND} a second"
    print(f"{'DTLS from who shakes hands, within his rate':44} {shaking:6.2f} µs   ({read})")
    print(f"{'reading from the socket':44} {asyncio.run(_reading(count)):6.2f} µs   (each of the above, besides)")


async def _shaking_hands(count: int) -> float:
    """What a forged record costs OpenSSL while a client's handshake is under way, in which any may be his."""
    with TemporaryDirectory() as folder:
        certificate = Certificate.load_or_create(Folder(folder))
    peer = DtlsPeer(certificate, certificate.fingerprint, lambda _: None)
    handshake = asyncio.ensure_future(peer.handshake())
    records = [b"\x16\xfe\xfd\0\1" + n.to_bytes(6, "big") + b"\0\xc8" + os.urandom(200) for n in range(MAX_WAITING)]
    began = time.process_time_ns()
    for _ in range(count // MAX_WAITING):
        for record in records:
            peer.receive(record)
        await asyncio.sleep(0.02)  # costs no CPU: they are taken meanwhile
    took = time.process_time_ns() - began
    handshake.cancel()
    await asyncio.gather(handshake, return_exceptions=True)
    return took / (count // MAX_WAITING * MAX_WAITING) / 1_000


async def _reading(count: int) -> float:
    taken = 0

    def deliver(arrived: list[tuple[Path, bytes]]) -> None:
        nonlocal taken
        taken += len(arrived)

    here = UdpSocket("127.0.0.1", 0, deliver, Drops())
    there = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    there.connect(("127.0.0.1", here.port))
    took = 0
    data = bytes((0xFF,)) * 200
    here.start()
    asyncio.get_running_loop().remove_reader(here._socket)
    while taken < count:
        for _ in range(READ_BATCH):
            there.send(data)
        began = time.process_time_ns()
        here._read()
        took += time.process_time_ns() - began
    here.close()
    there.close()
    return took / taken / 1_000


if __name__ == "__main__":
    measure()
