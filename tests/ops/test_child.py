"""One child process through every transition: died, hung, never well, ended, orphaned."""

import asyncio
import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from ops import bus_server
from ops.addresses import free_port
from ops.child import Child, Spec, Timing, Unwell, all_healthy
from ops.errors import NotHealthy, PartMissing
from ops.logs import Log
from ops.processes import MAX_FILES

QUICK = Timing(beat=0.05, starting_beat=0.02, answer=0.3, hang=0.6, start=10.0)
ROOT = Path(__file__).parents[2]

# Answers its pid on a Unix socket; with `sleeper` it starts a process of its own first.
ANSWERING = """
import os, socketserver, subprocess, sys
where, *more = sys.argv[1:]
if more: subprocess.Popen(["sleep", "300"])
if os.path.exists(where): os.unlink(where)
class Tell(socketserver.BaseRequestHandler):
    def handle(self): self.request.sendall(str(os.getpid()).encode())
print("listening", flush=True)
socketserver.UnixStreamServer(where, Tell).serve_forever()
"""


def answering(where: Path, *more: str, **spec: object) -> Spec:
    async def ask(pid: int) -> str:
        reader, writer = await asyncio.open_unix_connection(where)
        try:
            said = (await reader.read(20)).decode()
        finally:
            writer.close()
        if said != str(pid):
            raise Unwell(said)
        return "here"

    argv = (sys.executable, "-c", ANSWERING, str(where), *more)
    return Spec(name="answering", argv=argv, ask=ask, **spec)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def running(spec: Spec, folder: Path, timing: Timing = QUICK) -> AsyncIterator[Child]:
    child = Child(spec, Log(folder / "child.log", 1 << 20), lambda zh, en: None, timing)
    task = asyncio.create_task(child.run())
    try:
        yield child
    finally:
        await child.stop(0.5)
        await asyncio.wait_for(task, 5)


async def until(what: Callable[[], bool], limit_s: float = 45.0) -> None:
    async with asyncio.timeout(limit_s):
        while not what():  # noqa: ASYNC110  # another process changes it
            await asyncio.sleep(0.02)


async def test_the_bus_is_back_after_a_kill(tmp_path: Path) -> None:
    spec = bus_server.spec(tmp_path / "store", tmp_path / "nats.conf", free_port(), 'a "token')
    assert (tmp_path / "nats.conf").stat().st_mode & 0o777 == 0o600
    async with running(spec, tmp_path) as child:
        await all_healthy([child], 10)
        assert child.detail.startswith("nats 2.")
        for number in (1, 2):
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)
            await until(lambda number=number: child.healthy and child.restarts == number)  # type: ignore[misc]
    assert child.state == "stopped"


async def test_the_bus_wants_its_token(tmp_path: Path) -> None:
    port = free_port()
    async with running(bus_server.spec(tmp_path / "store", tmp_path / "nats.conf", port, "right"), tmp_path) as child:
        await all_healthy([child], 10)
        with pytest.raises((Unwell, ConnectionError)):
            await bus_server.greet("127.0.0.1", port, "wrong")


async def test_one_that_hangs_is_killed_and_started_again(tmp_path: Path) -> None:
    async with running(answering(tmp_path / "s"), tmp_path) as child:
        await all_healthy([child], 10)
        stuck = child.pid
        assert stuck is not None
        os.kill(stuck, signal.SIGSTOP)
        await until(lambda: child.healthy and child.pid not in (None, stuck))
        assert (child.hangs, child.restarts) == (1, 1)
        assert not psutil.pid_exists(stuck)


async def test_one_that_must_be_back_sooner_is_killed_sooner(tmp_path: Path) -> None:
    """A recorder that hangs longer than the relay remembers loses packets."""
    patient = Timing(beat=0.05, starting_beat=0.02, answer=0.3, hang=600.0, start=10.0)
    async with running(answering(tmp_path / "s", hang_s=0.3), tmp_path, patient) as child:
        await all_healthy([child], 10)
        stuck = child.pid
        assert stuck is not None
        os.kill(stuck, signal.SIGSTOP)
        await until(lambda: child.healthy and child.pid not in (None, stuck))
        assert child.hangs == 1


async def test_a_missing_answer_is_not_its_fault_while_the_carrier_is_away(tmp_path: Path) -> None:
    away = False
    spec = answering(tmp_path / "s", carried_since=lambda: None if away else 0.0)
    async with running(spec, tmp_path) as child:
        await all_healthy([child], 10)
        away = True
        assert child.pid is not None
        os.kill(child.pid, signal.SIGSTOP)
        await asyncio.sleep(3 * QUICK.hang)
        assert (child.hangs, child.state) == (0, "healthy")
        away = False
        await until(lambda: child.hangs == 1)


