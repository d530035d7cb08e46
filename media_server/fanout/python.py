"""The fan-out in Python: the reference that the native one is held to, and the way of what is no UDP socket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pylibsrtp

from media_server.engine.drops import DropReason, Drops, OwnDrops
from media_server.engine.leaving import leaving
from media_server.engine.outputs import Forward, SetEntry, Srtp
from media_server.fanout import Way


@dataclass(slots=True)
class Viewer:
    way: Way
    tx: Srtp
    entries: list[int]
    drops: OwnDrops


@dataclass(slots=True)
class Entry:
    viewer: Viewer
    rule: SetEntry
    blocked_stamp: int | None = None  # the rest of this picture is dropped: part of it could not be sent


class PythonFanout:
    name = "python"

    def __init__(self, drops: Drops) -> None:
        self._drops = drops
        self._viewers: dict[int, Viewer] = {}
        self._entries: dict[int, Entry] = {}
        self.sent = 0

    def __len__(self) -> int:
        """How many viewers it has."""
        return len(self._viewers)

    def set_viewer(self, viewer: int, way: Way, tx: Srtp) -> None:
        known = self._viewers.get(viewer)
        if known is None:
            self._viewers[viewer] = Viewer(way, tx, [], OwnDrops(self._drops))
        else:
            known.way, known.tx = way, tx

    def remove_viewer(self, viewer: int) -> None:
        known = self._viewers.pop(viewer, None)
        for entry in known.entries if known else ():
            self._entries.pop(entry, None)

    def set_entry(self, entry: SetEntry) -> None:
        viewer = self._viewers[entry.viewer]
        if entry.entry not in self._entries:
            viewer.entries.append(entry.entry)
        self._entries[entry.entry] = Entry(viewer, entry)

    def forward(self, batch: Sequence[Forward]) -> None:
        late: list[tuple[Viewer, bytes]] = []
        for item in batch:
            packet = item.packet
            for number in item.entries:
                entry = self._entries.get(number)
                if entry is None:
                    continue
                rule = entry.rule
                if packet.index < rule.first_index:
                    entry.viewer.drops.add(DropReason.BEFORE_SWITCH)
                    continue
                if entry.blocked_stamp == packet.stamp:
                    entry.viewer.drops.add(DropReason.SEND_BLOCKED)
                    continue
                protected = self._protect(
                    entry.viewer,
                    leaving(
                        packet, rule.payload_type, packet.index - rule.number_offset,
                        packet.stamp + rule.stamp_offset, rule.ssrc, rule.send_time_id,
                    ),
                )  # fmt: skip
                if protected is None or self._send(entry.viewer, protected):
                    continue
                if item.video:
                    entry.blocked_stamp = packet.stamp
                    entry.viewer.drops.add(DropReason.SEND_BLOCKED)
                else:
                    late.append((entry.viewer, protected))
        for viewer, protected in late:  # sounds, once more, now that everything else is through
            if not self._send(viewer, protected):
                viewer.drops.add(DropReason.SEND_BLOCKED)

    def again(self, viewer: int, data: bytes) -> None:
        known = self._viewers.get(viewer)
        protected = self._protect(known, data) if known is not None else None
        if known is not None and protected is not None and not self._send(known, protected):
            known.drops.add(DropReason.SEND_BLOCKED)

    def rtcp(self, viewer: int, data: bytes) -> None:
        known = self._viewers.get(viewer)
        protected = self._protect(known, data, is_rtcp=True) if known is not None else None
        if known is not None and protected is not None and not known.way.send(protected):
            known.drops.add(DropReason.SEND_BLOCKED)

    def dropped(self, viewer: int) -> Mapping[DropReason, int]:
        known = self._viewers.get(viewer)
        return known.drops if known is not None else {}

    def _protect(self, viewer: Viewer, data: bytes, is_rtcp: bool = False) -> bytes | None:
        try:
            return viewer.tx.protect_rtcp(data) if is_rtcp else viewer.tx.protect(data)
        except pylibsrtp.Error:
            viewer.drops.add(DropReason.SRTP_REFUSED)
        except ValueError:
            viewer.drops.add(DropReason.TOO_LONG)
        return None

    def _send(self, viewer: Viewer, protected: bytes) -> bool:
        """False only when the way was full."""
        sent = viewer.way.send(protected)
        self.sent += sent
        return sent
