"""A real hub for tests: `huilu up --demo` on free ports in a temporary folder, as a county's machine would run it."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from media_server.bus import Bus
from ops.addresses import free_port
from ops.layout import Layout
from ops.start import Start, read

ROOT = Path(__file__).parents[1]
START_S = 180.0  # with what others leave of the machine
STOP_S = 10.0
ADMIN_PASSWORD = "admin-of-the-tests"


@dataclass(frozen=True)
class Account:
    """One account of the sample county."""

    role: str
    role_name: str
    username: str
    password: str
    unit: str  # its name


@dataclass
class RunningHub:
    url: str  # https://localhost:port
    data: Path
    start: Start
    process: "subprocess.Popen[bytes]"
    accounts: list[Account]
    admin: tuple[str, str]  # user name, password

    @property
    def authority(self) -> Path:
        """What a client trusts to reach `url`."""
        return self.data / "certificates" / "authority.crt"

    def account(self, role: str, number: int = 0) -> Account:
        """One of the sample county's accounts: secretary, inspector, organiser, reviewer, terminal, …"""
        return [one for one in self.accounts if one.role == role][number]

    def pid(self, name: str) -> int:
        noted: dict[str, list[int]] = json.loads((self.data / "run" / "children.json").read_text())
        return noted[name][0]

    def log(self, name: str) -> str:
        return (self.data / "logs" / f"{name}.log").read_text(errors="replace")

    async def processes(self) -> dict[str, dict[str, Any]]:
        """state, pid, restarts, start_s, detail of each process, from the hub itself."""
        bus = await Bus.connect(self.start.bus_url, "test", self.start.bus_token)
        try:
            told: dict[str, dict[str, Any]] = (await bus.request("huilu.health.supervisor", {}))["processes"]
            return told
        finally:
            await bus.close()

    async def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """kill -9 one process; its pid."""
        pid = self.pid(name)
        os.kill(pid, number)
        return pid

    @contextmanager
    def halted(self, name: str) -> Iterator[None]:
        """The process stands still (SIGSTOP), and not in the middle of a transaction: then nobody else could write."""
        pid = self.pid(name)
        limit = time.monotonic() + STOP_S
        try:
            os.kill(pid, signal.SIGSTOP)
            while not self._writable():
                assert time.monotonic() < limit, f"{name} is never seen outside a transaction"
                os.kill(pid, signal.SIGCONT)
                time.sleep(0.05)
                os.kill(pid, signal.SIGSTOP)
            yield
        finally:
            # The supervisor may have put another one into its place meanwhile.
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _writable(self) -> bool:
        where = f"file:{Layout(self.data).database}?mode=rw"  # a file that is not there is not made
        with closing(sqlite3.connect(where, uri=True, timeout=0.5, isolation_level=None)) as database:
            try:
                database.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    raise
                return False
            database.execute("ROLLBACK")
            return True

    async def until_healthy(self, name: str, not_pid: int, limit_s: float = 30.0) -> float:
        """Wait for a healthy process that is not the killed one; the seconds it took."""
        began = time.monotonic()
        while time.monotonic() - began < limit_s:
            try:
                one = (await self.processes())[name]
                if one["state"] == "healthy" and one["pid"] not in (None, not_pid):
                    return time.monotonic() - began
            except Exception:  # noqa: BLE001, S110  # the bus itself may be the one that was killed
                pass
            await asyncio.sleep(0.02)
        raise AssertionError(f"{name} is not healthy again: {self.log(name)[-2000:]}")


@contextmanager
def started_hub(
    data: Path,
    *options: str,
    spares: bool = False,
    environment: dict[str, str] | None = None,
    inside: tuple[str, ...] = (),
) -> Iterator[RunningHub]:
    """`huilu up` with these options; ended by SIGTERM. `inside`: the beginning of a command that runs it elsewhere.
    Spares take half as much of the machine once more as the start; only where processes die are they of use."""
    port, media_port = free_port(), free_port()
    command = [*inside, sys.executable, "-m", "ops.cli", "up", "--data", str(data)]
    command += ["--port", str(port), "--media-port", str(media_port), "--spares", "yes" if spares else "no", *options]
    printed = data.parent / f"{data.name}-printed.txt"
    with open(printed, "wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "HUILU_ADMIN_PASSWORD": ADMIN_PASSWORD, **(environment or {})},
        )
    try:
        limit = time.monotonic() + START_S
        while "Ctrl-C stops it" not in printed.read_text(errors="replace"):
            if process.poll() is not None or time.monotonic() > limit:
                raise AssertionError(f"the hub did not start:\n{printed.read_text(errors='replace')}")
            time.sleep(0.05)
        accounts_file = data / "demo-accounts.json"
        accounts = json.loads(accounts_file.read_text()) if accounts_file.exists() else []
        start = read(data)
        yield RunningHub(
            start.local_url, data, start, process, [Account(**one) for one in accounts], ("admin", ADMIN_PASSWORD)
        )
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """One hub with the sample county for all tests of a run; tests make meetings of their own."""
    with started_hub(tmp_path_factory.mktemp("hub") / "data", "--demo") as running:
        yield running
