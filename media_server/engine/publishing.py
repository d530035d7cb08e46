"""What publishers send: a packet finds its source, a source begins, is muted, ends, and everybody is told."""

from collections.abc import Callable

from media_server.engine import rtp
from media_server.engine.drops import DropReason
from media_server.engine.layered import Layered
from media_server.engine.outputs import Ended, Event, Muted, Output, Started
from media_server.engine.room import Room
from media_server.engine.routing import Sending
from media_server.engine.session import Session
from media_server.engine.source import Source
from media_server.records import PayloadFormat, SourceNote


class Publishing:
    def __init__(
        self, rooms: dict[str, Room], outputs: list[Output], history_ns: int, number: Callable[[], int]
    ) -> None:
        self.sources: dict[Source, Session] = {}  # live ones
        self.counted: dict[Session, None] = {}  # to them transport-wide feedback is due
        self._rooms = rooms
        self._outputs = outputs
        self._history_ns = history_ns
        self._number = number

    def take(self, now: int, session: Session, data: bytes) -> None:
        packet = rtp.read(data)
        if packet is None:
            session.drops.add(DropReason.BAD_RTP)
            return
        if session.routing.number_id is not None:
            number = packet.extensions().get(session.routing.number_id)
            if number is not None and len(number) == 2:
                session.arrivals.took(now, int.from_bytes(number, "big"), packet.ssrc)
                self.counted[session] = None
        routed = session.routing.route(now, packet)
        if isinstance(routed, DropReason):
            session.drops.add(routed)
            return
        sending, fmt, packet = routed.sending, routed.fmt, routed.packet
        source = sending.source
        if source is not None and source.note.codec != fmt.codec:
            self.end(now, sending, "replaced")
            source = None
        if source is None:
            source = self._start(now, session, sending, fmt, packet.ssrc)
        layer = source.layer(routed.rid)
        if layer is None:
            session.drops.add(DropReason.OTHER_LAYER)
            return
        taken = layer.take(now, packet)
        if isinstance(taken, DropReason):
            session.drops.add(taken)
            return
        session.received_octets += packet.end - packet.start
        room = self._rooms[session.request.room]
        if not source.video:
            element = packet.extensions().get(sending.level_id) if sending.level_id is not None else None
            room.speakers.heard(source.note.id, rtp.audio_level(element), packet.end - packet.start)
        room.packet(now, layer, taken)
        if room.unseated:
            room.seat(now)

    def _start(self, now: int, session: Session, sending: Sending, fmt: PayloadFormat, ssrc: int) -> Source:
        request, line = session.request, sending.line
        assert line.source is not None
        assert fmt.codec != "rtx"
        note = SourceNote(
            id=f"s{self._number()}", room=request.room, session=session.id, publisher=request.publisher,
            kind=line.source, codec=fmt.codec, clock_rate=fmt.clock_rate,
        )  # fmt: skip
        source = (
            Layered(note, line, fmt, session.publisher_offset, self._history_ns)
            if line.rids
            else Source(note, line, fmt, ssrc, session.publisher_offset, self._history_ns)
        )
        sending.source = source
        self.sources[source] = session
        self._rooms[request.room].add(source)
        self._outputs.append(Started(source))
        self._tell(source, "started", "")
        if sending.muted:
            self.mute(now, source, True, sending.mute_cause)
        return source

    def end(self, now: int, sending: Sending, cause: str) -> None:
        source = sending.source
        if source is None:
            return
        sending.source = None
        source.ended_at, source.end_cause = now, cause
        self.sources.pop(source, None)
        self._rooms[source.note.room].remove(source)
        self._outputs.append(Ended(source, cause))
        self._tell(source, "ended", cause)

    def mute(self, now: int, source: Source, muted: bool, cause: str) -> None:
        source.muted, source.mute_cause, source.muted_at = muted, cause, now
        self._outputs.append(Muted(source))
        self._tell(source, "muted" if muted else "unmuted", cause)

    def _tell(self, source: Source, state: str, cause: str) -> None:
        body = {"room": source.note.room, "source": source.note.model_dump(), "state": state, "cause": cause}
        self._outputs.append(Event("huilu.event.relay.source", body))
