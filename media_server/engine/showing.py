"""Which layer each slot of a room shows: its entry in the fan-out's table, what it waits for, what it begins with."""

from collections.abc import Iterable

from media_server.engine.aims import bps_of
from media_server.engine.history import Packet
from media_server.engine.outputs import Again, Forward, Output, SetEntry
from media_server.engine.session import Session
from media_server.engine.slot import MAX_REPLAYED, Mapping, Slot
from media_server.engine.source import Source

_SECOND = 1_000_000_000
KEY_FRAME_NS = _SECOND // 2  # a key frame has about as much as half a second of its layer …
LEAST_HOLD_NS, MOST_HOLD_NS = _SECOND // 4, _SECOND * 6 // 10
START_NS = _SECOND // 2  # … and what a narrow line takes so long for may be sent at once
BURST_NS = 100_000_000
BURST_OCTETS = 4_000_000  # of cached GOPs in BURST_NS: ten viewers with the largest, hundreds with a fresh one
REPLAY_PAUSE_NS = 2_000_000_000
LATE_NS = 4 * _SECOND  # behind it nothing is asked for any more
REPLAY_TRIP_NS = 500_000_000  # a request within it was under way when the GOP was sent


class Showing:
    def __init__(self, outputs: list[Output], changed: dict[Session, None]) -> None:
        self.demanded = True  # which layers are shown has changed since publishers were last asked for them
        self.switched: list[tuple[Session, Slot]] = []  # a sender report is due to each
        self._outputs = outputs
        self._changed = changed  # sessions whose slots show something else
        self._entries: dict[Source, dict[int, None]] = {}
        self._listed: dict[Source, tuple[int, ...]] = {}  # the same, as Forward takes them
        self._waiting: dict[Source, dict[Slot, Session]] = {}
        self._replayed: dict[Slot, Session] = {}  # lately
        self._held: dict[Slot, Session] = {}  # until their lines have room for a key frame
        self._burst = (0, 0)  # now, and the octets of cached GOPs sent since

    # -- layers

    def add(self, layer: Source) -> None:
        self._entries[layer] = {}

    def remove(self, layer: Source) -> None:
        """No slot shows it any more."""
        self._waiting.pop(layer, None)
        self._entries.pop(layer, None)
        self._listed.pop(layer, None)

    def packet(self, layer: Source, packet: Packet) -> None:
        """To every slot that shows its layer, and to those that wait for it if it is one to begin with."""
        if self._waiting.get(layer) and (packet.starts_key_frame or not layer.video):
            for slot, session in self._waiting.pop(layer).items():
                self._show(session, slot, layer, packet)
        if self._replayed and packet.index < layer.newest:
            self._overtaken(layer, packet)
        if self._entries[layer]:
            entries = self._listed.get(layer)
            if entries is None:
                entries = self._listed[layer] = tuple(self._entries[layer])
            self._outputs.append(Forward(packet, entries, layer.video))

    def _overtaken(self, layer: Source, packet: Packet) -> None:
        """To those who were sent the cached pictures once more while it was missing still."""
        for slot, session in list(self._replayed.items()):
            if slot.replayed_at is None or packet.arrival - slot.replayed_at > LATE_NS:
                del self._replayed[slot]
            elif slot.shown is layer and (data := slot.overtaken(packet)) is not None:
                self._outputs.append(Again(session.viewer, data))

    def begin_again(self, sessions: Iterable[Session], layer: Source, first: Packet) -> None:
        """The publisher's time stamps have jumped: whoever shows it starts over, at a key frame."""
        for session in sessions:
            for slot in session.slots:
                if slot.shown is layer:
                    self.detach(session, slot, first.index)
                    if slot.wanted is layer.whole:
                        self._wait(session, slot, layer)

    # -- slots

    def point(self, now: int, session: Session, slot: Slot, layer: Source | None) -> None:
        """The slot shall show this layer. Of the same source it goes on with what it shows until a key frame of the
        other layer is there; it begins with whatever layer there is."""
        if layer is slot.aim and (layer is None or layer is slot.shown or slot.awaited):
            return
        self.stop_waiting(slot)
        slot.aim = layer
        self.demanded = True
        shown = slot.shown
        if layer is None:
            self.detach(session, slot)
            self._changed[session] = None
        elif shown is layer or slot in self._held:
            return
        elif shown is not None and shown.whole is layer.whole:
            if session.downlink.drains(now) and bps_of(layer) < bps_of(shown):
                self._hold(now, session, slot, layer)
            else:
                self._wait(session, slot, layer)
        else:
            self._start(now, session, slot, layer)

    def leave(self, session: Session, slot: Slot) -> None:
        """The slot shall show nothing, and is to be given nothing."""
        self.stop_waiting(slot)
        self._replayed.pop(slot, None)
        slot.wanted = slot.aim = None
        self.detach(session, slot)
        self.demanded = True

    def _hold(self, now: int, session: Session, slot: Slot, layer: Source) -> None:
        """The line was found too narrow for what is shown: all that it is sent of that now stands in a queue in front
        of the smaller layer, whose key frame would be dropped at the end of it. So nothing is sent but the sound until
        there is room for one; the last picture stands still."""
        shown, budget = slot.shown, session.downlink.budget
        assert shown is not None, "only what is shown is held"
        assert budget is not None, "only a line with a limit drains"
        self._unlist(slot)
        slot.clear()
        slot.held, self._held[slot] = shown, session
        # What stands in a queue comes first in any case: to wait for a part of it makes nothing later.
        pause = max(KEY_FRAME_NS * bps_of(layer) // max(budget, 1), session.downlink.queue_ns * 6 // 10)
        slot.resumes_at = now + max(LEAST_HOLD_NS, min(MOST_HOLD_NS, pause))

    def resume(self, now: int) -> None:
        """With each tick: those whose lines have room again."""
        for slot, session in list(self._held.items()):
            if now >= slot.resumes_at:
                del self._held[slot]
                if slot.aim is not None:
                    self._start(now, session, slot, slot.aim)

    def _start(self, now: int, session: Session, slot: Slot, layer: Source) -> None:
        """Video begins with the cached GOP: new numbers, original time stamps, then live without a hole (MEDIA.md). On
        a narrow line it does so only if that is short, and with no larger layer than the one that fits."""
        budget = session.downlink.budget
        others = [other for other in layer.whole.layers if other is not layer and other.flows(now)]
        if budget is not None:
            others = [other for other in others if bps_of(other) < bps_of(layer)]
        for each in (layer, *others):
            gop = each.gop(now) if each.video else None
            if gop and budget is not None and _octets(gop) * 8 * _SECOND > budget * START_NS:
                continue
            if gop and self._may_burst(now, gop):
                self._show(session, slot, each, gop[0])
                slot.sent_from = now
                self._outputs += [Forward(packet, (slot.entry,), True) for packet in gop]
                break
        if slot.shown is None or slot.shown.whole is not layer.whole:
            for each in (layer, *others):
                self._wait(session, slot, each)

    def stop_waiting(self, slot: Slot) -> None:
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
        if session.downlink.budget is not None or session.downlink.queue_ns:  # it does not carry all of it once more
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
        slot.replayed_at = slot.sent_from = now
        self._replayed[slot] = session
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
        octets += _octets(gop)
        if octets > BURST_OCTETS and since == self._burst[0]:
            return False
        self._burst = (since, octets)
        return True

    def _show(self, session: Session, slot: Slot, layer: Source, first: Packet) -> None:
        self._unlist(slot)
        self._release(slot)
        mapping = slot.switch(layer, first)
        self.set_entry(session, slot, mapping)
        self._entries[layer][slot.entry] = None
        self._listed.pop(layer, None)
        self.stop_waiting(slot)
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

    def _release(self, slot: Slot) -> None:
        slot.held = None
        self._held.pop(slot, None)

    def detach(self, session: Session, slot: Slot, before: int | None = None) -> None:
        if slot.held is not None:
            self._release(slot)
            self._changed[session] = None
        if slot.shown is None:
            return
        self._unlist(slot)
        slot.clear(before)
        self._changed[session] = None


def _octets(packets: list[Packet]) -> int:
    return sum(packet.rtp.end - packet.rtp.start for packet in packets)
