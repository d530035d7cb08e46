"""The fan-out in Python: the reference that a native one is held to."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import pylibsrtp

from media_server.engine.drops import DropReason, Drops
from media_server.engine.outputs import Forward, SetEntry, Srtp
from media_server.fanout import Way

_HEADER = struct.Struct("!BBHII")


@dataclass(slots=True)
class Viewer:
    way: Way
    tx: Srtp
    entries: list[int]


@dataclass(slots=True)
class Entry:
    viewer: Viewer
    ssrc: int
    payload_type: int
    first_index: int
    number_offset: int
    stamp_offset: int
    blocked_stamp: int | None = None  # the rest of this picture is dropped: part of it could not be sent


class PythonFanout:
    name = "python"

    def __init__(self, drops: Drops) -> None:
        self._drops = drops
        self._viewers: dict[int, Viewer] = {}
        self._entries: dict[int, Entry] = {}
        self.sent = 0

    def set_viewer(self, viewer: int, way: Way, tx: Srtp) -> None:
        known = self._viewers.get(viewer)
        if known is None:
            self._viewers[viewer] = Viewer(way, tx, [])
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
        self._entries[entry.entry] = Entry(
            viewer, entry.ssrc, entry.payload_type, entry.first_index, entry.number_offset, entry.stamp_offset
        )

    def forward(self, batch: Sequence[Forward]) -> None:
        for item in batch:
            packet = item.packet
            payload = packet.rtp.payload
            marker = 0x80 if packet.rtp.marker else 0
            for number in item.entries:
                entry = self._entries.get(number)
                if entry is None:
                    continue
                if packet.index < entry.first_index:
                    self._drops.add(DropReason.BEFORE_SWITCH)
                    continue
                if entry.blocked_stamp == packet.stamp:
                    self._drops.add(DropReason.SEND_BLOCKED)
                    continue
                header = _HEADER.pack(
                    0x80,
                    entry.payload_type | marker,
                    (packet.index - entry.number_offset) & 0xFFFF,
                    (packet.stamp + entry.stamp_offset) & 0xFFFF_FFFF,
                    entry.ssrc,
                )
                if not self._send(entry.viewer, header + payload) and item.video:
                    entry.blocked_stamp = packet.stamp

    def again(self, viewer: int, data: bytes) -> None:
        known = self._viewers.get(viewer)
        if known is not None:
            self._send(known, data)

    def _send(self, viewer: Viewer, data: bytes) -> bool:
        """False only when the way was full."""
        try:
            protected = viewer.tx.protect(data)
        except pylibsrtp.Error:
            self._drops.add(DropReason.SRTP_REFUSED)
            return True
        except ValueError:
            self._drops.add(DropReason.TOO_LONG)
            return True
        if viewer.way.send(protected):
            self.sent += 1
            return True
        self._drops.add(DropReason.SEND_BLOCKED)
        return False
