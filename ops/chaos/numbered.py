"""A number inside each picture and each sound, so that an archive's frames can be told from one another.

Decoders skip both: of H.264 a message for whoever knows it (ITU-T H.264 §D.1.7, user_data_unregistered) before the
first slice, of Opus the padding of a packet of code 3 (RFC 6716 §3.2.5).
"""

from collections.abc import Sequence

from media_server.codecs import h264

_UUID = bytes.fromhex("9f1c6e2ab0d44c7f8e55a3d17c40e6b2")
_DIGITS = 12
_PREFIX = bytes([h264.SEI, 5, len(_UUID) + _DIGITS]) + _UUID
_PADDING = 8
_PADDED = 0x40


def picture(nals: Sequence[bytes], number: int) -> list[bytes]:
    """The access unit with its number; digits, because zeros would have to be escaped (§7.4.1)."""
    message = _PREFIX + f"{number:0{_DIGITS}d}".encode() + b"\x80"
    at = next((at for at, nal in enumerate(nals) if h264.nal_type(nal) in (h264.SLICE, h264.IDR)), len(nals))
    return [*nals[:at], message, *nals[at:]]


def number_of_picture(sample: bytes) -> int | None:
    """Of an MP4 sample of `picture`; None for any other."""
    at = sample.find(_PREFIX)
    digits = sample[at + len(_PREFIX) :][:_DIGITS]
    return int(digits) if at >= 0 and digits.isdigit() else None


def sound(packet: bytes, number: int) -> bytes:
    """The packet with its number; raises ValueError on one of several frames."""
    if packet[0] & 3:
        raise ValueError("a packet of several frames")
    return bytes([packet[0] | 3, _PADDED | 1, _PADDING]) + packet[1:] + number.to_bytes(_PADDING, "big")


def number_of_sound(packet: bytes) -> int | None:
    """Of a packet of `sound`; None for any other, as the recorder's fillers are."""
    if len(packet) < 3 + _PADDING or packet[0] & 3 != 3 or packet[1] != _PADDED | 1 or packet[2] != _PADDING:
        return None
    return int.from_bytes(packet[-_PADDING:], "big")
