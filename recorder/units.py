"""Packets in index order become units to be written: H.264 access units that decode, and Opus packets. Pure.

A picture unit with a hole in it, and those after it up to the next key frame, come to nothing, so that what is
written always decodes (MEDIA.md); how many packets were lost is told by the next unit that is good.
"""

from dataclasses import dataclass
from typing import Protocol

from media_server.codecs import h264, opus
from media_server.codecs.access_units import AccessUnit, Assembler
from media_server.codecs.errors import Malformed
from recorder import mp4

# Each Opus packet says itself whether it is stereo; a head of two channels takes both.
SOUND_HEAD = mp4.sound_head(2)


@dataclass(slots=True)  # not frozen: that makes each three times as dear, and they come with every packet
class Unit:
    first: int  # index of its first and last packet
    last: int
    stamp: int  # RTP time, unwrapped
    data: bytes  # as a sample
    key: bool
    duration: int  # ticks; 0 where only the next unit tells
    lost: int  # packets that never came, directly before it
    broken: bool  # it doesn't follow the unit before: something was left out
    head: bytes = b""  # with a key unit: the file's initialisation
    width: int | None = None
    height: int | None = None


class Units(Protocol):
    """Feed packets with rising index, and what was lost between them."""

    wants_key: bool

    def push(self, index: int, stamp: int, marker: bool, payload: bytes) -> list[Unit]: ...
    def lose(self, count: int) -> None: ...
    def interrupt(self) -> None: ...


class Pictures:
    def __init__(self, after: int | None = None, head: bytes = b"") -> None:
        """`after` and `head`: go on in a file with this head that was written up to this index."""
        self._assembler = Assembler(h264.is_key_frame_start, after)
        self._lost = 0
        self._broken = self.wants_key = after is None
        self._sps, self._pps = mp4.parameter_sets(head)

    def lose(self, count: int) -> None:
        self._lost += count

    def interrupt(self) -> None:
        """The writer can't go on from the last unit: the next one must be a key frame."""
        self._broken = self.wants_key = True

    def push(self, index: int, stamp: int, marker: bool, payload: bytes) -> list[Unit]:
        found = self._assembler.push(index, stamp, marker, payload)
        return [unit for each in found if (unit := self._take(each)) is not None]

    def _take(self, unit: AccessUnit) -> Unit | None:
        payloads = [payload for payload in unit.payloads if payload]
        if not payloads and unit.whole:  # padding, which a sender's bandwidth probe consists of
            return None
        try:
            nals = h264.depacketize(payloads) if unit.whole else []
            if not _begins_at_its_first_slice(nals):
                nals = []
            key = bool(nals) and self._key(nals)
        except Malformed:
            nals, key = [], False
        # After a hole the unit behind it isn't known to be whole; a hole of padding alone breaks nothing we can tell.
        if not nals or (not key and (self._broken or self._lost)):
            self._broken = self.wants_key = True
            return None
        data = h264.sample(nals)
        if not data:  # parameter sets alone: the picture comes with the next time stamp
            return None
        head, width, height = b"", None, None
        if key:
            picture = h264.parse_sps(self._sps[0])
            width, height = picture.width, picture.height
            head = mp4.video_head(h264.decoder_configuration(self._sps, self._pps), width, height)
        made = Unit(
            unit.first, unit.last, unit.timestamp, data, key, 0, self._lost, self._broken or self._lost > 0,
            head, width, height,
        )  # fmt: skip
        self._lost, self._broken, self.wants_key = 0, False, False
        return made

    def _key(self, nals: list[bytes]) -> bool:
        sps, pps = h264.parameter_sets(nals)
        if sps:
            h264.decoder_configuration(sps, pps or self._pps or [b"\x68"])  # raises on one that can't be read
            self._sps = sps
        if pps:
            self._pps = pps
        return h264.is_key_frame(nals) and bool(self._sps) and bool(self._pps)


def _begins_at_its_first_slice(nals: list[bytes]) -> bool:
    """Behind a hole any slice of a key frame looks like its start: first_mb_in_slice must be 0, one set bit (§9.1)."""
    for nal in nals:
        if h264.nal_type(nal) in (h264.SLICE, h264.IDR):
            return len(nal) > 1 and bool(nal[1] & 0x80)
    return True


class Sounds:
    def __init__(self, after: int | None = None) -> None:
        self.wants_key = False
        self._lost = 0
        self._broken = after is None

    def lose(self, count: int) -> None:
        self._lost += count

    def interrupt(self) -> None:
        self._broken = True

    def push(self, index: int, stamp: int, marker: bool, payload: bytes) -> list[Unit]:
        if not payload:
            return []
        try:
            duration = opus.duration(payload)
        except Malformed:
            self._lost += 1
            return []
        unit = Unit(index, index, stamp, payload, True, duration, self._lost, self._broken, SOUND_HEAD)
        self._lost, self._broken = 0, False
        return [unit]