async def test_one_that_never_becomes_healthy_is_named_with_its_last_words(tmp_path: Path) -> None:
    async def ask(_: int) -> str:
        raise Unwell("no answer yet")

    spec = Spec(name="broken", argv=(sys.executable, "-c", "print('my last words'); raise SystemExit(3)"), ask=ask)
    async with running(spec, tmp_path) as child:
        await until(lambda: child.restarts >= 2)
        with pytest.raises(NotHealthy) as refused:
            await all_healthy([child], 0.1)
        assert "broken" in str(refused.value)
        assert "my last words" in str(refused.value)
        seen = child.restarts
        await asyncio.sleep(0.4)
        assert child.restarts - seen <= 2, "the pause grows"


async def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    async with running(answering(tmp_path / "s", "sleeper"), tmp_path) as child:
        await all_healthy([child], 10)
        assert child.pid is not None
        (sleeper,) = psutil.Process(child.pid).children()
        os.kill(child.pid, signal.SIGKILL)
        await until(lambda: child.healthy and child.restarts == 1)
        await until(lambda: not sleeper.is_running())


async def test_one_that_heeds_no_sigterm_is_killed_after_the_limit(tmp_path: Path) -> None:
    async with running(answering(tmp_path / "s"), tmp_path) as child:
        await all_healthy([child], 10)
        pid = child.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        await child.stop(0.2)
        assert not psutil.pid_exists(pid)


async def test_a_missing_program_is_said(tmp_path: Path) -> None:
    async def ask(_: int) -> str:
        return ""

    child = Child(
        Spec(name="none", argv=(str(tmp_path / "no-such-program"),), ask=ask),
        Log(tmp_path / "log", 1000),
        lambda zh, en: None,
        QUICK,
    )
    with pytest.raises(PartMissing):
        await child.run()


PARENT = """
import asyncio, sys
from pathlib import Path
from ops.child import Child, Timing, all_healthy
from ops.logs import Log
from tests.ops.test_child import answering
async def main():
    folder = Path(sys.argv[1])
    child = Child(answering(folder / "s"), Log(folder / "log", 1000), lambda zh, en: None, Timing())
    task = asyncio.create_task(child.run())
    await all_healthy([child], 10)
    print(child.pid, flush=True)
    await task
asyncio.run(main())
"""


def test_children_end_when_the_hub_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.kill()
        parent.wait(5)
        limit = time.monotonic() + 5
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < limit
            time.sleep(0.02)
    finally:
        parent.kill()
        parent.wait()
        if parent.stdout is not None:
            parent.stdout.close()


WAITING = ANSWERING.replace(
    "where, *more", "import time\nif sys.stdin.buffer.readline() != b'go\\n': sys.exit()\nwhere, *more"
)


async def test_the_next_run_begins_with_the_spare(tmp_path: Path) -> None:
    asking = answering(tmp_path / "s")
    argv = (sys.executable, "-c", WAITING, str(tmp_path / "s"))
    spec = Spec(name="spared", argv=argv, ask=asking.ask, waits=True, spare=True)
    async with running(spec, tmp_path, Timing(beat=0.05, starting_beat=0.02, spare=0.0)) as child:
        await all_healthy([child], 10)
        for _ in range(3):
            await until(lambda: child._spare is not None)
            spare, pid = child._spare, child.pid
            assert spare is not None
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            await until(lambda pid=pid: child.healthy and child.pid not in (None, pid))  # type: ignore[misc]
            assert child.pid == spare.pid
        await until(lambda: child._spare is not None)
        last = child._spare
        assert last is not None
        last.kill()  # one that died while it waited is no use
        last.wait()
        os.kill(child.pid or 0, signal.SIGKILL)
        await until(lambda: child.healthy and child.restarts == 4)
        await until(lambda: child._spare is not None)
        left = child._spare
    assert left is not None
    assert not psutil.pid_exists(left.pid)


def test_a_room_may_open_as_many_files_as_the_machine_allows() -> None:
    code = """if True:
        import resource
        from pathlib import Path
        from ops import processes

        async def told(start, stop):
            print(*resource.getrlimit(resource.RLIMIT_NOFILE))

        processes.RUNS["relay"], processes.read = told, lambda data: None
        processes.run_child("relay", Path("."), False)
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)

    def shell() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (512, most))

    done = subprocess.run([sys.executable, "-c", code], preexec_fn=shell, capture_output=True, timeout=120, check=True)
    assert done.stdout.split() == [str(min(most, MAX_FILES)).encode(), str(most).encode()]
