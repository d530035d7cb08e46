"""A recorder process for tests: python -m tests.recorder.child CONFIG.json"""

import asyncio
import json
import logging
import signal
import sys
from pathlib import Path
from typing import Any

from recorder.process import RecorderConfig, run
from storage.objects import ObjectsConfig


async def main(given: dict[str, Any]) -> None:
    objects = given.pop("objects")
    if objects["ca_path"]:
        objects["ca_path"] = Path(objects["ca_path"])
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await run(
        RecorderConfig(
            **{
                **given,
                "spool": Path(given["spool"]),
                "relay_sockets": tuple(Path(each) for each in given["relay_sockets"]),
                "key_path": Path(given["key_path"]),
                "objects": ObjectsConfig(**objects),
            }
        ),
        stop,
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))
