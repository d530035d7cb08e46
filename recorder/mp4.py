"""Fragmented MP4 as we write it (ISO/IEC 14496-12, CMAF 23000-19): a head for one track, then fragments; and back.

Time scales are the RTP clocks (90,000 and 48,000), so durations inside a segment are exact differences of RTP time
stamps. `mfhd.sequence_number`, which must only rise (§8.8.5), is the low half of the relay's index of the
fragment's last packet: an unfinished file says by itself how far it reaches.

After a power cut a file may be longer than what of it was synced, with zeros or a stranger's bytes in it. So `moov`
and each `moof` end with a box `free` (§8.1.2) of ours: CRC-32 of what stands before it, and of each sample.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

VIDEO_SCALE = 90_000
SOUND_SCALE = 48_000

_KEY = 0x02000000  # sample_depends_on = 2 (§8.8.3.1)
_NOT_KEY = 0x01010000  # sample_depends_on = 1, sample_is_non_sync_sample
# sample_degradation_priority, the low 16 bits, is ours to define: not 0 on a sample that stands for one that never
# came. So a file says by itself which of its samples are fillers, and why.
CAUSES = {"": 0, "lost": 1, "dtx": 2, "muted": 3, "call": 4, "locked": 5}
_CAUSE_OF = {number: cause for cause, number in CAUSES.items()}
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


@dataclass(slots=True)  # not frozen, see units.Unit
class Sample:
    duration: int  # ticks
    data: bytes
    key: bool = True
    filler: str = ""  # one of CAUSES
    last: int = 0  # index of its last packet (low half)


_MARK = b"hlu1"
_MARK_OF = struct.Struct(">II")  # for each sample: its `last`, its CRC-32
_MARK_BYTES = 8 + len(_MARK) + 4  # the box without its samples


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


_PICTURE_MEDIA = full(b"vmhd", 0, 1, bytes(8))
_SOUND_MEDIA = full(b"smhd", 0, 0, bytes(4))


def video_head(configuration: bytes, width: int, height: int) -> bytes:
    """`configuration` is the AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1)."""
    entry = box(
        b"avc1",
        bytes(6) + struct.pack(">H", 1) + bytes(16),
        struct.pack(">HHIIIH", width, height, 0x480000, 0x480000, 0, 1),
        bytes(32) + struct.pack(">Hh", 24, -1),
        box(b"avcC", configuration),
    )
    return _head(VIDEO_SCALE, b"vide", _PICTURE_MEDIA, entry, (width, height), 0)


def sound_head(channels: int) -> bytes:
    """Opus in ISO BMFF §4.3. No pre-skip: a segment starts in the middle of a stream that was heard before."""
    entry = box(
        b"Opus",
        bytes(6) + struct.pack(">H", 1) + bytes(8),
        struct.pack(">HHHHI", channels, 16, 0, 0, SOUND_SCALE << 16),
        box(b"dOps", struct.pack(">BBHIhB", 0, channels, 0, SOUND_SCALE, 0, 0)),
    )
    return _head(SOUND_SCALE, b"soun", _SOUND_MEDIA, entry, (0, 0), 0x0100)


def _head(scale: int, handler: bytes, media: bytes, entry: bytes, size: tuple[int, int], volume: int) -> bytes:
    extends = box(b"mvex", full(b"trex", 0, 0, struct.pack(">5I", 1, 1, 0, 0, _KEY)))
    track = _trak(1, scale, handler, media, entry, size, volume)
    made = box(b"ftyp", b"iso6", bytes(4), b"iso6cmfcmp41") + box(
        b"moov", movie(scale, 2), track, extends, box(b"free", _MARK, bytes(4))
    )
    return _checked(made)


def movie(scale: int, next_track: int) -> bytes:
    """mvhd of a fragmented film (§8.2.2)."""
    return full(
        b"mvhd", 0, 0,
        struct.pack(">IIIIIHH", 0, 0, scale, 0, 0x10000, 0x0100, 0) + bytes(8) + _MATRIX + bytes(24),
        struct.pack(">I", next_track),
    )  # fmt: skip


def trak(number: int, kind: str, entry: bytes, size: tuple[int, int] | None) -> bytes:
    """A track of a film that has several; `entry` is its sample description."""
    if kind == "microphone":
        return _trak(number, SOUND_SCALE, b"soun", _SOUND_MEDIA, entry, (0, 0), 0x0100)
    return _trak(number, VIDEO_SCALE, b"vide", _PICTURE_MEDIA, entry, size or (0, 0), 0)


def _trak(
    number: int, scale: int, handler: bytes, media: bytes, entry: bytes, size: tuple[int, int], volume: int
) -> bytes:
    table = box(
        b"stbl",
        full(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        full(b"stts", 0, 0, bytes(4)),
        full(b"stsc", 0, 0, bytes(4)),
        full(b"stsz", 0, 0, bytes(8)),
        full(b"stco", 0, 0, bytes(4)),
    )
    information = box(
        b"minf", media, box(b"dinf", full(b"dref", 0, 0, struct.pack(">I", 1), full(b"url ", 0, 1))), table
    )
    return box(
        b"trak",
        full(
            b"tkhd", 0, 7,
            struct.pack(">IIIII", 0, 0, number, 0, 0) + bytes(8) + struct.pack(">hhHH", 0, 0, volume, 0),
            _MATRIX + struct.pack(">II", size[0] << 16, size[1] << 16),
        ),
        box(
            b"mdia",
            full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, scale, 0, 0x55C4, 0)),  # language: und
            full(b"hdlr", 0, 0, bytes(4) + handler + bytes(12) + b"huilu\0"),
            information,
        ),
    )  # fmt: skip


def _checked(made: bytes) -> bytes:
    """With the CRC-32 of all before them in its last four bytes."""
    return made[:-4] + struct.pack(">I", crc32(made[:-4]))


def _holds(data: bytes, begin: int, end: int) -> bool:
    """Whether these are the bytes that `_checked` made."""
    if end - begin < _MARK_BYTES:
        return False
    (told,) = struct.unpack_from(">I", data, end - 4)
    return bool(told == crc32(data[begin : end - 4]))


def fragment(sequence: int, start: int, samples: Sequence[Sample]) -> bytes:
    """One moof and its mdat; `start` in ticks of the meeting's time line (§8.8.12)."""
    runs = b"".join(
        struct.pack(
            ">III", sample.duration, len(sample.data), (_KEY if sample.key else _NOT_KEY) | CAUSES[sample.filler]
        )
        for sample in samples
    )
    marks = b"".join(_MARK_OF.pack(sample.last & 0xFFFFFFFF, crc32(sample.data)) for sample in samples)
    moof = box(
        b"moof",
        full(b"mfhd", 0, 0, struct.pack(">I", sequence & 0xFFFFFFFF)),
        box(
            b"traf",
            full(b"tfhd", 0, 0x020000, struct.pack(">I", 1)),  # default-base-is-moof
            full(b"tfdt", 1, 0, struct.pack(">Q", start)),
            # duration, size, flags each
            full(b"trun", 0, 0x701, struct.pack(">II", len(samples), _moof_bytes(len(samples)) + 8), runs),
        ),
        box(b"free", _MARK, marks, bytes(4)),
    )
    return _checked(moof) + box(b"mdat", *(sample.data for sample in samples))


