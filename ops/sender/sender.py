"""A site that publishes a film through WHIP in real time, and comes back by itself when the relay died.

Sender reports pair NTP and RTP time exactly: both are the same linear function of one clock, and a frame's time stamp
is the moment in the film, not the moment of sending. So sound and picture can be compared in an archive to the sample.
"""

import asyncio
import logging
import math
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path

from ops.sender import rtcp
from ops.sender.description import H264, OPUS, Codec, Line, write
from ops.sender.film import AUDIO_TICKS, TICKS, VIDEO_TICKS, Film, Frame
from ops.sender.packetizer import Stream, extensions, h264_payloads
from ops.sender.session import Session, SessionFailed, client, pause

log = logging.getLogger(__name__)

REPORT_EVERY_S = 1.0
# The relay sends REMB twice a second; so long without a word from it means that it is gone. A killed one on a machine
# that is up is noticed at once, by the closed port.
SILENT_S = 3.0
RETRY_S = 0.3
# Before the goodbye: the last frames' packets may still be asked for.
LINGER_S = 0.5
# With pacing held up longer than this the film jumps on, as a camera would have dropped those frames.
LATE_S = 2.0
COMMON_TICKS = math.lcm(AUDIO_TICKS, VIDEO_TICKS)


@dataclass(slots=True)
class Sent:
    """What a sender did; frames are whole pictures of which every packet was sent."""

    frames: int = 0
    key_frames: int = 0
    sounds: int = 0
    packets: int = 0
    bytes: int = 0
    key_frames_asked: int = 0
    nacked: int = 0
    sent_again: int = 0
    sessions: int = 0
    refused: int = 0
    bits_per_second: int = 0  # the relay's last REMB
    connected: asyncio.Event = field(default_factory=asyncio.Event)


