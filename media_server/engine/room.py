"""A room: who is in it, what they send, and what is put into whose slots."""

from media_server.engine.history import Packet
from media_server.engine.outputs import Event, Forward, Heard, Output, SetEntry
from media_server.engine.seats import seat_sounds, seat_videos
from media_server.engine.session import Session
from media_server.engine.slot import Mapping, Slot
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
        self._outputs = outputs
        self._changed = changed
        self.switched: list[tuple[Session, Slot]] = []  # a sender report is due to each
        self._entries: dict[Source, tuple[int, ...]] = {}
        self._waiting: dict[Source, list[tuple[Session, Slot]]] = {}
        self._told_speaker: str | None = None

    @property
    def speaker(self) -> str | None:
        """The active speaker's publisher."""
        source = self.sources.get(self.speakers.speaker or "")
        return source.note.publisher if source else None

    # -- sources

    def add(self, source: Source) -> None:
        self.sources[source.note.id] = source
        self._entries[source] = ()
        self.unseated = True

    def remove(self, source: Source) -> None:
        self.sources.pop(source.note.id, None)
        self.speakers.remove(source.note.id)
        self._waiting.pop(source, None)
        for session in self.sessions.values():
            for slot in session.slots:
                if slot.wanted is source:
                    slot.wanted = None
                if slot.shown is source:
                    self._detach(session, slot)
        self._entries.pop(source, None)
        self.ended.append(source)
        self.unseated = True

    def packet(self, now: int, source: Source, packet: Packet) -> None:
        """Pass a new packet on to listeners and to every slot that shows its source."""
        self._outputs.append(Heard(source, packet))
        if packet.restarted:
            self._begin_again(source, packet)
        if self._waiting.get(source) and (packet.starts_key_frame or not source.video):
            for session, slot in self._waiting.pop(source):
                self._show(session, slot, source, packet)
        entries = self._entries[source]
        if entries:
            self._outputs.append(Forward(packet, entries, source.video))

    def _begin_again(self, source: Source, first: Packet) -> None:
        """The publisher's time stamps have jumped: whoever shows it starts over, at a key frame."""
        for session in self.sessions.values():
            for slot in session.slots:
                if slot.shown is source:
                    self._detach(session, slot, first.index)
                    if slot.wanted is source:
                        self._wait(session, slot, source)

    # -- slots

    def seat(self, now: int) -> None:
        """Fill everybody's slots anew."""
        self.unseated = False
        self.tell_speaker()
        videos, urgent, loudest = self._candidates()
        for session in self.sessions.values():
            self._seat(now, session, videos, urgent, loudest)

    def seat_one(self, now: int, session: Session) -> None:
        """Fill the slots of one who has just come."""
        self._seat(now, session, *self._candidates())

    def _candidates(self) -> tuple[list[Source], list[Source], list[Source]]:
        videos = [source for source in self.sources.values() if source.video]
        loudest = [self.sources[name] for name in self.speakers.selected if name in self.sources]
        return videos, self._urgent(videos), loudest

    def _seat(
        self, now: int, session: Session, videos: list[Source], urgent: list[Source], loudest: list[Source]
    ) -> None:
        if session.tx is None or not session.slots:
            return
        video_slots = [slot for slot in session.slots if slot.kind == "video"]
        audio_slots = [slot for slot in session.slots if slot.kind == "audio"]
        if session.request.mode == "whep":
            seats = self._follow(video_slots, audio_slots, videos, loudest)
        else:
            seats = seat_videos(video_slots, videos, urgent, session.id, self._spoke_at)
            seats |= seat_sounds(audio_slots, [s for s in loudest if s.note.session != session.id])
        for slot in session.slots:
            self._want(now, session, slot, seats.get(slot.entry))

    def _urgent(self, sources: list[Source]) -> list[Source]:
        screens = [source for source in sources if source.note.kind == "screen"]
        pictured = [source for source in sources if source.note.publisher == self.picture]
        speaking = [source for source in sources if source.note.publisher == self.speaker]
        return list(dict.fromkeys([*screens, *pictured, *speaking]))

    def _spoke_at(self, video: Source) -> int:
        return max(
            (
                self.speakers.spoke_at(source.note.id)
                for source in self.sources.values()
                if source.note.publisher == video.note.publisher and not source.video
            ),
            default=0,
        )

    def _follow(
        self, video_slots: list[Slot], audio_slots: list[Slot], videos: list[Source], loudest: list[Source]
    ) -> dict[int, Source | None]:
        """WHEP: the chair's picture, else the active speaker, else the first that publishes. Heard is who speaks,
        wherever the picture stays: there is one sound slot, and a branch site's words must reach a village hall."""
        first = videos[0].note.publisher if videos else None
        seats: dict[int, Source | None] = {}
        followed: str | None = None
        for publisher in (self.picture, self.speaker, first):
            theirs = [source for source in videos if source.note.publisher == publisher]
            theirs.sort(key=lambda source: source.note.kind != "screen")
            if publisher is not None and theirs:
                followed = publisher
                for slot in video_slots:
                    seats[slot.entry] = next((s for s in theirs if slot.format_for(s.note.codec)), None)
                break
        sounds = [source for source in self.sources.values() if not source.video]
        speaking = [source for source in sounds if source.note.publisher == self.speaker]
        heard = speaking or [source for source in sounds if source.note.publisher == followed]
        return seats | seat_sounds(audio_slots, heard or loudest)

    def _want(self, now: int, session: Session, slot: Slot, source: Source | None) -> None:
        if source is slot.wanted:
            return
        if slot.wanted is not None:
            self._stop_waiting(slot, slot.wanted)
        slot.wanted = source
        if source is None:
            self._detach(session, slot)
        elif source is not slot.shown:
            self._start(now, session, slot, source)

    def _stop_waiting(self, slot: Slot, source: Source) -> None:
        waiting = self._waiting.get(source)
        if waiting:
            self._waiting[source] = [pair for pair in waiting if pair[1] is not slot]

    def _wait(self, session: Session, slot: Slot, source: Source) -> None:
        self._waiting.setdefault(source, []).append((session, slot))
        source.want_key_frame()

    def _start(self, now: int, session: Session, slot: Slot, source: Source) -> None:
        """Video begins with the cached GOP: new numbers, original time stamps, then live without a hole (MEDIA.md)."""
        gop = source.gop(now) if source.video else None
        if not gop:
            self._wait(session, slot, source)
            return
        self._show(session, slot, source, gop[0])
        self._outputs += [Forward(packet, (slot.entry,), True) for packet in gop]

    def _show(self, session: Session, slot: Slot, source: Source, first: Packet) -> None:
        self._detach(session, slot)
        mapping: Mapping = slot.switch(source, first)
        self._outputs.append(
            SetEntry(
                slot.entry, session.viewer, mapping.ssrc, mapping.payload_type,
                mapping.first_index, mapping.number_offset, mapping.stamp_offset,
            )
        )  # fmt: skip
        self._entries[source] = (*self._entries[source], slot.entry)
        self.switched.append((session, slot))
        self._changed[session] = None

    def _detach(self, session: Session, slot: Slot, before: int | None = None) -> None:
        shown = slot.shown
        if shown is None:
            return
        if shown in self._entries:
            self._entries[shown] = tuple(entry for entry in self._entries[shown] if entry != slot.entry)
        slot.clear(before)
        self._changed[session] = None

    def forget_slots(self, session: Session) -> None:
        """The session ends."""
        for slot in session.slots:
            if slot.wanted is not None:
                self._stop_waiting(slot, slot.wanted)
            slot.wanted = None
            self._detach(session, slot)

    # -- what others are told

    def tell_speaker(self) -> None:
        if self.speaker != self._told_speaker:
            self._told_speaker = self.speaker
            self._outputs.append(
                Event("huilu.event.relay.speaker", {"room": self.name, "publisher": self._told_speaker})
            )

    def tell_slots(self, session: Session) -> None:
        slots = []
        for slot in session.slots:
            note = slot.shown.note if slot.shown else None
            slots.append(
                {
                    "slot": slot.mid, "kind": slot.kind, "source": note.id if note else None,
                    "publisher": note.publisher if note else None, "source_kind": note.kind if note else None,
                }
            )  # fmt: skip
        body = {"room": self.name, "session": session.id, "slots": slots}
        self._outputs.append(Event("huilu.event.relay.slots", body))
