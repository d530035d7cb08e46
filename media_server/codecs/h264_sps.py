"""A sequence parameter set read as far as the picture's size (Rec. ITU-T H.264 §7.3.2.1.1); `Malformed` or a value."""

from dataclasses import dataclass
from typing import NamedTuple

from media_server.codecs.errors import Malformed

# Profiles whose SPS carries the chroma format and scaling lists (§7.3.2.1.1).
_HIGH = frozenset((100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135))
# Level 6.2 allows 16,888 macroblocks a side at most (§A.3.1: sqrt(8 · MaxFS)); beyond it the bytes are noise.
_MAX_MACROBLOCKS = 1056


class Picture(NamedTuple):
    width: int
    height: int
    profile: int  # profile_idc: 66 baseline, 77 main, 100 high
    level: int  # level_idc: ten times the level


@dataclass(frozen=True, slots=True)
class Sps:
    width: int
    height: int
    profile: int
    constraints: int
    level: int
    chroma_format: int
    luma_bits: int
    chroma_bits: int


class _Bits:
    """Exp-Golomb reader (§9.1) over a payload freed from emulation prevention (§7.4.1)."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def bits(self, count: int) -> int:
        if count > self._left:
            raise Malformed("SPS ends early")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def unsigned(self) -> int:
        zeros = 0
        while not self.bits(1):
            zeros += 1
            if zeros > 31:
                raise Malformed("exp-Golomb code too long")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        code = self.unsigned()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):  # §7.3.2.1.1.1
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def read_sps(nal: bytes) -> Sps:
    if len(nal) < 5 or nal[0] & 0x1F != 7:
        raise Malformed("not an SPS")
    if len(nal) > 1024:
        raise Malformed("SPS too long")
    bits = _Bits(nal[1:].replace(b"\0\0\3", b"\0\0"))
    profile, constraints, level = bits.bits(8), bits.bits(8), bits.bits(8)
    bits.unsigned()  # seq_parameter_set_id
    chroma, luma_bits, chroma_bits = 1, 8, 8
    separate = 0
    if profile in _HIGH:
        chroma = bits.unsigned()
        if chroma > 3:
            raise Malformed("chroma_format_idc")
        if chroma == 3:
            separate = bits.bits(1)
        luma_bits, chroma_bits = 8 + bits.unsigned(), 8 + bits.unsigned()
        if luma_bits > 14 or chroma_bits > 14:
            raise Malformed("bit depth")
        bits.bits(1)
        if bits.bits(1):
            for number in range(12 if chroma == 3 else 8):
                if bits.bits(1):
                    _skip_scaling_list(bits, 16 if number < 6 else 64)
    bits.unsigned()  # log2_max_frame_num_minus4
    order = bits.unsigned()
    if order == 0:
        bits.unsigned()
    elif order == 1:
        bits.bits(1)
        bits.signed()
        bits.signed()
        cycle = bits.unsigned()
        if cycle > 255:
            raise Malformed("num_ref_frames_in_pic_order_cnt_cycle")
        for _ in range(cycle):
            bits.signed()
    elif order > 2:
        raise Malformed("pic_order_cnt_type")
    bits.unsigned()  # max_num_ref_frames
    bits.bits(1)
    across, down = bits.unsigned() + 1, bits.unsigned() + 1
    frames_only = bits.bits(1)
    if not frames_only:
        bits.bits(1)
    bits.bits(1)
    if max(across, down) > _MAX_MACROBLOCKS:
        raise Malformed("picture too large")
    width, height = across * 16, down * 16 * (2 - frames_only)
    if bits.bits(1):
        # §7.4.2.1.1: cropping counts in chroma samples, and in field lines when fields are coded.
        colour = 0 if separate else chroma
        step_x = 2 if colour in (1, 2) else 1
        step_y = (2 if colour == 1 else 1) * (2 - frames_only)
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        width -= step_x * (left + right)
        height -= step_y * (top + bottom)
        if width <= 0 or height <= 0:
            raise Malformed("cropped to nothing")
    return Sps(width, height, profile, constraints, level, chroma, luma_bits, chroma_bits)


def parse_sps(nal: bytes) -> Picture:
    sps = read_sps(nal)
    return Picture(sps.width, sps.height, sps.profile, sps.level)
