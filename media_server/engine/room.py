"""A room: who is in it, what they send, and what they are told of it."""

from media_server.engine.history import Packet
from media_server.engine.keeping import SPOKE_NS, Keeping
from media_server.engine.layered import Layered
from media_server.engine.outputs import Event, Heard, Output
from media_server.engine.scene import Scene, scene
from media_server.engine.seating import Seating
from media_server.engine.session import Session
from media_server.engine.showing import Showing
from media_server.engine.source import Source
from media_server.engine.speakers import Speakers

AUDIO_PLACES = 4  # three are heard by each; a speaker does not hear himself, so one more is needed


class Room:
    def __init__(self, name: str, outputs: list[Output], changed: dict[Session, None]) -> None:
        self.name = name
        self.sessions: dict[str, Session] = {}
        self.sources: dict[str, Source] = {}
        self.ended: list[Source] = []  # their history is kept for listeners that come back
        self.speakers = Speakers(AUDIO_PLACES)
        self.picture: str | None = None  # the chair's: a publisher
        self.wanted = False  # by the api: kept though it is empty
        self.unseated = False  # something changed since slots were last filled
        self.showing = Showing(outputs, changed)
        self.seating = Seating(self.sessions, self.showing)
        self.keeping = Keeping(outputs)
        self._outputs = outputs
        self._told_speaker: str | None = None
        self._changes = 0  # of sources
        self._seen: tuple[tuple[object, ...], Scene] | None = None

    @property
    def speaker(self) -> str | None:
        """The active speaker's publisher."""
        source = self.sources.get(self.speakers.speaker or "")
        return source.note.publisher if source else None

    # -- who is in it, and what they send

    def forget(self, session: Session) -> None:
        """The session ends."""
        self.seating.forget(session)
        for slot in session.slots:
            self.showing.leave(session, slot)
        self.showing.demanded = True
        del self.sessions[session.id]

    def add(self, source: Source) -> None:
        self.sources[source.note.id] = source
        self._changes += 1
        for layer in source.layers:
            self.showing.add(layer)
        self.unseated = self.showing.demanded = True

    def remove(self, source: Source) -> None:
        self.sources.pop(source.note.id, None)
        self._changes += 1
        self.speakers.remove(source.note.id)
        for session in self.sessions.values():
            for slot in session.slots:
                if slot.wanted is source:
                    slot.wanted = slot.aim = None
                    slot.awaited.clear()
                    self.seating.unsettle(session)
                at = slot.shown or slot.held
                if at is not None and at.whole is source:
                    self.showing.detach(session, slot)
        for layer in source.layers:
            self.showing.remove(layer)
        self.ended.append(source)
        self.unseated = True

    def packet(self, now: int, layer: Source, packet: Packet) -> None:
        """Pass a new packet on to listeners and to every slot that shows its layer."""
        whole = layer.whole
        heard = whole.follow(now, layer, packet)
        if heard is not None:
            self._outputs.append(Heard(whole, heard))
        if packet.restarted:
            self.showing.begin_again(self.sessions.values(), layer, packet)
        self.showing.packet(layer, packet)

    # -- what its slots show

    def choose(self, now: int, publisher: str | None) -> None:
        """The chair's picture for everybody: also where it is shown already, in its best layer from now on."""
        if self.picture != publisher:
            self.picture = publisher
            self.seating.aim_everybody()
        self.seat(now)

    def seat(self, now: int) -> None:
        """Fill everybody's slots anew, as far as what has changed concerns them."""
        self.unseated = False
        self._tell_speaker()
        scene_now = self._scene()
        self.seating.begin(scene_now)
        self.seating.go_on(now, scene_now)
        self.aim(now)

    def seat_more(self, now: int) -> None:
        """With each tick: those whose turn has not come yet."""
        if self.seating.pending and not self.unseated:  # else all are seated anew at once
            self.seating.go_on(now, self._scene())
            self.aim(now)

    def seat_one(self, now: int, session: Session) -> None:
        """Fill the slots of one who has just come, or has chosen."""
        self.seating.seat(now, session, self._scene())
        self.aim(now)

    def aim(self, now: int) -> None:
        """Choose the layers of those for whom something has changed."""
        self.seating.aim(now, (self.picture or "", self.speaker or ""))

    def _scene(self) -> Scene:
        shown_by = (self._changes, tuple(self.speakers.selected), self.picture, self.speaker)
        if self._seen is None or self._seen[0] != shown_by:
            self._seen = (shown_by, scene(self.sources, self.speakers, self.picture, self.speaker))
        return self._seen[1]

    # -- what others are told

    def keep(self, now: int) -> None:
        """Look which cameras are due to listeners that want only what is shown."""
        following, _ = self._scene().followed
        speaking = {
            self.sources[name].note.publisher
            for name in self.speakers.selected
            if name in self.sources and (spoke := self.speakers.spoke_at(name)) > 0 and now - spoke < SPOKE_NS
        }
        shown = {source.note.publisher for source in following}
        due = {*shown, *speaking, *(name for name in (self.picture, self.speaker) if name is not None)}
        if self.keeping.look(now, self.sources.values(), due):
            self.showing.demanded = True

    def ask(self, now: int, listened: bool, *, kept_listened: bool = False) -> None:
        """Ask publishers for the layers that somebody is to see or records (all of them, or the cameras that are kept),
        where that has changed."""
        self.showing.demanded = False
        layered = [source for source in self.sources.values() if isinstance(source, Layered)]
        if not layered:
            return
        aimed: dict[Source, set[Source]] = {source: set() for source in layered}
        for session in self.sessions.values():
            for slot in session.slots:
                for layer in (slot.aim, slot.shown):
                    if layer is not None and layer.whole in aimed:
                        aimed[layer.whole].add(layer)
        alone = len({source.note.publisher for source in self.sources.values()}) <= 2
        for source in layered:
            recorded = listened or (kept_listened and source.kept_from is not None)
            rids = source.ask(now, aimed[source], recorded, alone)
            if rids is not None:
                note = source.note
                body = {"room": self.name, "session": note.session, "kind": note.kind, "layers": rids}
                self._outputs.append(Event("huilu.event.relay.layers", body))

    def _tell_speaker(self) -> None:
        if self.speaker != self._told_speaker:
            self._told_speaker = self.speaker
            self._outputs.append(
                Event("huilu.event.relay.speaker", {"room": self.name, "publisher": self._told_speaker})
            )

    def tell_slots(self, session: Session) -> None:
        slots = []
        for slot in session.slots:
            shown = slot.shown or slot.held
            note = shown.note if shown else None
            slots.append(
                {
                    "slot": slot.mid, "kind": slot.kind, "source": note.id if note else None,
                    "publisher": note.publisher if note else None, "source_kind": note.kind if note else None,
                }
            )  # fmt: skip
        sound_only = any(
            slot.kind == "video"
            and slot.wanted is not None
            and slot.aim is None
            and session not in self.seating.unaimed
            for slot in session.slots
        )
        body = {"room": self.name, "session": session.id, "slots": slots, "sound_only": sound_only}
        self._outputs.append(Event("huilu.event.relay.slots", body))