def _moof_bytes(samples: int) -> int:
    # moof 8, mfhd 16, traf 8, tfhd 16, tfdt 20, the run's own fields 20; the samples' 12 and 8 each
    return 88 + _MARK_BYTES + 20 * samples


@dataclass(frozen=True, slots=True)
class Fragment:
    """A whole fragment found in a file: the bytes from..until hold moof and mdat."""

    sequence: int
    start: int
    durations: tuple[int, ...]
    sizes: tuple[int, ...]
    fillers: tuple[str, ...]  # the cause of each sample that is one, else empty
    begin: int
    end: int


def boxes(data: bytes, begin: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, first byte and end of each whole box; what is cut off or no box at all ends it."""
    end = len(data) if end is None else end
    while begin + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, begin)
        if size < 8 or begin + size > end:
            return
        yield kind, begin, begin + size
        begin += size


def head_length(data: bytes) -> int:
    """The length of ftyp and moov, 0 when they aren't both whole at the beginning."""
    found = list(boxes(data))[:2]
    if [kind for kind, _, _ in found] != [b"ftyp", b"moov"] or not _holds(data, 0, found[1][2]):
        return 0
    return found[1][2]


def fragments(data: bytes) -> Iterator[Fragment]:
    """The whole fragments of a file that we wrote, up to the first that isn't as it was written."""
    begin = head_length(data)
    while (found := _described(data, begin)) is not None and len(_intact(data, found)) == len(found.sizes):
        yield found
        begin = found.end


def rest(data: bytes, begin: int) -> tuple[int, list[Sample]]:
    """Of the fragment in which a file is torn: its start, and the samples before the first that isn't whole."""
    found = _described(data, begin)
    return (0, []) if found is None else (found.start, _intact(data, found))


def _described(data: bytes, at: int) -> Fragment | None:
    """The fragment whose moof stands here, whole; its samples may be torn or missing."""
    if at + 8 > len(data):
        return None
    size, kind = struct.unpack_from(">I4s", data, at)
    count = (size - _moof_bytes(0)) // 20
    if (
        kind != b"moof"
        or size != _moof_bytes(max(count, 0))
        or at + size > len(data)
        or not _holds(data, at, at + size)
    ):
        return None
    (sequence,) = struct.unpack_from(">I", data, at + 8 + 12)
    (start,) = struct.unpack_from(">Q", data, at + 8 + 16 + 8 + 16 + 12)
    run = at + 8 + 16 + 8 + 16 + 20 + 20
    table = [struct.unpack_from(">III", data, run + 12 * number) for number in range(count)]
    durations, sizes, flags = zip(*table, strict=True) if table else ((), (), ())
    causes = tuple(_CAUSE_OF.get(each & 0xFFFF, "lost") for each in flags)
    return Fragment(sequence, start, durations, sizes, causes, at, at + size + 8 + sum(sizes))


def _intact(data: bytes, found: Fragment) -> list[Sample]:
    """Its samples up to the first that isn't as it was written."""
    samples: list[Sample] = []
    run, count = found.begin + 88, len(found.sizes)
    mark, at = run + 12 * count + 8 + len(_MARK), found.begin + _moof_bytes(count) + 8
    if data[at - 8 : at] != struct.pack(">I4s", 8 + sum(found.sizes), b"mdat"):
        return []
    for number, size in enumerate(found.sizes):
        last, told = _MARK_OF.unpack_from(data, mark + 8 * number)
        (flags,) = struct.unpack_from(">I", data, run + 12 * number + 8)
        body = data[at : at + size]
        if len(body) < size or crc32(body) != told:
            break
        key = flags & 0x03000000 == _KEY
        samples.append(Sample(found.durations[number], body, key, found.fillers[number], last))
        at += size
    return samples


def picture_size(head: bytes) -> tuple[int, int] | None:
    at = head.find(b"avc1", head.find(b"stsd"))  # the brand avc1 isn't among ours
    return None if at < 0 else struct.unpack_from(">HH", head, at + 4 + 24)


def parameter_sets(head: bytes) -> tuple[list[bytes], list[bytes]]:
    """SPS and PPS of a head that `video_head` made; none for any other."""
    at = head.find(b"avcC") + 4
    if at < 4:
        return [], []
    found: list[list[bytes]] = []
    at += 5
    for mask in (0x1F, 0xFF):
        count, at = head[at] & mask, at + 1
        sets = []
        for _ in range(count):
            (size,) = struct.unpack_from(">H", head, at)
            sets.append(head[at + 2 : at + 2 + size])
            at += 2 + size
        found.append(sets)
    return found[0], found[1]
