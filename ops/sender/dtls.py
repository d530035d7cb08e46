"""A DTLS-SRTP client by aiortc, over whatever carries datagrams. Its private names are used in this file only."""

import asyncio
from collections.abc import Callable
from functools import cache

import pylibsrtp
from aiortc import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters
from aiortc.rtcdtlstransport import RTCDtlsTransport

from media_server.records import Fingerprint

QUEUED_DATAGRAMS = 64  # a flight of a handshake is below ten


class HandshakeFailed(Exception):
    """The other side's DTLS didn't come to an end, or showed another certificate than its SDP."""


class _Carrier:
    """What RTCDtlsTransport asks of an ICE transport."""

    role = "controlling"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.send = send
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(QUEUED_DATAGRAMS)

    async def _send(self, data: bytes) -> None:
        self.send(data)

    async def _recv(self) -> bytes:
        data = await self.queue.get()
        if data is None:
            raise ConnectionError
        return data


class Keys:
    """One handshake as DTLS client, then SRTP both ways."""

    def __init__(self, send: Callable[[bytes], None], certificate: RTCCertificate) -> None:
        self._carrier = _Carrier(send)
        self._transport = RTCDtlsTransport(self._carrier, [certificate])  # type: ignore[arg-type]  # by shape
        self._transport._set_role("client")
        self._ended = False

    def local_fingerprint(self) -> Fingerprint:
        first = next(f for f in self._transport.getLocalParameters().fingerprints if f.algorithm == "sha-256")
        return Fingerprint(algorithm=first.algorithm, value=first.value)

    def receive(self, datagram: bytes) -> None:
        """A DTLS record came in (RFC 7983: first byte 20 to 63)."""
        if not self._carrier.queue.full():
            self._carrier.queue.put_nowait(datagram)

    async def shake_hands(self, fingerprint: Fingerprint, limit_s: float) -> None:
        remote = RTCDtlsParameters([RTCDtlsFingerprint(fingerprint.algorithm, fingerprint.value)])
        try:
            async with asyncio.timeout(limit_s):
                await self._transport.start(remote)
        except TimeoutError as error:
            raise HandshakeFailed("no answer in time") from error
        if self._transport.state != "connected":
            raise HandshakeFailed(str(self._transport.state))

    @property
    def open(self) -> bool:
        """False once the other side said close_notify."""
        return not self._ended and self._transport.state == "connected"

    def protect(self, packet: bytes) -> bytes:
        return bytes(self._transport._tx_srtp.protect(packet))

    def protect_rtcp(self, packet: bytes) -> bytes:
        return bytes(self._transport._tx_srtp.protect_rtcp(packet))

    def unprotect(self, packet: bytes) -> bytes | None:
        try:
            return bytes(self._transport._rx_srtp.unprotect(packet))
        except pylibsrtp.Error:
            return None

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        try:
            return bytes(self._transport._rx_srtp.unprotect_rtcp(packet))
        except pylibsrtp.Error:
            return None

    async def close(self) -> None:
        self._ended = True
        task = self._transport._task
        await self._transport.stop()
        if task is not None:
            await asyncio.wait([task], timeout=1)


@cache
def shared_certificate() -> RTCCertificate:
    """One a process: making one costs more than a handshake."""
    return RTCCertificate.generateCertificate()


__all__ = ["HandshakeFailed", "Keys", "shared_certificate"]
