"""A room: who is in it, what they send, and what is put into whose slots."""

from collections import deque
from dataclasses import dataclass, field

from media_server.engine.aims import aims
from media_server.engine.history import Packet
from media_server.engine.layered import Layered
from media_server.engine.outputs import Event, Forward, Heard, Output, SetEntry
from media_server.engine.seats import seat_sounds, seat_videos
from media_server.engine.session import Session
from media_server.engine.slot import MAX_REPLAYED, Mapping, Slot
from media_server.engine.source import Source
from media_server.engine.speakers import Speakers

SEATED_AT_ONCE = 64  # 5 to 8 ms
BURST_NS = 100_000_000
BURST_OCTETS = 4_000_000  # of cached GOPs in BURST_NS: ten viewers with the largest, hundreds with a fresh one
REPLAY_PAUSE_NS = 2_000_000_000
REPLAY_TRIP_NS = 500_000_000  # a request within it was under way when the GOP was sent
AUDIO_PLACES = 4  # three are heard by each; a speaker does not hear himself, so one more is needed


@dataclass(frozen=True)
class Scene:
    """What slots are filled by. Two are equal when whoever had all slots filled by one needs nothing by the other:
    sources that are merely there too don't matter to him."""

    urgent: tuple[Source, ...]
    loudest: tuple[Source, ...]
    videos: list[Source] = field(compare=False)  # in the order of joining
    followed: tuple[list[Source], list[Source]] = field(compare=False)  # by WHEP: pictures, sounds
    spoke_at: dict[str, int] = field(compare=False)


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
        self.unaimed: dict[Session, None] = {}  # something changed since their layers were last chosen
        # bit/s now and with the next layer, of those whose line forbids it
        self.limited: dict[Session, tuple[int, int]] = {}
        self.demanded = True  # which layers are shown has changed since publishers were last asked for them
        self._outputs = outputs
        self._changed = changed
        self.switched: list[tuple[Session, Slot]] = []  # a sender report is due to each
        self._entries: dict[Source, dict[int, None]] = {}
        self._listed: dict[Source, tuple[int, ...]] = {}  # the same, as Forward takes them
        self._waiting: dict[Source, dict[Slot, Session]] = {}
        self._told_speaker: str | None = None
        self._unseated: deque[Session] = deque()  # their turn comes with the next tick
        self._settled: dict[Session, Scene] = {}  # every slot of these is filled, as the scene then asked
        self._burst = (0, 0)  # now, and the octets of cached GOPs sent since

    @property
    def speaker(self) -> str | None:
        """The active speaker's publisher."""
        source = self.sources.get(self.speakers.speaker or "")
        return source.note.publisher if source else None

    # -- sources

    def add(self, source: Source) -> None:
        self.sources[source.note.id] = source
        for layer in source.layers:
            self._entries[layer] = {}
        self.unseated = self.demanded = True

    def remove(self, source: Source) -> None:
        self.sources.pop(source.note.id, None)
        self.speakers.remove(source.note.id)
        for layer in source.layers:
            self._waiting.pop(layer, None)
        for session in self.sessions.values():
            for slot in session.slots:
                if slot.wanted is source:
                    slot.wanted = slot.aim = None
                    slot.awaited.clear()
                    self._settled.pop(session, None)
                if slot.shown is not None and slot.shown.whole is source:
                    self._detach(session, slot)
        for layer in source.layers:
            self._entries.pop(layer, None)
            self._listed.pop(layer, None)
        self.ended.append(source)
        self.unseated = True

    def packet(self, now: int, layer: Source, packet: Packet) -> None:
        """Pass a new packet on to listeners and to every slot that shows its layer."""
        whole = layer.whole
        heard = whole.follow(now, layer, packet)
        if heard is not None:
            self._outputs.append(Heard(whole, heard))
        if packet.restarted:
            self._begin_again(layer, packet)
        if self._waiting.get(layer) and (packet.starts_key_frame or not layer.video):
            for slot, session in self._waiting.pop(layer).items():
                self._show(session, slot, layer, packet)
        if self._entries[layer]:
            entries = self._listed.get(layer)
            if entries is None:
                entries = self._listed[layer] = tuple(self._entries[layer])
            self._outputs.append(Forward(packet, entries, layer.video))

    def _begin_again(self, layer: Source, first: Packet) -> None:
        """The publisher's time stamps have jumped: whoever shows it starts over, at a key frame."""
        for session in self.sessions.values():
            for slot in session.slots:
                if slot.shown is layer:
                    self._detach(session, slot, first.index)
                    if slot.wanted is layer.whole:
                        self._wait(session, slot, layer)

    # -- slots

    def seat(self, now: int) -> None:
        """Fill everybody's slots anew, as far as what has changed concerns them: some at once, of hundreds the others
        with the next ticks."""
        self.unseated = False
        self.tell_speaker()
        scene = self._scene()
        self._unseated = deque(s for s in self.sessions.values() if s.slots and self._settled.get(s) != scene)
        self._seat_some(now, scene)

    def seat_more(self, now: int) -> None:
        """With each tick: those whose turn has not come yet."""
        if self._unseated and not self.unseated:  # else all are seated anew at once
            self._seat_some(now, self._scene())

    def _seat_some(self, now: int, scene: "Scene") -> None:
        for _ in range(min(SEATED_AT_ONCE, len(self._unseated))):
            session = self._unseated.popleft()
            if session.id in self.sessions:
                self._seat(now, session, scene)
        self.aim(now)

    def seat_one(self, now: int, session: Session) -> None:
        """Fill the slots of one who has just come, or has chosen."""
        self._seat(now, session, self._scene())
        self.aim(now)

    def _scene(self) -> "Scene":
        videos = [source for source in self.sources.values() if source.video]
        urgent = self._urgent(videos)
        loudest = [self.sources[name] for name in self.speakers.selected if name in self.sources]
        return Scene(tuple(urgent), tuple(loudest), videos, self._followed(videos, loudest), self._spoke_at())

    def _seat(self, now: int, session: Session, scene: "Scene") -> None:
        if session.tx is None or not session.slots:
            return
        video_slots = [slot for slot in session.slots if slot.kind == "video"]
        audio_slots = [slot for slot in session.slots if slot.kind == "audio"]
        whole = False
        if session.request.mode == "whep":
            pictures, sounds = scene.followed
            seats: dict[int, Source | None] = {
                slot.entry: next((s for s in pictures if slot.format_for(s.note.codec)), None) for slot in video_slots
            }
            seats |= seat_sounds(audio_slots, sounds)
        else:
            spoke_at = scene.spoke_at
            seats = seat_videos(
                video_slots, scene.videos, scene.urgent, session.id, lambda s: spoke_at.get(s.note.publisher, 0)
            )
            whole = None not in seats.values()
            seats |= seat_sounds(audio_slots, [s for s in scene.loudest if s.note.session != session.id])
        for slot in session.slots:
            self._want(now, session, slot, seats.get(slot.entry))
        if whole:
            self._settled[session] = scene
        else:
            self._settled.pop(session, None)

    def _urgent(self, sources: list[Source]) -> list[Source]:
        screens = [source for source in sources if source.note.kind == "screen"]
        pictured = [source for source in sources if source.note.publisher == self.picture]
        speaker = self.speaker
        speaking = [source for source in sources if source.note.publisher == speaker]
        return list(dict.fromkeys([*screens, *pictured, *speaking]))

    def _spoke_at(self) -> dict[str, int]:
        """By publisher: now at which its microphone last spoke."""
        found: dict[str, int] = {}
        for source in self.sources.values():
            if not source.video:
                publisher = source.note.publisher
                found[publisher] = max(found.get(publisher, 0), self.speakers.spoke_at(source.note.id))
        return found

    def _followed(self, videos: list[Source], loudest: list[Source]) -> tuple[list[Source], list[Source]]:
        """WHEP: the chair's picture, else the active speaker, else the first that publishes. Heard is who speaks,
        wherever the picture stays: there is one sound slot, and a branch site's words must reach a village hall."""
        first = videos[0].note.publisher if videos else None
        speaker = self.speaker
        pictures: list[Source] = []
        for publisher in (self.picture, speaker, first):
            pictures = [source for source in videos if publisher is not None and source.note.publisher == publisher]
            if pictures:
                pictures.sort(key=lambda source: source.note.kind != "screen")
                break
        sounds = [source for source in self.sources.values() if not source.video]
        followed = pictures[0].note.publisher if pictures else None
        speaking = [source for source in sounds if source.note.publisher == speaker]
        heard = speaking or [source for source in sounds if source.note.publisher == followed]
        return pictures, heard or loudest

    def _want(self, now: int, session: Session, slot: Slot, source: Source | None) -> None:
        if source is slot.wanted:
            return
        self._stop_waiting(slot)
        slot.wanted, slot.aim = source, None
        if source is None:
            self._detach(session, slot)
            self.demanded = True
        elif slot.kind == "audio":
            self._point(now, session, slot, source)
        else:
            self.unaimed[session] = None

    # -- layers

    def aim(self, now: int) -> None:
        """Choose the layers of those for whom something has changed."""
        unaimed = list(self.unaimed)
        self.unaimed.clear()
        for session in unaimed:
            if session.id in self.sessions:
                self._aim(now, session)

    def aim_everybody(self) -> None:
        self.unaimed.update(dict.fromkeys(self.sessions.values()))

    def _aim(self, now: int, session: Session) -> None:
        slots = [slot for slot in session.slots if slot.kind == "video" and slot.wanted is not None]
        sounds = sum(slot.kind == "audio" and slot.shown is not None for slot in session.slots)
        urgent = (self.picture or "", self.speaker or "")
        found = aims(now, slots, sounds, session.downlink.limit(now), urgent)
        for slot in slots:
            self._point(now, session, slot, found.layers[slot.entry])
        session.downlink.least_bps = found.least_bps
        if found.next_bps is None:
            self.limited.pop(session, None)
            session.downlink.content()
        else:
            self.limited[session] = (found.bps, found.next_bps)

    def _point(self, now: int, session: Session, slot: Slot, layer: Source | None) -> None:
        """The slot shall show this layer. Of the same source it goes on with what it shows until a key frame of the
        other layer is there; it begins with whatever layer there is."""
        if layer is slot.aim and (layer is None or layer is slot.shown or slot.awaited):
            return
        self._stop_waiting(slot)
        slot.aim = layer
        self.demanded = True
        shown = slot.shown
        if layer is None:
            self._detach(session, slot)
            self._changed[session] = None
        elif shown is layer:
            return
        elif shown is not None and shown.whole is layer.whole:
            self._wait(session, slot, layer)
        else:
            self._start(now, session, slot, layer)

    def _start(self, now: int, session: Session, slot: Slot, layer: Source) -> None:
        """Video begins with the cached GOP: new numbers, original time stamps, then live without a hole (MEDIA.md)."""
        others = [other for other in layer.whole.layers if other is not layer and other.flows(now)]
        for each in (layer, *others):
            gop = each.gop(now) if each.video else None
            if gop and self._may_burst(now, gop):
                self._show(session, slot, each, gop[0])
                self._outputs += [Forward(packet, (slot.entry,), True) for packet in gop]
                break
        if slot.shown is None or slot.shown.whole is not layer.whole:
            for each in (layer, *others):
                self._wait(session, slot, each)

    def _stop_waiting(self, slot: Slot) -> None:
        for layer in slot.awaited:
            self._waiting.get(layer, {}).pop(slot, None)
        slot.awaited.clear()

    def _wait(self, session: Session, slot: Slot, layer: Source) -> None:
        if layer not in slot.awaited:
            self._waiting.setdefault(layer, {})[slot] = session
            slot.awaited.append(layer)
        layer.want_key_frame()

    def show_again(self, now: int, session: Session, slot: Slot) -> None:
        """A viewer has lost its picture and asks for a key frame. Where nothing is missing here it is sent the cached
        GOP again; the publisher is asked where it is, and where a viewer asks again though it was sent so."""
        source = slot.shown
        if slot.aim is not None and slot.aim is not source:
            slot.aim.want_key_frame()
        if source is None or slot.mapping is None:
            return
        if session.downlink.budget is not None:  # a narrow line does not carry all of it once more
            source.want_key_frame()
            return
        if slot.replayed_at is not None and now - slot.replayed_at < REPLAY_PAUSE_NS:
            if now - slot.replayed_at > REPLAY_TRIP_NS:
                source.want_key_frame()
            return
        gop = source.whole_gop(now)
        nothing_new = slot.mapping.first_index > source.newest
        if gop is None or nothing_new or not self._may_replay(now, gop):
            source.want_key_frame()
            return
        slot.replayed_at = now
        for mapping, packets in slot.replay(gop):
            self.set_entry(session, slot, mapping)
            self._outputs += [Forward(packet, (slot.entry,), True) for packet in packets]

    def _may_replay(self, now: int, gop: list[Packet]) -> bool:
        return len({packet.stamp for packet in gop}) <= MAX_REPLAYED and self._may_burst(now, gop)

    def _may_burst(self, now: int, gop: list[Packet]) -> bool:
        """Hundreds who turn to a new speaker at once wait for a key frame of his: it costs them a tenth of a second,
        and the line what is sent anyway."""
        since, octets = self._burst
        if now - since >= BURST_NS:
            since, octets = now, 0
        octets += sum(packet.rtp.end - packet.rtp.start for packet in gop)
        if octets > BURST_OCTETS and since == self._burst[0]:
            return False
        self._burst = (since, octets)
        return True

    def _show(self, session: Session, slot: Slot, layer: Source, first: Packet) -> None:
        self._unlist(slot)
        mapping = slot.switch(layer, first)
        self.set_entry(session, slot, mapping)
        self._entries[layer][slot.entry] = None
        self._listed.pop(layer, None)
        self._stop_waiting(slot)
        if layer is not slot.aim and slot.aim is not None:
            self._wait(session, slot, slot.aim)
        self.switched.append((session, slot))
        self._changed[session] = None

    def set_entry(self, session: Session, slot: Slot, mapping: Mapping) -> None:
        self._outputs.append(
            SetEntry(
                slot.entry, session.viewer, mapping.ssrc, mapping.payload_type,
                mapping.first_index, mapping.number_offset, mapping.stamp_offset, mapping.send_time_id,
            )
        )  # fmt: skip

    def _unlist(self, slot: Slot) -> None:
        shown = slot.shown
        if shown in self._entries:
            self._entries[shown].pop(slot.entry, None)
            self._listed.pop(shown, None)

    def _detach(self, session: Session, slot: Slot, before: int | None = None) -> None:
        if slot.shown is None:
            return
        self._unlist(slot)
        slot.clear(before)
        self._changed[session] = None

    def forget_slots(self, session: Session) -> None:
        """The session ends."""
        self._settled.pop(session, None)
        for slot in session.slots:
            self._stop_waiting(slot)
            slot.wanted = slot.aim = None
            self._detach(session, slot)
        self.unaimed.pop(session, None)
        self.limited.pop(session, None)
        self.demanded = True

    def ask(self, now: int, listened: bool) -> None:
        """Ask publishers for the layers that somebody is to see or records, where that has changed."""
        self.demanded = False
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
            rids = source.ask(now, aimed[source], listened, alone)
            if rids is not None:
                note = source.note
                body = {"room": self.name, "session": note.session, "kind": note.kind, "layers": rids}
                self._outputs.append(Event("huilu.event.relay.layers", body))

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
        sound_only = any(
            slot.kind == "video" and slot.wanted is not None and slot.aim is None and session not in self.unaimed
            for slot in session.slots
        )
        body = {"room": self.name, "session": session.id, "slots": slots, "sound_only": sound_only}
        self._outputs.append(Event("huilu.event.relay.slots", body))
