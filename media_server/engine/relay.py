"""The relay without its sockets: sessions opened and closed, datagrams in, outputs out, and how a session ends.

`now` is CLOCK_MONOTONIC in ns, passed in. After each input the driver takes `drain()` and does it in order.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from random import Random

from media_server.engine.doors import Doors
from media_server.engine.drops import DropReason, Drops, OwnDrops
from media_server.engine.due import Due
from media_server.engine.offered import make_slots, new_ssrc
from media_server.engine.outputs import (
    Closed,
    Handshake,
    Inbound,
    Output,
    Path,
    RemoveViewer,
    SetViewer,
    Srtp,
)  # fmt: skip
from media_server.engine.publishing import Publishing
from media_server.engine.reports import AGAIN_PER_SECOND, Reports
from media_server.engine.room import Room
from media_server.engine.session import MAX_EARLY, Session
from media_server.engine.slot import Slot
from media_server.engine.source import Source
from media_server.errors import BadMessage, IceChanged, NoSuchSession, RelayFull
from media_server.records import Ice, Pictures, SessionRequest, SlotAnswer

_SECOND = 1_000_000_000
TICK_NS = 20_000_000


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
        self.listened: Counter[tuple[str, Pictures]] = Counter()  # listeners that want a room
        self._numbers = 0
        self._due = Due(
            self.rooms, self.sessions, self.listened, self._doors, self._publishing, self._reports, self._outputs,
            settings.silent_ns, settings.history_ns, self._end,
        )  # fmt: skip

    def drain(self) -> list[Output]:
        for session in self._changed:
            if session.id in self.sessions:
                self.rooms[session.request.room].tell_slots(session)
        self._changed.clear()
        outputs = self._outputs[:]
        self._outputs.clear()
        return outputs

    def tick(self, now: int) -> None:
        """To be called every TICK_NS or so."""
        self._due.tick(now)

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
        session = Session(request, self._number(), new_ssrc(self._random), now, self._doors.credentials())
        session.drops = OwnDrops(self.drops)
        session.remb_bps, session.again_budget = self.settings.remb_bps, AGAIN_PER_SECOND
        answers = make_slots(session, self._random, self._number)
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
        self._room(name).choose(now, publisher)

    def sized(self, session_id: str, sizes: dict[str, tuple[int, int]]) -> None:
        """How large a viewer sees its slots, by mid: width and height in pixels of its screen, 0 × 0 out of sight."""
        session = self._session(session_id)
        for slot in session.slots:
            if slot.kind == "video" and slot.mid in sizes:
                slot.size = sizes[slot.mid]
        self.rooms[session.request.room].seating.unaimed[session] = None

    def listen(self, now: int, room: str, wants: bool, pictures: Pictures = "all") -> None:
        """A listener wants this room, all of its pictures or those that are shown, or does not any more."""
        self.listened[room, pictures] += 1 if wants else -1
        if self.listened[room, pictures] <= 0:
            del self.listened[room, pictures]
        if room in self.rooms:
            self.rooms[room].showing.demanded = True
            if wants and pictures == "shown":
                self.rooms[room].keep(now)

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
            elif not session.handshakes.allows(now):
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
        self._outputs.append(session.becomes("connected", "dtls"))
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
        self.rooms[session.request.room].showing.show_again(now, session, slot)

    def _heard(self, now: int, session: Session) -> None:
        session.heard_at = now
        if session.state == "silent":
            self._outputs.append(session.becomes("connected", "back"))

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

    def _end(self, now: int, session: Session, cause: str) -> None:
        room = self.rooms[session.request.room]
        for sending in session.sending:
            self._publishing.end(now, sending, cause)
        room.forget(session)
        self._reports.cut.pop(session, None)
        self._publishing.counted.pop(session, None)
        del self.sessions[session.id]
        self._doors.remove(session)
        self._outputs.append(RemoveViewer(session.viewer))
        self._outputs.append(session.becomes("closed", cause))
        self._outputs.append(Closed(session.id, cause))
        room.unseated = True  # with the next levels: a room that is closed is not seated once a session

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers
