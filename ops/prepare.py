"""The database before its users: schema, the signing key, the county admin, the sample county; in a process of its own.

The hub itself stays small and quick to start because SQLAlchemy and Alembic are loaded there and not here.
"""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops.errors import NotHealthy
from ops.logs import Log
from ops.secrets import first_password

LIMIT_S = 45.0
# Names of variables that children are told by.
PASSWORD = "HUILU_ADMIN_PASSWORD"
LISTEN_FD = "HUILU_LISTEN_FD"  # the api: the socket that the hub holds open for it


@dataclass(frozen=True, slots=True)
class First:
    """What was made now and can be shown only now."""

    admin_password: str | None  # None: there was an admin
    demo: tuple[dict[str, Any], ...]  # one user per role of the sample county
    unintroduced: str | None  # the number of a signing key that came in a lost one's place


def child_command(name: str, data: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "ops.cli", name, "--data", str(data))


def waiting_command(name: str, data: Path) -> tuple[str, ...]:
    """Loads its code and begins when it is told to (ops.child.GO)."""
    return (*child_command(name, data), "--wait")


def child_environment() -> dict[str, str]:
    """A child finds this very code, writes its log unbuffered, and never sees the admin's password."""
    root = str(Path(__file__).parents[1])
    path = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": f"{root}{os.pathsep}{path}" if path else root, "PYTHONUNBUFFERED": "1", PASSWORD: ""}


async def database(data: Path, demo: bool, password: str, log: Log) -> First:
    """Raises NotHealthy with the last lines of what went wrong."""
    options = [*(["--demo"] if demo else []), *([] if password else ["--made-up"])]
    password = password or first_password()
    process = await asyncio.create_subprocess_exec(
        *child_command("database", data),
        *options,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **child_environment(), PASSWORD: password},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            said, wrong = await process.communicate()
    except TimeoutError as error:
        raise NotHealthy("database") from error
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    log.write(wrong)
    if process.returncode != 0:
        raise NotHealthy("database: " + "\n".join(log.last))
    told = json.loads(said)
    return First(
        admin_password=password if told["admin_made"] else None,
        demo=tuple(told["demo"]),
        unintroduced=told["unintroduced"],
    )
