"""One data folder has one hub: the lock, and the processes that a killed hub left behind."""

import fcntl
import json
import os
import signal
import time
from pathlib import Path

from ops.errors import HubRunning
from ops.files import write_private

# A hub that was killed leaves children that are just ending (ops.child asks the kernel to signal them).
WAIT_S = 3.0


class Lock:
    """Held from the start to the end of a hub; the kernel lets go of it whatever happens."""

    def __init__(self, run: Path) -> None:
        self._path = run / "lock"
        self._children = run / "children.json"
        self._taken = False
        self._file = open(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+")  # noqa: SIM115  # held as long as the hub runs

    def take(self) -> None:
        """Raises HubRunning."""
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.seek(0)
            raise HubRunning(f"pid {self._file.read().strip()}, {self._path.parent.parent}") from error
        self._taken = True
        self._file.truncate(0)
        self._file.write(f"{os.getpid()}\n")
        self._file.flush()
        self._end_leftovers()

    def note_children(self, pids: dict[str, int]) -> None:
        """So that the next start can end them if this one can't; with their start times, because pids come again."""
        noted = {name: (pid, started) for name, pid in pids.items() if (started := _started(pid)) is not None}
        write_private(self._children, json.dumps(noted).encode())

    def release(self) -> None:
        if self._taken:  # else the notes are another hub's
            self._children.unlink(missing_ok=True)
            self._file.truncate(0)
        self._file.close()

    def _end_leftovers(self) -> None:
        try:
            noted: dict[str, tuple[int, int]] = json.loads(self._children.read_text())
        except (FileNotFoundError, ValueError):
            return
        left = [(pid, started) for pid, started in noted.values() if _started(pid) == started]
        deadline = time.monotonic() + WAIT_S
        for number, limit in ((signal.SIGTERM, deadline - 1.0), (signal.SIGKILL, deadline)):
            for pid, started in left:
                if _started(pid) == started:
                    os.kill(pid, number)
            while (left := [one for one in left if _started(one[0]) == one[1]]) and time.monotonic() < limit:
                time.sleep(0.02)


def _started(pid: int) -> int | None:
    """When the process began, in clock ticks since the boot (proc(5), field 22); None when there is none."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if after_name[0] in "ZX" else int(after_name[19])
