"""Fragmented MP4 as we write it (ISO/IEC 14496-12, CMAF 23000-19): a head for one track, then fragments; and back.

Time scales are the RTP clocks (90,000 and 48,000), so durations inside a segment are exact differences of RTP time
stamps. `mfhd.sequence_number`, which must only rise (§8.8.5), is the low half of the relay's index of the
fragment's last packet: an unfinished file says by itself how far it reaches.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

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


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def video_head(configuration: bytes, width: int, height: int) -> bytes:
    """`configuration` is the AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1)."""
    entry = box(
        b"avc1",
        bytes(6) + struct.pack(">H", 1) + bytes(16),
        struct.pack(">HHIIIH", width, height, 0x480000, 0x480000, 0, 1),
        bytes(32) + struct.pack(">Hh", 24, -1),
        box(b"avcC", configuration),
    )
    media = full(b"vmhd", 0, 1, bytes(8))
    return _head(VIDEO_SCALE, b"vide", media, entry, (width, height), 0)


def sound_head(channels: int) -> bytes:
    """Opus in ISO BMFF §4.3. No pre-skip: a segment starts in the middle of a stream that was heard before."""
    entry = box(
        b"Opus",
        bytes(6) + struct.pack(">H", 1) + bytes(8),
        struct.pack(">HHHHI", channels, 16, 0, 0, SOUND_SCALE << 16),
        box(b"dOps", struct.pack(">BBHIhB", 0, channels, 0, SOUND_SCALE, 0, 0)),
    )
    return _head(SOUND_SCALE, b"soun", full(b"smhd", 0, 0, bytes(4)), entry, (0, 0), 0x0100)


def _head(scale: int, handler: bytes, media: bytes, entry: bytes, size: tuple[int, int], volume: int) -> bytes:
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
    track = box(
        b"trak",
        full(
            b"tkhd", 0, 7,
            struct.pack(">IIIII", 0, 0, 1, 0, 0) + bytes(8) + struct.pack(">hhHH", 0, 0, volume, 0),
            _MATRIX + struct.pack(">II", size[0] << 16, size[1] << 16),
        ),
        box(
            b"mdia",
            full(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, scale, 0, 0x55C4, 0)),  # language: und
            full(b"hdlr", 0, 0, bytes(4) + handler + bytes(12) + b"huilu\0"),
            information,
        ),
    )  # fmt: skip
    movie = full(
        b"mvhd", 0, 0,
        struct.pack(">IIIIIHH", 0, 0, scale, 0, 0x10000, 0x0100, 0) + bytes(8) + _MATRIX + bytes(24),
        struct.pack(">I", 2),
    )  # fmt: skip
    extends = box(b"mvex", full(b"trex", 0, 0, struct.pack(">5I", 1, 1, 0, 0, _KEY)))
    return box(b"ftyp", b"iso6", bytes(4), b"iso6cmfcmp41") + box(b"moov", movie, track, extends)


def fragment(sequence: int, start: int, samples: Sequence[Sample]) -> bytes:
    """One moof and its mdat; `start` in ticks of the meeting's time line (§8.8.12)."""
    runs = b"".join(
        struct.pack(
            ">III", sample.duration, len(sample.data), (_KEY if sample.key else _NOT_KEY) | CAUSES[sample.filler]
        )
        for sample in samples
    )
    # Boxes before the run: moof 8, mfhd 16, traf 8, tfhd 16, tfdt 20; the run's own fields 20.
    offset = 8 + 16 + 8 + 16 + 20 + 20 + len(runs) + 8
    moof = box(
        b"moof",
        full(b"mfhd", 0, 0, struct.pack(">I", sequence & 0xFFFFFFFF)),
        box(
            b"traf",
            full(b"tfhd", 0, 0x020000, struct.pack(">I", 1)),  # default-base-is-moof
            full(b"tfdt", 1, 0, struct.pack(">Q", start)),
            full(b"trun", 0, 0x701, struct.pack(">II", len(samples), offset), runs),  # duration, size, flags each
        ),
    )
    return moof + box(b"mdat", *(sample.data for sample in samples))


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
    return found[1][2] if [kind for kind, _, _ in found] == [b"ftyp", b"moov"] else 0


def fragments(data: bytes) -> Iterator[Fragment]:
    """The whole fragments of a file that we wrote, also of one that was cut off in the middle."""
    moof: tuple[int, int] | None = None
    for kind, begin, end in boxes(data):
        if kind == b"moof":
            moof = (begin, end)
        elif kind == b"mdat" and moof:
            at = moof[0]
            (sequence,) = struct.unpack_from(">I", data, at + 8 + 12)
            (start,) = struct.unpack_from(">Q", data, at + 8 + 16 + 8 + 16 + 12)
            run = at + 8 + 16 + 8 + 16 + 20
            (count,) = struct.unpack_from(">I", data, run + 12)
            table = [struct.unpack_from(">III", data, run + 20 + 12 * number) for number in range(count)]
            durations, sizes, flags = zip(*table, strict=True) if table else ((), (), ())
            causes = tuple(_CAUSE_OF.get(each & 0xFFFF, "lost") for each in flags)
            yield Fragment(sequence, start, durations, sizes, causes, at, end)
            moof = None


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
