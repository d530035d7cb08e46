"""RTP packets in index order become access units: packets of one time stamp, whole when no index is missing in them.

RFC 6184 §5.1: the marker bit ends an access unit; a new time stamp ends it too. After a hole nobody knows whether
the next packet is the first of its unit, except where a key frame starts.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

# 1080p key frames are below 1,000 packets; a unit beyond this bound comes from a sender that never sets the marker.
MAX_PACKETS = 4096


@dataclass(slots=True)
class AccessUnit:
    timestamp: int  # RTP, as it came
    first: int  # index of the first and last packet
    last: int
    whole: bool
    key: bool
    payloads: list[bytes] = field(default_factory=list)


class Assembler:
    """Feed packets with rising index; a unit comes out with its marker or with the first packet of the next one."""

    def __init__(self, is_key_frame_start: Callable[[bytes], bool], after: int | None = None) -> None:
        """`after`: the index with which a unit is known to have ended; the packet behind it begins one."""
        self._is_key_frame_start = is_key_frame_start
        self._unit: AccessUnit | None = None
        self._last = after

    def push(self, index: int, timestamp: int, marker: bool, payload: bytes) -> Sequence[AccessUnit]:
        """Packets that aren't later than the last one are ignored."""
        last, unit = self._last, self._unit
        if unit is not None and unit.timestamp == timestamp and not marker and self.more(index, payload):
            return ()
        if last is not None and index <= last:
            return ()
        out: list[AccessUnit] = []
        hole = self._last is None or index != self._last + 1
        self._last = index
        key = self._is_key_frame_start(payload)
        if unit is not None and (unit.timestamp != timestamp or len(unit.payloads) >= MAX_PACKETS):
            unit.whole = unit.whole and not hole and unit.timestamp != timestamp
            out.append(unit)
            unit = None
        if unit is None:
            unit = AccessUnit(timestamp, index, index, key or not hole, key)
        else:
            unit.whole = unit.whole and not hole
            unit.key = unit.key or key
            unit.last = index
        unit.payloads.append(payload)
        if marker:
            out.append(unit)
            unit = None
        self._unit = unit
        return out

    def more(self, index: int, payload: bytes) -> bool:
        """The same for a packet that is known to bear the open unit's time stamp and no marker, by far the most: False
        when it doesn't go on from the unit's last, and must be pushed."""
        unit = self._unit
        if unit is None or index != unit.last + 1 or len(unit.payloads) >= MAX_PACKETS:
            return False
        self._last = unit.last = index
        unit.key = unit.key or self._is_key_frame_start(payload)
        unit.payloads.append(payload)
        return True

    def flush(self) -> AccessUnit | None:
        """What was begun and has neither marker nor successor: not known to be whole."""
        unit, self._unit = self._unit, None
        if unit is not None:
            unit.whole = False
        return unit
