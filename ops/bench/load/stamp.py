"""The moment of sending (CLOCK_MONOTONIC, ns) as the last eight bytes of an RTP payload.

Nobody decodes the film here, so its tail isn't missed; what tells the kind of a payload stands in front. Sender and
receiver are on one machine, hence on one clock.
"""

from media_server.codecs.h264 import STAP_A

BYTES = 8
_FILLER = 12  # NAL unit type, Rec. ITU-T H.264 Table 7-1
_LEAST = 16  # of shorter payloads nothing is overwritten


def front(payload: bytes, video: bool) -> bytes:
    """What precedes the stamp. Parameter sets stay whole: a STAP-A gets a filler unit more (RFC 6184 §5.7.1)."""
    if video and payload[0] & 0x1F == STAP_A:
        return payload + (1 + BYTES).to_bytes(2, "big") + bytes([_FILLER])
    return payload if len(payload) < _LEAST else payload[:-BYTES]


def tail(now_ns: int) -> bytes:
    return now_ns.to_bytes(BYTES, "big")


def read(payload: bytes) -> int:
    return int.from_bytes(payload[-BYTES:], "big")
