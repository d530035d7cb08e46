"""A listener on the Unix socket: live, from the history, by index after a break, and cut off when it does not read."""

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from media_server import wire
from media_server.engine import rtcp
from media_server.listeners import may_listen
from tests.relay.client import CAMERA_SSRC, Camera, Microphone, publisher_lines
from tests.relay.conftest import Running


class Ear:
    """What a recorder is, as far as the relay sees it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.frames: list[wire.Frame] = []
        self._reader, self._writer = reader, writer

    async def say(self, kind: str, **body: Any) -> None:
        self._writer.write(wire.encode(wire.Note(kind, body)))
        await self._writer.drain()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not holds():
                frame = await wire.read(self._reader)
                assert frame is not None, "the relay has hung up"
                self.frames.append(frame)

    def packets(self, handle: int) -> list[wire.Packet]:
        return [frame for frame in self.frames if isinstance(frame, wire.Packet) and frame.handle == handle]

    def notes(self, kind: str) -> list[dict[str, Any]]:
        return [frame.body for frame in self.frames if isinstance(frame, wire.Note) and frame.type == kind]

    def handle(self, kind: str) -> int:
        return next((note["handle"] for note in self.notes("A") if note["source"]["kind"] == kind), 0)


@asynccontextmanager
async def ear(relay: Running) -> Any:
    reader, writer = await asyncio.open_unix_connection(relay.config.socket_path)
    listener = Ear(reader, writer)
    await listener.say("H", version=wire.VERSION, name="test")
    await listener.until(lambda: bool(listener.notes("H")))
    try:
        yield listener
    finally:
        writer.close()


async def camera(relay: Running) -> Camera:
    return Camera(await relay.join(session="p1", media=publisher_lines()))


async def test_a_listener_hears_everything_from_the_history_on_as_it_came(relay: Running) -> None:
    sending = await camera(relay)
    sending.picture(key=True)
    await relay.event("source", state="started")
    async with ear(relay) as it:
        await it.say("S", room="m1", after={})
        await it.until(lambda: len(it.packets(1)) == 2)
        sending.picture()
        Microphone(sending.client).say()
        await it.until(lambda: len(it.packets(1)) == 4 and len(it.packets(it.handle("microphone"))) == 1)
        assert [packet.rtp for packet in it.packets(1)] == sending.packets
        indexes = [packet.index for packet in it.packets(1)]
        assert indexes == list(range(indexes[0], indexes[0] + 4))
        assert it.notes("A")[0]["from"] == indexes[0]
        report = rtcp.SenderReport(CAMERA_SSRC, 5 << 32, sending.stamp & 0xFFFF_FFFF, 4, 800)
        sending.client.send_rtcp(rtcp.sender_report(report))
        await it.until(lambda: any(isinstance(frame, wire.Report) for frame in it.frames))
        heard = next(frame for frame in it.frames if isinstance(frame, wire.Report))
        assert (heard.ntp, heard.rtp_time) == (report.ntp, report.rtp_time)
        await relay.bus.request(
            "huilu.relay.muted", {"session": "p1", "kind": "camera", "muted": True, "cause": "call"}
        )
        await it.until(lambda: bool(it.notes("M")))
        assert it.notes("M")[0]["cause"] == "call"
        await relay.bus.request("huilu.relay.close", {"session": "p1"})
        await it.until(lambda: len(it.notes("E")) == 2)
        assert {note["cause"] for note in it.notes("E")} == {"closed"}


async def test_one_that_was_away_gets_what_it_missed_even_of_a_source_that_has_ended(relay: Running) -> None:
    sending = await camera(relay)
    async with ear(relay) as it:
        await it.say("S", room="m1", after={})
        sending.picture(key=True)
        await it.until(lambda: len(it.packets(1)) == 2)
        name, last = it.notes("A")[0]["source"]["id"], it.packets(1)[-1].index
        epoch = it.notes("H")[0]["epoch"]
    sending.picture()
    await asyncio.sleep(0.05)
    await relay.bus.request("huilu.relay.close", {"session": "p1"})
    async with ear(relay) as it:
        await it.say("S", room="m1", after={f"{epoch}/{name}": last})
        await it.until(lambda: bool(it.notes("E")))
        assert [packet.index for packet in it.packets(1)] == [last + 1, last + 2]
        assert [packet.rtp for packet in it.packets(1)] == sending.packets[2:]
        assert it.notes("X") == []


async def test_a_listener_asks_for_a_key_frame_and_for_what_is_missing(relay: Running) -> None:
    sending = await camera(relay)
    async with ear(relay) as it:
        await it.say("S", room="m1", after={})
        sending.picture(key=True)
        await it.until(lambda: len(it.packets(1)) == 2)
        await it.say("K", source=it.notes("A")[0]["source"]["id"])
        await sending.client.until(
            lambda: any(isinstance(report, rtcp.KeyFrameRequest) for report in sending.client.reports)
        )
        sending.picture(parts=3, drop=frozenset({1}))
        await it.until(lambda: len(it.packets(1)) == 4)
        missing = it.packets(1)[2].index + 1
        await asyncio.sleep(1.3)  # the relay has given it up
        sending.client.reports.clear()
        await it.say("L", source=it.notes("A")[0]["source"]["id"], **{"from": missing, "to": missing})

        def asked() -> bool:
            return any(isinstance(report, rtcp.Nack) for report in sending.client.reports)

        await sending.client.until(asked)
        sending.client.send_rtp(sending.packets[3])
        await it.until(lambda: len(it.packets(1)) == 5)
        assert it.packets(1)[-1].index == missing


async def test_a_listener_that_does_not_read_is_cut_off_and_nobody_else_suffers(
    relay: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MAX_QUEUED_BYTES", 300_000)
    sending = await camera(relay)
    sending.size = 1_100
    reader, writer = await asyncio.open_unix_connection(relay.config.socket_path)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    deaf = Ear(reader, writer)
    await deaf.say("H", version=wire.VERSION, name="deaf")
    await deaf.say("S", room="m1", after={})
    sending.picture(key=True)
    async with ear(relay) as it:
        await it.say("S", room="m1", after={})
        for number in range(30):
            sending.picture(parts=40)
            await it.until(lambda number=number: len(it.packets(1)) >= number * 40)  # type: ignore[misc]
        await relay.dropped("listener-slow")
    writer.close()


async def test_who_speaks_another_language_is_sent_away(relay: Running) -> None:
    for first in (b"GET / HTTP/1.1\r\n\r\n", wire.encode(wire.Note("H", {"version": 99})), b"\0\0\0\1P"):
        reader, writer = await asyncio.open_unix_connection(relay.config.socket_path)
        writer.write(first)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
    assert relay.config.socket_path.stat().st_mode & 0o777 == 0o600


def test_only_our_own_user_and_root_may_listen() -> None:
    assert may_listen(os.getuid())
    assert may_listen(0)
    assert not may_listen(os.getuid() + 4_321)
