"""In which order files of tests are begun, and which of them never run side by side.

Chromium that sends or plays film takes most of a processor: files above the empty line of tests/film.txt run one at a
time. Those below it send little, or stand in a network of their own, and run beside them, as all others do.
"""

from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ALONE, BESIDE = (paragraph.split() for paragraph in (HERE / "film.txt").read_text().split("\n\n"))
LONGEST = (HERE / "longest.txt").read_text().split()
ORDER = {HERE / name: place for place, name in enumerate((*ALONE, *BESIDE, *LONGEST))}


def scheduler(config: Any, log: Any) -> Any:
    """As `--dist loadfile` has it, but those that run one at a time are one file to it."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            return "alone" if file.removeprefix("tests/") in ALONE else file

    return Scheduling(config, log)
