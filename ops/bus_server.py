"""The bus as a child: nats-server from its wheel, with JetStream, on loopback, behind a token."""

import asyncio
import json
import shutil
import sysconfig
from pathlib import Path

from ops.addresses import LOOPBACK
from ops.child import Spec, Unwell
from ops.errors import PartMissing
from ops.files import write_private

_MAX_STORE = "4GB"  # work queues and presence, not media


def program(name: str) -> str:
    """A program that a wheel put beside this Python, else one on the path; raises PartMissing."""
    beside = Path(sysconfig.get_path("scripts")) / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise PartMissing(name)
    return found


def spec(store: Path, configuration: Path, port: int, token: str) -> Spec:
    # The token stands in a private file, not in the arguments, which every user of the machine can list.
    # sync_interval: a job that was accepted survives a power cut (the default syncs every two minutes).
    write_private(
        configuration,
        f"""\
listen: "{LOOPBACK}:{port}"
server_name: "huilu"
authorization {{ token: {json.dumps(token)} }}
jetstream {{ store_dir: {json.dumps(str(store))}, max_file_store: {_MAX_STORE}, sync_interval: always }}
""".encode(),
    )

    async def ask(_: int) -> str:
        return await greet(LOOPBACK, port, token)

    return Spec(
        name="bus",
        argv=(program("nats-server"), "-c", str(configuration)),
        ask=ask,
        where=f"nats://{LOOPBACK}:{port}",
        stop_s=1.0,
    )


async def greet(host: str, port: int, token: str) -> str:
    """One PING of the NATS client protocol, signed in; raises Unwell."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        info = await reader.readline()
        if not info.startswith(b"INFO "):
            raise Unwell(info[:40].decode(errors="replace"))
        hello = {"verbose": False, "auth_token": token, "name": "huilu-supervisor", "lang": "python", "version": "1"}
        writer.write(b"CONNECT " + json.dumps(hello).encode() + b"\r\nPING\r\n")
        answer = await reader.readline()
        if answer.strip() != b"PONG":
            raise Unwell(answer[:80].decode(errors="replace").strip())
        told = json.loads(info[5:])
        return f"nats {told.get('version', '')}"
    finally:
        writer.close()
