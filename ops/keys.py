"""`huilu keys`: the node's signing key, as the county publishes it, and its replacement by a new one."""

import asyncio
from pathlib import Path

from ops.archive import Refused
from ops.start import Start, read
from ops.terminal import say
from storage.clock_watch import ClockWatch
from storage.database import Database
from storage.errors import StorageError
from storage.keys import Signer
from storage.notary import Notary
from storage.rotation import rotate as replace


def show(data: Path) -> int:
    """The public key on standard output, ready to be published or given to `huilu verify --trust`."""
    try:
        print(Signer.load(read(data).layout.signing_key).public_pem, end="")
    except StorageError as error:
        raise Refused(error) from error
    return 0


def rotate(data: Path) -> int:
    """The hub may run meanwhile; its processes take the new key for the next checkpoint."""
    old, new = asyncio.run(_rotate(read(data)))
    say(f"密钥 {old} 已由新密钥 {new} 接替", f"key {old} was replaced by {new}, which it introduced in the hub's chain")
    say("请公布新的公钥（huilu keys show），旧公钥继续保留", "publish the new public key; keep the old one published")
    return 0


async def _rotate(start: Start) -> tuple[str, str]:
    clock = ClockWatch(start.time_source)
    if start.time_source:
        await clock.measure()
    try:
        database = await Database.open(start.database_url)
        try:
            return await replace(database, Notary(start.layout.signing_key, clock), start.hub_id)
        finally:
            await database.close()
    except StorageError as error:
        raise Refused(error) from error
