"""WebM as we write it (RFC 8794 EBML, RFC 9559 Matroska): a head for one VP8 track, then clusters; and back.

The same surface as `recorder.mp4`, so that a segment is written, resumed and read alike. WebM counts in milliseconds,
RTP in 1/90,000 s: exact ticks stand beside each cluster's time in an element of type Void, which readers skip
(RFC 8794 §11.3.2). There, too, stands the relay's index of the cluster's last packet: an unfinished file says by
itself how far it reaches. One cluster a frame, so that a file cut off anywhere is good up to its last whole cluster.
Each cluster, and what stands before the first, begins with an element CRC-32 (RFC 8794 §11.3.1): see recorder.mp4.
"""

import struct
from collections.abc import Iterator, Sequence
from zlib import crc32

from recorder.mp4 import VIDEO_SCALE, Fragment, Sample

MAGIC = b"\x1a\x45\xdf\xa3"  # EBML
_SEGMENT = b"\x18\x53\x80\x67"
_INFO = b"\x15\x49\xa9\x66"
_TRACKS = b"\x16\x54\xae\x6b"
_CLUSTER = b"\x1f\x43\xb6\x75"
_TIMESTAMP = b"\xe7"
_SIMPLE_BLOCK = b"\xa3"
_VOID = b"\xec"
_CRC32 = b"\xbf"
_UNKNOWN = b"\x01\xff\xff\xff\xff\xff\xff\xff"  # RFC 8794 §6.2: the segment ends with its file
_MILLISECOND_NS = 1_000_000

_KEY, _HIDDEN = 0x80, 0x08  # RFC 9559 §10.2
_TRACK_AND_FLAGS = struct.Struct(">BhB")
# Our mark: four letters, index (low half), first tick, duration in ticks.
_MARK = struct.Struct(">4sIQI")
_MARK_NAME = b"hlu1"


def element(kind: bytes, body: bytes) -> bytes:
    """With a size of four bytes, which is enough for every frame."""
    return kind + struct.pack(">I", 0x10000000 | len(body)) + body


def checked(kind: bytes, body: bytes) -> bytes:
    """With a CRC-32 of its body in front of it."""
    return element(kind, element(_CRC32, struct.pack("<I", crc32(body))) + body)


def _holds(data: bytes, body: int, end: int) -> bool:
    """Whether an element's body is what `checked` made."""
    for kind, first, last in elements(data, body, end):
        return kind == _CRC32 and data[first:last] == struct.pack("<I", crc32(data[last:end]))
    return False


