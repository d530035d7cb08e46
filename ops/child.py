"""One child process: started, asked how it is, started again when it dies or hangs, ended.

    state       → on                         → next
    waiting       what it needs is healthy     starting
    starting      it answers                   healthy
    starting      start_s over                 (killed) resting
    healthy       no answer for hang_s         (killed) resting
    starting, healthy   it exits               resting
    resting       back-off over                starting
    any           stop()                       stopping → stopped

A run that became healthy is followed at once by the next one; the pause grows only while runs fail to become
healthy. Where `Spec.spare` is set, a second process has loaded its code and waits for a line on its standard input:
the next run begins with it, because loading takes seconds on a busy machine. A missing answer is the child's fault
only while what carries the answers (`Spec.carried_since`) is well.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ops.errors import NotHealthy, PartMissing
from ops.logs import Log

State = Literal["waiting", "starting", "healthy", "resting", "stopping", "stopped"]

BACKOFF_S = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
GO = b"go\n"
_PR_SET_PDEATHSIG = 1
_libc: Any = ctypes.CDLL(None, use_errno=True)
_prctl = _libc.prctl


class Unwell(Exception):
    """The child does not answer, or says that it cannot work yet."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Limits in seconds; tests make them shorter."""

    beat: float = 1.0
    starting_beat: float = 0.05
    answer: float = 2.0
    hang: float = 10.0
    start: float = 45.0
    spare: float = 5.0  # from healthy until a spare is made, and between two: loading takes a whole core


@dataclass(frozen=True, slots=True)
class Spec:
    """What to run, and how to know that it is well."""

    name: str
    argv: tuple[str, ...]
    ask: Callable[[int], Awaitable[str]]  # given the pid: what it says of itself; raises Unwell
    where: str = ""  # shown in the table
    carried_since: Callable[[], float | None] = lambda: 0.0  # since when answers could arrive; None: not now
    environment: dict[str, str] = field(default_factory=dict)
    clean_environment: bool = False  # nothing but `environment`
    folder: Path | None = None  # where it runs
    waits: bool = False  # it begins when it reads GO
    spare: bool = False  # one more is kept waiting
    pass_fds: tuple[int, ...] = ()
    death_signal: signal.Signals = signal.SIGTERM  # what the kernel sends it when the hub is gone
    stop_s: float = 2.0
    start_s: float | None = None  # None: Timing.start
    hang_s: float | None = None  # None: Timing.hang


Tell = Callable[[str, str], None]  # zh, en: a line for whoever watches the terminal


