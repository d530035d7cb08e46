"""The node's key as a start of the hub finds it: made where nobody ever signed; and where keys are known of which it is
none, the hub's own chain says that this one was introduced by nobody.

A file that is gone comes to the same as one that another key was put into, or as a start that died before it could say
so. While the hub runs nobody makes a key: what is unknown signs nothing (`storage.ledger`).
"""

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import ledger
from storage.chained import KEY_LOST
from storage.database import Database
from storage.keys import Signer
from storage.notary import take_place, waiting
from storage.tables import SigningKey


async def settle(database: Database, path: Path, hub_id: str) -> str | None:
    """The number of a key that nobody introduced and that signs from now on; None where all is well. Raises BadKey."""
    async with database.writing() as session:
        known = list(await session.scalars(select(SigningKey).order_by(SigningKey.first_used, SigningKey.id)))
        ids = {each.id for each in known}
        signer = _found(path, ids)
        if signer.key_id in ids:
            return None
        await ledger.remember(session, signer)
        if not known:
            return None
        await _say(session, signer, known, hub_id)
    return signer.key_id


def _found(path: Path, known: set[str]) -> Signer:
    """What lies there; made where nothing does, unless a rotation that died before its last step left one ready."""
    next_one = waiting(path)
    if not path.exists() and next_one.exists() and Signer.load(next_one).key_id in known:
        take_place(path)
    return Signer.load_or_create(path)


async def _say(session: AsyncSession, signer: Signer, known: list[SigningKey], hub_id: str) -> None:
    chain = await ledger.open_chain(session, "hub", hub_id)
    before = [{"key": each.id, "first_used": each.first_used} for each in known]
    new = {"key": signer.key_id, "algorithm": signer.algorithm, "public": signer.public_pem}
    await ledger.append(session, chain, KEY_LOST, new | {"known": before})
