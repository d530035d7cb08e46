"""A client without a browser: ICE checks, DTLS and SRTP by hand over one UDP socket or one TCP connection."""

import asyncio
import os
import socket
import struct
from contextlib import suppress
from typing import Any

from aioice import stun

from media_server.bus import Bus
from media_server.dtls import Certificate, DtlsPeer, Keys
from media_server.engine import rtcp, rtp
from media_server.engine.framing import Framing, frame
from media_server.records import (
    Ice,
    Kind,
    MediaLine,
    Mode,
    PayloadFormat,
    SessionAnswer,
    SessionRequest,
)  # fmt: skip

H264 = PayloadFormat(
    payload_type=102, codec="h264", clock_rate=90_000, feedback=["nack", "nack pli", "goog-remb"],
    parameters={"packetization-mode": "1", "profile-level-id": "42e01f"},
)  # fmt: skip
RTX = PayloadFormat(payload_type=103, codec="rtx", clock_rate=90_000, apt=102)
OPUS = PayloadFormat(payload_type=111, codec="opus", clock_rate=48_000, channels=2, feedback=["nack"])
LEVEL_ID = 1
CAMERA_SSRC, MICROPHONE_SSRC = 1111, 2222

IDR = bytes((0x65, 0x88))  # a NAL unit header and something of a slice
SLICE = bytes((0x41, 0x9A))


def sending(mid: str, source: Kind, ssrc: int) -> MediaLine:
    sound = source == "microphone"
    return MediaLine(
        mid=mid, kind="audio" if sound else "video", direction="sendonly", source=source,
        formats=[OPUS if sound else H264], ssrcs=[ssrc],
        extensions={LEVEL_ID: rtp.AUDIO_LEVEL} if sound else {},
    )  # fmt: skip


def receiving(mid: str, kind: str) -> MediaLine:
    formats = [OPUS] if kind == "audio" else [H264]
    return MediaLine(mid=mid, kind="audio" if kind == "audio" else "video", direction="recvonly", formats=formats)


def publisher_lines() -> list[MediaLine]:
    return [sending("0", "camera", CAMERA_SSRC), sending("1", "microphone", MICROPHONE_SSRC)]


def viewer_lines(videos: int = 1, sounds: int = 1) -> list[MediaLine]:
    lines = [receiving(f"v{number}", "video") for number in range(videos)]
    return lines + [receiving(f"a{number}", "audio") for number in range(sounds)]


def request(
    certificate: Certificate, *, session: str, room: str = "m1", publisher: str = "site1.device01",
    mode: Mode = "room", media: list[MediaLine],
) -> SessionRequest:  # fmt: skip
    return SessionRequest(
        session=session, room=room, publisher=publisher, mode=mode,
        ice=Ice(ufrag="abcd", pwd="p" * 24), fingerprint=certificate.fingerprint, setup="actpass", media=media,
    )  # fmt: skip


