"""A relay as a child of a test, so that it can be killed: python -m tests.sender.relay_child BUS PORT FOLDER."""

import asyncio
import signal
import sys
from pathlib import Path

from media_server.process import RelayConfig, run


async def main(bus_url: str, port: str, folder: str) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    config = RelayConfig(
        bus_url=bus_url, bus_token=None, media_port=int(port), addresses=("127.0.0.1", "127.0.0.2"),
        socket_path=Path(folder) / "relay.sock", certificate_dir=Path(folder) / "certificates",
    )  # fmt: skip
    await run(config, stop)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
