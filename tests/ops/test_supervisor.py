"""The whole hub as `huilu up` starts it: kill -9 of each process, a hang, a stop in time, busy ports."""

import asyncio
import json
import os
import select
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ops.addresses import free_port
from ops.errors import BadSetting
from ops.setting_table import Settings
from ops.supervisor import Hub
from storage import ledger
from storage.chained import KEY_LOST
from storage.database import Database
from storage.keys import Signer
from tests.fixtures_hub import ROOT, RunningHub, started_hub

ALL = ("bus", "objects", "relay", "recorder", "worker", "api")
# In this order they end (DESIGN §4): who records hears the last packet, who works finds the bus until he is done.
STAGES = (("relay",), ("recorder",), ("worker", "api"), ("bus", "objects"))
STOP_S = 60.0  # a stop: five are meant, and printed; a loaded machine may take longer, for an answer as well


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """With spares, as it is shipped: each of its processes is killed here."""
    with started_hub(tmp_path_factory.mktemp("hub") / "data", "--demo", spares=True) as running:
        yield running


async def greet(hub: RunningHub, path: str = "/healthz", limit_s: float = STOP_S) -> bytes:
    """The status line of a GET, trusting only the hub's own authority."""
    context = ssl.create_default_context(cafile=str(hub.authority))
    async with asyncio.timeout(limit_s):
        reader, writer = await asyncio.open_connection("localhost", int(hub.url.rpartition(":")[2]), ssl=context)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            return await reader.readline()
        finally:
            writer.close()


async def test_everything_is_healthy_and_private(hub: RunningHub) -> None:
    processes = await hub.processes()
    assert tuple(processes) == ALL
    assert {one["state"] for one in processes.values()} == {"healthy"}
    assert stat.S_IMODE(hub.data.stat().st_mode) == 0o700
    for path in [*(hub.data / "keys").iterdir(), *(hub.data / "run").iterdir(), *(hub.data / "certificates").iterdir()]:
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    # Below the store's own private folder its program chooses modes.
    ours = [path for path in hub.data.rglob("*") if hub.data / "objects" not in path.parents and not path.is_symlink()]
    assert [path for path in ours if path.lstat().st_mode & 0o077] == []
    inner = [psutil.Process(hub.pid(name)).net_connections() for name in ("bus", "objects")]
    listening = {one.laddr.ip for connections in inner for one in connections if one.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}, "inner services are on loopback only"
    arguments = " ".join(" ".join(psutil.Process(one["pid"]).cmdline()) for one in processes.values())
    assert "GLIBC_TUNABLES" in psutil.Process(hub.pid("relay")).environ(), (
        "the relay's memory is laid out in large pages"
    )
    assert hub.start.bus_token not in arguments
    assert hub.start.objects.secret_key not in arguments
    assert b" 200 " in await greet(hub)


async def test_a_native_fanout_that_is_not_there_is_refused_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "media_server.fanout._native", None)
    monkeypatch.delitem(sys.modules, "media_server.fanout.native", raising=False)
    hub = Hub(Settings(data=tmp_path, fanout="native"), lambda _zh, _en: None)
    with pytest.raises(BadSetting, match=r"media\.no-native-fanout"):
        await hub.start()
    assert not hub.children


async def test_metrics_tell_of_every_child(hub: RunningHub) -> None:
    context = ssl.create_default_context(cafile=str(hub.authority))
    text = await asyncio.to_thread(
        lambda: urllib.request.urlopen(f"{hub.url}/metrics", context=context, timeout=60).read().decode()
    )
    for name in ALL:
        assert f'huilu_child_up{{child="{name}",process="supervisor"}} 1' in text
        assert f'huilu_child_restarts_total{{child="{name}",process="supervisor"}}' in text


@pytest.mark.parametrize("name", ["relay", "recorder", "worker", "api", "bus", "objects"])
async def test_killed_and_healthy_again(hub: RunningHub, name: str) -> None:
    others = {one: hub.pid(one) for one in ALL if one != name}
    killed = await hub.kill(name)
    took = await hub.until_healthy(name, killed)
    print(f"{name}: healthy again after {took:.2f} s")
    assert {one: hub.pid(one) for one in others} == others, "nobody else was restarted"
    assert b" 200 " in await greet(hub)


async def test_a_caller_waits_while_the_api_is_restarted(hub: RunningHub) -> None:
    killed = await hub.kill("api")
    assert b" 200 " in await greet(hub), "the hub holds the socket, so nobody is refused"
    await hub.until_healthy("api", killed)


async def test_a_process_that_hangs_is_killed(hub: RunningHub) -> None:
    stuck = await hub.kill("worker", signal.SIGSTOP)
    await hub.until_healthy("worker", stuck, limit_s=40.0)
    assert not psutil.pid_exists(stuck)