class Client:
    """`await Client.join(…)`, then `send_rtp`, `received` (RTP) and `reports` (RTCP)."""

    def __init__(self, asked: SessionRequest, answer: SessionAnswer, certificate: Certificate) -> None:
        self.asked = asked
        self.answer = answer
        self.received: list[rtp.Rtp] = []
        self.reports: list[rtcp.Report] = []
        self.sent_datagrams: list[bytes] = []
        self.closed = asyncio.Event()
        self.keys: Keys | None = None
        self.ice = answer.ice
        self._certificate = certificate
        self._pending: dict[bytes, asyncio.Future[stun.Message]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.hushed = False  # no checks by itself any more
        self.lossy = False  # media that come meanwhile are lost on the way
        self.lost: list[bytes] = []
        self.media: list[bytes] = []  # as they came, encrypted
        self._early: list[bytes] = []
        self._out: Any = None
        self._dtls: DtlsPeer | None = None
        self._news = asyncio.Event()
        self._alive = True

    @classmethod
    async def join(
        cls, bus: Bus, certificate: Certificate, *, transport: str = "udp", handshake: bool = True, **about: Any
    ) -> "Client":
        asked = request(certificate, **about)
        answer = SessionAnswer.model_validate(await bus.request("huilu.relay.open", asked.model_dump()))
        client = cls(asked, answer, certificate)
        await client.connect(transport)
        await client.check()
        if handshake:
            await client.handshake()
        return client

    async def connect(self, transport: str = "udp") -> None:
        """A fresh socket, as after a change of address."""
        way = next(candidate for candidate in self.answer.candidates if candidate.transport == transport)
        if self._out is not None:
            self._out.close()
        loop = asyncio.get_running_loop()
        if transport == "udp":
            client = self

            class Datagrams(asyncio.DatagramProtocol):
                def datagram_received(self, data: bytes, addr: Any) -> None:
                    client.take(data)

            self._out, _ = await loop.create_datagram_endpoint(Datagrams, remote_addr=(way.address, way.port))
            self._out.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        else:
            reader, self._out = await asyncio.open_connection(way.address, way.port)
            self._tasks.append(loop.create_task(self._read_stream(reader)))

    async def _read_stream(self, reader: asyncio.StreamReader) -> None:
        framing = Framing()
        while data := await reader.read(65_536):
            for packet in framing.feed(data):
                self.take(packet)
        self.closed.set()

    def send(self, data: bytes) -> None:
        self.sent_datagrams.append(data)
        if isinstance(self._out, asyncio.StreamWriter):
            self._out.write(frame(data))
        else:
            self._out.sendto(data)

    async def check(self, nominate: bool = True, password: str | None = None) -> stun.Message:
        """A connectivity check and its answer."""
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self.ice.ufrag}:{self.asked.ice.ufrag}"
        message.attributes["PRIORITY"] = 1
        message.attributes["ICE-CONTROLLING"] = 1
        if nominate:
            message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity((password or self.ice.pwd).encode())
        future = self._pending[message.transaction_id] = asyncio.get_running_loop().create_future()
        self.send(bytes(message))
        async with asyncio.timeout(3):
            answer = await future
        assert answer.check_message_integrity(self.ice.pwd.encode())
        return answer

    async def handshake(self) -> None:
        self._dtls = DtlsPeer(self._certificate, self.answer.fingerprint, self.send, role="client")
        self.keys = await self._dtls.handshake()
        for data in self._early:
            self.take(data)
        self._tasks.append(asyncio.create_task(self._watch()))
        self._tasks.append(asyncio.create_task(self._keep_alive()))

    async def _keep_alive(self) -> None:
        """As a browser does, only sooner (RFC 7675)."""
        while True:
            await asyncio.sleep(0.5)
            if not self.hushed:
                with suppress(TimeoutError, AssertionError):
                    await self.check()

    async def _watch(self) -> None:
        assert self._dtls is not None
        await self._dtls.over()
        self.closed.set()

    def take(self, data: bytes) -> None:
        if data[0] < 4:
            message = stun.parse_message(data)
            future = self._pending.pop(message.transaction_id, None)
            if future is not None and not future.done():
                future.set_result(message)
        elif data[0] < 64:
            if self._dtls is not None:
                self._dtls.receive(data)
        elif self.keys is None:
            self._early.append(data)  # the relay is through with DTLS a moment before we are
        else:
            if 192 <= data[1] <= 223:
                self.reports += rtcp.read(self.keys.rx.unprotect_rtcp(data)).reports
            elif self.lossy:
                self.lost.append(data)
            else:
                self.media.append(data)
                packet = rtp.read(self.keys.rx.unprotect(data))
                assert packet is not None
                self.received.append(packet)
        self._news.set()

    def send_rtp(self, packet: bytes) -> None:
        assert self.keys is not None
        self.send(self.keys.tx.protect(packet))

    def send_rtcp(self, packet: bytes) -> None:
        assert self.keys is not None
        self.send(self.keys.tx.protect_rtcp(packet))

    async def until(self, holds: Any, timeout: float = 5.0) -> None:
        """Wait until `holds()`; TimeoutError says that it never did."""
        try:
            async with asyncio.timeout(timeout):
                while not holds():
                    self._news.clear()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), 0.05)
        except TimeoutError:
            raise AssertionError(f"not within {timeout} s; {len(self.received)} packets received") from None

    async def leave(self) -> None:
        if self._dtls is not None:
            await self._dtls.stop()
        await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._out.close()


class Camera:
    """Packets of a picture track: `picture(key)` sends one access unit of `parts` packets."""

    def __init__(self, client: Client, ssrc: int = CAMERA_SSRC, sequence: int = 65_530, size: int = 200) -> None:
        self.client = client
        self.ssrc = ssrc
        self.sequence = sequence
        self.stamp = int.from_bytes(os.urandom(4), "big")
        self.size = size
        self.payloads: list[bytes] = []
        self.packets: list[bytes] = []

    def picture(self, key: bool = False, parts: int = 2, drop: frozenset[int] = frozenset()) -> None:
        self.stamp += 3_600
        for part in range(parts):
            head = (IDR if key else SLICE) if part == 0 else SLICE
            payload = head + struct.pack("!I", len(self.payloads)) + os.urandom(self.size)
            packet = rtp.build(102, self.sequence, self.stamp, self.ssrc, payload, marker=part == parts - 1)
            self.payloads.append(payload)
            self.packets.append(packet)
            self.sequence += 1
            if part not in drop:
                self.client.send_rtp(packet)


class Microphone:
    def __init__(self, client: Client, ssrc: int = MICROPHONE_SSRC) -> None:
        self.client = client
        self.ssrc = ssrc
        self.sequence = 1
        self.stamp = 0

    def say(self, level: int | None = 30, payload: bytes = b"\x78" + bytes(40)) -> None:
        extensions = None if level is None else {LEVEL_ID: bytes((0x80 | level,))}
        packet = rtp.build(111, self.sequence, self.stamp, self.ssrc, payload, extensions=extensions)
        self.client.send_rtp(packet)
        self.sequence += 1
        self.stamp += 960
