"""VP8 as RTP carries it (RFC 7741): the payload descriptor read and written, frames put together, and what the first
bytes of a frame say (RFC 6386 §9.1).

Whatever the bytes are, a function here gives its value or raises `Malformed`, nothing else.
"""

from collections.abc import Sequence
from typing import NamedTuple

from media_server.codecs.errors import Malformed

CLOCK_RATE = 90_000
PICTURE_IDS = 1 << 15  # §4.2: the long form counts to here; a browser sends nothing else
TL0_INDEXES = 1 << 8
# A whole key frame of 1080p at 20 Mbit/s is below 1 MiB; a frame beyond this bound is an attack or a bug.
MAX_FRAME_BYTES = 4 * 1024 * 1024

_START_CODE = b"\x9d\x01\x2a"


class Descriptor(NamedTuple):
    """RFC 7741 §4.2. None where the field isn't sent."""

    starts: bool  # S: a partition begins in this packet
    partition: int  # PID; the frame begins with 0
    droppable: bool  # N: no other frame needs it
    picture_id: int | None
    long_picture_id: bool  # M: 15 bits
    tl0_index: int | None  # TL0PICIDX
    layer: int | None  # TID, the temporal layer
    layer_sync: bool  # Y
    key_index: int | None  # KEYIDX
    size: int  # bytes of the descriptor itself


class FrameTag(NamedTuple):
    """The uncompressed data at a frame's beginning (RFC 6386 §9.1). The size is a key frame's only."""

    key: bool
    shown: bool
    width: int | None
    height: int | None


def read_descriptor(payload: bytes) -> Descriptor:
    if not payload:
        raise Malformed("empty payload")
    first, at = payload[0], 1
    picture_id = tl0_index = layer = key_index = None
    long_picture_id = layer_sync = False
    try:
        if first & 0x80:
            more, at = payload[at], at + 1
            if more & 0x80:
                picture_id, at = payload[at], at + 1
                if picture_id & 0x80:
                    long_picture_id = True
                    picture_id, at = (picture_id & 0x7F) << 8 | payload[at], at + 1
            if more & 0x40:
                tl0_index, at = payload[at], at + 1
            if more & 0x30:
                if more & 0x20:
                    layer, layer_sync = payload[at] >> 6, bool(payload[at] & 0x20)
                if more & 0x10:
                    key_index = payload[at] & 0x1F
                at += 1
    except IndexError:
        raise Malformed("descriptor beyond its packet") from None
    return Descriptor(
        bool(first & 0x10), first & 0x07, bool(first & 0x20), picture_id, long_picture_id, tl0_index, layer,
        layer_sync, key_index, at,
    )  # fmt: skip


def write_descriptor(descriptor: Descriptor) -> bytes:
    """The inverse of `read_descriptor`; `size` isn't looked at."""
    d = descriptor
    first = (0x20 if d.droppable else 0) | (0x10 if d.starts else 0) | d.partition
    more, tail = 0, bytearray()
    if d.picture_id is not None:
        more |= 0x80
        tail += (0x8000 | d.picture_id).to_bytes(2, "big") if d.long_picture_id else bytes([d.picture_id])
    if d.tl0_index is not None:
        more |= 0x40
        tail.append(d.tl0_index)
    if d.layer is not None or d.key_index is not None:
        more |= (0x20 if d.layer is not None else 0) | (0x10 if d.key_index is not None else 0)
        tail.append((d.layer or 0) << 6 | (0x20 if d.layer_sync else 0) | (d.key_index or 0))
    return bytes([first | 0x80, more]) + tail if more else bytes([first])


def read_tag(frame: bytes) -> FrameTag:
    """Of a frame, or of its first packet's bytes behind the descriptor."""
    if len(frame) < 3:
        raise Malformed("frame tag cut off")
    key, shown = not frame[0] & 1, bool(frame[0] & 0x10)
    if not key:
        return FrameTag(False, shown, None, None)
    if len(frame) < 10:
        raise Malformed("key frame's header cut off")
    if frame[3:6] != _START_CODE:
        raise Malformed("key frame without its start code")
    # The two bits above each size ask for the picture to be shown enlarged; nobody does, nor do browsers heed them.
    width, height = (int.from_bytes(frame[at : at + 2], "little") & 0x3FFF for at in (6, 8))
    if not width or not height:
        raise Malformed("picture without a size")
    return FrameTag(True, shown, width, height)


def starts_frame(payload: bytes) -> bool:
    """Whether a frame begins with this payload: S is set and PID is 0 (§4.2)."""
    return bool(payload) and payload[0] & 0x17 == 0x10


def is_key_frame_start(payload: bytes) -> bool:
    """Whether a key frame can be decoded from this payload on (§4.3: the P bit of the first partition's header)."""
    return picture_size(payload) is not None


def picture_size(payload: bytes) -> tuple[int, int] | None:
    """Width and height, when this payload begins a key frame."""
    if not starts_frame(payload):
        return None
    try:
        tag = read_tag(payload[read_descriptor(payload).size :][:10])
    except Malformed:
        return None
    return (tag.width, tag.height) if tag.width and tag.height else None


def depacketize(payloads: Sequence[bytes]) -> bytes:
    """The one frame that these payloads carry, all of them in order (§4.5.1, §4.5.2)."""
    if not payloads or not starts_frame(payloads[0]):
        raise Malformed("doesn't begin with a frame's first packet")
    parts, partition, size = [], 0, 0
    picture_id = read_descriptor(payloads[0]).picture_id
    for at, payload in enumerate(payloads):
        descriptor = read_descriptor(payload)
        if at and descriptor.starts and descriptor.partition == 0:
            raise Malformed("another frame inside this one")
        if descriptor.partition < partition or descriptor.picture_id != picture_id:
            raise Malformed("a packet of another frame")
        partition = descriptor.partition
        if descriptor.size == len(payload):  # §4.3: at least one byte of the frame in each packet
            raise Malformed("descriptor without a payload")
        parts.append(payload[descriptor.size :])
        size += len(parts[-1])
        if size > MAX_FRAME_BYTES:
            raise Malformed("frame without end")
    frame = b"".join(parts)
    read_tag(frame)
    return frame
