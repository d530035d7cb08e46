"""H.264 as RTP carries it (RFC 6184, packetization modes 0 and 1): payloads to NAL units, and where a key frame begins.

Whatever the bytes are, a function here gives its value or raises `Malformed`, nothing else.
"""

from collections.abc import Iterable, Sequence

from media_server.codecs.errors import Malformed
from media_server.codecs.h264_sps import Picture, Sps, parse_sps, read_sps

CLOCK_RATE = 90_000

# Rec. ITU-T H.264 Table 7-1
SLICE = 1
IDR = 5
SEI = 6
SPS = 7
PPS = 8
DELIMITER = 9
# RFC 6184 Table 1
STAP_A = 24
FU_A = 28

# A whole key frame of 1080p at 20 Mbit/s is below 1 MiB; a unit beyond this bound is an attack or a bug.
MAX_NAL_BYTES = 4 * 1024 * 1024


def nal_type(nal: bytes) -> int:
    if not nal:
        raise Malformed("empty NAL unit")
    return nal[0] & 0x1F


def split_stap(payload: bytes) -> list[bytes]:
    """The NAL units of a STAP-A (RFC 6184 §5.7.1)."""
    nals = []
    at = 1
    while at < len(payload):
        size = int.from_bytes(payload[at : at + 2], "big")
        nal = payload[at + 2 : at + 2 + size]
        if size == 0 or len(nal) != size:
            raise Malformed("STAP-A size beyond its packet")
        nals.append(nal)
        at += 2 + size
    if not nals:
        raise Malformed("STAP-A without a NAL unit")
    return nals


def starts_with(payload: bytes) -> list[int]:
    """The types of the NAL units that begin in this payload; empty in the middle of a fragmented one."""
    kind = nal_type(payload)
    if kind == STAP_A:
        return [nal_type(nal) for nal in split_stap(payload)]
    if kind == FU_A:
        if len(payload) < 2:
            raise Malformed("FU-A without its header")
        return [payload[1] & 0x1F] if payload[1] & 0x80 else []
    return [kind]


def is_key_frame_start(payload: bytes) -> bool:
    """Whether a key frame can be decoded from this payload on: a sequence parameter set or an IDR slice begins here.

    Several payloads of one key frame may say so (SPS, then the slice); the first of its time stamp is the start.
    """
    if len(payload) < 2:
        return bool(payload) and payload[0] & 0x1F in (IDR, SPS)
    kind = payload[0] & 0x1F
    if kind == FU_A:  # by far the most
        return payload[1] & 0x80 != 0 and payload[1] & 0x1F in (IDR, SPS)
    if kind != STAP_A:
        return kind in (IDR, SPS)
    try:
        return any(kind in (IDR, SPS) for kind in starts_with(payload))
    except Malformed:
        return False


class Depacketizer:
    """In-order RTP payloads in, whole NAL units out. After a lost packet call `reset` and drop that access unit."""

    def __init__(self) -> None:
        self._fragments: list[bytes] = []
        self._size = 0

    @property
    def pending(self) -> bool:
        """A fragmented unit has begun and not ended: the access unit isn't whole yet."""
        return bool(self._fragments)

    def reset(self) -> None:
        self._fragments = []
        self._size = 0

    def push(self, payload: bytes) -> list[bytes]:
        """The NAL units that this payload completes (RFC 6184 §5.6 to §5.8)."""
        fragments = self._fragments
        if (
            fragments
            and len(payload) > 2
            and payload[0] & 0x1F == FU_A
            and payload[1] == fragments[0][0] & 0x1F  # neither first nor last, of the same unit: by far the most
            and self._size < MAX_NAL_BYTES - len(payload)
        ):
            fragments.append(payload[2:])
            self._size += len(payload) - 2
            return []
        try:
            return self._push(payload)
        except Malformed:
            self.reset()
            raise

    def _push(self, payload: bytes) -> list[bytes]:
        kind = nal_type(payload)
        if kind != FU_A:
            if self._fragments:
                raise Malformed("another unit inside a fragmented one")
            if kind == STAP_A:
                nals = split_stap(payload)
                if any(not 1 <= nal_type(nal) <= 23 for nal in nals):  # §5.7.1: single NAL units only
                    raise Malformed("STAP-A inside a STAP-A")
                return nals
            if not 1 <= kind <= 23:  # §5.2: the other aggregation types aren't in modes 0 and 1
                raise Malformed(f"payload of type {kind}")
            return [payload]
        if len(payload) < 3:
            raise Malformed("FU-A without a fragment")
        indicator, header = payload[0], payload[1]
        start, end = bool(header & 0x80), bool(header & 0x40)
        if start == bool(self._fragments) or (start and end):  # §5.8: never both bits, never a start within
            raise Malformed("FU-A out of order")
        if start:
            if not 1 <= header & 0x1F <= 23:
                raise Malformed("FU-A of an aggregate")
            self._fragments.append(bytes([(indicator & 0xE0) | (header & 0x1F)]))
        elif self._fragments[0][0] & 0x1F != header & 0x1F:
            raise Malformed("FU-A of another unit")
        self._fragments.append(payload[2:])
        self._size += len(payload) - 2
        if self._size > MAX_NAL_BYTES:
            raise Malformed("fragmented unit without end")
        if not end:
            return []
        nal = b"".join(self._fragments)
        self.reset()
        return [nal]


