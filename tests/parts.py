"""What runs beside what: `--part film`, then `--part servers`, and with what they leave of the machine `--part rest`.

film      Chromium sends or plays (tests/film.txt). Those above the empty line run one at a time; those below it send
          little, or stand in a network of their own, and run beside them.
servers   a hub's processes with films and clocks of their own: what they do takes the time that it takes
rest      rules, acts, storage and pages: slowed down they only take longer
"""

from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PARTS = ("film", "servers", "rest")
SERVERS = ("ops", "recorder", "relay", "sender")
ALONE, BESIDE = (paragraph.split() for paragraph in (HERE / "film.txt").read_text().split("\n\n"))
LONGEST = (HERE / "longest.txt").read_text().split()
ORDER = {HERE / name: place for place, name in enumerate((*ALONE, *BESIDE, *LONGEST))}


def part_of(path: Path) -> str:
    """Of a file of tests."""
    name = path.relative_to(HERE)
    if name.as_posix() in (*ALONE, *BESIDE):
        return "film"
    return "servers" if name.parts[0] in SERVERS else "rest"


def scheduler(config: Any, log: Any) -> Any:
    """As `--dist loadfile` has it, but those that run one at a time are one file to it."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            return "alone" if file.removeprefix("tests/") in ALONE else file

    return Scheduling(config, log)
