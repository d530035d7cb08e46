"""How far a clock is off, asked of an NTP server: one datagram out, one back (SNTP, RFC 4330; RFC 5905 §14).

Our request tells nothing of this machine: its transmit time stamp is a random number, which the answer must repeat
(RFC 4330 §5 asks for that check), and times are taken on the monotonic clock beside the wall clock, so that a clock
which is set in between spoils nothing.
"""

import asyncio
import contextlib
import secrets
import socket
import struct
import time
from dataclasses import dataclass

from storage.errors import TimeSourceAway, TimeSourceRefused

PORT = 123
_PACKET = struct.Struct("!BBbbII4sQQQQ")  # RFC 4330 §4, 48 bytes
_EPOCH_S = 2_208_988_800  # from 1900 to 1970
_ERA_S = 1 << 32
_CLIENT_V4 = 4 << 3 | 3
_SERVER_MODE = 4
_UNSYNCHRONISED = 3  # leap indicator
_MAX_STRATUM = 15  # 0 is a kiss-o'-death, 16 and more are unsynchronised
_MAX_ROOT_NS = 1_000_000_000  # RFC 4330 §5: beyond 1 s of delay or dispersion the server itself doesn't know


@dataclass(frozen=True, slots=True)
class Measured:
    """What the source's clock showed (`wall_ns`, UTC) when this machine's CLOCK_MONOTONIC showed `monotonic_ns`, to
    within `within_ns` either way."""

    wall_ns: int
    monotonic_ns: int
    within_ns: int


def read_answer(answer: bytes, nonce: int, sent_ns: int, received_ns: int) -> Measured:
    """`sent_ns` and `received_ns`: CLOCK_MONOTONIC of the request and of its answer. Raises TimeSourceRefused for an
    answer that says nothing of the time, or is none of ours."""
    if len(answer) < _PACKET.size:
        raise TimeSourceRefused(f"{len(answer)} bytes")
    first, stratum, _, _, delay, dispersion, reference, _, originate, received, transmitted = _PACKET.unpack_from(
        answer
    )
    leap, version, mode = first >> 6, first >> 3 & 7, first & 7
    if originate != nonce:
        raise TimeSourceRefused("answers another request")
    if mode != _SERVER_MODE or version not in (3, 4):
        raise TimeSourceRefused(f"mode {mode}, version {version}")
    if stratum == 0:
        raise TimeSourceRefused(f"kiss-o'-death {reference.decode('ascii', 'replace')!r}")
    if leap == _UNSYNCHRONISED or stratum > _MAX_STRATUM:
        raise TimeSourceRefused("is not synchronised itself")
    root_ns = _short_ns(delay) // 2 + _short_ns(dispersion)
    if _short_ns(delay) > _MAX_ROOT_NS or _short_ns(dispersion) > _MAX_ROOT_NS:
        raise TimeSourceRefused(f"knows the time to {root_ns / 1e9:.1f} s only")
    if not (received and transmitted) or (busy := _wall_ns(transmitted) - _wall_ns(received)) < 0:
        raise TimeSourceRefused("its times are missing or run backwards")
    away = max(received_ns - sent_ns - busy, 0)
    # RFC 5905 §8, with half of the way back added to what the source showed when it answered.
    return Measured(_wall_ns(transmitted) + away // 2, received_ns, away // 2 + root_ns)


def request(nonce: int) -> bytes:
    return _PACKET.pack(_CLIENT_V4, 0, 0, 0, 0, 0, b"", 0, 0, 0, nonce)


def _short_ns(value: int) -> int:
    """16.16 seconds."""
    return value * 1_000_000_000 >> 16


def _wall_ns(stamp: int) -> int:
    """32.32 seconds since 1900; those before 1968 are of the next era, which begins in 2036 (RFC 4330 §3)."""
    seconds = (stamp >> 32) + (0 if stamp >> 63 else _ERA_S) - _EPOCH_S
    return seconds * 1_000_000_000 + ((stamp & 0xFFFFFFFF) * 1_000_000_000 >> 32)


async def ask(host: str, port: int, limit_s: float) -> Measured:
    """One question. Raises TimeSourceAway, TimeSourceRefused."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(limit_s):
            (family, _, _, _, address), *_ = await loop.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
            with contextlib.closing(socket.socket(family, socket.SOCK_DGRAM)) as own:
                own.setblocking(False)
                # Connected: the kernel drops what comes from another address, and tells of a closed port.
                own.connect(address)
                nonce, sent = secrets.randbits(64) | 1, time.monotonic_ns()
                await loop.sock_sendall(own, request(nonce))
                while True:
                    answer = await loop.sock_recv(own, 512)
                    received = time.monotonic_ns()
                    try:
                        return read_answer(answer, nonce, sent, received)
                    except TimeSourceRefused as error:
                        if error.detail != "answers another request":  # a late one, or somebody's guess
                            raise
    except (OSError, TimeoutError) as error:
        raise TimeSourceAway(f"{host}:{port}: {error or type(error).__name__}") from error


def address(source: str) -> tuple[str, int]:
    """Host and port; raises ValueError."""
    if source.startswith("["):
        host, closed, rest = source[1:].partition("]")
        port = rest.removeprefix(":")
        if not closed or not host or (rest and not rest.startswith(":")):
            raise ValueError(source)
    elif source.count(":") > 1:
        host, port = source, ""  # an IPv6 address alone
    else:
        host, _, port = source.partition(":")
    number = int(port) if port else PORT
    if not host or not 0 < number < 65536:
        raise ValueError(source)
    return host, number
