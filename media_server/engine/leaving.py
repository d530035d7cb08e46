"""A packet as it leaves for a viewer: made of the source's packet and the slot's mapping, and of nothing else.

So a retransmission, made again from the history, is byte for byte what was sent, and the native fan-out
(media_server/fanout/c/rewrite.c) can be held to the same bytes. Two things follow from that:

- **Padding** (RFC 3550 §5.1) depends on the payload's size alone. Browsers cut a frame into packets that differ by a
  byte or two; rounded up to PADDED_TO they are equal and leave as one message (UDP_SEGMENT). It costs 0.7%.
- **The absolute send time** is when the packet came to the relay. It leaves at most 2 ms later.
"""

import struct

from media_server.engine.history import Packet
from media_server.engine.rtp import ONE_BYTE_PROFILE

PADDED_FROM = 512  # sound and other small packets end a run anyway
PADDED_TO = 16
MAX_BYTES = 1_356  # what pylibsrtp protects
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
MAX_SEND_TIME_ID = 14  # of the one-byte form (RFC 8285 §4.2)

_HEADER = struct.Struct("!BBHII")
_SEND_TIME = struct.Struct("!HHI")
_PADDING = tuple(bytes(size - 1) + bytes((size,)) if size else b"" for size in range(PADDED_TO))


def leaving(packet: Packet, payload_type: int, number: int, stamp: int, ssrc: int, send_time_id: int) -> bytes:
    """Before its protection. `number` and `stamp` are taken modulo their width; `send_time_id` 0: no send time."""
    payload = packet.rtp.payload
    extension = b""
    if send_time_id:
        extension = _SEND_TIME.pack(ONE_BYTE_PROFILE, 1, (send_time_id << 4 | 2) << 24 | send_time(packet.arrival))
    size = len(payload)
    padding = b""
    if size >= PADDED_FROM and _HEADER.size + len(extension) + size + -size % PADDED_TO <= MAX_BYTES:
        padding = _PADDING[-size % PADDED_TO]
    first = 0x80 | (0x20 if padding else 0) | (0x10 if extension else 0)
    second = payload_type | (0x80 if packet.rtp.marker else 0)
    header = _HEADER.pack(first, second, number & 0xFFFF, stamp & 0xFFFF_FFFF, ssrc)
    return b"".join((header, extension, payload, padding))


def send_time(now: int) -> int:
    """24 bits of seconds, 6.18 fixed point, of a moment in ns (WebRTC's abs-send-time)."""
    return (now << 18) // 1_000_000_000 & 0xFF_FFFF
