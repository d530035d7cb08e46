"""A relay's Unix socket for tests: speaks media_server.wire to real listeners, keeps 10 s, plays film in real time."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from media_server import wire
from media_server.engine.wrap import ntp_of
from media_server.records import SourceNote
from ops.chaos import numbered
from ops.sender.film import AUDIO_TICKS, TICKS, VIDEO_TICKS, Film, Frame
from ops.sender.packetizer import Stream, h264_payloads

HISTORY_NS = 10_000_000_000
FIRST_INDEX = 0x10000


@dataclass
class Source:
    note: SourceNote
    stream: Stream
    next_index: int
    packets: deque[tuple[int, int, bytes]] = field(default_factory=deque)  # index, arrival, RTP
    report: tuple[int, int, int] | None = None
    ended: str | None = None
    muted: str | None = None


class RelaySocket:
    def __init__(self, path: Path, epoch: str = "e1", history_ns: int = HISTORY_NS) -> None:
        self.path = path
        self.history_ns = history_ns
        self.epoch = epoch
        self.sources: dict[str, Source] = {}
        self.keys_asked: list[str] = []
        self.asked: list[dict[str, object]] = []
        self.subscribed: list[int] = []  # now, of each subscription
        self._server: asyncio.Server | None = None
        self._listeners: list[_Listener] = []

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, str(self.path))

    async def stop(self) -> None:
        """Dies: sockets are cut, nothing is remembered."""
        assert self._server is not None
        self._server.close()
        self.cut()
        self.path.unlink(missing_ok=True)

    def cut(self) -> None:
        for listener in self._listeners:
            listener.writer.transport.abort()
        self._listeners.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listener = _Listener(self, writer)
        try:
            hello = await wire.read(reader)
            assert isinstance(hello, wire.Note)
            assert hello.type == "H"
            listener.say("H", {"version": 1, "epoch": self.epoch, "monotonic_ns": time.monotonic_ns()})
            self._listeners.append(listener)
            while (frame := await wire.read(reader)) is not None:
                assert isinstance(frame, wire.Note)
                if frame.type == "S":
                    self.subscribed.append(time.monotonic_ns())
                    listener.want(str(frame.body["room"]), frame.body["after"])
                elif frame.type == "U":
                    listener.rooms.discard(str(frame.body["room"]))
                elif frame.type == "K":
                    self.keys_asked.append(str(frame.body["source"]))
                elif frame.type == "L":
                    self.asked.append(frame.body)
        finally:
            if listener in self._listeners:
                self._listeners.remove(listener)
            writer.close()

    # What a publisher does

    def begin(
        self, room: str, publisher: str, kind: str, stream: Stream, session: str = "s1", codec: str = "h264"
    ) -> Source:
        codec = "opus" if kind == "microphone" else codec
        note = SourceNote.model_validate(
            {
                "id": f"{session}/{kind}", "room": room, "session": session, "publisher": publisher, "kind": kind,
                "codec": codec, "clock_rate": stream.clock_rate,
            }
        )  # fmt: skip
        source = Source(note, stream, FIRST_INDEX + stream.sequence)
        self.sources[note.id] = source
        for listener in self._listeners:
            if room in listener.rooms:
                listener.begin(source, None)
        return source

    def send(self, source: Source, payload: bytes, timestamp: int, marker: bool, lost: bool = False) -> None:
        now = time.monotonic_ns()
        data = source.stream.packet(payload, timestamp, marker, b"")
        index = source.next_index
        source.next_index += 1
        if lost:
            return
        source.packets.append((index, now, data))
        while source.packets[0][1] < now - self.history_ns:
            source.packets.popleft()
        for listener in self._listeners:
            listener.packet(source, (index, now, data))

    def report(self, source: Source, ntp: int, rtp_time: int) -> None:
        source.report = (time.monotonic_ns(), ntp, rtp_time)
        for listener in self._listeners:
            listener.report(source)

    def mute(self, source: Source, muted: bool, cause: str) -> None:
        for listener in self._listeners:
            listener.note("M", source, muted=muted, cause=cause, monotonic_ns=time.monotonic_ns())

    def end(self, source: Source, cause: str) -> None:
        source.ended = cause
        for listener in self._listeners:
            listener.note("E", source, cause=cause, monotonic_ns=time.monotonic_ns())


class _Listener:
    def __init__(self, relay: RelaySocket, writer: asyncio.StreamWriter) -> None:
        self.relay = relay
        self.writer = writer
        self.rooms: set[str] = set()
        self._handles: dict[str, int] = {}
        self._given = 0

    def say(self, kind: str, body: dict[str, object]) -> None:
        self.writer.write(wire.encode(wire.Note(kind, body)))

    def want(self, room: str, after: dict[str, int]) -> None:
        self.rooms.add(room)
        for source in self.relay.sources.values():
            if source.note.room == room:
                self.begin(source, after.get(f"{self.relay.epoch}/{source.note.id}"))

    def begin(self, source: Source, after: int | None) -> None:
        self._given += 1
        handle = self._handles[source.note.id] = self._given
        oldest = source.packets[0][0] if source.packets else source.next_index
        wanted = oldest if after is None else after + 1
        self.say("A", {"source": source.note.model_dump(), "handle": handle, "from": max(oldest, wanted)})
        if wanted < oldest:
            self.say("X", {"handle": handle, "first": wanted, "last": oldest - 1})
        self.report(source)
        for packet in list(source.packets):
            if packet[0] >= wanted:
                self.packet(source, packet)
        if source.ended:
            self.note("E", source, cause=source.ended, monotonic_ns=time.monotonic_ns())

    def packet(self, source: Source, packet: tuple[int, int, bytes]) -> None:
        if (handle := self._handles.get(source.note.id)) is not None:
            self.writer.write(wire.encode(wire.Packet(handle, *packet)))

    def report(self, source: Source) -> None:
        if source.report is not None and (handle := self._handles.get(source.note.id)) is not None:
            self.writer.write(wire.encode(wire.Report(handle, *source.report)))

    def note(self, kind: str, source: Source, **body: object) -> None:
        if (handle := self._handles.get(source.note.id)) is not None:
            self.say(kind, {"handle": handle, **body})


class Publisher:
    """One device that sends a film's picture and sound in real time, with exact report pairs."""

    def __init__(
        self,
        relay: RelaySocket,
        room: str,
        film: Film,
        *,
        publisher: str = "site.device",
        session: str = "s1",
        wall_off_s: int = 180,  # its clock is three minutes off
        lose: Callable[[Frame, int], bool] = lambda frame, number: False,  # number: of the packet in its kind
        numbers: bool = False,
    ) -> None:
        """`numbers`: each picture and each sound carries the number of its place among them (ops.chaos.numbered)."""
        self.film = film
        self.relay = relay
        self.video_stream = Stream(11, 96, 90_000, 0xFFFF_0000, 65_000)  # both wrap around soon
        self.audio_stream = Stream(12, 111, 48_000, 5_000_000, 100)
        self.video = relay.begin(room, publisher, "camera", self.video_stream, session)
        self.audio = relay.begin(room, publisher, "microphone", self.audio_stream, session)
        self.sent: list[tuple[int, Frame]] = []  # due in ns of CLOCK_MONOTONIC
        self.pause_sound = False
        self._wall_off_ns = wall_off_s * 1_000_000_000
        self._lose = lose
        self._numbers_inside = numbers
        self._numbers = {True: 0, False: 0}

    async def play(self, seconds: float, *, report_after_s: float = 0.3) -> None:
        zero = time.monotonic_ns()
        wall = time.time_ns() + self._wall_off_ns
        base, place, round_ = 0, 0, 0
        next_report = report_after_s
        while True:
            frame = self.film.frames[place]
            at = base + frame.at
            due = zero + at * 1_000_000_000 // TICKS
            if at / TICKS >= seconds:
                return
            if (ahead := (due - time.monotonic_ns()) / 1e9) > 0:
                await asyncio.sleep(ahead)
            if at / TICKS >= next_report:
                next_report += 1.0
                ntp = ntp_of(wall + at * 1_000_000_000 // TICKS)
                self.relay.report(self.video, ntp, self.video_stream.timestamp(at, VIDEO_TICKS))
                self.relay.report(self.audio, ntp, self.audio_stream.timestamp(at, AUDIO_TICKS))
            if not (self.pause_sound and not frame.is_video):
                self._frame(frame, at)
                self.sent.append((due, frame))
            place += 1
            if place == len(self.film.frames):
                place, round_ = 0, round_ + 1
                base = round_ * self.film.length

    def _frame(self, frame: Frame, at: int) -> None:
        source = self.video if frame.is_video else self.audio
        payloads = self._payloads(frame)
        stamp = source.stream.timestamp(at, VIDEO_TICKS if frame.is_video else AUDIO_TICKS)
        for number, payload in enumerate(payloads, 1):
            self._numbers[frame.is_video] += 1
            lost = self._lose(frame, self._numbers[frame.is_video])
            self.relay.send(source, payload, stamp, number == len(payloads) and frame.is_video, lost)

    def _payloads(self, frame: Frame) -> list[bytes]:
        if not self._numbers_inside:
            return h264_payloads(frame.nals) if frame.is_video else [frame.sound]
        number = len(self.times(frame.is_video))
        if frame.is_video:
            return h264_payloads(numbered.picture(frame.nals, number))
        return [numbered.sound(frame.sound, number)]

    def times(self, video: bool) -> list[int]:
        """When each picture, or each sound, was due (CLOCK_MONOTONIC)."""
        return [due for due, frame in self.sent if frame.is_video == video]

    def end(self, cause: str = "closed") -> None:
        self.relay.end(self.video, cause)
        self.relay.end(self.audio, cause)
