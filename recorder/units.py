"""Packets in index order become units to be written: access units that decode, and Opus packets. Pure.

A picture unit with a hole in it, and those after it up to the next key frame, come to nothing, so that what is
written always decodes (MEDIA.md); how many packets were lost is told by the next unit that is good.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from media_server.codecs import h264, opus, vp8
from media_server.codecs.access_units import AccessUnit, Assembler
from media_server.codecs.errors import Malformed
from recorder import mp4, webm

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

    def push(self, index: int, stamp: int, marker: bool, payload: bytes) -> Sequence[Unit]: ...
    def more(self, index: int, payload: bytes) -> bool:
        """Another packet in the middle of a picture (Assembler.more)."""
        ...

    def lose(self, count: int) -> None: ...
    def interrupt(self) -> None: ...


class Frame(NamedTuple):
    """What the payloads of one access unit come to."""

    data: bytes  # as a sample
    key: bool
    head: bytes = b""  # of a key frame: the file's initialisation, and the picture's size
    width: int | None = None
    height: int | None = None


class Form(Protocol):
    """A codec of pictures."""

    def is_key_frame_start(self, payload: bytes) -> bool: ...

    def read(self, payloads: list[bytes]) -> Frame | None:
        """None or Malformed: they come to no picture. A frame without data: not yet to one."""
        ...


class Avc:
    """H.264 as MP4 samples. Parameter sets may come once and hold for later key frames."""

    def __init__(self, head: bytes = b"") -> None:
        self._sps, self._pps = mp4.parameter_sets(head)

    is_key_frame_start = staticmethod(h264.is_key_frame_start)

    def read(self, payloads: list[bytes]) -> Frame | None:
        nals = h264.depacketize(payloads)
        if not nals or not _begins_at_its_first_slice(nals):
            return None
        key = self._key(nals)
        data = h264.sample(nals)
        if not key or not data:
            return Frame(data, key)
        picture = h264.parse_sps(self._sps[0])
        head = mp4.video_head(h264.decoder_configuration(self._sps, self._pps), picture.width, picture.height)
        return Frame(data, True, head, picture.width, picture.height)

    def _key(self, nals: list[bytes]) -> bool:
        sps, pps = h264.parameter_sets(nals)
        if sps:
            h264.decoder_configuration(sps, pps or self._pps or [b"\x68"])  # raises on one that can't be read
            self._sps = sps
        if pps:
            self._pps = pps
        return h264.is_key_frame(nals) and bool(self._sps) and bool(self._pps)


class Vp8:
    """VP8 as WebM blocks."""

    is_key_frame_start = staticmethod(vp8.is_key_frame_start)

    def read(self, payloads: list[bytes]) -> Frame | None:
        data = vp8.depacketize(payloads)
        tag = vp8.read_tag(data)
        if not tag.width or not tag.height:
            return Frame(data, False)
        return Frame(data, True, webm.video_head(tag.width, tag.height), tag.width, tag.height)


class Pictures:
    def __init__(self, form: Form, after: int | None = None) -> None:
        """`after`: go on in a file that was written up to this index."""
        self._form = form
        self._assembler = Assembler(form.is_key_frame_start, after)
        self.more = self._assembler.more
        self._lost = 0
        self._broken = self.wants_key = after is None

    def lose(self, count: int) -> None:
        self._lost += count

    def interrupt(self) -> None:
        """The writer can't go on from the last unit: the next one must be a key frame."""
        self._broken = self.wants_key = True

    def push(self, index: int, stamp: int, marker: bool, payload: bytes) -> Sequence[Unit]:
        found = self._assembler.push(index, stamp, marker, payload)
        return [unit for each in found if (unit := self._take(each)) is not None] if found else ()

    def _take(self, unit: AccessUnit) -> Unit | None:
        payloads = [payload for payload in unit.payloads if payload]
        if not payloads and unit.whole:  # padding, which a sender's bandwidth probe consists of
            return None
        try:
            frame = self._form.read(payloads) if unit.whole else None
        except Malformed:
            frame = None
        # After a hole the unit behind it isn't known to be whole; a hole of padding alone breaks nothing we can tell.
        if frame is None or (not frame.key and (self._broken or self._lost)):
            self._broken = self.wants_key = True
            return None
        if not frame.data:  # parameter sets alone: the picture comes with the next time stamp
            return None
        made = Unit(
            unit.first, unit.last, unit.timestamp, frame.data, frame.key, 0, self._lost,
            self._broken or self._lost > 0, frame.head, frame.width, frame.height,
        )  # fmt: skip
        self._lost, self._broken, self.wants_key = 0, False, False
        return made


def pictures(codec: str, after: int | None = None, head: bytes = b"") -> Pictures:
    """`after` and `head`: go on in a file with this head that was written up to this index."""
    return Pictures(Vp8() if codec == "vp8" else Avc(head), after)


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

    def more(self, index: int, payload: bytes) -> bool:
        return False

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
