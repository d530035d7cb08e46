"""A site that publishes a film in real time, each packet with the moment of its sending in it."""

import asyncio
import secrets
import time

from ops.bench.load.client import Client
from ops.bench.load.door import Media
from ops.bench.load.stamp import front, tail
from ops.sender import rtcp
from ops.sender.description import H264, OPUS
from ops.sender.film import AUDIO_TICKS, TICKS, VIDEO_TICKS, Film
from ops.sender.packetizer import Stream, extensions, h264_payloads

REPORT_EVERY_NS = 1_000_000_000
# With it 1 Mbit/s and sound are 204 packets a second, as from Chromium (which sends 30 frames a second of larger ones).
MAX_PAYLOAD = 825


class Publisher:
    """`start` is the place in the film (a share of it) where this site begins; `level` the loudness of its sound in
    −dBov, always the same, so that who is heard doesn't change in the middle of a measurement."""

    def __init__(self, film: Film, *, sound: bool, start: float, level: int) -> None:
        self.video = Stream(secrets.randbits(31) | 1, H264, 90_000, secrets.randbits(32), secrets.randbits(15))
        self.audio = Stream(secrets.randbits(31) | 1, OPUS, 48_000, secrets.randbits(32), secrets.randbits(15))
        self.streams: dict[Media, Stream] = {"video": self.video}
        if sound:
            self.streams["audio"] = self.audio
        self._film = film
        self._frames = [frame for frame in film.frames if frame.is_video or sound]
        self._fronts = [
            [front(payload, frame.is_video) for payload in (h264_payloads(frame.nals, MAX_PAYLOAD) or [frame.sound])]
            for frame in self._frames
        ]
        keys = [at for at, frame in enumerate(self._frames) if frame.key]
        self._first = keys[int(len(keys) * start)]
        self._level = level

    async def play(self, client: Client) -> None:
        """Until cancelled. A frame that is late is sent at once: none is left out."""
        zero = time.monotonic_ns() - self._frames[self._first].at * 1_000_000_000 // TICKS
        began, place, report_due = 0, self._first, 0
        while True:
            frame = self._frames[place]
            due = began + frame.at
            wait = zero + due * 1_000_000_000 // TICKS - time.monotonic_ns()
            if wait > 0:
                await asyncio.sleep(wait / 1e9)
            self._send(client, place, due)
            now = time.monotonic_ns()
            if now >= report_due:
                report_due = now + REPORT_EVERY_NS
                client.send_rtcp(self._report((now - zero) * TICKS // 1_000_000_000))
            place += 1
            if place == len(self._frames):
                place, began = 0, began + self._film.length

    def _send(self, client: Client, place: int, due: int) -> None:
        frame, fronts = self._frames[place], self._fronts[place]
        wall = rtcp.ntp(time.time_ns())
        if frame.is_video:
            stream, stamp, extension = self.video, self.video.timestamp(due, VIDEO_TICKS), extensions(wall)
        else:
            stream, stamp = self.audio, self.audio.timestamp(due, AUDIO_TICKS)
            extension = extensions(wall, self._level)
        for at, begin in enumerate(fronts, 1):
            marker = frame.is_video and at == len(fronts)
            payload = begin + tail(time.monotonic_ns())
            client.send_rtp(stream.packet(payload, stamp, marker, extension))

    def _report(self, ticks: int) -> bytes:
        wall = rtcp.ntp(time.time_ns())
        out = b""
        for stream, unit in ((self.audio, AUDIO_TICKS), (self.video, VIDEO_TICKS)):
            if stream.packets:
                at = stream.timestamp(ticks, unit)
                out += rtcp.sender_report(stream.ssrc, wall, at, stream.packets, stream.octets)
                out += rtcp.description(stream.ssrc, "bench")
        return out

    def take(self, client: Client, compound: bytes) -> None:
        """The relay's NACKs are answered; a key frame comes with each second of the film, asked for or not."""
        for packet in rtcp.split(compound):
            if packet.kind == rtcp.TRANSPORT and packet.count == 1:
                stream = self.video if packet.media == self.video.ssrc else self.audio
                for sequence in packet.missing():
                    again = stream.again(sequence)
                    if again is not None:
                        client.send_rtp(again)
