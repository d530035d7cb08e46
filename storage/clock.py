"""Meeting time: nanoseconds since a meeting was opened, the same in every process of one machine.

Three words for time, never mixed: *now* is monotonic, *meeting time* counts from the opening, *wall clock* is UTC.
An origin pairs the wall clock and CLOCK_MONOTONIC of the opening with the boot in which the pair was taken. In that
boot meeting time runs on the monotonic clock, so a clock that is set does not bend it; after a reboot the wall
clock is all there is.
"""

import ctypes
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path


@cache
def boot_id() -> str:
    """The kernel's id of this boot, or an empty string where there is none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Origin:
    """The moment at which a meeting's time is zero."""

    wall_ns: int  # UTC, ns since 1970
    monotonic_ns: int  # CLOCK_MONOTONIC of the same moment
    boot: str  # boot in which monotonic_ns holds

    @classmethod
    def here_and_now(cls) -> "Origin":
        return cls(time.time_ns(), time.monotonic_ns(), boot_id())

    def meeting_ns(self, monotonic_ns: int) -> int:
        """Meeting time of a moment on this machine's CLOCK_MONOTONIC."""
        if self.boot and self.boot == boot_id():
            return monotonic_ns - self.monotonic_ns
        return time.time_ns() - self.wall_ns - (time.monotonic_ns() - monotonic_ns)

    def meeting_now(self) -> int:
        return self.meeting_ns(time.monotonic_ns())


def rfc3339(wall_ns: int) -> str:
    """A wall clock time as text, UTC, to the microsecond: how it stands in chained bytes and exports."""
    moment = datetime.fromtimestamp(wall_ns // 1_000_000_000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{wall_ns % 1_000_000_000 // 1000:06d}Z"


def wall_ns(text: str) -> int:
    """The same read back."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(moment.replace(microsecond=0).timestamp()) * 1_000_000_000 + moment.microsecond * 1000


def rfc3339_now() -> str:
    return rfc3339(time.time_ns())


def synchronised() -> bool:
    """Whether the kernel holds this machine's clock for right: something (NTP, PTP) disciplines it. Where the kernel
    can't be asked the clock counts as not verified."""
    try:
        ask = ctypes.CDLL(None, use_errno=True).adjtimex
    except (OSError, AttributeError):
        return False
    # adjtimex(2): `struct timex` with modes = 0 only reads; it has 208 bytes. 5 is TIME_ERROR, -1 a refusal.
    return bool(ask(ctypes.create_string_buffer(512)) in range(5))
