"""Recorder processes for tests, each forked from this one, which has loaded their code; argument: CONFIG.json

A hub keeps loaded spares (ops.child), so loading is no part of a start there either; twenty loadings beside a stream
would rather measure the machine. Each line on standard input is answered by one on standard output: `start` by the
pid, `kill` and `end` by how it ended (os.waitpid; `none` when it had ended before).
"""

import asyncio
import importlib
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

from ops.processes import LOADED
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


def fork(config: Path) -> int:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            sys.stdin.close()
            asyncio.run(main(json.loads(config.read_text())))
            status = 0
        except BaseException:
            logging.exception("the recorder ended")
        finally:
            os._exit(status)
    return pid


def serve(config: Path) -> None:
    pid = 0
    for line in sys.stdin:
        match line.strip():
            case "start":
                pid = fork(config)
                answer = str(pid)
            case word:
                ended, _ = os.waitpid(pid, os.WNOHANG)
                if ended:
                    answer = "none"
                else:
                    os.kill(pid, signal.SIGKILL if word == "kill" else signal.SIGTERM)
                    answer = str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        print(answer, flush=True)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    for module in LOADED["recorder"]:
        importlib.import_module(module)
    serve(Path(sys.argv[1]))
