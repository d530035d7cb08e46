"""The machine on which figures were taken, in one line."""

import math
import os
import platform
from pathlib import Path


def machine() -> str:
    model = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    except OSError:
        pass  # no such file elsewhere than on Linux
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{platform.node()}: {os.cpu_count()} × {model}, {system}"


def percentile(values: list[float], share: float) -> float:
    """Nearest rank (of a non-empty list)."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * share) - 1)]