def depacketize(payloads: Iterable[bytes]) -> list[bytes]:
    """The NAL units of one access unit, given all of its payloads in order."""
    depacketizer = Depacketizer()
    nals: list[bytes] = []
    for payload in payloads:
        nals += depacketizer.push(payload)
    if depacketizer.pending:
        raise Malformed("access unit ends within a fragmented unit")
    return nals


def is_key_frame(nals: Sequence[bytes]) -> bool:
    return any(nal_type(nal) == IDR for nal in nals)


def parameter_sets(nals: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """The SPS and PPS among these units."""
    return [n for n in nals if nal_type(n) == SPS], [n for n in nals if nal_type(n) == PPS]


def sample(nals: Sequence[bytes]) -> bytes:
    """An `avc1` sample (ISO/IEC 14496-15 §5.3.2): four-byte lengths; parameter sets and delimiters stay outside."""
    parts: list[bytes] = []
    for nal in nals:
        if nal_type(nal) not in (SPS, PPS, DELIMITER):
            parts += (len(nal).to_bytes(4, "big"), nal)
    return b"".join(parts)


def annex_b(nals: Sequence[bytes]) -> bytes:
    """The byte stream that files and decoders take (Rec. ITU-T H.264 Annex B)."""
    return b"".join(b"\0\0\0\1" + nal for nal in nals)


def decoder_configuration(sps: Sequence[bytes], pps: Sequence[bytes]) -> bytes:
    """AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1.2) of a track with these parameter sets."""
    if not 1 <= len(sps) <= 31 or not 1 <= len(pps) <= 255:
        raise Malformed("no parameter sets, or too many")
    if any(len(nal) > 0xFFFF for nal in (*sps, *pps)):
        raise Malformed("parameter set too long")
    first = read_sps(sps[0])
    record = bytearray([1, sps[0][1], sps[0][2], sps[0][3], 0xFC | 3, 0xE0 | len(sps)])
    for nal in sps:
        record += len(nal).to_bytes(2, "big") + nal
    record.append(len(pps))
    for nal in pps:
        record += len(nal).to_bytes(2, "big") + nal
    if first.profile in (100, 110, 122, 144):
        record += bytes([0xFC | first.chroma_format, 0xF8 | first.luma_bits - 8, 0xF8 | first.chroma_bits - 8, 0])
    return bytes(record)


def codec_string(sps: bytes) -> str:
    """As HLS playlists and browsers name it (RFC 6381 §3.3): avc1.42e01f."""
    read_sps(sps)
    return f"avc1.{sps[1:4].hex()}"


__all__ = [
    "CLOCK_RATE",
    "DELIMITER",
    "FU_A",
    "IDR",
    "PPS",
    "SEI",
    "SLICE",
    "SPS",
    "STAP_A",
    "Depacketizer",
    "Malformed",
    "Picture",
    "Sps",
    "annex_b",
    "codec_string",
    "decoder_configuration",
    "depacketize",
    "is_key_frame",
    "is_key_frame_start",
    "nal_type",
    "parameter_sets",
    "parse_sps",
    "read_sps",
    "sample",
    "split_stap",
    "starts_with",
]
