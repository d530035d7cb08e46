"""Fixtures of the bus: a real NATS server on a free loopback port, and a connection to it."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from media_server.bus import Bus


def program(name: str) -> str:
    """A program that a wheel has put beside this Python."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    assert found, f"{name} is not installed"
    return found


@pytest.fixture(scope="session")
def bus_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A NATS server with JetStream, one for the whole run."""
    with running_bus(tmp_path_factory.mktemp("bus")) as url:
        yield url


@contextmanager
def running_bus(folder: Path) -> Iterator[str]:
    folder.mkdir(exist_ok=True)
    command = [program("nats-server"), "-a", "127.0.0.1", "-p", "-1", "-js", "-sd", str(folder)]
    process = subprocess.Popen(
        [*command, "--ports_file_dir", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        ports = folder / f"nats-server_{process.pid}.ports"
        for _ in range(500):
            if ports.exists() and (text := ports.read_text()).strip():
                yield str(json.loads(text)["nats"][0])
                break
            assert process.poll() is None, "nats-server has ended"
            time.sleep(0.02)
        else:
            raise TimeoutError("nats-server does not come up")
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
async def bus(bus_url: str) -> AsyncIterator[Bus]:
    """A connection to the bus."""
    line = await Bus.connect(bus_url, "test")
    yield line
    await line.close()