def _number(kind: bytes, value: int) -> bytes:
    return element(kind, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def video_head(width: int, height: int) -> bytes:
    header = checked(
        MAGIC,
        _number(b"\x42\x86", 1) + _number(b"\x42\xf7", 1) + _number(b"\x42\xf2", 4) + _number(b"\x42\xf3", 8)
        + element(b"\x42\x82", b"webm") + _number(b"\x42\x87", 4) + _number(b"\x42\x85", 2),
    )  # fmt: skip
    information = checked(
        _INFO,
        _number(b"\x2a\xd7\xb1", _MILLISECOND_NS) + element(b"\x4d\x80", b"huilu") + element(b"\x57\x41", b"huilu"),
    )
    picture = element(b"\xe0", _number(b"\xb0", width) + _number(b"\xba", height))
    track = element(
        b"\xae",
        _number(b"\xd7", 1) + _number(b"\x73\xc5", 1) + _number(b"\x9c", 0) + _number(b"\x83", 1)
        + element(b"\x86", b"V_VP8") + picture,
    )  # fmt: skip
    return header + _SEGMENT + _UNKNOWN + information + checked(_TRACKS, track)


def fragment(sequence: int, start: int, samples: Sequence[Sample]) -> bytes:
    """A cluster for each sample; `start` in ticks of the meeting's time line, `sequence` of the last one's last
    packet. Each carries its own, so that a run that is torn says how far it reaches."""
    out = b""
    for sample in samples:
        last = sequence if sample is samples[-1] else sample.last
        mark = _MARK.pack(_MARK_NAME, last & 0xFFFFFFFF, start, sample.duration)
        flags = (_KEY if sample.key else 0) | (0 if sample.data[:1] and sample.data[0] & 0x10 else _HIDDEN)
        block = _TRACK_AND_FLAGS.pack(0x81, 0, flags) + sample.data
        time = (start * 1000 + VIDEO_SCALE // 2) // VIDEO_SCALE
        body = _number(_TIMESTAMP, time) + element(_VOID, mark) + element(_SIMPLE_BLOCK, block)
        out += checked(_CLUSTER, body)
        start += sample.duration
    return out


def elements(data: bytes, begin: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, first byte of the body and end of each whole element; what is cut off or none at all ends it."""
    end = len(data) if end is None else end
    while begin < end:
        body = _vint_end(data, begin, 4)
        size_end = _vint_end(data, body, 8)
        if body > end or size_end > end or size_end == body:
            return
        size = int.from_bytes(data[body:size_end], "big") & ((1 << 7 * (size_end - body)) - 1)
        if size_end + size > end:
            return
        yield data[begin:body], size_end, size_end + size
        begin = size_end + size


def _vint_end(data: bytes, at: int, most: int) -> int:
    """Where the variable-size integer ends that begins here; `at` itself when there is none (RFC 8794 §4)."""
    length = 9 - data[at].bit_length() if at < len(data) and data[at] else 0
    return at + length if 0 < length <= most else at


def _clusters_begin(data: bytes) -> int:
    """Where the segment's body begins, 0 when this is none of ours."""
    for kind, body, end in elements(data):
        inside = end + len(_SEGMENT) + len(_UNKNOWN)
        ours = kind == MAGIC and _holds(data, body, end) and data[end:inside] == _SEGMENT + _UNKNOWN
        return inside if ours else 0
    return 0


def head_length(data: bytes) -> int:
    """The length of everything before the first cluster, 0 when it isn't whole."""
    begin = _clusters_begin(data)
    found = list(_some(data, begin, 2)) if begin else []
    if [kind for kind, _, _ in found] != [_INFO, _TRACKS] or not all(_holds(data, *each) for _, *each in found):
        return 0
    return found[1][2]


def _some(data: bytes, begin: int, count: int) -> Iterator[tuple[bytes, int, int]]:
    for found, _ in zip(elements(data, begin), range(count), strict=False):
        yield found


def fragments(data: bytes) -> Iterator[Fragment]:
    """The whole clusters of a file that we wrote, up to the first that isn't as it was written."""
    for at, kind, body, end in _top(data):
        if kind != _CLUSTER or not _holds(data, body, end):
            return
        mark = block = None
        for inner, first, last in elements(data, body, end):
            if inner == _VOID and last - first == _MARK.size:
                mark = _MARK.unpack_from(data, first)
            elif inner == _SIMPLE_BLOCK:
                block = (first, last)
        if mark is not None and block is not None and mark[0] == _MARK_NAME:
            size = block[1] - block[0] - _TRACK_AND_FLAGS.size
            yield Fragment(mark[1], mark[2], (mark[3],), (size,), ("",), at, end)


def rest(data: bytes, begin: int) -> tuple[int, list[Sample]]:
    """A cluster is one frame: nothing of one that is torn."""
    return 0, []


def frames(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """First tick, duration and data of each frame."""
    for found in fragments(data):
        (size,), (duration,) = found.sizes, found.durations
        yield found.start, duration, data[found.end - size : found.end]  # the block is a cluster's last element


def _top(data: bytes) -> Iterator[tuple[int, bytes, int, int]]:
    begin = head_length(data)
    if not begin:
        return
    at = begin
    for kind, body, end in elements(data, begin):
        yield at, kind, body, end
        at = end


def picture_size(head: bytes) -> tuple[int, int] | None:
    begin = _clusters_begin(head)
    for tracks, body, end in elements(head, begin) if begin else ():
        for entry, inside, last in elements(head, body, end) if tracks == _TRACKS else ():
            for video, first, stop in elements(head, inside, last) if entry == b"\xae" else ():
                if video == b"\xe0":
                    sizes = {kind: int.from_bytes(head[f:t], "big") for kind, f, t in elements(head, first, stop)}
                    return sizes.get(b"\xb0", 0), sizes.get(b"\xba", 0)
    return None
