"""The line to a relay whose folder lies deep: a socket's address holds 107 bytes, a county's path may be longer."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from media_server import wire
from media_server.engine.relay import EngineSettings, Relay
from media_server.listeners import ListenerServer
from media_server.socket_address import MOST_BYTES, address_of
from recorder.line import Line


class Hearing:
    def __init__(self) -> None:
        self.is_up = asyncio.Event()

    def up(self, line: Line, epoch: str) -> None:
        self.is_up.set()

    def down(self, line: Line) -> None: ...
    def packets(self, line: Line, handle: int, run: Sequence[wire.Arrived], now: int) -> None: ...
    def heard(self, line: Line, frame: wire.Frame, now: int) -> None: ...
    def heard_all(self, now: int) -> None: ...


@pytest.mark.parametrize("name", ["run", "数据" * 20 + "/" + "a" * 60])
async def test_a_recorder_finds_its_relay_however_deep_its_folder_lies(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / "relay.sock"
    server = ListenerServer(path, Relay(EngineSettings("e", 0), Random(1)), lambda: None)
    await server.open()
    hearing = Hearing()
    line = Line(path, "test", hearing, lambda _room, _epoch: {"after": {}})
    running = asyncio.create_task(line.run())
    try:
        async with asyncio.timeout(30):
            await hearing.is_up.wait()
        assert path.is_socket()
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await server.close()
    assert not path.exists()


def test_only_a_long_path_is_reached_by_its_folder(tmp_path: Path) -> None:
    short, long = tmp_path / "relay.sock", tmp_path / ("b" * MOST_BYTES) / "relay.sock"
    long.parent.mkdir()
    with address_of(short) as address:
        assert address == str(short)
    with address_of(long) as address:
        assert len(address) < 40
        Path(address).touch()
    assert long.exists()
    with pytest.raises(FileNotFoundError), address_of(tmp_path / ("c" * MOST_BYTES) / "relay.sock"):
        pass
