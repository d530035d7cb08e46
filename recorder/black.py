"""A black H.264 picture of any size, written without an encoder: what stands in a picture track's holes.

Constrained baseline, one IDR slice (Rec. ITU-T H.264 §7.3). The first macroblock gives its samples as they are
(I_PCM); each other one is predicted from its neighbours' mean (Intra 16x16, DC) without a residual, which takes one
byte. The last sealed key frame would do as well, but would show an inspector a picture where there was none.
"""

from dataclasses import dataclass

_I_PCM = 25  # Table 7-11
_INTRA_16X16_DC = 3
_BLACK = bytes([16]) * 256 + bytes([128]) * 128


class _Bits:
    def __init__(self) -> None:
        self._value = 0
        self._count = 0
        self._done = bytearray()

    def u(self, width: int, value: int) -> None:
        self._value = self._value << width | value
        self._count += width
        while self._count >= 8:
            self._count -= 8
            self._done.append(self._value >> self._count & 0xFF)
        self._value &= (1 << self._count) - 1

    def ue(self, value: int) -> None:
        """Exp-Golomb (§9.1)."""
        width = (value + 1).bit_length()
        self.u(2 * width - 1, value + 1)

    def align(self) -> None:
        if self._count:
            self.u(8 - self._count, 0)

    def raw(self, data: bytes) -> None:
        self._done += data

    def nal(self, header: int) -> bytes:
        """Trailing bits (§7.3.2.11) and emulation prevention (§7.4.1)."""
        self.u(1, 1)
        self.align()
        out, zeros = bytearray([header]), 0
        for byte in self._done:
            if zeros >= 2 and byte <= 3:
                out.append(3)
                zeros = 0
            out.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return bytes(out)


@dataclass(frozen=True, slots=True)
class Picture:
    sps: bytes
    pps: bytes
    idr: bytes


def black(width: int, height: int, number: int = 0) -> Picture:
    """Consecutive pictures take consecutive numbers (idr_pic_id differs, §7.4.3)."""
    columns, rows = -(-width // 16), -(-height // 16)
    size = columns * rows
    sps = _Bits()
    sps.u(24, 0x42E000 | (31 if size <= 3600 else 40 if size <= 8192 else 52))  # levels by frame size (Table A-1)
    for value in (0, 0, 2, 1):  # id, log2_max_frame_num - 4, order count type, reference frames
        sps.ue(value)
    sps.u(1, 0)
    sps.ue(columns - 1)
    sps.ue(rows - 1)
    sps.u(2, 0b11)  # frames only, direct_8x8_inference
    crop = (columns * 16 - width) // 2, (rows * 16 - height) // 2
    sps.u(1, int(any(crop)))
    if any(crop):
        for value in (0, crop[0], 0, crop[1]):
            sps.ue(value)
    sps.u(1, 0)
    pps = _Bits()
    pps.ue(0)
    pps.ue(0)
    pps.u(2, 0)  # CAVLC
    for value in (0, 0, 0):
        pps.ue(value)
    pps.u(3, 0)
    for value in (0, 0, 0):  # qp 26, no offsets
        pps.ue(value)
    pps.u(3, 0b100)  # deblocking can be switched off
    idr = _Bits()
    for value in (0, 7, 0):  # first macroblock, I slice, picture parameter set
        idr.ue(value)
    idr.u(4, 0)
    idr.ue(number & 1)
    idr.u(2, 0)
    idr.ue(0)
    idr.ue(1)  # no deblocking
    idr.ue(_I_PCM)
    idr.align()
    idr.raw(_BLACK)
    for macroblock in range(1, size):
        idr.ue(_INTRA_16X16_DC)
        idr.u(2, 0b11)  # chroma DC, qp unchanged
        # coeff_token of no coefficients (Table 9-5): a neighbour's count is 16 where it is I_PCM, else 0.
        if macroblock in (1, columns):
            idr.u(6, 0b000011)
        else:
            idr.u(1, 1)
    return Picture(sps.nal(0x67), pps.nal(0x68), idr.nal(0x65))
