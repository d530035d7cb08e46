"""A site that publishes a film in real time, each packet with the moment of its sending in it.

With layers it does as browsers do: it begins with the large one alone and sends those that it is asked for. Where key
frames come on request the film goes on from its next one then.
"""

import asyncio
import secrets
import time
from collections.abc import Collection, Mapping

from ops.bench.load import stamp
from ops.bench.load.client import Client
from ops.bench.load.door import Media
from ops.sender import rtcp
from ops.sender.description import H264, OPUS
from ops.sender.film import AUDIO_TICKS, TICKS, VIDEO_TICKS, Film, Frame
from ops.sender.packetizer import Stream, extensions, h264_payloads, layer_elements

REPORT_EVERY_NS = 1_000_000_000
# With it 1 Mbit/s and sound are 204 packets a second, as from Chromium (which sends 30 frames a second of larger ones).
MAX_PAYLOAD = 825


class _Layer:
    """One layer of the picture; of a camera without layers the only one, whose `rid` is empty."""

    def __init__(self, film: Film, rid: str, number: int, start: float, stamped: bool) -> None:
        self.stream = Stream(secrets.randbits(31) | 1, H264, 90_000, secrets.randbits(32), secrets.randbits(15))
        self.active = number == 0
        self._number = number
        self._stamped = stamped
        self._count = 0
        self._elements = layer_elements("0", rid) if rid else b""
        pictures = [frame for frame in film.frames if frame.is_video]
        self._fronts = [_fronts(frame, stamped) for frame in pictures]
        self._keys = [place for place, frame in enumerate(pictures) if frame.key]
        self._place = self._keys[int(len(self._keys) * start)]

    def to_key_frame(self) -> None:
        self._place = next((key for key in self._keys if key >= self._place), self._keys[0])

    def send(self, client: Client, due: int) -> None:
        fronts = self._fronts[self._place]
        at = self.stream.timestamp(due, VIDEO_TICKS)
        extension = extensions(rtcp.ntp(time.time_ns()), None, self._elements)
        name = stamp.name(self._number, self._count)
        for part, begin in enumerate(fronts, 1):
            payload = begin + stamp.tail(time.monotonic_ns(), name) if self._stamped else begin
            client.send_rtp(self.stream.packet(payload, at, part == len(fronts), extension))
        self._count += 1
        self._place = (self._place + 1) % len(self._fronts)


def _fronts(frame: Frame, stamped: bool) -> list[bytes]:
    payloads = h264_payloads(frame.nals, MAX_PAYLOAD) if frame.is_video else [frame.sound]
    return [stamp.front(payload, frame.is_video) if stamped else payload for payload in payloads]


class Publisher:
    """`films` by layer, the large one first. `start` is the place in the film (a share of it) where this site begins;
    `level` the loudness of its sound in −dBov, always the same, so that who is heard doesn't change in the middle of a
    measurement. Without stamps it is a film that decodes."""

    def __init__(
        self, films: Mapping[str, Film], *, sound: bool, start: float, level: int, on_request: bool,
        stamped: bool = True,
    ) -> None:  # fmt: skip
        self._layers = {
            rid: _Layer(film, rid, number, start, stamped) for number, (rid, film) in enumerate(films.items())
        }
        film = next(iter(films.values()))
        self.audio = Stream(secrets.randbits(31) | 1, OPUS, 48_000, secrets.randbits(32), secrets.randbits(15))
        # Which layer an SSRC is, packets tell: the offer names none.
        video = None if self.rids else next(iter(self._layers.values())).stream
        self.streams: dict[Media, Stream | None] = {"video": video}
        if sound:
            self.streams["audio"] = self.audio
        self._length = film.length
        self._frames = [frame for frame in film.frames if frame.is_video or sound]
        self._sounds = [_fronts(frame, stamped) if not frame.is_video else [] for frame in self._frames]
        keys = [at for at, frame in enumerate(self._frames) if frame.key]
        self._first = keys[int(len(keys) * start)]
        self._level = level
        self._stamped = stamped
        self._on_request = on_request
        self._zero = 0  # CLOCK_MONOTONIC at the film's beginning

    @property
    def rids(self) -> list[str]:
        return [rid for rid in self._layers if rid]

    async def play(self, client: Client) -> None:
        """Until cancelled. A frame that is late is sent at once: none is left out."""
        self._zero = time.monotonic_ns() - self._frames[self._first].at * 1_000_000_000 // TICKS
        began, place, report_due = 0, self._first, 0
        while True:
            frame = self._frames[place]
            due = began + frame.at
            wait = self._zero + due * 1_000_000_000 // TICKS - time.monotonic_ns()
            if wait > 0:
                await asyncio.sleep(wait / 1e9)
            if frame.is_video:
                for layer in self._layers.values():
                    if layer.active:
                        layer.send(client, due)
            else:
                self._sound(client, place, due)
            now = time.monotonic_ns()
            if now >= report_due:
                report_due = now + REPORT_EVERY_NS
                client.send_rtcp(self._report(now))
            place += 1
            if place == len(self._frames):
                place, began = 0, began + self._length

    def _sound(self, client: Client, place: int, due: int) -> None:
        at, extension = self.audio.timestamp(due, AUDIO_TICKS), extensions(rtcp.ntp(time.time_ns()), self._level)
        for begin in self._sounds[place]:
            payload = begin + stamp.tail(time.monotonic_ns()) if self._stamped else begin
            client.send_rtp(self.audio.packet(payload, at, False, extension))

    def _report(self, now: int) -> bytes:
        ticks = (now - self._zero) * TICKS // 1_000_000_000
        wall = rtcp.ntp(time.time_ns())
        out = b""
        pictures = [(layer.stream, VIDEO_TICKS) for layer in self._layers.values() if layer.active]
        for stream, unit in ((self.audio, AUDIO_TICKS), *pictures):
            if stream.packets:
                at = stream.timestamp(ticks, unit)
                out += rtcp.sender_report(stream.ssrc, wall, at, stream.packets, stream.octets)
                out += rtcp.description(stream.ssrc, "bench")
        return out

    def turn(self, rids: Collection[str]) -> None:
        """Send these layers and no others; one that begins does so with a key frame."""
        for rid, layer in self._layers.items():
            if rid in rids and not layer.active:
                layer.to_key_frame()
            layer.active = rid in rids

    def take(self, client: Client, compound: bytes) -> None:
        """NACKs are answered; of key frames a film has enough by itself unless they come on request."""
        for packet in rtcp.split(compound):
            if packet.kind == rtcp.TRANSPORT and packet.count == 1:
                streams = [self.audio, *(layer.stream for layer in self._layers.values())]
                stream = next((stream for stream in streams if stream.ssrc == packet.media), None)
                for sequence in packet.missing():
                    again = stream.again(sequence) if stream is not None else None
                    if again is not None:
                        client.send_rtp(again)
            elif self._on_request:
                for ssrc in packet.asked_for_key():
                    for layer in self._layers.values():
                        if layer.stream.ssrc == ssrc:
                            layer.to_key_frame()
