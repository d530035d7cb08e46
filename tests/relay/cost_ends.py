"""The ends of a measurement: one film-like publisher and many cheap viewers, each with its own socket, ICE, DTLS and
reports; a few of them decrypt everything, the others read the clear header. Here they come to our relay, in
tests/relay/janus_ends.py to Janus."""

import asyncio
import ctypes
import json
import os
import resource
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from aioice import stun

from media_server.bus import Bus
from media_server.dtls import Certificate, DtlsPeer, Keys
from media_server.engine import rtcp, rtp
from media_server.records import SessionAnswer
from tests.relay.client import (
    CAMERA_SSRC,
    H264,
    IDR,
    MICROPHONE_SSRC,
    SLICE,
    Client,
    publisher_lines,
    request,
    viewer_lines,
)

FRAMES, SOUNDS = 25, 50  # a second
PACKET_BYTES = 812
KEY_PACKETS, KEY_EVERY = 60, 50  # of frames
DECRYPTING = 20
AT_ONCE = 64
SPACE = 1_536


class _Part(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p), ("name_length", ctypes.c_uint32), ("parts", ctypes.POINTER(_Part)),
        ("part_count", ctypes.c_size_t), ("control", ctypes.c_void_p), ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int), ("padding", ctypes.c_int), ("length", ctypes.c_uint),
    )  # fmt: skip


_libc = ctypes.CDLL(None, use_errno=True)
_space = ctypes.create_string_buffer(AT_ONCE * SPACE)
_view = memoryview(_space).cast("B")
_parts = (_Part * AT_ONCE)()
_messages = (_Message * AT_ONCE)()
for _at in range(AT_ONCE):
    _parts[_at] = _Part(ctypes.addressof(_space) + _at * SPACE, SPACE)
    _messages[_at] = _Message(parts=ctypes.pointer(_parts[_at]), part_count=1)
_HEAD = struct.Struct("!BBHII")


class Viewer:
    """A WHEP viewer by hand. `latencies` in ms, of one that decrypts."""

    picture = H264.payload_type

    def __init__(self, number: int, certificate: Certificate, decrypts: bool) -> None:
        self.asked = request(
            certificate, session=f"v{number}", publisher=f"v{number}.x", mode="whep", media=viewer_lines()
        )
        self.decrypts = decrypts
        self.latencies: list[float] = []
        self.counted: dict[int, list[int]] = {}  # SSRC → first, highest, received
        self.packets = 0
        self.frames = 0
        self.keys: Keys | None = None
        self.measuring = False
        self._certificate = certificate
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, 33, 4_000_000)  # SO_RCVBUFFORCE
        self._socket.setblocking(False)
        self._checked = asyncio.Event()
        self._dtls: DtlsPeer | None = None
        self._late: list[bytes] = []

    async def join(self, bus: Bus) -> None:
        opened = await bus.request("huilu.relay.open", self.asked.model_dump(), timeout=10)
        await self.connect(SessionAnswer.model_validate(opened))

    async def connect(self, answer: SessionAnswer) -> None:
        """Checks on the way that `answer` names, then keys."""
        self.answer = answer
        way = self.answer.candidates[0]
        self._socket.connect((way.address, way.port))
        asyncio.get_running_loop().add_reader(self._socket, self._read)
        while not self._checked.is_set():
            self.check()
            try:
                await asyncio.wait_for(self._checked.wait(), 1)
            except TimeoutError:
                continue
        self._dtls = DtlsPeer(self._certificate, self.answer.fingerprint, self._send, role="client")
        self.keys = await self._dtls.handshake()

    def _send(self, data: bytes) -> None:
        self._socket.send(data)

    def check(self) -> None:
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self.answer.ice.ufrag}:{self.asked.ice.ufrag}"
        message.attributes["PRIORITY"] = 1
        message.attributes["ICE-CONTROLLING"] = 1
        message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(self.answer.ice.pwd.encode())
        message.add_fingerprint()
        self._send(bytes(message))

    def report(self) -> None:
        assert self.keys is not None
        blocks = tuple(
            rtcp.ReportBlock(ssrc, 0, 0, 0x1_0000 + highest, 3, 0, 0) for ssrc, (_, highest, _) in self.counted.items()
        )
        data = rtcp.receiver_report(rtcp.ReceiverReport(1, blocks))
        data += rtcp.remb(1, 3_000_000, list(self.counted))
        self._send(self.keys.tx.protect_rtcp(data))

    def _read(self) -> None:
        count = _libc.recvmmsg(self._socket.fileno(), _messages, AT_ONCE, socket.MSG_DONTWAIT, None)
        now = time.monotonic_ns()
        for at in range(count):
            start, length = at * SPACE, _messages[at].length
            first = _view[start]
            if first < 64:
                self._other(bytes(_view[start : start + length]))
                continue
            if 192 <= _view[start + 1] <= 223 or not self.measuring:
                continue
            _, _, number, _, ssrc = _HEAD.unpack_from(_view, start)
            self.packets += 1
            counted = self.counted.get(ssrc)
            if counted is None:
                counted = self.counted[ssrc] = [number, number, 0]
            counted[2] += 1
            counted[1] += ((number - counted[1] + 0x8000) & 0xFFFF) - 0x8000
            if self.decrypts and self.keys is not None:
                self._decrypt(now, bytes(_view[start : start + length]))

    def _decrypt(self, now: int, data: bytes) -> None:
        assert self.keys is not None
        packet = rtp.read(self.keys.rx.unprotect(data))
        if packet is not None and packet.payload_type == self.picture:
            self.latencies.append((now - int.from_bytes(packet.payload[2:10], "big")) / 1e6)

    def _other(self, data: bytes) -> None:
        if data[0] < 4:
            self._checked.set()
        elif self._dtls is not None:
            self._dtls.receive(data)

    @property
    def missing(self) -> int:
        return sum(highest - first + 1 - received for first, highest, received in self.counted.values())


