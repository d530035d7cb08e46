"""The last seconds of a source by index: what answers NACKs, starts late joiners and catches listeners up."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from media_server.engine.rtp import Rtp

MAX_PACKETS = 20_000  # 10 s at 20 Mbit/s; a source that sends faster has a shorter history


@dataclass(slots=True)
class Packet:
    """A packet under the relay's own number (media_server.wire: index)."""

    index: int
    arrival: int  # now, ns
    stamp: int  # RTP time stamp, unwrapped
    rtp: Rtp
    starts_key_frame: bool = False
    restarted: bool = False  # the publisher's numbers or clock began anew with it


class History:
    def __init__(self, span_ns: int) -> None:
        self._span_ns = span_ns
        self._packets: dict[int, Packet] = {}
        self._order: deque[Packet] = deque()  # by arrival
        self.floor = 0  # everything below this index is gone for good

    def __len__(self) -> int:
        return len(self._packets)

    def __contains__(self, index: int) -> bool:
        return index in self._packets

    def get(self, index: int) -> Packet | None:
        return self._packets.get(index)

    def put(self, packet: Packet) -> None:
        self._packets[packet.index] = packet
        self._order.append(packet)
        self.forget(packet.arrival)

    def forget(self, now: int) -> None:
        """Drop what is older than the span, as of `now`."""
        oldest = now - self._span_ns
        while self._order and (self._order[0].arrival < oldest or len(self._order) > MAX_PACKETS):
            gone = self._order.popleft()
            del self._packets[gone.index]
            self.floor = max(self.floor, gone.index + 1)

    def between(self, first: int, last: int) -> Iterator[Packet]:
        """The packets kept with first ≤ index ≤ last, in order of index."""
        for index in range(first, last + 1):
            packet = self._packets.get(index)
            if packet is not None:
                yield packet
