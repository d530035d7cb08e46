"""What is due by time: levels, feedback, layers, probes, reports, silence, and how each line is."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from media_server.engine.doors import Doors
from media_server.engine.outputs import Again, Event, Output
from media_server.engine.publishing import Publishing
from media_server.engine.reports import AGAIN_PER_SECOND, QUALITY_NS, Reports, quality
from media_server.engine.room import Room
from media_server.engine.session import Session
from media_server.records import Pictures

_SECOND = 1_000_000_000
LEVELS_NS = 100_000_000  # speakers.TICK_NS
AGAIN_SHARE_BPS = 4 * 8 * 1_000  # a quarter of a narrow line in packets of 1,000 octets
LAYERS_NS = 100_000_000
# A page that sends and is told of nothing for a second takes its path for dead (web/src/media/path): three reports may
# be lost. Each second one comes with REMB, which is due twice a second (MEDIA.md).
REPORTS_NS = _SECOND // 4
SENDER_REPORTS_NS = _SECOND
REPORTS_TURN_NS = 100_000_000  # those that fall due go together: code and tables are in the cache for one after another
SILENT_NS = 5 * _SECOND  # a browser checks its way every 2.5 s: twice missed is worth a word
SCREEN_SILENT_NS = 5 * _SECOND  # a shared screen, even a still one, sends a picture a second


@dataclass(slots=True)
class Due:
    """`tick` is to be called often; each thing keeps its own period."""

    rooms: dict[str, Room]
    sessions: dict[str, Session]
    listened: Counter[tuple[str, Pictures]]
    doors: Doors
    publishing: Publishing
    reports: Reports
    outputs: list[Output]
    silent_ns: int
    history_ns: int
    end: Callable[[int, Session, str], None]  # a session, at now, with its cause
    _next: dict[str, int] = field(default_factory=dict)

    def tick(self, now: int) -> None:
        self._every("levels", LEVELS_NS, now, self._levels)
        for source, session in self.publishing.sources.items():
            for layer in source.layers:
                self.reports.feedback(now, session, layer)
        for session in self.publishing.counted:
            self.reports.counted(now, session)
        self.publishing.counted.clear()
        self._every("layers", LAYERS_NS, now, self._layers)
        for session in self.reports.cut:
            session.downlink.changed = False
            self.rooms[session.request.room].seating.unaimed[session] = None
        self.reports.cut.clear()
        for room in self.rooms.values():
            room.seat_more(now)
            room.showing.resume(now)
            self._probe(now, room)
            room.aim(now)
            for session, slot in room.showing.switched:
                self.reports.sent(now, session, (slot,))
            room.showing.switched.clear()
            if room.showing.demanded:
                room.ask(now, self.listened[room.name, "all"] > 0, kept_listened=self.listened[room.name, "shown"] > 0)
        self._every("reports", REPORTS_TURN_NS, now, self._due_reports)
        self._every("silence", SENDER_REPORTS_NS, now, self._silence)
        self._every("quality", QUALITY_NS, now, self._quality)

    def _every(self, name: str, pause: int, now: int, act: Callable[[int], None]) -> None:
        if now >= self._next.get(name, 0):
            self._next[name] = now + pause
            act(now)

    def _levels(self, now: int) -> None:
        for room in self.rooms.values():
            if room.speakers.tick(now) or room.unseated:
                room.seat(now)
            if room.keeping.begun or self.listened[room.name, "shown"]:
                room.keep(now)

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
                        room.seating.aim_everybody()
            room.seating.aim_limited()

    def _probe(self, now: int, room: Room) -> None:
        """Look whether the lines of those who see less than they want carry more."""
        for session, (_, next_bps) in room.seating.limited.items():
            downlink = session.downlink
            slot = next((slot for slot in session.slots if slot.kind == "video" and slot.shown is not None), None)
            if slot is None:
                downlink.dare(now, next_bps)
                continue
            octets = downlink.due(now, session.sent_bps(now), next_bps)
            if downlink.probe is not None and downlink.probe.ended == now:
                self.reports.sent(now, session, (slot,))
                session.sender_report_due = now + SENDER_REPORTS_NS  # one that follows would take its place
            packets = slot.repeats(now, octets)
            if packets is None and (padding := slot.padding(now, octets)) is not None:
                mapping, packets = padding
                room.showing.set_entry(session, slot, mapping)
            if packets:
                self.outputs += [Again(session.viewer, packet) for packet in packets]
                downlink.sent(sum(map(len, packets)))
            if downlink.changed:
                downlink.changed = False
                room.seating.unaimed[session] = None

    def _due_reports(self, now: int) -> None:
        for session in self.sessions.values():
            if now >= session.report_due:
                session.report_due = _after(now, session.report_due, REPORTS_NS)
                self.reports.about(now, session)
            if now >= session.sender_report_due:
                session.sender_report_due = _after(now, session.sender_report_due, SENDER_REPORTS_NS)
                session.again_budget = AGAIN_PER_SECOND
                if session.downlink.budget is not None:  # what overflows a narrow line is not mended by more of it
                    session.again_budget = min(AGAIN_PER_SECOND, session.downlink.budget // AGAIN_SHARE_BPS)
                self.reports.sent(now, session, session.slots)

    def _silence(self, now: int) -> None:
        for session in list(self.sessions.values()):
            quiet = now - session.heard_at
            if quiet > self.silent_ns:
                self.end(now, session, "silent")
                continue
            if quiet > SILENT_NS and session.state == "connected":
                self.outputs.append(session.becomes("silent", ""))
            self.doors.expire(now, session)
            for sending in session.sending:
                source = sending.source
                screen = source is not None and source.note.kind == "screen"
                if source and screen and quiet < SILENT_NS and now - source.last_arrival > SCREEN_SILENT_NS:
                    self.publishing.end(now, sending, "silent")
        for room in list(self.rooms.values()):
            for source in [*room.sources.values(), *room.ended]:
                source.forget(now)
            room.showing.demanded = True  # layers that nobody needs are switched off by time
            room.ended = [s for s in room.ended if s.ended_at is not None and now - s.ended_at < self.history_ns]
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
                self.outputs.append(Event("huilu.event.relay.quality", {"room": room.name, "sessions": told}))


def _after(now: int, due: int, pause: int) -> int:
    """When the next is due: each session keeps its own place in the period, so that hundreds never come at once."""
    return due + pause if due + pause > now else now + pause