@pytest.mark.parametrize("which", ["port", "media port", "data", "address"])
def test_what_is_taken_is_said_in_one_sentence(hub: RunningHub, tmp_path: Path, which: str) -> None:
    held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    held.bind(("127.0.0.1", 0))
    options = {"--data": str(tmp_path / "d"), "--port": str(free_port()), "--media-port": str(free_port())}
    code = {"port": "ops.port-busy", "media port": "ops.port-busy", "data": "ops.hub-running"}
    match which:
        case "port":
            options["--port"] = hub.url.rpartition(":")[2]
        case "media port":
            options["--media-port"] = str(held.getsockname()[1])
        case "data":
            options["--data"] = str(hub.data)
        case "address":
            options["--media-address"] = "203.0.113.9"
    command = [sys.executable, "-m", "ops.cli", "up", *(part for pair in options.items() for part in pair)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    held.close()
    assert done.returncode == 2
    assert code.get(which, "ops.address-missing") in done.stderr
    assert "Traceback" not in done.stderr
    assert hub.pid("relay"), "the hub that runs is left alone"


def in_the_order_of_their_ends(pids: dict[str, int], act: Callable[[], None]) -> list[str]:
    """The names, told by the kernel; those that it tells of at once in the order of STAGES, for nobody knows better."""
    names = {os.pidfd_open(pid): name for name, pid in pids.items()}
    waiting = select.poll()
    for file in names:
        waiting.register(file, select.POLLIN)
    act()
    ended: list[str] = []
    deadline = time.monotonic() + STOP_S
    order = [name for stage in STAGES for name in stage]
    while len(ended) < len(pids):
        files = [file for file, _ in waiting.poll(1000)]
        assert files or time.monotonic() < deadline, f"only these have ended: {ended}"
        ended += sorted((names[file] for file in files), key=order.index)
        for file in files:
            waiting.unregister(file)
            os.close(file)
    return ended


def test_sigterm_ends_everything_in_order_and_a_second_start_keeps_what_was_made(tmp_path: Path) -> None:
    data = tmp_path / "data"
    of_others = set(Path("/tmp").glob("seaweedfs-*"))  # that were killed, on ports which may come again
    with started_hub(data) as first:
        pids = {name: first.pid(name) for name in ALL}
        authority = first.authority.read_bytes()
        ports = (data / "run" / "ports.json").read_text()
        began = time.monotonic()
        ended = in_the_order_of_their_ends(pids, lambda: first.process.send_signal(signal.SIGTERM))
        assert first.process.wait(STOP_S) == 0
        print(f"stopped in {time.monotonic() - began:.2f} s: {ended}")
        stages = [number for name in ended for number, names in enumerate(STAGES) if name in names]
        assert stages == sorted(stages), ended
        assert not any(psutil.pid_exists(pid) for pid in pids.values())
        sockets = {f"-{port}.sock" for name, port in json.loads(ports).items() if name.startswith("objects_")}
        left = set(Path("/tmp").glob("seaweedfs-*")) - of_others
        assert [path for path in left if path.name.endswith(tuple(sockets))] == []
    with started_hub(data) as second:
        assert second.authority.read_bytes() == authority
        assert (data / "run" / "ports.json").read_text() == ports
        assert second.start.bus_token == first.start.bus_token


async def test_a_start_without_the_signing_key_says_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    printed = tmp_path / "data-printed.txt"
    with started_hub(data) as first:
        key = first.start.layout.signing_key
        old = Signer.load(key).key_id
        assert "keys.lost" not in printed.read_text()
    key.unlink()
    with started_hub(data) as second:
        new = Signer.load(key).key_id
        told = [line for line in printed.read_text().splitlines() if "[keys.lost]" in line]
        assert [("签名密钥丢失" in line, new in line) for line in told] == [(True, True)]
        assert "keys.lost" in second.log("database")
        database = await Database.open(second.start.database_url)
        async with database.reading() as session:
            chain = await ledger.open_chain(session, "hub", second.start.hub_id)
            said = [payload async for entry, _, payload in ledger.entries(session, chain) if entry.kind == KEY_LOST]
        await database.close()
        assert [(each["key"], [one["key"] for one in each["known"]]) for each in said if each] == [(new, [old])]


def test_a_killed_hub_leaves_nothing_and_starts_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with started_hub(data) as first:
        children = json.loads((data / "run" / "children.json").read_text())
        first.process.kill()
        first.process.wait()
        options = ("--port", first.url.rpartition(":")[2], "--media-port", str(first.start.media_port))
        with started_hub(data, *options) as second:
            assert second.url == first.url
            assert not any(psutil.pid_exists(pid) for pid, _ in children.values())


def test_ctrl_c_while_it_starts(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ops.cli", "up", "--data", str(tmp_path / "data")]
    command += ["--port", str(free_port()), "--media-port", str(free_port())]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    note = tmp_path / "data" / "run" / "children.json"
    limit = time.monotonic() + 60
    while not (note.exists() and "bus" in note.read_text()):
        assert time.monotonic() < limit
        time.sleep(0.01)
    children = [pid for pid, _ in json.loads(note.read_text()).values()]
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=STOP_S)
    assert b"Traceback" not in said
    assert not any(psutil.pid_exists(pid) for pid in children)


def test_a_garbage_listener_is_not_mistaken_for_ours(tmp_path: Path) -> None:
    """An inner port that somebody else took since the last start is left to him."""
    data = tmp_path / "data"
    (data / "run").mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        (data / "run" / "ports.json").write_text(json.dumps({"bus": taken}))
        with started_hub(data) as hub:
            assert f":{taken}" not in hub.start.bus_url
            os.kill(hub.process.pid, 0)
