"""The relay without its sockets: sessions opened and closed, datagrams in, outputs out, and what is due by time.

`now` is CLOCK_MONOTONIC in ns, passed in. After each input the driver takes `drain()` and does it in order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import pylibsrtp

from media_server.engine import ice, rtcp, rtp
from media_server.engine.drops import DropReason, Drops
from media_server.engine.outputs import (
    Again,
    Closed,
    Ended,
    Event,
    Handshake,
    Muted,
    Output,
    Path,
    RemoveViewer,
    Reported,
    SetViewer,
    Srtp,
    Started,
    Transmit,
)  # fmt: skip
from media_server.engine.room import Room
from media_server.engine.session import Sending, Session
from media_server.engine.slot import Slot
from media_server.engine.source import Source
from media_server.engine.wrap import middle32, ntp_of
from media_server.errors import BadMessage, NoSuchSession, RelayFull
from media_server.records import Ice, MediaLine, PayloadFormat, SessionRequest, SlotAnswer, SourceNote

_SECOND = 1_000_000_000
TICK_NS = 20_000_000
LEVELS_NS = 100_000_000  # speakers.TICK_NS
REPORTS_NS = _SECOND // 2  # REMB twice a second (MEDIA.md), receiver reports with it
SENDER_REPORTS_NS = _SECOND
QUALITY_NS = 2 * _SECOND
SILENT_NS = 5 * _SECOND  # a browser checks its way every 2.5 s: twice missed is worth a word
SCREEN_SILENT_NS = 5 * _SECOND  # a shared screen, even a still one, sends a picture a second
LEAST_REMB_BPS = 150_000
LOSSY = 0.10
AGAIN_PER_SECOND = 1_000  # retransmissions to one viewer


@dataclass(frozen=True)
class EngineSettings:
    epoch: str
    wall_offset_ns: int  # wall clock − now, fixed at start so that what viewers are told never jumps
    remb_bps: int = 2_500_000
    silent_ns: int = 30 * _SECOND
    history_ns: int = 10 * _SECOND
    max_sessions: int = 1_000


class Relay:
    def __init__(self, settings: EngineSettings, random: Random) -> None:
        self.settings = settings
        self.drops = Drops()
        self.rooms: dict[str, Room] = {}
        self.sessions: dict[str, Session] = {}
        self._random = random
        self._outputs: list[Output] = []
        self._by_ufrag: dict[str, Session] = {}
        self._by_path: dict[Path, Session] = {}
        self._numbers = 0
        self._due: dict[str, int] = {}

    def drain(self) -> list[Output]:
        for room in self.rooms.values():
            for session in room.sessions.values():
                if session.slots_changed:
                    room.tell_slots(session)
        outputs = self._outputs[:]
        self._outputs.clear()
        return outputs

    # -- what the api asks for

    def open(self, now: int, request: SessionRequest) -> tuple[Ice, list[SlotAnswer]]:
        """One offer: credentials and slots for its answer. A sender of the same publisher is replaced by it."""
        if request.session in self.sessions:
            raise BadMessage("this session is open already")
        if len(self.sessions) >= self.settings.max_sessions:
            self.drops.add(DropReason.RELAY_FULL)
            raise RelayFull(str(self.settings.max_sessions))
        room = self.rooms.get(request.room)
        if room is None:
            room = self.rooms[request.room] = Room(request.room, self._outputs, self.drops)
        if request.mode != "whep":
            for other in list(room.sessions.values()):
                if other.request.publisher == request.publisher and other.request.mode != "whep":
                    self._end(now, other, "replaced")
        session = Session(request, self._number(), self._ssrc(), now, self._credentials())
        session.remb_bps, session.again_budget = self.settings.remb_bps, AGAIN_PER_SECOND
        answers = [self._slot(session, line) for line in request.media if _is_slot(line)]
        self.sessions[session.id] = room.sessions[session.id] = session
        self._by_ufrag[session.credentials[-1].ufrag] = session
        return _ice(session.credentials[-1]), answers

    def restart(self, now: int, session_id: str) -> Ice:
        """New ICE credentials; the old ones stay valid for a while, DTLS, keys and slots go on."""
        session = self._session(session_id)
        for credentials in session.credentials:
            if credentials.until is None:
                credentials.until = now + ice.GRACE_NS
        session.credentials = [*session.credentials[-3:], self._credentials()]
        self._by_ufrag = {ufrag: other for ufrag, other in self._by_ufrag.items() if other is not session}
        self._by_ufrag |= {credentials.ufrag: session for credentials in session.credentials}
        return _ice(session.credentials[-1])

    def close(self, now: int, session_id: str, cause: str = "closed") -> None:
        self._end(now, self._session(session_id), cause)

    def close_room(self, now: int, name: str) -> None:
        room = self.rooms.get(name)
        if room is not None:
            for session in list(room.sessions.values()):
                self._end(now, session, "room")

    def show(self, now: int, session_id: str, mid: str, source: str | None) -> None:
        session = self._session(session_id)
        slot = next((slot for slot in session.slots if slot.mid == mid and slot.kind == "video"), None)
        if slot is None:
            raise BadMessage(f"no video slot {mid}")
        room = self.rooms[session.request.room]
        if source is not None and source not in room.sources:
            raise BadMessage(f"no source {source}")
        slot.pinned = source
        room.seat(now)

    def picture(self, now: int, name: str, publisher: str | None) -> None:
        room = self.rooms.get(name)
        if room is not None:
            room.picture = publisher
            room.seat(now)

    def mute(self, now: int, session_id: str, kind: str, muted: bool, cause: str) -> None:
        session = self._session(session_id)
        for sending in session.sending:
            if sending.line.source == kind:
                sending.muted, sending.mute_cause = muted, cause
                if sending.source is not None and sending.source.muted != muted:
                    self._mute(now, sending.source, muted, cause)

    def _mute(self, now: int, source: Source, muted: bool, cause: str) -> None:
        source.muted, source.mute_cause, source.muted_at = muted, cause, now
        self._outputs.append(Muted(source))
        self._tell_source(source, "muted" if muted else "unmuted", cause)

    def source(self, name: str) -> Source | None:
        """A live source by its id."""
        return next((room.sources[name] for room in self.rooms.values() if name in room.sources), None)

    # -- what arrives

    def datagram(self, now: int, path: Path, data: bytes) -> None:
        """Whatever bytes: told apart by the first one (RFC 7983 §7)."""
        first = data[0] if data else 255
        if 128 <= first <= 191:
            self._srtp(now, path, data)
        elif first <= 3:
            self._stun(now, path, data)
        elif 20 <= first <= 63:
            session = self._by_path.get(path)
            if session is None:
                self.drops.add(DropReason.UNKNOWN_ADDRESS)
            else:
                self._outputs.append(Handshake(session.id, data))
        else:
            self.drops.add(DropReason.NOT_OURS)

    def knows(self, path: Path) -> bool:
        return path in self._by_path

    def lost(self, path: Path) -> None:
        """A TCP connection has ended."""
        session = self._by_path.pop(path, None)
        if session is not None:
            session.paths.pop(path, None)
            if session.path == path:
                session.path = None
                other = next(reversed(session.paths), None)
                if other is not None:
                    self._use(session, other)

    def way(self, session_id: str) -> Path | None:
        """Where a session's DTLS goes: the nominated way, else the last that was vouched for."""
        session = self.sessions.get(session_id)
        if session is None:
            return None
        return session.path or next(reversed(session.paths), None)

    def keys(self, now: int, session_id: str, rx: Srtp, tx: Srtp) -> None:
        """DTLS is through."""
        session = self.sessions.get(session_id)
        path = self.way(session_id)
        if session is None or path is None:
            return
        session.rx, session.tx = rx, tx
        session.path = path
        self._outputs.append(SetViewer(session.viewer, path, tx))
        self._becomes(session, "connected", "dtls")
        self.rooms[session.request.room].seat(now)

    def dtls_ended(self, now: int, session_id: str, cause: str) -> None:
        session = self.sessions.get(session_id)
        if session is not None:
            self._end(now, session, cause)

    def _stun(self, now: int, path: Path, data: bytes) -> None:
        ufrag = ice.local_ufrag(data)
        if ufrag is None:
            self.drops.add(DropReason.BAD_STUN)
            return
        session = self._by_ufrag.get(ufrag)
        credentials = next((known for known in session.credentials if known.ufrag == ufrag), None) if session else None
        if session is None or credentials is None or (credentials.until is not None and credentials.until < now):
            self.drops.add(DropReason.UNKNOWN_UFRAG)
            return
        check = ice.answer(data, credentials, path.address)
        if check is None:
            self.drops.add(DropReason.BAD_INTEGRITY)
            return
        other = self._by_path.get(path)
        if other is not None and other is not session:
            other.paths.pop(path, None)
            if other.path == path:
                other.path = None
        self._by_path[path] = session
        forgotten = session.learn(path)
        if forgotten is not None:
            self._by_path.pop(forgotten, None)
        self._heard(now, session)
        if check.nominated and session.path != path:
            self._use(session, path)
        self._outputs.append(Transmit(path, check.response))

    def _use(self, session: Session, path: Path) -> None:
        session.path = path
        if session.tx is not None:
            self._outputs.append(SetViewer(session.viewer, path, session.tx))

    def _srtp(self, now: int, path: Path, data: bytes) -> None:
        session = self._by_path.get(path)
        if session is None:
            self.drops.add(DropReason.UNKNOWN_ADDRESS)
            return
        if session.rx is None:
            self.drops.add(DropReason.NOT_YET_KEYED)
            return
        is_rtcp = len(data) > 1 and 192 <= data[1] <= 223  # RFC 5761 §4
        try:
            plain = session.rx.unprotect_rtcp(data) if is_rtcp else session.rx.unprotect(data)
        except (pylibsrtp.Error, ValueError):
            self.drops.add(DropReason.SRTP_REFUSED)
            return
        self._heard(now, session)
        if is_rtcp:
            self._rtcp(now, session, plain)
        else:
            self._rtp(now, session, plain)

    def _heard(self, now: int, session: Session) -> None:
        session.heard_at = now
        if session.state == "silent":
            self._becomes(session, "connected", "back")

    def _rtp(self, now: int, session: Session, data: bytes) -> None:
        packet = rtp.read(data)
        if packet is None:
            self.drops.add(DropReason.BAD_RTP)
            return
        routed = session.route(now, packet)
        if isinstance(routed, DropReason):
            self.drops.add(routed)
            return
        sending, fmt, packet = routed
        source = sending.source
        if source is not None and source.note.codec != fmt.codec:
            self._end_source(now, sending, "replaced")
            source = None
        if source is None:
            source = self._start_source(now, session, sending, fmt, packet.ssrc)
        taken = source.take(now, packet)
        if isinstance(taken, DropReason):
            self.drops.add(taken)
            return
        room = self.rooms[session.request.room]
        if not source.video:
            element = packet.extensions().get(sending.level_id) if sending.level_id is not None else None
            room.speakers.heard(source.note.id, rtp.audio_level(element), packet.end - packet.start)
        room.packet(now, source, taken)
        if room.unseated:
            room.seat(now)

    def _start_source(self, now: int, session: Session, sending: Sending, fmt: PayloadFormat, ssrc: int) -> Source:
        request, line = session.request, sending.line
        assert line.source is not None
        assert fmt.codec != "rtx"
        note = SourceNote(
            id=f"s{self._number()}", room=request.room, session=session.id, publisher=request.publisher,
            kind=line.source, codec=fmt.codec, clock_rate=fmt.clock_rate,
        )  # fmt: skip
        source = Source(note, line, fmt, ssrc, session.publisher_offset, self.settings.history_ns)
        sending.source = source
        self.rooms[request.room].add(source)
        self._outputs.append(Started(source))
        self._tell_source(source, "started", "")
        if sending.muted:
            self._mute(now, source, True, sending.mute_cause)
        return source

    def _end_source(self, now: int, sending: Sending, cause: str) -> None:
        source = sending.source
        if source is None:
            return
        sending.source = None
        source.ended_at, source.end_cause = now, cause
        self.rooms[source.note.room].remove(source)
        self._outputs.append(Ended(source, cause))
        self._tell_source(source, "ended", cause)

    def _rtcp(self, now: int, session: Session, data: bytes) -> None:
        compound = rtcp.read(data)
        if not compound.whole:
            self.drops.add(DropReason.BAD_RTCP)
        for report in compound.reports:
            if isinstance(report, rtcp.SenderReport):
                source = session.source_by_ssrc(report.ssrc)
                if source is not None:
                    source.sender_report(now, report)
                    self._outputs.append(Reported(source))
            if isinstance(report, rtcp.SenderReport | rtcp.ReceiverReport):
                self._reception(now, session, report.blocks)
            elif isinstance(report, rtcp.Nack):
                self._again(session, report)
            elif isinstance(report, rtcp.KeyFrameRequest):
                slot = session.slots_by_ssrc.get(report.media)
                if slot is not None and slot.shown is not None:
                    slot.shown.want_key_frame()

    def _reception(self, now: int, session: Session, blocks: tuple[rtcp.ReportBlock, ...]) -> None:
        for block in blocks:
            if block.ssrc not in session.slots_by_ssrc:
                continue
            session.round.fraction_lost[block.ssrc] = block.fraction_lost / 256
            if block.last_sr:
                trip = (
                    middle32(ntp_of(now + self.settings.wall_offset_ns)) - block.last_sr - block.delay
                ) & 0xFFFF_FFFF
                if trip < 0x8000_0000:
                    session.round.rtt_ms = trip * 1_000 / 65_536

    def _again(self, session: Session, nack: rtcp.Nack) -> None:
        slot = session.slots_by_ssrc.get(nack.media)
        if slot is None:
            self.drops.add(DropReason.UNKNOWN_SSRC)
            return
        for sequence in nack.sequences:
            found = slot.find(sequence)
            if found is None:
                self.drops.add(DropReason.NOT_IN_HISTORY)
            elif session.again_budget <= 0:
                self.drops.add(DropReason.NACK_LIMIT)
            else:
                session.again_budget -= 1
                mapping, packet = found
                self._outputs.append(Again(session.viewer, mapping.bytes_of(packet)))

    # -- what is due by time

    def tick(self, now: int) -> None:
        """To be called every TICK_NS or so."""
        self._every("levels", LEVELS_NS, now, self._levels)
        for session in self.sessions.values():
            for source in session.sources:
                self._feedback(session, source.feedback_due(now, session.ssrc))
            for slot in session.slots:
                if slot.report_due:
                    self._report_slot(now, session, slot)
        self._every("reports", REPORTS_NS, now, self._reports)
        self._every("sender reports", SENDER_REPORTS_NS, now, self._sender_reports)
        self._every("silence", SENDER_REPORTS_NS, now, self._silence)
        self._every("quality", QUALITY_NS, now, self._quality)

    def _every(self, name: str, pause: int, now: int, act: Callable[[int], None]) -> None:
        if now >= self._due.get(name, 0):
            self._due[name] = now + pause
            act(now)

    def _levels(self, now: int) -> None:
        for room in self.rooms.values():
            if room.speakers.tick(now) or room.unseated:
                room.seat(now)

    def _feedback(self, session: Session, feedback: bytes) -> None:
        if feedback:  # a compound begins with a report (RFC 3550 §6.1)
            self._send_rtcp(session, rtcp.receiver_report(rtcp.ReceiverReport(session.ssrc)) + feedback)

    def _reports(self, now: int) -> None:
        for session in self.sessions.values():
            if session.tx is None or not session.sending:
                continue
            blocks = [block for source in session.sources if (block := source.reception.block(now, source.ssrc))]
            out = rtcp.receiver_report(rtcp.ReceiverReport(session.ssrc, tuple(blocks)))
            out += rtcp.description(session.ssrc, "relay")
            videos = [source for source in session.sources if source.video and "goog-remb" in source.feedback]
            if videos:
                self._judge(session, videos)
                ssrcs = [source.ssrc for source in videos]
                out += rtcp.remb(session.ssrc, session.remb_bps * len(videos), ssrcs)
            self._send_rtcp(session, out)

    def _judge(self, session: Session, videos: list[Source]) -> None:
        """Halved on more than a tenth lost, back by 8% a report."""
        if max(source.reception.fraction_lost for source in videos) > LOSSY:
            session.remb_bps = max(LEAST_REMB_BPS, session.remb_bps // 2)
        else:
            session.remb_bps = min(self.settings.remb_bps, session.remb_bps * 108 // 100)

    def _sender_reports(self, now: int) -> None:
        for session in self.sessions.values():
            session.again_budget = AGAIN_PER_SECOND
            for slot in session.slots:
                self._report_slot(now, session, slot)

    def _report_slot(self, now: int, session: Session, slot: Slot) -> None:
        slot.report_due = False
        report = slot.report(now, now + self.settings.wall_offset_ns)
        if report is not None:
            self._send_rtcp(session, rtcp.sender_report(report) + rtcp.description(slot.ssrc, slot.cname))

    def _send_rtcp(self, session: Session, data: bytes) -> None:
        if session.tx is None or session.path is None:
            return
        try:
            self._outputs.append(Transmit(session.path, session.tx.protect_rtcp(data)))
        except (pylibsrtp.Error, ValueError):
            self.drops.add(DropReason.SRTP_REFUSED)

    def _silence(self, now: int) -> None:
        for session in list(self.sessions.values()):
            quiet = now - session.heard_at
            if quiet > self.settings.silent_ns:
                self._end(now, session, "silent")
                continue
            if quiet > SILENT_NS and session.state == "connected":
                self._becomes(session, "silent", "")
            stale = [known for known in session.credentials if known.until is not None and known.until < now]
            for credentials in stale:
                session.credentials.remove(credentials)
                self._by_ufrag.pop(credentials.ufrag, None)
            for sending in session.sending:
                source = sending.source
                screen = source is not None and source.note.kind == "screen"
                if source and screen and quiet < SILENT_NS and now - source.last_arrival > SCREEN_SILENT_NS:
                    self._end_source(now, sending, "silent")
        for room in list(self.rooms.values()):
            for source in [*room.sources.values(), *room.ended]:
                source.history.forget(now)
            room.ended = [
                s for s in room.ended if s.ended_at is not None and now - s.ended_at < self.settings.history_ns
            ]
            if room.unseated:
                room.seat(now)
            if not room.sessions and not room.ended and not room.sources:
                del self.rooms[room.name]

    def _quality(self, now: int) -> None:
        for room in self.rooms.values():
            told: dict[str, dict[str, Any]] = {}
            for session in room.sessions.values():
                if session.tx is not None:
                    told[session.id] = self._quality_of(room, session)
            if told:
                self._outputs.append(Event("huilu.event.relay.quality", {"room": room.name, "sessions": told}))

    def _quality_of(self, room: Room, session: Session) -> dict[str, Any]:
        octets = (
            sum(source.reception.octets for source in session.sources),
            sum(slot.octets for slot in session.slots),
        )
        before, session.octets_told = session.octets_told, octets
        shown = {slot.ssrc for slot in session.slots if slot.shown is not None}
        losses = [source.reception.fraction_lost for source in session.sources]
        losses += [lost for ssrc, lost in session.round.fraction_lost.items() if ssrc in shown]
        levels = [room.speakers.level(source.note.id) for source in session.sources if not source.video]
        return {
            "loss": round(max(losses, default=0.0), 4),
            "rtt_ms": round(session.round.rtt_ms or 0.0, 1),
            "in_kbps": max(0, octets[0] - before[0]) * 8 * _SECOND // QUALITY_NS // 1_000,
            "out_kbps": max(0, octets[1] - before[1]) * 8 * _SECOND // QUALITY_NS // 1_000,
            "level": round(min(levels, default=127.0)),
        }

    # -- ends and numbers

    def _session(self, session_id: str) -> Session:
        session = self.sessions.get(session_id)
        if session is None:
            raise NoSuchSession(session_id)
        return session

    def _becomes(self, session: Session, state: str, cause: str) -> None:
        session.state = state
        body = {"room": session.request.room, "session": session.id, "state": state, "cause": cause}
        self._outputs.append(Event("huilu.event.relay.session", body))

    def _tell_source(self, source: Source, state: str, cause: str) -> None:
        body = {"room": source.note.room, "source": source.note.model_dump(), "state": state, "cause": cause}
        self._outputs.append(Event("huilu.event.relay.source", body))

    def _end(self, now: int, session: Session, cause: str) -> None:
        room = self.rooms[session.request.room]
        for sending in session.sending:
            self._end_source(now, sending, cause)
        room.forget_slots(session)
        del room.sessions[session.id], self.sessions[session.id]
        for credentials in session.credentials:
            self._by_ufrag.pop(credentials.ufrag, None)
        for path in session.paths:
            self._by_path.pop(path, None)
        self._outputs.append(RemoveViewer(session.viewer))
        self._becomes(session, "closed", cause)
        self._outputs.append(Closed(session.id, cause))
        room.seat(now)

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _ssrc(self) -> int:
        return self._random.randrange(1, 0xFFFF_FFFF)

    def _credentials(self) -> ice.Credentials:
        """RFC 8839 §5.4: at least 24 and 128 random bits."""
        while True:
            ufrag = f"{self._random.getrandbits(48):012x}"
            if ufrag not in self._by_ufrag:
                return ice.Credentials(ufrag, f"{self._random.getrandbits(128):032x}")

    def _slot(self, session: Session, line: MediaLine) -> SlotAnswer:
        shared = session.request.mode == "whep"  # there both slots are one stream, played in sync
        name = f"{session.id}" if shared else f"{session.id}-{line.mid}"
        ssrc = self._ssrc()
        while ssrc in session.slots_by_ssrc:
            ssrc = self._ssrc()
        slot = Slot(
            entry=self._number(), mid=line.mid, kind=line.kind, ssrc=ssrc, cname=name,
            formats=[fmt for fmt in line.formats if fmt.codec != "rtx"],
            first_number=self._random.randrange(0x1_0000, 0x1_8000),  # RFC 3550 §5.1; half-way below the first wrap
            first_stamp=self._random.getrandbits(32),
        )  # fmt: skip
        session.slots.append(slot)
        session.slots_by_ssrc[ssrc] = slot
        return SlotAnswer(mid=line.mid, ssrc=ssrc, cname=name, msid=name, track=f"{name}-{line.kind}")


def _is_slot(line: MediaLine) -> bool:
    return line.direction in ("recvonly", "sendrecv") and not line.rejected


def _ice(credentials: ice.Credentials) -> Ice:
    return Ice(ufrag=credentials.ufrag, pwd=credentials.pwd)
