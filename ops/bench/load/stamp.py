"""The moment of sending (CLOCK_MONOTONIC, ns) and the picture's name, as the last bytes of an RTP payload.

Nobody decodes the film here, so its tail isn't missed; what tells the kind of a payload stands in front. Sender and
receiver are on one machine, hence on one clock. A picture's name is its layer and its number there: so a receiver
knows, without decoding, whether a picture is made of its own packets and stands behind the one that it refers to.
"""

import struct

from media_server.codecs.h264 import STAP_A

_TAIL = struct.Struct("!QI")
BYTES = _TAIL.size
_FILLER = 12  # NAL unit type, Rec. ITU-T H.264 Table 7-1
_LEAST = 16  # of shorter payloads nothing is overwritten
_NUMBERS = 1 << 24


def front(payload: bytes, video: bool) -> bytes:
    """What precedes the stamp. Parameter sets stay whole: a STAP-A gets a filler unit more (RFC 6184 §5.7.1)."""
    if video and payload[0] & 0x1F == STAP_A:
        return payload + (1 + BYTES).to_bytes(2, "big") + bytes([_FILLER])
    return payload if len(payload) < _LEAST else payload[:-BYTES]


def name(layer: int, number: int) -> int:
    return layer << 24 | number % _NUMBERS


def follows(name: int, before: int) -> bool:
    """The next picture of the same layer."""
    return name >> 24 == before >> 24 and name == before & ~(_NUMBERS - 1) | (before + 1) % _NUMBERS


def tail(now_ns: int, name: int = 0) -> bytes:
    return _TAIL.pack(now_ns, name)


def read(payload: bytes) -> tuple[int, int]:
    """Moment and name."""
    moment, name = _TAIL.unpack_from(payload, len(payload) - BYTES)
    return moment, name
