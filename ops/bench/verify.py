"""`huilu bench verify`: how fast `huilu verify` checks a sound archive of 3 hours.

The archive is made in a temporary folder by the hub's own code (1 Mbit/s of picture, 48 kbit/s of sound, a checkpoint
each minute), exported, and verified by a process of its own, a few times; files are in the page cache, as after a copy.
Prints a table, and one JSON line for machines.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ops.bench.archive import MEETING, make
from ops.bench.machine import machine
from storage.database import Database, migrate
from storage.export import export_meeting
from storage.keys import Signer

TARGET_MB_S = 300.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--hours", type=float, default=3.0, help="length of the meeting (%(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="how often it is verified (%(default)s)")
    parser.add_argument("--folder", type=Path, default=None, help="make it below this folder, 3 GB for 3 hours")


def main(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="huilu-verify-", dir=args.folder) as name:
        folder = Path(name)
        began = time.perf_counter()
        film = asyncio.run(_make(folder, int(args.hours * 3600)))
        made_s = time.perf_counter() - began
        total = sum(path.stat().st_size for path in (folder / "out").rglob("*") if path.is_file())
        took = [_verify(folder / "out") for _ in range(args.runs)]
        slow = _verify(folder / "out", "--sm3")
    if any(status for status, _, _ in (*took, slow)):
        print("verify: the archive is not sound", file=sys.stderr)
        return 1
    speeds = [total / 1e6 / seconds for _, seconds, _ in took]
    rows = [
        ("meeting", f"{args.hours:g} h, {film / 1e6:.0f} MB of film and sound, {total / 1e6:.0f} MB in all"),
        ("made and exported in", f"{made_s:.1f} s"),
        ("verified in", ", ".join(f"{seconds:.2f} s ({cpu:.2f} s of CPU)" for _, seconds, cpu in took)),
        ("speed", ", ".join(f"{each:.0f} MB/s" for each in speeds)),
        ("with SM3 as well", f"{slow[1]:.2f} s, {total / 1e6 / slow[1]:.0f} MB/s"),
        ("target", f"≥ {TARGET_MB_S:.0f} MB/s"),
        ("machine", machine()),
    ]
    width = max(len(each) for each, _ in rows)
    print("\n".join(f"{each:<{width}}  {value}" for each, value in rows))
    print(json.dumps({"bytes": total, "seconds": [each for _, each, _ in took], "mb_s": speeds, "machine": machine()}))
    return 0


async def _make(folder: Path, seconds: int) -> int:
    url = f"sqlite+aiosqlite:///{folder}/huilu.sqlite"
    await migrate(url)
    database = await Database.open(url)
    try:
        signer = Signer.load_or_create(folder / "signing.pem")
        film = await make(database, folder / "spool", signer, seconds)
        await export_meeting(database, None, folder / "spool", MEETING, folder / "out", signer)
    finally:
        await database.close()
    return film


def _verify(folder: Path, *more: str) -> tuple[int, float, float]:
    """As people run it: a process of its own, from its start to its end. Exit status, seconds, seconds of CPU."""
    began, cpu = time.perf_counter(), _children_cpu_s()
    done = subprocess.run(
        [sys.executable, "-m", "storage.verify", "--json", *more, str(folder)],
        stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip
    return done.returncode, time.perf_counter() - began, _children_cpu_s() - cpu


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
