"""Wrap-around arithmetic of sequence numbers (mod 2¹⁶) and time stamps (mod 2³²), here and nowhere else."""


def distance16(newer: int, older: int) -> int:
    """How far `newer` is ahead of `older` in sequence numbers, −32768 … 32767."""
    return ((newer - older + 0x8000) & 0xFFFF) - 0x8000


def distance32(newer: int, older: int) -> int:
    """How far `newer` is ahead of `older` in RTP time stamps, −2³¹ … 2³¹−1."""
    return ((newer - older + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000


def near16(number: int, near: int) -> int:
    """The unwrapped number whose low 16 bits are `number` and which lies nearest to the unwrapped `near`."""
    return near + distance16(number, near & 0xFFFF)


def near32(stamp: int, near: int) -> int:
    """The unwrapped time stamp whose low 32 bits are `stamp` and which lies nearest to the unwrapped `near`."""
    return near + distance32(stamp, near & 0xFFFF_FFFF)


def low16(number: int) -> int:
    return number & 0xFFFF


def low32(stamp: int) -> int:
    return stamp & 0xFFFF_FFFF


def ntp_of(wall_ns: int) -> int:
    """64-bit NTP time stamp of a moment in ns since 1970 (RFC 3550 §4)."""
    seconds, rest = divmod(wall_ns, 1_000_000_000)
    return ((seconds + 2_208_988_800) & 0xFFFF_FFFF) << 32 | (rest << 32) // 1_000_000_000


def ntp_ns(ntp: int) -> int:
    """Nanoseconds since 1970 of a 64-bit NTP time stamp in its first era."""
    return ((ntp >> 32) - 2_208_988_800) * 1_000_000_000 + ((ntp & 0xFFFF_FFFF) * 1_000_000_000 >> 32)


def middle32(ntp: int) -> int:
    """The middle 32 bits, in units of 1/65536 s: what LSR and DLSR count in (RFC 3550 §6.4.1)."""
    return (ntp >> 16) & 0xFFFF_FFFF
