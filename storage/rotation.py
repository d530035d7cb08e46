"""The node's key replaced by a new one, which the old one introduces: an entry of the hub's chain, under a checkpoint
that the old key signs and that is its last.

    1  the new key lies beside the old one, KEY.next
    2  one transaction: the entry `key` with the new public key, a checkpoint on it by the old key, a row `successions`
    3  KEY.next takes the old one's place, whose private half is gone with that

From 2 on the database lets the old key sign nothing more (`KeyRetired`). Whoever dies between 2 and 3 leaves the rest
to the next one that wants to sign: running processes need not be stopped.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage import ledger
from storage.chained import KEY
from storage.database import Database
from storage.errors import BadKey
from storage.keys import Signer
from storage.notary import Notary, take_place, waiting
from storage.tables import Succession


async def rotate(database: Database, notary: Notary, hub_id: str) -> tuple[str, str]:
    """The key numbers of the old key and of the new one. Raises BadKey, KeyUnknown, ChainBroken."""
    path = notary.path
    if not path.exists():
        raise BadKey(f"{path}: there is no key yet; the first start makes it")
    async with database.writing() as session:
        old, new = Signer.load_or_create(path), Signer.load_or_create(waiting(path))
        successor = await _successor(session, old.key_id)
        if successor is None:
            await _introduce(session, notary, old, new, hub_id)
        elif successor != new.key_id:
            raise BadKey(f"{path}: was replaced by {successor}, which does not lie beside it")
    take_place(path)
    return old.key_id, new.key_id


async def _introduce(session: AsyncSession, notary: Notary, old: Signer, new: Signer, hub_id: str) -> None:
    await ledger.refuse_stranger(session, old)
    await ledger.remember(session, old)
    await ledger.remember(session, new)
    chain = await ledger.open_chain(session, "hub", hub_id)
    entry = await ledger.append(
        session, chain, KEY, {"key": new.key_id, "algorithm": new.algorithm, "public": new.public_pem, "by": old.key_id}
    )
    await ledger.checkpoint(session, chain, old, clock=notary.clock.state())
    session.add(Succession(by_key_id=old.key_id, key_id=new.key_id, chain_id=chain, seq=entry.seq))


async def _successor(session: AsyncSession, key: str) -> str | None:
    return await session.scalar(select(Succession.key_id).where(Succession.by_key_id == key))