class Child:
    def __init__(self, spec: Spec, log: Log, tell: Tell, timing: Timing, turn: asyncio.Lock | None = None) -> None:
        """`turn` is shared by children whose spares are to be made one after the other."""
        self.spec = spec
        self.state: State = "waiting"
        self.pid: int | None = None
        self.restarts = 0
        self.hangs = 0
        self.detail = ""
        self.was_healthy = asyncio.Event()  # once
        self.healthy_since = 0.0
        self.well_since: float | None = None  # since when every question was answered
        self.started_at = 0.0
        self.last_start_s = 0.0  # from start to healthy
        self.on_change: Callable[[], None] = lambda: None
        self._log = log
        self._tell = tell
        self._timing = timing
        self._turn = turn or asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._exited: asyncio.Future[int] | None = None
        self._spare: subprocess.Popen[bytes] | None = None
        self._sparing: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def healthy(self) -> bool:
        return self.state == "healthy"

    @property
    def last_lines(self) -> list[str]:
        return list(self._log.last)

    async def run(self, *after: asyncio.Event) -> None:
        """Start once `after` has happened, run until stop(); raises PartMissing when the program isn't there."""
        for event in after:
            await event.wait()
        failures = 0
        while not self._stopping:
            became_healthy = await self._one_run()
            if self._stopping:
                break
            failures = 0 if became_healthy else failures + 1
            self._move("resting")
            await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
            self.restarts += 1

    async def stop(self, limit_s: float | None = None) -> None:
        """SIGTERM, then SIGKILL after the limit; returns when the process is gone."""
        self._stopping = True
        self._move("stopping")
        if self._sparing is not None:
            self._sparing.cancel()
        if self._spare is not None:
            _end(self._spare)
        exited = self._exited
        if self._process is not None and exited is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            await asyncio.wait((exited,), timeout=self.spec.stop_s if limit_s is None else limit_s)
            self.kill()
            await asyncio.wait((exited,))
        self._move("stopped")

    def kill(self) -> None:
        """Nothing of it is left: neither the process nor, in its group, what it started (ffmpeg)."""
        if self._process is not None:
            _kill(self._process)

    async def _one_run(self) -> bool:
        """Whether this run of the process became healthy."""
        self._move("starting")
        self.started_at = time.monotonic()
        self._process = process = self._take_spare() or self._spawn()
        self._begin(process)
        self.pid = process.pid
        self.on_change()
        self._exited = exited = _exit_of(process)
        watching = asyncio.create_task(self._watch(process.pid))
        try:
            with self._copying_output(process):
                await asyncio.wait((exited, watching), return_when=asyncio.FIRST_COMPLETED)
                if not exited.done() and not self._stopping:
                    self._say("无应答，正在重新启动", "does not answer and is restarted")
                    self.hangs += 1
                if watching.done():
                    self.kill()
                    watching.result()
                await exited
        finally:
            watching.cancel()
            self.kill()
            self.pid = self._process = self._exited = self.well_since = None
        if not self._stopping:
            how = _how(process.returncode)
            self._say(f"已退出（{how}），正在重新启动", f"ended ({how}), restarting")
        return self.healthy_since > self.started_at

    def _spawn(self) -> "subprocess.Popen[bytes]":
        parent = os.getpid()
        number = int(self.spec.death_signal)

        def in_child() -> None:  # between fork and exec: system calls, nothing that could take a lock
            _prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
            if os.getppid() != parent:  # the hub was gone before the kernel knew whom to signal
                os._exit(1)

        try:
            return subprocess.Popen(
                self.spec.argv,
                stdin=subprocess.PIPE if self.spec.waits else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**({} if self.spec.clean_environment else os.environ), **self.spec.environment},
                cwd=self.spec.folder,
                pass_fds=self.spec.pass_fds,
                start_new_session=True,  # Ctrl-C on the terminal is for the hub, which ends its children in order
                preexec_fn=in_child,
            )
        except FileNotFoundError as error:
            raise PartMissing(self.spec.argv[0]) from error

    def _begin(self, process: "subprocess.Popen[bytes]") -> None:
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # it has ended already; the run will see it
                process.stdin.write(GO)
                process.stdin.close()

    def _take_spare(self) -> "subprocess.Popen[bytes] | None":
        spare, self._spare = self._spare, None
        if spare is None or spare.poll() is None:
            return spare
        _end(spare)
        return None

    async def _make_spare(self) -> None:
        async with self._turn:
            await asyncio.sleep(self._timing.spare)
            if self.healthy and self._spare is None:
                try:
                    self._spare = self._spawn()
                except OSError as error:  # no memory, no process number: the next run begins without one
                    self._say(f"无法准备替补进程：{error}", f"has no spare: {error}")

    @contextlib.contextmanager
    def _copying_output(self, process: "subprocess.Popen[bytes]") -> Iterator[None]:
        assert process.stdout is not None
        loop = asyncio.get_running_loop()
        output = process.stdout.fileno()
        os.set_blocking(output, False)

        def copy() -> bool:
            try:
                chunk = os.read(output, 65536)
            except BlockingIOError:
                return False
            if chunk:
                self._log.write(chunk)
            else:
                loop.remove_reader(output)
            return bool(chunk)

        loop.add_reader(output, copy)
        try:
            yield
        finally:
            while copy():  # its last words
                pass
            loop.remove_reader(output)
            process.stdout.close()

    async def _watch(self, pid: int) -> None:
        """Returns when the child is to be killed: not healthy in time, or hanging."""
        timing = self._timing
        answered = time.monotonic()
        start_s = timing.start if self.spec.start_s is None else self.spec.start_s
        hang_s = timing.hang if self.spec.hang_s is None else self.spec.hang_s
        until_start = answered + start_s
        while True:
            try:
                async with asyncio.timeout(timing.answer):
                    self.detail = await self.spec.ask(pid)
                answered = time.monotonic()
                self.well_since = self.well_since or answered
                if self.state == "starting":
                    self.healthy_since = answered
                    self.last_start_s = answered - self.started_at
                    self._move("healthy")
                    if self.spec.spare:
                        self._sparing = asyncio.create_task(self._make_spare())
                    if self.was_healthy.is_set():
                        self._say(
                            f"已恢复（{self.last_start_s:.1f} 秒）", f"is healthy again ({self.last_start_s:.1f} s)"
                        )
                    self.was_healthy.set()
            except (Unwell, TimeoutError, OSError) as error:
                self.detail = str(error) or type(error).__name__
                self.well_since = None
                since = self.spec.carried_since()
                since = time.monotonic() if since is None else since
                answered = max(answered, since)
                until_start = max(until_start, since + start_s)
                if self.state == "starting" and time.monotonic() > until_start:
                    return
                if self.state == "healthy" and time.monotonic() - answered > hang_s:
                    return
            await asyncio.sleep(timing.starting_beat if self.state == "starting" else timing.beat)

    def _move(self, state: State) -> None:
        if self.state != state and (not self._stopping or state in ("stopping", "stopped")):
            self.state = state
            self.on_change()

    def _say(self, zh: str, en: str) -> None:
        self._tell(f"{self.spec.name} {zh}", f"{self.spec.name} {en}")


def _exit_of(process: "subprocess.Popen[bytes]") -> "asyncio.Future[int]":
    """Its exit status. A thread of its own waits: what asyncio has waits for the output's end too, which a grandchild
    may hold open, and the loop's pool has too few threads to lend six of them for ever."""
    loop = asyncio.get_running_loop()
    exited: asyncio.Future[int] = loop.create_future()

    def tell(status: int) -> None:
        if not exited.done():
            exited.set_result(status)

    def wait() -> None:
        status = process.wait()
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody asks any more
            loop.call_soon_threadsafe(tell, status)

    threading.Thread(target=wait, name=f"exit of {process.pid}", daemon=True).start()
    return exited


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """A process that never ran."""
    _kill(process)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


def _how(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        return signal.Signals(-returncode).name
    return f"exit {returncode}"


async def all_healthy(children: list[Child], limit_s: float) -> None:
    """Raises NotHealthy with the names and last words of those that are not healthy in time."""
    waits = {asyncio.ensure_future(child.was_healthy.wait()): child for child in children}
    try:
        _, late = await asyncio.wait(waits, timeout=limit_s)
        if late:
            said = [f"{waits[wait].spec.name}: {waits[wait].detail}" for wait in late]
            words = [line for wait in late for line in waits[wait].last_lines[-5:]]
            raise NotHealthy("\n".join(("; ".join(said), *words)))
    finally:
        for wait in waits:
            wait.cancel()
