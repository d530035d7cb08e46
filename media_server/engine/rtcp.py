"""RTCP (RFC 3550 §6, RFC 4585, RFC 5104 FIR, draft-alvestrand-rmcat-remb): reading whatever bytes, and building.

Not implemented of what arrives: APP, XR, SLI, RPSI, TMMBR, transport-wide feedback. They are passed over.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
NACK_FORMAT, PLI_FORMAT, FIR_FORMAT, APPLICATION_FORMAT = 1, 1, 4, 15

_HEAD = struct.Struct("!BBH")
_BLOCK = struct.Struct("!IB3sIIII")
_SENDER = struct.Struct("!IQIII")
_PAIR = struct.Struct("!HH")
MAX_NACKED = 2_000  # numbers named by one datagram: 1,400 bytes hold no more than 350 · 17


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """RFC 3550 §6.4.1."""

    ssrc: int
    fraction_lost: int  # of 256
    lost: int  # cumulative, 24 bits signed
    highest: int  # extended highest sequence number
    jitter: int  # in time stamp units
    last_sr: int
    delay: int  # since last SR, in 1/65536 s


@dataclass(frozen=True, slots=True)
class SenderReport:
    ssrc: int
    ntp: int
    rtp_time: int
    packets: int
    octets: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    blocks: tuple[ReportBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class Bye:
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Nack:
    media: int
    sequences: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyFrameRequest:
    """PLI (RFC 4585 §6.3.1) or FIR (RFC 5104 §4.3.1)."""

    media: int


@dataclass(frozen=True, slots=True)
class Remb:
    bitrate: int
    ssrcs: tuple[int, ...]


Report = SenderReport | ReceiverReport | Bye | Nack | KeyFrameRequest | Remb


@dataclass(slots=True)
class Compound:
    reports: list[Report] = field(default_factory=list)
    whole: bool = True  # False: what follows was torn or malformed


def read(data: bytes) -> Compound:
    """What a compound datagram says, as far as it can be read; never raises."""
    compound = Compound()
    position = 0
    while position < len(data):
        if position + 4 > len(data):
            compound.whole = False
            break
        first, kind, words = _HEAD.unpack_from(data, position)
        end = position + 4 * (words + 1)
        if first >> 6 != 2 or end > len(data):
            compound.whole = False
            break
        body_end = end
        if first & 0x20:
            padding = data[end - 1]
            if padding == 0 or padding > end - position - 4:
                compound.whole = False
                break
            body_end -= padding
        report = _read_one(kind, first & 0x1F, data[position + 4 : body_end])
        if report is None:
            compound.whole = False
        elif report is not PASSED_OVER:
            compound.reports.append(report)
        position = end
    return compound


PASSED_OVER = Bye(())


def _read_one(kind: int, count: int, body: bytes) -> Report | None:
    if kind == SR:
        if len(body) < _SENDER.size:
            return None
        blocks = _blocks(body, _SENDER.size, count)
        if blocks is None:
            return None
        ssrc, ntp, rtp_time, packets, octets = _SENDER.unpack_from(body)
        return SenderReport(ssrc, ntp, rtp_time, packets, octets, blocks)
    if kind == RR:
        if len(body) < 4:
            return None
        blocks = _blocks(body, 4, count)
        return None if blocks is None else ReceiverReport(int.from_bytes(body[:4], "big"), blocks)
    if kind == BYE:
        if len(body) < 4 * count:
            return None
        return Bye(struct.unpack_from(f"!{count}I", body))
    if kind == RTPFB and count == NACK_FORMAT:
        return _nack(body)
    if kind == PSFB and len(body) < 8:
        return None
    if kind == PSFB and count == PLI_FORMAT:
        return KeyFrameRequest(int.from_bytes(body[4:8], "big"))
    if kind == PSFB and count == FIR_FORMAT:
        if len(body) < 16:
            return None
        return KeyFrameRequest(int.from_bytes(body[8:12], "big"))
    if kind == PSFB and count == APPLICATION_FORMAT and body[8:12] == b"REMB":
        return _remb(body)
    return PASSED_OVER


def _blocks(body: bytes, offset: int, count: int) -> tuple[ReportBlock, ...] | None:
    if len(body) < offset + count * _BLOCK.size:
        return None
    blocks = []
    for number in range(count):
        ssrc, fraction, lost, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, offset + number * _BLOCK.size)
        blocks.append(
            ReportBlock(ssrc, fraction, int.from_bytes(lost, "big", signed=True), highest, jitter, last_sr, delay)
        )
    return tuple(blocks)


def _nack(body: bytes) -> Nack | None:
    if len(body) < 12 or len(body) % 4:
        return None
    sequences: list[int] = []
    for position in range(8, len(body), 4):
        first, mask = _PAIR.unpack_from(body, position)
        sequences.append(first)
        sequences += [(first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1]
        if len(sequences) > MAX_NACKED:
            break
    return Nack(int.from_bytes(body[4:8], "big"), tuple(sequences[:MAX_NACKED]))


def _remb(body: bytes) -> Remb | None:
    if len(body) < 16:
        return None
    count = body[12]
    exponent = body[13] >> 2
    mantissa = (body[13] & 0x03) << 16 | body[14] << 8 | body[15]
    if len(body) < 16 + 4 * count:
        return None
    return Remb(mantissa << exponent, struct.unpack_from(f"!{count}I", body, 16))


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _HEAD.pack(0x80 | count, kind, len(body) // 4) + body


def _build_blocks(blocks: Iterable[ReportBlock]) -> bytes:
    return b"".join(
        _BLOCK.pack(
            block.ssrc,
            block.fraction_lost,
            max(-0x80_0000, min(0x7F_FFFF, block.lost)).to_bytes(3, "big", signed=True),
            block.highest & 0xFFFF_FFFF,
            block.jitter & 0xFFFF_FFFF,
            block.last_sr,
            block.delay & 0xFFFF_FFFF,
        )
        for block in blocks
    )


def sender_report(report: SenderReport) -> bytes:
    body = _SENDER.pack(
        report.ssrc, report.ntp, report.rtp_time, report.packets & 0xFFFF_FFFF, report.octets & 0xFFFF_FFFF
    )
    return _packet(SR, len(report.blocks), body + _build_blocks(report.blocks))


def receiver_report(report: ReceiverReport) -> bytes:
    """At most 31 blocks fit."""
    blocks = report.blocks[:31]
    return _packet(RR, len(blocks), report.ssrc.to_bytes(4, "big") + _build_blocks(blocks))


def description(ssrc: int, cname: str) -> bytes:
    """SDES with a CNAME, which every compound needs (RFC 3550 §6.1)."""
    name = cname.encode()[:255]
    chunk = ssrc.to_bytes(4, "big") + bytes((1, len(name))) + name + b"\0"
    return _packet(SDES, 1, chunk + bytes(-len(chunk) % 4))


def bye(ssrcs: Iterable[int]) -> bytes:
    numbers = list(ssrcs)[:31]
    return _packet(BYE, len(numbers), struct.pack(f"!{len(numbers)}I", *numbers))


def nack(sender: int, media: int, sequences: Iterable[int]) -> bytes:
    """RFC 4585 §6.2.1; `sequences` in rising order (modulo 2¹⁶)."""
    pairs: list[list[int]] = []
    for sequence in sequences:
        ahead = (sequence - pairs[-1][0]) & 0xFFFF if pairs else 0x1_0000
        if 1 <= ahead <= 16:
            pairs[-1][1] |= 1 << (ahead - 1)
        elif ahead:
            pairs.append([sequence & 0xFFFF, 0])
    body = struct.pack("!II", sender, media) + b"".join(_PAIR.pack(first, mask) for first, mask in pairs)
    return _packet(RTPFB, NACK_FORMAT, body)


def pli(sender: int, media: int) -> bytes:
    return _packet(PSFB, PLI_FORMAT, struct.pack("!II", sender, media))


def fir(sender: int, media: int, number: int) -> bytes:
    return _packet(PSFB, FIR_FORMAT, struct.pack("!IIIB3x", sender, 0, media, number & 0xFF))


def remb(sender: int, bitrate: int, ssrcs: Iterable[int]) -> bytes:
    numbers = list(ssrcs)[:255]
    exponent = max(0, bitrate.bit_length() - 18)
    mantissa = bitrate >> exponent
    body = struct.pack(
        f"!II4sBBH{len(numbers)}I",
        sender, 0, b"REMB", len(numbers), exponent << 2 | mantissa >> 16, mantissa & 0xFFFF, *numbers,
    )  # fmt: skip
    return _packet(PSFB, APPLICATION_FORMAT, body)
