"""The object store as a child: SeaweedFS as `storage.seaweed` prepares it, all its ports on loopback."""

import asyncio
import signal
from dataclasses import fields
from pathlib import Path

from ops.child import Spec, Unwell
from ops.ports import InnerPorts
from storage.seaweed import SeaweedPlan, SeaweedPorts, prepare

# Slow disks and a busy machine; nothing waits for it, the recorder's spool holds hours.
START_S = 60.0


def plan(folder: Path, inner: InnerPorts) -> SeaweedPlan:
    names = [each.name for each in fields(SeaweedPorts)]
    return prepare(folder, SeaweedPorts(**{name: inner.port(f"objects_{name}") for name in names}))


def spec(planned: SeaweedPlan) -> Spec:
    host, port = planned.endpoint.split(":")

    async def ask(_: int) -> str:
        return await healthz(host, int(port))

    return Spec(
        name="objects",
        argv=tuple(planned.command),
        ask=ask,
        where=f"S3 {planned.endpoint}",
        environment=planned.env,
        clean_environment=True,
        folder=planned.cwd,
        death_signal=signal.SIGKILL,  # it takes 15 s to heed SIGTERM and survives SIGKILL (MEDIA.md)
        start_s=START_S,
    )


async def healthz(host: str, port: int) -> str:
    """Raises Unwell unless the S3 door says 200."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET /healthz HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        status = (await reader.readline()).split()
        if len(status) < 2 or status[1] != b"200":
            raise Unwell(b" ".join(status).decode(errors="replace"))
        return "S3"
    finally:
        writer.close()
