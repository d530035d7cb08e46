"""Transport-wide feedback: when each packet of a publisher came (draft-holmer-rmcat-transport-wide-cc-extensions-01).

Every packet of a session, whatever its SSRC, carries one running number in a header extension (§2); some fifteen times
a second the relay says which numbers have come and when (§3), in ticks of 250 µs. The browser makes its rate of it.
"""

import struct
from collections.abc import Sequence

from media_server.engine.wrap import near16

TICK_NS = 250_000  # §3.1.5
REFERENCE_TICKS = 256  # the reference time counts in 64 ms
PAUSE_NS = 60_000_000  # between two feedback packets; browsers expect 50 to 100 ms
WINDOW = 2_000  # numbers that are remembered: 0.5 s at 30 Mbit/s
MAX_STATUSES = 400  # in one packet: at most 116 bytes of chunks and 800 of deltas
FORMAT = 15  # §3.1: FMT of the RTPFB packet
RTPFB = 205

_HEAD = struct.Struct("!BBHIIHHI")
_ABSENT, _SMALL, _LARGE = 0, 1, 2  # §3.1.1: not received, delta of one byte, delta of two


class Arrivals:
    """What came of one session and what of it was told."""

    def __init__(self) -> None:
        self._came: dict[int, int] = {}  # unwrapped number → ticks
        self._newest = -1
        self._told = -1  # the highest number in a feedback packet so far
        self._fresh: int | None = None  # the lowest number that came and was not told
        self._media = 0
        self._count = 0
        self._due = 0  # now

    def took(self, now: int, number: int, ssrc: int) -> None:
        """A packet with this number (16 bits) came."""
        unwrapped = near16(number, self._newest) if self._newest >= 0 else 0x1_0000 + number
        if unwrapped - self._newest > WINDOW or self._newest - unwrapped > WINDOW:
            # The first one, or numbers that began anew: what lies between was never sent.
            self._came.clear()
            self._newest, self._told, self._fresh = unwrapped, unwrapped - 1, None
        if unwrapped in self._came:
            return
        self._newest = max(self._newest, unwrapped)
        self._came[unwrapped] = now // TICK_NS
        self._media = ssrc
        if self._fresh is None or unwrapped < self._fresh:
            self._fresh = unwrapped

    def due(self, now: int, sender: int) -> list[bytes]:
        """The feedback packets that are due now, from `sender`, our SSRC."""
        if self._fresh is None or now < self._due:
            return []
        self._due = now + PAUSE_NS
        first = min(self._fresh, self._told + 1)
        packets = []
        while first <= self._newest:
            statuses = self._statuses(first)
            packets.append(build(sender, self._media, first, self._count, statuses))
            self._count = (self._count + 1) & 0xFF
            first += len(statuses)
        self._told, self._fresh = self._newest, None
        for number in [number for number in self._came if number < self._newest - WINDOW]:
            del self._came[number]
        return packets

    def _statuses(self, first: int) -> list[int | None]:
        """Ticks by number from `first` on, as many as one packet can say."""
        statuses: list[int | None] = []
        last: int | None = None
        for number in range(first, min(self._newest, first + MAX_STATUSES - 1) + 1):
            ticks = self._came.get(number)
            if ticks is not None:
                if last is not None and not -0x8000 <= ticks - last <= 0x7FFF:
                    break  # a delta has 16 bits; the next packet has a reference time of its own
                last = ticks
            statuses.append(ticks)
        return statuses


def build(sender: int, media: int, base: int, count: int, statuses: Sequence[int | None]) -> bytes:
    """One feedback packet (§3.1) about len(statuses) numbers from `base` on; each the arrival in ticks, or None."""
    last = next((ticks for ticks in statuses if ticks is not None), 0) // REFERENCE_TICKS * REFERENCE_TICKS
    reference = last // REFERENCE_TICKS & 0xFF_FFFF
    symbols = bytearray()
    deltas = bytearray()
    for ticks in statuses:
        if ticks is None:
            symbols.append(_ABSENT)
            continue
        delta, last = ticks - last, ticks
        if 0 <= delta <= 0xFF:
            symbols.append(_SMALL)
            deltas.append(delta)
        else:
            symbols.append(_LARGE)
            deltas += delta.to_bytes(2, "big", signed=True)
    body = b"".join(chunk.to_bytes(2, "big") for chunk in _chunks(bytes(symbols))) + bytes(deltas)
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes((padding,))
    head = _HEAD.pack(
        0x80 | (0x20 if padding else 0) | FORMAT, RTPFB, (_HEAD.size + len(body)) // 4 - 1,
        sender, media, base & 0xFFFF, len(statuses), reference << 8 | count,
    )  # fmt: skip
    return head + body


def _chunks(symbols: bytes) -> list[int]:
    """§3.1.2 to §3.1.4: runs, vectors of 14 one-bit symbols, vectors of 7 two-bit symbols."""
    chunks = []
    at = 0
    while at < len(symbols):
        run = len(symbols[at:]) - len(symbols[at:].lstrip(symbols[at : at + 1]))
        vector = symbols[at : at + 14]
        if run >= 14 or run == len(symbols) - at or (run >= 7 and _LARGE in vector):
            run = min(run, 0x1FFF)
            chunks.append(symbols[at] << 13 | run)
            at += run
        elif _LARGE in vector:
            vector = symbols[at : at + 7]
            chunks.append(0xC000 | sum(symbol << (12 - 2 * place) for place, symbol in enumerate(vector)))
            at += len(vector)
        else:
            chunks.append(0x8000 | sum(symbol << (13 - place) for place, symbol in enumerate(vector)))
            at += len(vector)
    return chunks