def certificate() -> Certificate:
    with tempfile.TemporaryDirectory() as folder:
        return Certificate.load_or_create(Path(folder))


V = TypeVar("V", bound=Viewer)


async def watch(kind: type[V], enter: Callable[[V], Awaitable[None]], count: int, first: int) -> None:
    """Says `ready` once all have entered; measures from a line on standard input to the next one."""
    ours = certificate()
    viewers = [kind(first + number, ours, number < DECRYPTING) for number in range(count)]
    gate = asyncio.Semaphore(8)

    async def join(viewer: V) -> None:
        async with gate:
            await enter(viewer)

    async def live(viewer: V, place: int) -> None:
        await asyncio.sleep(place / max(1, count))
        beat = 0
        while True:
            await asyncio.sleep(1)
            viewer.report()
            beat += 1
            if beat % 5 in (0, 2):  # every 2.5 s
                viewer.check()

    await asyncio.gather(*(join(viewer) for viewer in viewers))
    lives = [asyncio.create_task(live(viewer, place)) for place, viewer in enumerate(viewers)]
    print("ready", flush=True)
    line = asyncio.to_thread(sys.stdin.readline)
    await line
    for viewer in viewers:
        viewer.measuring = True
    used, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    await asyncio.to_thread(sys.stdin.readline)
    now = resource.getrusage(resource.RUSAGE_SELF)
    cpu = (now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime) / (time.monotonic() - began)
    for viewer in viewers:
        viewer.measuring = False
    latencies = sorted(value for viewer in viewers for value in viewer.latencies)
    result: dict[str, Any] = {
        "viewers": count,
        "packets": sum(viewer.packets for viewer in viewers),
        "missing": sum(viewer.missing for viewer in viewers),
        "cpu": round(cpu, 3),
        "p50_ms": round(latencies[len(latencies) // 2], 2),
        "p99_ms": round(latencies[len(latencies) * 99 // 100], 2),
    }
    print(json.dumps(result), flush=True)
    for task in lives:
        task.cancel()
    os._exit(0)  # nobody waits for four hundred good-byes


async def publish(client: Client) -> None:
    """A camera at about 1 Mbit/s in bursts of whole frames, and a microphone, by a client that is in already."""
    print("ready", flush=True)
    began, frame, sound = time.monotonic(), 0, 0
    number, sounds = 0, 0
    while True:
        now = time.monotonic() - began
        if frame / FRAMES <= now:
            key = frame % KEY_EVERY == 0
            parts = KEY_PACKETS if key else 5
            for part in range(parts):
                head = (IDR if key else SLICE) if part == 0 else SLICE
                size = PACKET_BYTES + (part >= parts // 2)
                payload = (head + time.monotonic_ns().to_bytes(8, "big")).ljust(size, b"\x55")
                stamp = frame * 90_000 // FRAMES
                client.send_rtp(rtp.build(102, number & 0xFFFF, stamp, CAMERA_SSRC, payload, marker=part == parts - 1))
                number += 1
            frame += 1
        if (sound + 0.37) / SOUNDS <= now:
            payload = b"\x78" + bytes(120)
            said = rtp.build(111, sounds & 0xFFFF, sound * 960, MICROPHONE_SSRC, payload, extensions={1: b"\x9e"})
            client.send_rtp(said)
            sounds += 1
            sound += 1
        client.sent_datagrams.clear()
        due = min(frame / FRAMES, (sound + 0.37) / SOUNDS) - (time.monotonic() - began)
        await asyncio.sleep(max(0.0, due))


async def main(part: str, bus_url: str, *numbers: str) -> None:
    bus = await Bus.connect(bus_url, part)
    if part == "watch":
        count, first = map(int, numbers)
        await watch(Viewer, lambda viewer: viewer.join(bus), count, first)
    else:
        await publish(await Client.join(bus, certificate(), session="p", media=publisher_lines()))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
