"""What a process and the whole machine have used, from /proc (proc(5))."""

import os
from dataclasses import dataclass
from pathlib import Path

from ops.errors import BenchFailed

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    user_s: float  # all threads
    system_s: float
    rss_bytes: int

    @property
    def cpu_s(self) -> float:
        return self.user_s + self.system_s


def usage(pid: int) -> Usage:
    """Raises BenchFailed when the process has ended: what it used would look like next to nothing."""
    try:
        # The name in the second field may hold spaces and brackets.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError as error:
        raise BenchFailed(f"process {pid} is gone") from error
    if fields[0] in "ZX":  # ended, and nobody has asked how
        raise BenchFailed(f"process {pid} has ended")
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Usage(int(fields[11]) / _TICK, int(fields[12]) / _TICK, pages * _PAGE)


def busy_s() -> float:
    """Seconds that all cores were not idle, since the machine started."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICK
