"""What forwarding costs Janus and what it costs our relay, by the same load, one after the other:
python -m tests.relay.janus [VIEWERS] [SECONDS]

Janus (GPL; Debian: `apt-get install janus`) is run as a program of its own, for this measurement only: nothing else
here needs it. Its video room is what is compared: there, as at our relay, the publisher comes over ICE, DTLS and SRTP,
is asked for what is missing and gets reports; an RTP mountpoint of its streaming plugin is fed in the clear and saves
all that. It runs in ICE-lite, with that plugin and its Unix socket alone, no STUN server, no event handlers, and logs
errors only. It is measured as it comes, with a thread for each client, and with one event loop a core
(`event_loops`), which costs it less. SECONDS are best a multiple of 2: there is a key frame each 2 s.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ops.bench.ground import ground
from ops.bench.machine import machine
from tests.relay import cost
from tests.relay.cost_load import Load
from tests.relay.janus_ends import ROOM

BITRATE_BPS = 3_000_000  # of a publisher; the film takes a third
START_S = 30
STARTS = 10
_CORE = """
general: {{
    configs_folder = "{folder}"
    plugins_folder = "{folder}/plugins"
    transports_folder = "{folder}/transports"
    events_folder = "{folder}/none"
    loggers_folder = "{folder}/none"
    debug_level = 2
    {loops}
}}
nat: {{
    ice_lite = true
    ice_enforce_list = "{address}"
}}
"""
_ROOM = """
room-{room}: {{
    publishers = 1
    bitrate = {bitrate}
    audiocodec = "opus"
    videocodec = "h264"
    h264_profile = "42e01f"
    transport_wide_cc_ext = false
    videoorient_ext = false
    playoutdelay_ext = false
}}
"""
_SOCKET = """
general: {{
    enabled = true
    json = "compact"
    path = "{folder}/api"
    type = "SOCK_SEQPACKET"
}}
"""


class Missing(Exception):
    """Janus isn't here, or doesn't run."""


class Ended(Exception):
    """It ran, and does no more."""


def _configured(folder: Path, address: str, loops: int) -> None:
    """All that it reads lies in `folder`, its parts as links: of those that are installed it loads these two."""
    for place, part in (("plugins", "videoroom"), ("transports", "pfunix")):
        (folder / place).mkdir()
        name = f"libjanus_{part}.so"
        found = next(Path("/usr/lib").glob(f"**/janus/{place}/{name}"), None)
        if found is None:
            raise Missing(f"{name} is not installed")
        (folder / place / name).symlink_to(found)
    (folder / "none").mkdir()
    words = {"folder": folder, "address": address, "room": ROOM, "bitrate": BITRATE_BPS}
    words["loops"] = f"event_loops = {loops}" if loops else ""
    for name, text in (("janus", _CORE), ("janus.plugin.videoroom", _ROOM), ("janus.transport.pfunix", _SOCKET)):
        (folder / f"{name}.jcfg").write_text(text.format(**words))


async def _running(stack: contextlib.ExitStack, program: str, folder: Path) -> int:
    """Its pid, once its socket is there. Raises Missing.

    In about one start of three the thread of its Unix socket ends before the rest is ready for it, and Janus with it,
    for want of a transport (1.1.2): it is started again.
    """
    for _ in range(STARTS):
        with contextlib.suppress(Ended):
            return await _started(stack, program, folder)
    raise Missing(f"Janus ends: {_log(folder).read_text(errors='replace')[-1000:]}")


async def _started(stack: contextlib.ExitStack, program: str, folder: Path) -> int:
    process = _begin(program, folder)
    stack.callback(process.wait)
    stack.callback(process.kill)
    try:
        async with asyncio.timeout(START_S):
            while not (folder / "api").is_socket():
                if process.poll() is not None:
                    raise Ended
                await asyncio.sleep(0.1)
    except TimeoutError as error:
        raise Missing("Janus doesn't come up") from error
    return process.pid


def _begin(program: str, folder: Path) -> "subprocess.Popen[bytes]":
    command = [program, "-F", str(folder), "-C", str(folder / "janus.jcfg")]
    with open(_log(folder), "wb") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def _log(folder: Path) -> Path:
    return folder / "log"


async def measure(viewers: int, seconds: float, *, loops: int, generators: int) -> dict[str, Any]:
    """`loops`: 0 is a thread for each client. Raises Missing."""
    program = shutil.which("janus")
    if program is None:
        raise Missing("janus is not installed")
    with tempfile.TemporaryDirectory() as name, ground() as here, contextlib.ExitStack() as stack:
        folder = Path(name)
        _configured(folder, here.address, loops)
        pid = await _running(stack, program, folder)
        load = await Load.begin(stack, here, "tests.relay.janus_ends", f"{name}/api", viewers, generators)
        return {"server": "janus", "loops": loops or "a thread each", **await load.counted(pid, seconds)}


async def main(args: argparse.Namespace) -> None:
    results = []
    for loops in (0, os.cpu_count() or 1):
        results.append(await measure(args.viewers, args.seconds, loops=loops, generators=args.generators))
        print(json.dumps(results[-1]), flush=True)
    ours = await cost.measure(args.viewers, args.seconds, generators=args.generators)
    print(json.dumps(ours), flush=True)
    threads, looped = (round(theirs["us_per_packet"] / ours["us_per_packet"], 2) for theirs in results)
    print(json.dumps({"times_threads": threads, "times_loops": looped, "machine": machine()}, ensure_ascii=False))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("viewers", type=int, nargs="?", default=100)
    parser.add_argument("seconds", type=float, nargs="?", default=10)
    parser.add_argument("--generators", type=int, default=1)
    try:
        asyncio.run(main(parser.parse_args()))
    except Missing as error:
        sys.exit(f"tests.relay.janus: {error}")
