"""The wall clock of a trial's own processes, which can be stepped; the machine's clock, and all monotonic ones, stay.

A small library is built and preloaded into them (clock.c). Their time source is a server of ours that is right, so that
checkpoints have something to say.
"""

import asyncio
import mmap
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path
from types import TracebackType

from ops.errors import CannotStep

SOURCE = Path(__file__).with_name("clock.c")
_AHEAD = struct.Struct("=q")  # ns
_NTP = struct.Struct("!BBbbII4sQQQQ")  # RFC 4330 §4
_NTP_EPOCH_S = 2_208_988_800


class Clock:
    def __init__(self, folder: Path) -> None:
        """Built below `folder`; raises CannotStep where there is no C compiler."""
        self._file = folder / "clock"
        self._file.write_bytes(_AHEAD.pack(0))
        self._library = folder / "clock.so"
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            raise CannotStep()
        words = [compiler, "-O2", "-std=gnu11", "-shared", "-fPIC", "-o", str(self._library), str(SOURCE), "-ldl"]
        done = subprocess.run(words, capture_output=True, check=False)
        if done.returncode:
            raise CannotStep(done.stderr.decode(errors="replace").strip()[-300:])
        with open(self._file, "r+b") as file:
            self._seen = mmap.mmap(file.fileno(), _AHEAD.size)

    @property
    def environment(self) -> dict[str, str]:
        """What a process is to be started with."""
        before = os.environ.get("LD_PRELOAD", "")
        return {
            "LD_PRELOAD": f"{self._library}:{before}" if before else str(self._library),
            "HUILU_CHAOS_CLOCK": str(self._file),
        }

    def step(self, ahead_s: float) -> None:
        """Now and at once, in all of them."""
        _AHEAD.pack_into(self._seen, 0, round(ahead_s * 1e9))


class TimeSource(asyncio.DatagramProtocol):
    """An NTP server on loopback with this machine's own time."""

    def __init__(self) -> None:
        self.address = ""
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> "TimeSource":
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", 0))
        self.address = "127.0.0.1:{1}".format(*self._transport.get_extra_info("sockname"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._transport is not None
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if len(data) >= _NTP.size and self._transport is not None:
            seconds, rest = divmod(time.time_ns(), 10**9)
            now = ((seconds + _NTP_EPOCH_S) % (1 << 32)) << 32 | (rest << 32) // 10**9
            asked = _NTP.unpack_from(data)[-1]
            self._transport.sendto(
                _NTP.pack(4 << 3 | 4, 2, 6, -20, 1 << 10, 1 << 8, b"LOCL", now, asked, now, now), addr
            )
