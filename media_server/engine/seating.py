"""Who is put into whose slots, and in which layer: some viewers at once, of hundreds the others with the next ticks."""

from collections import deque

from media_server.engine.aims import aims
from media_server.engine.scene import Scene
from media_server.engine.seats import seat_sounds, seat_videos
from media_server.engine.session import Session
from media_server.engine.showing import Showing
from media_server.engine.slot import Slot
from media_server.engine.source import Source

SEATED_AT_ONCE = 64  # 5 to 8 ms
AIMED_AT_ONCE = 64  # 3 ms


class Seating:
    def __init__(self, sessions: dict[str, Session], showing: Showing) -> None:
        self.unaimed: dict[Session, None] = {}  # something changed since their layers were last chosen
        # bit/s now and with the next layer, of those whose line forbids it
        self.limited: dict[Session, tuple[int, int]] = {}
        self._sessions = sessions
        self._showing = showing
        self._unseated: deque[Session] = deque()  # their turn comes with the next tick
        self._settled: dict[Session, Scene] = {}  # every slot of these is filled, as the scene then asked

    # -- seats

    def begin(self, scene: Scene) -> None:
        """Fill the slots of those whom the scene concerns, with `go_on`."""
        self._unseated = deque(s for s in self._sessions.values() if s.slots and self._settled.get(s) != scene)

    @property
    def pending(self) -> bool:
        return bool(self._unseated)

    def go_on(self, now: int, scene: Scene) -> None:
        """With as many as are seated at once."""
        for _ in range(min(SEATED_AT_ONCE, len(self._unseated))):
            session = self._unseated.popleft()
            if session.id in self._sessions:
                self.seat(now, session, scene)

    def unsettle(self, session: Session) -> None:
        """A slot of this one is empty again."""
        self._settled.pop(session, None)

    def forget(self, session: Session) -> None:
        self._settled.pop(session, None)
        self.unaimed.pop(session, None)
        self.limited.pop(session, None)

    def seat(self, now: int, session: Session, scene: "Scene") -> None:
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
            seats = seat_videos(
                video_slots, scene.videos, scene.urgent, session.id, lambda s: scene.spoke_at(s.note.publisher)
            )
            whole = None not in seats.values()
            seats |= seat_sounds(audio_slots, [s for s in scene.loudest if s.note.session != session.id])
        for slot in session.slots:
            self._want(now, session, slot, seats.get(slot.entry))
        if whole:
            self._settled[session] = scene
        else:
            self._settled.pop(session, None)

    def _want(self, now: int, session: Session, slot: Slot, source: Source | None) -> None:
        if source is slot.wanted:
            return
        if source is None:
            self._showing.leave(session, slot)
            return
        self._showing.stop_waiting(slot)
        slot.wanted, slot.aim = source, None
        if slot.kind == "audio":
            self._showing.point(now, session, slot, source)
        else:
            self.unaimed[session] = None

    # -- layers

    def aim(self, now: int, urgent: tuple[str, str]) -> None:
        """Choose the layers of those for whom something has changed, the last of them first; `urgent` publishers get
        theirs first."""
        for _ in range(min(AIMED_AT_ONCE, len(self.unaimed))):
            session, _ = self.unaimed.popitem()  # whoever has just come is among the last
            if session.id in self._sessions:
                self._aim(now, session, urgent)

    def aim_everybody(self) -> None:
        self.unaimed.update(dict.fromkeys(self._sessions.values()))

    def aim_limited(self) -> None:
        """Rates swing, queues drain."""
        self.unaimed.update(dict.fromkeys(self.limited))

    def _aim(self, now: int, session: Session, urgent: tuple[str, str]) -> None:
        slots = [slot for slot in session.slots if slot.kind == "video" and slot.wanted is not None]
        sounds = sum(slot.kind == "audio" and slot.shown is not None for slot in session.slots)
        found = aims(now, slots, sounds, session.downlink.limit(now), urgent)
        if found.least_bps != session.downlink.least_bps:  # which a limit respects
            session.downlink.least_bps = found.least_bps
            found = aims(now, slots, sounds, session.downlink.limit(now), urgent)
        for slot in slots:
            self._showing.point(now, session, slot, found.layers[slot.entry])
        if found.next_bps is None:
            self.limited.pop(session, None)
            session.downlink.content()
        else:
            self.limited[session] = (found.bps, found.next_bps)
