"""RTP packets (RFC 3550 §5.1) and their header extensions (RFC 8285): reading whatever bytes, and building."""

import struct
from dataclasses import dataclass

HEADER_BYTES = 12
_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")

ONE_BYTE_PROFILE = 0xBEDE  # RFC 8285 §4.2
TWO_BYTE_PROFILE = 0x1000  # RFC 8285 §4.3, upper 12 bits

AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"  # RFC 6464
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"  # RFC 9143 §15
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"  # RFC 8852
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


@dataclass(slots=True)
class Rtp:
    """One packet as it came; `start` and `end` bound its payload, without padding."""

    data: bytes
    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    start: int
    end: int
    extension_profile: int = 0
    extension: bytes = b""

    @property
    def payload(self) -> bytes:
        return self.data[self.start : self.end]

    def extensions(self) -> dict[int, bytes]:
        return read_extensions(self.extension_profile, self.extension)


def read(data: bytes) -> Rtp | None:
    """The packet, or None when the bytes are none; never raises."""
    if len(data) < HEADER_BYTES:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if first >> 6 != 2:
        return None
    start = HEADER_BYTES + 4 * (first & 0x0F)
    end = len(data)
    profile, extension = 0, b""
    if first & 0x10:
        if end < start + 4:
            return None
        profile, words = _EXTENSION.unpack_from(data, start)
        start += 4
        extension = data[start : start + 4 * words]
        start += 4 * words
    if first & 0x20:
        padding = data[-1]
        if padding == 0:
            return None
        end -= padding
    if end < start:
        return None
    return Rtp(data, bool(second & 0x80), second & 0x7F, sequence, timestamp, ssrc, start, end, profile, extension)


def media(data: bytes) -> tuple[bool, int, int, bytes] | None:
    """Marker, time stamp, SSRC and payload of what `read` reads, for who wants no more of it: a third of its cost."""
    if len(data) < HEADER_BYTES:
        return None
    first, second, _, timestamp, ssrc = _HEADER.unpack_from(data)
    if first & 0xEF != 0x80:  # padding, sources, or none of ours
        packet = read(data)
        return None if packet is None else (packet.marker, packet.timestamp, packet.ssrc, packet.payload)
    start = HEADER_BYTES
    if first & 0x10:
        if len(data) < HEADER_BYTES + 4:
            return None
        start += 4 + 4 * (data[HEADER_BYTES + 2] << 8 | data[HEADER_BYTES + 3])
        if len(data) < start:
            return None
    return second & 0x80 != 0, timestamp, ssrc, data[start:]


def read_extensions(profile: int, block: bytes) -> dict[int, bytes]:
    """Elements by id; a torn element ends the reading, what was read before it stands. Never raises."""
    elements: dict[int, bytes] = {}
    position, size = 0, len(block)
    if profile == ONE_BYTE_PROFILE:
        while position < size:
            head = block[position]
            position += 1
            if head == 0:
                continue
            number, length = head >> 4, (head & 0x0F) + 1
            # RFC 8285 §4.2: id 15, and id 0 with a length, end the processing
            if number in (0, 15) or position + length > size:
                break
            elements[number] = block[position : position + length]
            position += length
    elif profile & 0xFFF0 == TWO_BYTE_PROFILE:
        while position < size:
            number = block[position]
            position += 1
            if number == 0:
                continue
            if position >= size:
                break
            length = block[position]
            position += 1
            if position + length > size:
                break
            elements[number] = block[position : position + length]
            position += length
    return elements


def write_extensions(elements: dict[int, bytes]) -> bytes:
    """The extension block with its profile and length, one-byte form where it fits."""
    one_byte = all(1 <= number <= 14 and 1 <= len(value) <= 16 for number, value in elements.items())
    body = bytearray()
    for number, value in elements.items():
        if one_byte:
            body.append(number << 4 | len(value) - 1)
        else:
            body += bytes((number, len(value)))
        body += value
    body += bytes(-len(body) % 4)
    return _EXTENSION.pack(ONE_BYTE_PROFILE if one_byte else TWO_BYTE_PROFILE, len(body) // 4) + bytes(body)


def build(
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    marker: bool = False,
    extensions: dict[int, bytes] | None = None,
) -> bytes:
    """A packet; number and time stamp are taken modulo their width."""
    head = _HEADER.pack(
        0x90 if extensions else 0x80,
        payload_type | (0x80 if marker else 0),
        sequence & 0xFFFF,
        timestamp & 0xFFFF_FFFF,
        ssrc,
    )
    return head + (write_extensions(extensions) if extensions else b"") + payload


def padding(
    payload_type: int, sequence: int, timestamp: int, ssrc: int, octets: int, extensions: dict[int, bytes] | None = None
) -> bytes:
    """A packet of padding alone (RFC 3550 §5.1), of at most 255 octets."""
    body = bytes(octets - 1) + bytes((octets,))
    packet = bytearray(build(payload_type, sequence, timestamp, ssrc, body, extensions=extensions))
    packet[0] |= 0x20
    return bytes(packet)


def repaired(rtx: Rtp, payload_type: int, ssrc: int) -> Rtp | None:
    """The packet that an RTX packet carries (RFC 4588 §4), without RTX's own header extensions; None if it has none."""
    if rtx.end - rtx.start < 2:
        return None
    sequence = int.from_bytes(rtx.data[rtx.start : rtx.start + 2], "big")
    return read(build(payload_type, sequence, rtx.timestamp, ssrc, rtx.data[rtx.start + 2 : rtx.end], rtx.marker))


def audio_level(element: bytes | None) -> int | None:
    """−dBov, 0 (loudest) … 127 (silence), of an RFC 6464 element."""
    return element[0] & 0x7F if element else None
