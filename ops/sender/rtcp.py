"""RTCP as far as a sender and a viewer need it: RFC 3550 §6, RFC 4585 §6, RFC 5104 §4.3.1, REMB's draft."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

SENDER, RECEIVER, DESCRIPTION, BYE, TRANSPORT, PAYLOAD = 200, 201, 202, 203, 205, 206
NTP_EPOCH = 2_208_988_800  # 1970 as NTP counts (RFC 868)


def ntp(wall_ns: int) -> int:
    """64-bit NTP time of a wall clock (RFC 3550 §4)."""
    seconds, rest = divmod(wall_ns, 1_000_000_000)
    return (seconds + NTP_EPOCH) << 32 | (rest << 32) // 1_000_000_000


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def sender_report(ssrc: int, ntp_time: int, rtp_time: int, packets: int, octets: int) -> bytes:
    return _packet(
        SENDER, 0, struct.pack("!IQIII", ssrc, ntp_time, rtp_time, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    )


def description(ssrc: int, cname: str) -> bytes:
    item = struct.pack("!IBB", ssrc, 1, len(cname)) + cname.encode() + b"\0"
    return _packet(DESCRIPTION, 1, item + bytes(-len(item) % 4))


@dataclass(frozen=True, slots=True)
class Block:
    """A receiver's word on one source (RFC 3550 §6.4.1)."""

    ssrc: int
    fraction: int
    lost: int
    highest: int
    jitter: int
    last_report: int
    since_report: int


def receiver_report(ssrc: int, blocks: list[Block]) -> bytes:
    body = struct.pack("!I", ssrc)
    for block in blocks:
        loss = block.fraction << 24 | block.lost & 0xFFFFFF
        body += struct.pack(
            "!IIIIII", block.ssrc, loss, block.highest, block.jitter, block.last_report, block.since_report
        )
    return _packet(RECEIVER, len(blocks), body)


def nack(ssrc: int, media: int, sequences: list[int]) -> bytes:
    """RFC 4585 §6.2.1; `sequences` rising, wrap-around included."""
    pairs: list[list[int]] = []
    for sequence in sequences:
        distance = (sequence - pairs[-1][0]) & 0xFFFF if pairs else 0
        if pairs and 1 <= distance <= 16:
            pairs[-1][1] |= 1 << (distance - 1)
        else:
            pairs.append([sequence, 0])
    return _packet(
        TRANSPORT, 1, struct.pack("!II", ssrc, media) + b"".join(struct.pack("!HH", *pair) for pair in pairs)
    )


def picture_loss(ssrc: int, media: int) -> bytes:
    return _packet(PAYLOAD, 1, struct.pack("!II", ssrc, media))


def bye(ssrcs: list[int]) -> bytes:
    return _packet(BYE, len(ssrcs), struct.pack(f"!{len(ssrcs)}I", *ssrcs))


@dataclass(frozen=True, slots=True)
class Feedback:
    """One packet of a compound that came in."""

    kind: int
    count: int  # or the feedback's format
    body: bytes

    @property
    def media(self) -> int:
        """The SSRC that a feedback message is about."""
        return int.from_bytes(self.body[4:8], "big")

    def missing(self) -> Iterator[int]:
        """What a generic NACK asks for."""
        for at in range(8, len(self.body) - 3, 4):
            first, mask = struct.unpack_from("!HH", self.body, at)
            yield first
            for bit in range(16):
                if mask >> bit & 1:
                    yield (first + bit + 1) & 0xFFFF

    def asked_for_key(self) -> list[int]:
        """The SSRCs whose picture a PLI or FIR wants anew."""
        if self.kind == PAYLOAD and self.count == 1:
            return [self.media]
        if self.kind == PAYLOAD and self.count == 4:
            return [int.from_bytes(self.body[at : at + 4], "big") for at in range(8, len(self.body) - 7, 8)]
        return []

    def bits_per_second(self) -> int | None:
        """The bound in a REMB."""
        if self.kind != PAYLOAD or self.count != 15 or self.body[8:12] != b"REMB" or len(self.body) < 16:
            return None
        value = int.from_bytes(self.body[13:16], "big")
        return (value & 0x3FFFF) << (value >> 18)


def split(data: bytes) -> list[Feedback]:
    """The packets of a compound; what is malformed ends it."""
    out, at = [], 0
    while at + 4 <= len(data) and data[at] >> 6 == 2:
        size = (int.from_bytes(data[at + 2 : at + 4], "big") + 1) * 4
        if at + size > len(data):
            break
        body = data[at + 4 : at + size]
        if len(body) >= 4 and (data[at + 1] not in (TRANSPORT, PAYLOAD) or len(body) >= 8):
            out.append(Feedback(data[at + 1], data[at] & 0x1F, body))
        at += size
    return out
