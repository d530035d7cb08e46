"""The relay without its sockets: sessions opened and closed, datagrams in, outputs out, and what is due by time.

`now` is CLOCK_MONOTONIC in ns, passed in. After each input the driver takes `drain()` and does it in order.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from random import Random

from media_server.engine.doors import Doors
from media_server.engine.drops import DropReason, Drops, OwnDrops
from media_server.engine.leaving import MAX_SEND_TIME_ID, SEND_TIME
from media_server.engine.outputs import (
    Again,
    Closed,
    Event,
    Handshake,
    Inbound,
    Output,
    Path,
    RemoveViewer,
    SetViewer,
    Srtp,
)  # fmt: skip
from media_server.engine.publishing import Publishing
from media_server.engine.reports import AGAIN_PER_SECOND, QUALITY_NS, Reports, quality
from media_server.engine.room import Room
from media_server.engine.session import MAX_EARLY, Session
from media_server.engine.slot import Repairs, Slot
from media_server.engine.source import Source
from media_server.errors import BadMessage, IceChanged, NoSuchSession, RelayFull
from media_server.records import Ice, MediaLine, SessionRequest, SlotAnswer

_SECOND = 1_000_000_000
TICK_NS = 20_000_000
LEVELS_NS = 100_000_000  # speakers.TICK_NS
AGAIN_SHARE_BPS = 4 * 8 * 1_000  # a quarter of a narrow line in packets of 1,000 octets
LAYERS_NS = 100_000_000
REPORTS_NS = _SECOND // 2  # REMB twice a second (MEDIA.md), receiver reports with it
SENDER_REPORTS_NS = _SECOND
REPORTS_TURN_NS = 100_000_000  # those that fall due go together: code and tables are in the cache for one after another
SILENT_NS = 5 * _SECOND  # a browser checks its way every 2.5 s: twice missed is worth a word
SCREEN_SILENT_NS = 5 * _SECOND  # a shared screen, even a still one, sends a picture a second


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
        self._doors = Doors(random, self._outputs, self.drops)
        self._reports = Reports(settings.wall_offset_ns, settings.remb_bps, self._outputs, self._show_again)
        self._publishing = Publishing(self.rooms, self._outputs, settings.history_ns, self._number)
        self._changed: dict[Session, None] = {}  # their slots show something else
        self.listened: Counter[str] = Counter()  # listeners that want a room
        self._numbers = 0
        self._due: dict[str, int] = {}

    def drain(self) -> list[Output]:
        for session in self._changed:
            if session.id in self.sessions:
                self.rooms[session.request.room].tell_slots(session)
        self._changed.clear()
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
        room = self._room(request.room)
        if request.mode != "whep":
            for other in list(room.sessions.values()):
                if other.request.publisher == request.publisher and other.request.mode != "whep":
                    self._end(now, other, "replaced")
        session = Session(request, self._number(), self._ssrc(), now, self._doors.credentials())
        session.drops = OwnDrops(self.drops)
        session.remb_bps, session.again_budget = self.settings.remb_bps, AGAIN_PER_SECOND
        answers = [self._slot(session, line) for line in request.media if _is_slot(line)]
        self.sessions[session.id] = room.sessions[session.id] = session
        return self._doors.add(session), answers

    def restart(self, now: int, session_id: str, client_ufrag: str, tags: Collection[str] | None) -> tuple[Ice, bool]:
        """New ICE credentials for a client that comes with new ones, and True; the old ones stay valid for a while,
        DTLS, keys and slots go on. A client that names the ufrag known of it has no new ones, and gets ours as they
        are. With `tags`, only when our newest ufrag is among them; raises IceChanged."""
        session = self._session(session_id)
        newest = session.credentials[-1]
        if tags is not None and newest.ufrag not in tags:
            raise IceChanged(session_id)
        if client_ufrag == session.client_ufrag:
            return Ice(ufrag=newest.ufrag, pwd=newest.pwd), False
        session.client_ufrag = client_ufrag
        return self._doors.restart(now, session), True

    def close(self, now: int, session_id: str, cause: str = "closed") -> None:
        self._end(now, self._session(session_id), cause)

    def open_room(self, name: str) -> None:
        """Keep it, and its picture, from now on though nobody is there."""
        self._room(name).wanted = True

    def close_room(self, now: int, name: str) -> None:
        room = self.rooms.get(name)
        if room is not None:
            room.wanted = False
            for session in list(room.sessions.values()):
                self._end(now, session, "room")

    def show(self, now: int, session_id: str, mid: str, source: str | None) -> None:
        session = self._session(session_id)
        slot = next((slot for slot in session.slots if slot.mid == mid and slot.kind == "video"), None)
        if slot is None:
            raise BadMessage(f"no video slot {mid}")
        room = self.rooms[session.request.room]
        shown = room.sources.get(source) if source is not None else None
        if source is not None and (shown is None or slot.format_for(shown.note.codec) is None):
            raise BadMessage(f"no source {source} that this slot can show")
        slot.pinned = source
        room.seat_one(now, session)

    def picture(self, now: int, name: str, publisher: str | None) -> None:
        room = self._room(name)
        room.picture = publisher
        room.seat(now)

    def sized(self, session_id: str, sizes: dict[str, tuple[int, int]]) -> None:
        """How large a viewer sees its slots, by mid: width and height in pixels of its screen, 0 × 0 out of sight."""
        session = self._session(session_id)
        for slot in session.slots:
            if slot.kind == "video" and slot.mid in sizes:
                slot.size = sizes[slot.mid]
        self.rooms[session.request.room].unaimed[session] = None

    def listen(self, room: str, wants: bool) -> None:
        """A listener wants this room, or does not any more."""
        self.listened[room] += 1 if wants else -1
        if self.listened[room] <= 0:
            del self.listened[room]
        if room in self.rooms:
            self.rooms[room].demanded = True

    def mute(self, now: int, session_id: str, kind: str, muted: bool, cause: str) -> None:
        session = self._session(session_id)
        for sending in session.sending:
            if sending.line.source == kind:
                sending.muted, sending.mute_cause = muted, cause
                if sending.source is not None and sending.source.muted != muted:
                    self._publishing.mute(now, sending.source, muted, cause)

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
            session = self._doors.check(path, now, data)
            if session is not None:
                self._heard(now, session)
        elif 20 <= first <= 63:
            session = self._doors.session(path)
            if session is None:
                self.drops.add(DropReason.UNKNOWN_ADDRESS)
            elif session.rx is not None and not session.handshakes.allows(now):
                session.drops.add(DropReason.FLOOD)
            else:
                self._outputs.append(Handshake(session.id, data))
        else:
            self.drops.add(DropReason.NOT_OURS)

    def knows(self, path: Path) -> bool:
        return self._doors.session(path) is not None

    def lost(self, path: Path) -> None:
        """A TCP connection has ended."""
        self._doors.lost(path)

    def way(self, session_id: str) -> Path | None:
        """Where a session's DTLS goes: the nominated way, else the last that was vouched for."""
        session = self.sessions.get(session_id)
        if session is None:
            return None
        return session.path or next(reversed(session.paths), None)

    def keys(self, now: int, session_id: str, rx: Inbound, tx: Srtp) -> None:
        """DTLS is through."""
        session = self.sessions.get(session_id)
        path = self.way(session_id)
        if session is None or path is None:
            return
        session.rx, session.tx = rx, tx
        session.path = path
        self._outputs.append(SetViewer(session.viewer, path, tx))
        self._becomes(session, "connected", "dtls")
        self.rooms[session.request.room].seat_one(now, session)
        # A client is through before we are told, and its first key frame comes with the next datagrams.
        early, session.early = session.early, []
        for arrival, sender, data in early:
            self._srtp(arrival, sender, data)

    def dtls_ended(self, now: int, session_id: str, cause: str) -> None:
        session = self.sessions.get(session_id)
        if session is not None:
            self._end(now, session, cause)

    def _srtp(self, now: int, path: Path, data: bytes) -> None:
        session = self._doors.session(path)
        if session is None:
            self.drops.add(DropReason.UNKNOWN_ADDRESS)
            return
        if session.rx is None:
            if len(session.early) < MAX_EARLY:
                session.early.append((now, path, data))
            else:
                session.drops.add(DropReason.NOT_YET_KEYED)
            return
        is_rtcp = len(data) > 1 and 192 <= data[1] <= 223  # RFC 5761 §4
        plain = session.rx.unprotect_rtcp(data) if is_rtcp else session.rx.unprotect(data)
        if isinstance(plain, DropReason):
            session.drops.add(plain)
            return
        self._heard(now, session)
        # Only what is known to be the session's own counts, never a stranger's.
        if not session.may_send(now, len(data), is_rtcp):
            session.drops.add(DropReason.FLOOD)
        elif is_rtcp:
            self._reports.take(now, session, plain)
        else:
            self._publishing.take(now, session, plain)

    def _show_again(self, now: int, session: Session, slot: Slot) -> None:
        self.rooms[session.request.room].show_again(now, session, slot)

    def _heard(self, now: int, session: Session) -> None:
        session.heard_at = now
        if session.state == "silent":
            self._becomes(session, "connected", "back")

    # -- what is due by time

    def tick(self, now: int) -> None:
        """To be called every TICK_NS or so."""
        self._every("levels", LEVELS_NS, now, self._levels)
        for source, session in self._publishing.sources.items():
            for layer in source.layers:
                self._reports.feedback(now, session, layer)
        for session in self._publishing.counted:
            self._reports.counted(now, session)
        self._publishing.counted.clear()
        self._every("layers", LAYERS_NS, now, self._layers)
        for session in self._reports.cut:
            session.downlink.changed = False
            self.rooms[session.request.room].unaimed[session] = None
        self._reports.cut.clear()
        for room in self.rooms.values():
            room.seat_more(now)
            self._probe(now, room)
            room.aim(now)
            for session, slot in room.switched:
                self._reports.sent(now, session, (slot,))
            room.switched.clear()
            if room.demanded:
                room.ask(now, self.listened[room.name] > 0)
        self._every("reports", REPORTS_TURN_NS, now, self._due_reports)
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

    def _layers(self, now: int) -> None:
        """What flows, and how fast."""
        for room in self.rooms.values():
            for source in room.sources.values():
                if not source.video:
                    continue
                source.look(now)
                for layer in source.layers:
                    layer.measure(now)
                    if layer.flows(now) != layer.flowed:
                        layer.flowed = not layer.flowed
                        room.aim_everybody()
            room.unaimed.update(dict.fromkeys(room.limited))  # rates swing, queues drain

    def _probe(self, now: int, room: Room) -> None:
        """Look whether the lines of those who see less than they want carry more."""
        for session, (_, next_bps) in room.limited.items():
            downlink = session.downlink
            slot = next((slot for slot in session.slots if slot.kind == "video" and slot.shown is not None), None)
            if slot is None:
                downlink.dare(now, next_bps)
                continue
            octets = downlink.due(now, session.sent_bps(now), next_bps)
            packets = slot.repeats(now, octets)
            if packets is None and (padding := slot.padding(now, octets)) is not None:
                mapping, packets = padding
                room.set_entry(session, slot, mapping)
            if packets:
                self._outputs += [Again(session.viewer, packet) for packet in packets]
                downlink.sent(sum(map(len, packets)))
            if downlink.changed:
                downlink.changed = False
                room.unaimed[session] = None

    def _due_reports(self, now: int) -> None:
        for session in self.sessions.values():
            if now >= session.report_due:
                session.report_due = _after(now, session.report_due, REPORTS_NS)
                self._reports.about(now, session)
            if now >= session.sender_report_due:
                session.sender_report_due = _after(now, session.sender_report_due, SENDER_REPORTS_NS)
                session.again_budget = AGAIN_PER_SECOND
                if session.downlink.budget is not None:  # what overflows a narrow line is not mended by more of it
                    session.again_budget = min(AGAIN_PER_SECOND, session.downlink.budget // AGAIN_SHARE_BPS)
                self._reports.sent(now, session, session.slots)

    def _silence(self, now: int) -> None:
        for session in list(self.sessions.values()):
            quiet = now - session.heard_at
            if quiet > self.settings.silent_ns:
                self._end(now, session, "silent")
                continue
            if quiet > SILENT_NS and session.state == "connected":
                self._becomes(session, "silent", "")
            self._doors.expire(now, session)
            for sending in session.sending:
                source = sending.source
                screen = source is not None and source.note.kind == "screen"
                if source and screen and quiet < SILENT_NS and now - source.last_arrival > SCREEN_SILENT_NS:
                    self._publishing.end(now, sending, "silent")
        for room in list(self.rooms.values()):
            for source in [*room.sources.values(), *room.ended]:
                source.forget(now)
            room.demanded = True  # layers that nobody needs are switched off by time
            room.ended = [
                s for s in room.ended if s.ended_at is not None and now - s.ended_at < self.settings.history_ns
            ]
            if room.unseated:
                room.seat(now)
            if not (room.sessions or room.ended or room.sources or room.wanted):
                del self.rooms[room.name]

    def _quality(self, now: int) -> None:
        for room in self.rooms.values():
            told = {
                session.id: quality(session, room.speakers)
                for session in room.sessions.values()
                if session.tx is not None
            }
            if told:
                self._outputs.append(Event("huilu.event.relay.quality", {"room": room.name, "sessions": told}))

    # -- ends and numbers

    def _room(self, name: str) -> Room:
        room = self.rooms.get(name)
        if room is None:
            room = self.rooms[name] = Room(name, self._outputs, self._changed)
        return room

    def _session(self, session_id: str) -> Session:
        session = self.sessions.get(session_id)
        if session is None:
            raise NoSuchSession(session_id)
        return session

    def _becomes(self, session: Session, state: str, cause: str) -> None:
        session.state = state
        body = {"room": session.request.room, "session": session.id, "state": state, "cause": cause}
        self._outputs.append(Event("huilu.event.relay.session", body))

    def _end(self, now: int, session: Session, cause: str) -> None:
        room = self.rooms[session.request.room]
        for sending in session.sending:
            self._publishing.end(now, sending, cause)
        room.forget_slots(session)
        self._reports.cut.pop(session, None)
        self._publishing.counted.pop(session, None)
        del room.sessions[session.id], self.sessions[session.id]
        self._doors.remove(session)
        self._outputs.append(RemoveViewer(session.viewer))
        self._becomes(session, "closed", cause)
        self._outputs.append(Closed(session.id, cause))
        room.unseated = True  # with the next levels: a room that is closed is not seated once a session

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _ssrc(self) -> int:
        return self._random.randrange(1, 0xFFFF_FFFF)

    def _slot(self, session: Session, line: MediaLine) -> SlotAnswer:
        shared = session.request.mode == "whep"  # there both slots are one stream, played in sync
        name = f"{session.id}" if shared else f"{session.id}-{line.mid}"
        taken = {number for slot in session.slots for number in (slot.ssrc, slot.repairs and slot.repairs.ssrc)}
        ssrc, rtx_ssrc = self._ssrc(), self._ssrc()
        while ssrc == rtx_ssrc or ssrc in taken or rtx_ssrc in taken:
            ssrc, rtx_ssrc = self._ssrc(), self._ssrc()
        payload_types = {fmt.apt: fmt.payload_type for fmt in line.formats if fmt.apt is not None}
        repairs = Repairs(rtx_ssrc, payload_types, self._random.randrange(0x8000)) if payload_types else None
        slot = Slot(
            entry=self._number(), mid=line.mid, kind=line.kind, ssrc=ssrc, cname=name,
            formats=[fmt for fmt in line.formats if fmt.codec != "rtx"],
            first_number=self._random.randrange(0x1_0000, 0x1_8000),  # RFC 3550 §5.1; half-way below the first wrap
            first_stamp=self._random.getrandbits(32), send_time_id=_send_time_id(line), repairs=repairs,
        )  # fmt: skip
        session.slots.append(slot)
        session.slots_by_ssrc[ssrc] = slot
        return SlotAnswer(
            mid=line.mid, ssrc=ssrc, rtx_ssrc=repairs.ssrc if repairs else None,
            cname=name, msid=name, track=f"{name}-{line.kind}",
        )  # fmt: skip


def _after(now: int, due: int, pause: int) -> int:
    """When the next is due: each session keeps its own place in the period, so that hundreds never come at once."""
    return due + pause if due + pause > now else now + pause


def _send_time_id(line: MediaLine) -> int:
    return next((n for n, uri in line.extensions.items() if uri == SEND_TIME and n <= MAX_SEND_TIME_ID), 0)


def _is_slot(line: MediaLine) -> bool:
    return line.direction in ("recvonly", "sendrecv") and not line.rejected