class Sender:
    codec: Codec = "h264"

    def __init__(
        self, film: Film, url: str, token: str, *, authority: Path | None = None, loops: int | None = None
    ) -> None:
        """`url` is the meeting's WHIP address. With `loops` the film ends after so many rounds."""
        self.film = film
        self.url = url
        self.sent = Sent()
        self._token = token
        self._authority = authority
        self._loops = loops
        self._cname = secrets.token_hex(8)
        self.video = Stream(secrets.randbits(31) | 1, H264, 90_000, secrets.randbits(32), secrets.randbits(15))
        self.audio = Stream(secrets.randbits(31) | 1, OPUS, 48_000, secrets.randbits(32), secrets.randbits(15))
        self._payloads = [h264_payloads(frame.nals) if frame.is_video else [frame.sound] for frame in film.frames]
        self._session: Session | None = None
        self._place = 0  # next frame
        self._round = 0
        # Film time is `monotonic − _zero`; the wall clock of that zero makes the NTP times.
        self._zero_ns = 0
        self._zero_wall_ns = 0
        # Film time at which the running round began: later rounds and jumps only move it forward.
        self._began = 0

    async def run(self, stop: asyncio.Event) -> Sent:
        """Until `stop` is set, or the film's rounds are over; then the session is ended. Raises SessionFailed when the
        very first session is refused by the hub; later failures are tried again for as long as it takes."""
        self._zero_ns, self._zero_wall_ns = time.monotonic_ns(), time.time_ns()
        said = ""
        async with client(self._token, self._authority) as http:
            while not stop.is_set() and not self._over():
                session = Session(http, lambda _: None, self._feedback)
                lines = [
                    Line("audio", "sendonly", self.audio.ssrc),
                    Line("video", "sendonly", self.video.ssrc, self.codec),
                ]
                try:
                    await session.open(self.url, write(lines, session.ice, session.fingerprint, self._cname))
                except SessionFailed as error:
                    self.sent.refused += 1
                    if self.sent.sessions == 0 and 400 <= error.status < 500:
                        raise
                    if str(error) != said:  # not every 0.3 s the same
                        said = str(error)
                        log.warning("no session: %s", said)
                    await pause(stop, RETRY_S)
                    continue
                self._session, said = session, ""
                session.begin()
                self.sent.sessions += 1
                self._jump_to_key_frame()
                self.sent.connected.set()
                try:
                    await self._play(session, stop)
                    if stop.is_set() or self._over():
                        await asyncio.sleep(LINGER_S)
                        session.send_rtcp(self._report() + rtcp.bye([self.audio.ssrc, self.video.ssrc]))
                finally:
                    self.sent.connected.clear()
                    self._session = None
                    await session.close()
        return self.sent

    def _over(self) -> bool:
        return self._loops is not None and self._round >= self._loops

    def _now(self) -> int:
        """Film time in ticks."""
        return (time.monotonic_ns() - self._zero_ns) * TICKS // 1_000_000_000

    def _jump_to_key_frame(self) -> None:
        """The next key frame is due now, and before it the sound that plays on into it (a film's very first packet is
        one): a viewer can begin with the session's first picture, and time stamps never run backwards, because a jump
        only shortens the film."""
        frames = self.film.frames
        for _ in range(len(frames)):
            here, after = frames[self._place], frames[(self._place + 1) % len(frames)]
            if here.key or (after.key and not here.is_video):
                break
            self._step()
        due = self._began + frames[self._place].at
        late = self._now() - due
        if late > 0:
            # By whole units of both RTP clocks, so that picture and sound stay together to the sample.
            self._began += -(-late // COMMON_TICKS) * COMMON_TICKS

    def _step(self) -> None:
        self._place += 1
        if self._place == len(self.film.frames):
            self._place = 0
            self._round += 1
            self._began += self.film.length

    async def _play(self, session: Session, stop: asyncio.Event) -> None:
        next_report = 0.0
        while not self._over():
            frame = self.film.frames[self._place]
            due = self._began + frame.at
            ahead = (due - self._now()) / TICKS
            if ahead > 0 and await pause(stop, ahead):
                return
            if ahead < -LATE_S:
                log.warning("held up for %.1f s; the film jumps on", -ahead)
                self._jump_to_key_frame()
                continue
            now = time.monotonic()
            if stop.is_set() or not session.alive(now, SILENT_S):
                return
            self._send(session, frame, due)
            if now >= next_report:
                next_report = now + REPORT_EVERY_S
                session.send_rtcp(self._report())
            self._step()

    def _send(self, session: Session, frame: Frame, due: int) -> None:
        payloads = self._payloads_of(frame)
        wall = rtcp.ntp(time.time_ns())
        if frame.is_video:
            stream, timestamp, extension = self.video, self.video.timestamp(due, VIDEO_TICKS), extensions(wall)
            self.sent.frames += 1
            self.sent.key_frames += frame.key
        else:
            stream, timestamp = self.audio, self.audio.timestamp(due, AUDIO_TICKS)
            extension = extensions(wall, frame.level)
            self.sent.sounds += 1
        for at, payload in enumerate(payloads):
            # RFC 7587 §4.2: the marker of sound is for talk spurts; without DTX there is none.
            marker = frame.is_video and at == len(payloads) - 1
            packet = stream.packet(payload, timestamp, marker, extension)
            if self._leaves():
                session.send_rtp(packet)
            self.sent.packets += 1
            self.sent.bytes += len(packet)

    def _leaves(self) -> bool:
        """Whether the line takes this packet."""
        return True

    def _payloads_of(self, frame: Frame) -> list[bytes]:
        """Of the frame that is due, each time that it is sent."""
        return self._payloads[self._place]

    def _report(self) -> bytes:
        now_ns = time.monotonic_ns() - self._zero_ns
        wall = rtcp.ntp(self._zero_wall_ns + now_ns)
        ticks = now_ns * TICKS // 1_000_000_000
        out = b""
        for stream, unit in ((self.audio, AUDIO_TICKS), (self.video, VIDEO_TICKS)):
            if stream.packets:
                rtp_time = stream.timestamp(ticks, unit)
                out += rtcp.sender_report(stream.ssrc, wall, rtp_time, stream.packets, stream.octets)
                out += rtcp.description(stream.ssrc, self._cname)
        return out or rtcp.receiver_report(self.audio.ssrc, []) + rtcp.description(self.audio.ssrc, self._cname)

    def _feedback(self, data: bytes) -> None:
        session = self._session
        for packet in rtcp.split(data):
            self.sent.key_frames_asked += self.video.ssrc in packet.asked_for_key()
            self.sent.bits_per_second = packet.bits_per_second() or self.sent.bits_per_second
            if packet.kind == rtcp.TRANSPORT and packet.count == 1 and session is not None:
                stream = next((s for s in (self.video, self.audio) if s.ssrc == packet.media), None)
                for sequence in packet.missing() if stream else ():
                    self.sent.nacked += 1
                    again = stream.again(sequence) if stream else None
                    if again is not None and self._leaves():
                        session.send_rtp(again)
                        self.sent.sent_again += 1


__all__ = ["Sender", "Sent", "SessionFailed"]
