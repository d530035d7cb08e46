"""Access units and Opus packets to RTP payloads and packets (RFC 6184 STAP-A and FU-A; RFC 7741; RFC 7587; RFC 3550
§5.1)."""

import struct
from collections import OrderedDict
from collections.abc import Sequence

from media_server.codecs import vp8
from media_server.codecs.h264 import FU_A, STAP_A
from media_server.engine.source import MAX_BEHIND

# Chromium's own bound; with SRTP's tag and all headers it stays below 1,280, the least MTU of IPv6.
MAX_PAYLOAD = 1100
HISTORY = 1000  # packets kept for NACKs: SRTP takes none again that is 1,024 behind (aiortc's window)

LEVEL_ID = 1
SEND_TIME_ID = 2
MID_ID = 3
RID_ID = 4


def h264_payloads(nals: Sequence[bytes], limit: int = MAX_PAYLOAD) -> list[bytes]:
    """The payloads of one access unit in order; the last one gets the marker. Small neighbours share a STAP-A."""
    out: list[bytes] = []
    small: list[bytes] = []

    def flush() -> None:
        if len(small) == 1:
            out.append(small[0])
        elif small:
            top = max(nal[0] & 0x60 for nal in small)  # §5.7.1: the highest NRI of those inside
            out.append(bytes([top | STAP_A]) + b"".join(len(nal).to_bytes(2, "big") + nal for nal in small))
        small.clear()

    for nal in nals:
        if len(nal) > limit:
            flush()
            out += fragments(nal, limit)
            continue
        if 1 + sum(2 + len(other) for other in (*small, nal)) > limit:
            flush()
        small.append(nal)
    flush()
    return out


def fragments(nal: bytes, limit: int) -> list[bytes]:
    """FU-A payloads of nearly equal size (§5.8), so that a run of them goes out in one system call."""
    body = memoryview(nal)[1:]
    count = -(-len(body) // (limit - 2))
    indicator, kind = nal[0] & 0xE0 | FU_A, nal[0] & 0x1F
    out = []
    for at in range(count):
        part = body[len(body) * at // count : len(body) * (at + 1) // count]
        header = kind | (0x80 if at == 0 else 0) | (0x40 if at == count - 1 else 0)
        out.append(bytes([indicator, header]) + part)
    return out


def vp8_payloads(frame: bytes, picture_id: int, tl0_index: int, limit: int = MAX_PAYLOAD) -> list[bytes]:
    """The payloads of one VP8 frame, with the descriptor that browsers write: a long picture id, one temporal layer.
    Both numbers go on with each frame and wrap around here."""
    descriptor = vp8.Descriptor(
        True, 0, False, picture_id % vp8.PICTURE_IDS, True, tl0_index % vp8.TL0_INDEXES, 0, False, None, 0
    )
    room = limit - len(vp8.write_descriptor(descriptor))
    count = -(-len(frame) // room)
    return [
        vp8.write_descriptor(descriptor._replace(starts=at == 0))
        + frame[len(frame) * at // count : len(frame) * (at + 1) // count]
        for at in range(count)
    ]


class Stream:
    """One SSRC: numbers its packets and keeps the last of them."""

    def __init__(self, ssrc: int, payload_type: int, clock_rate: int, timestamp: int, sequence: int) -> None:
        self.ssrc = ssrc
        self.payload_type = payload_type
        self.clock_rate = clock_rate
        self.base = timestamp
        self.sequence = sequence
        self.packets = 0
        self.octets = 0
        self._history: OrderedDict[int, bytes] = OrderedDict()

    def timestamp(self, ticks: int, ticks_per_unit: int) -> int:
        """RTP time of a moment of the film; negative ticks lie before its start."""
        return (self.base + ticks // ticks_per_unit) & 0xFFFFFFFF

    def packet(self, payload: bytes, timestamp: int, marker: bool, extension: bytes) -> bytes:
        """`extension` is the body of a one-byte-header extension (RFC 8285 §4.2), padded to 32 bits."""
        sequence = self.sequence
        self.sequence = (sequence + 1) & 0xFFFF
        second = self.payload_type | (0x80 if marker else 0)
        header = struct.pack("!BBHII", 0x90 if extension else 0x80, second, sequence, timestamp, self.ssrc)
        if extension:
            header += struct.pack("!HH", 0xBEDE, len(extension) // 4) + extension
        data = header + payload
        self.packets += 1
        self.octets += len(payload)
        self._history[sequence] = data
        self._history.move_to_end(sequence)
        if len(self._history) > HISTORY:
            self._history.popitem(last=False)
        return data

    def again(self, sequence: int) -> bytes | None:
        """The same bytes once more (never others under this number), or None if it is too long ago."""
        if (self.sequence - sequence) & 0xFFFF > MAX_BEHIND:
            return None  # SRTP would refuse it
        return self._history.get(sequence)


def extensions(ntp: int, level: int | None = None, elements: bytes = b"") -> bytes:
    """Absolute send time (24 bits, 6.18 of the NTP time), the level of a sound packet (RFC 6464), other elements."""
    body = bytes([SEND_TIME_ID << 4 | 2]) + ((ntp >> 14) & 0xFFFFFF).to_bytes(3, "big")
    if level is not None:
        voice = 0x80 if level < 50 else 0
        body += bytes([LEVEL_ID << 4, voice | level])
    body += elements
    return body + bytes(-len(body) % 4)


def layer_elements(mid: str, rid: str) -> bytes:
    """What tells a layer's packets: MID and RID (RFC 9143 §15.1, RFC 8852 §3.1)."""
    pairs = ((MID_ID, mid.encode()), (RID_ID, rid.encode()))
    return b"".join(bytes([number << 4 | len(word) - 1]) + word for number, word in pairs)
