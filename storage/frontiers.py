"""The Merkle root of a chain from what its last checkpoint left and what was added since.

A stored frontier is used only where its root is the one that the last checkpoint signed; one that is lost, late or
wrong is made anew from the whole chain. Either way each entry that is read must rest on the one before, and the chain
must still be the one that was signed last: what isn't is refused, never signed over.
"""

import logging

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from storage.chained import ZERO, CheckpointRecord, chained_bytes, entry_hash
from storage.errors import BadKey, ChainBroken
from storage.keys import key_id, load_public, verifies
from storage.merkle import HASH_BYTES, Frontier
from storage.tables import Entry, SigningKey
from storage.tables import Frontier as Row

log = logging.getLogger(__name__)

_DIGITS = 2 * HASH_BYTES


async def root(
    session: AsyncSession, chain_id: str, head_seq: int, head_hash: str, last: CheckpointRecord | None
) -> bytes:
    """The root over entries 1…`head_seq`; keeps the frontier for the next time. Raises ChainBroken."""
    if last is not None:
        await _check_signature(session, last)
    frontier = await _stored(session, chain_id, last)
    previous = last.head if last is not None and frontier.count else ZERO
    query = select(
        Entry.seq, Entry.kind, Entry.at, Entry.payload_hash, Entry.previous, Entry.hash
    ).where(Entry.chain_id == chain_id, Entry.seq > frontier.count).order_by(Entry.seq)  # fmt: skip
    async for seq, kind, at, payload, before, stated in await session.stream(query):
        own = entry_hash(chained_bytes(chain_id, seq, kind, at, payload, before))
        if (seq, before, own) != (frontier.count + 1, previous, stated):
            raise ChainBroken(f"{chain_id}: entry {seq}")
        frontier.add(bytes.fromhex(own))
        previous = own
        if last is not None and seq == last.seq and (own, frontier.root().hex()) != (last.head, last.root):
            raise ChainBroken(f"{chain_id}: not what checkpoint {seq} signed")
    if (frontier.count, previous) != (head_seq, head_hash):
        raise ChainBroken(f"{chain_id}: {frontier.count} entries below head {head_seq}")
    await _keep(session, chain_id, frontier)
    return frontier.root()


async def _stored(session: AsyncSession, chain_id: str, last: CheckpointRecord | None) -> Frontier:
    """The one as of `last`, or an empty one, from which all is read again."""
    if last is None:
        return Frontier()
    # Not from the session's memory: another process may have gone on.
    found = (await session.execute(select(Row.seq, Row.nodes).where(Row.chain_id == chain_id))).one_or_none()
    try:
        if found is not None and found.seq == last.seq:
            nodes = [bytes.fromhex(found.nodes[at : at + _DIGITS]) for at in range(0, len(found.nodes), _DIGITS)]
            frontier = Frontier(last.seq, nodes)
            if frontier.root().hex() == last.root:
                return frontier
    except ValueError:
        pass
    log.warning("the frontier of chain %s is %s; made anew", chain_id, "lost" if found is None else "wrong")
    return Frontier()


async def _check_signature(session: AsyncSession, last: CheckpointRecord) -> None:
    key = await session.get(SigningKey, last.key_id)
    try:
        public = load_public(key.public.encode()) if key is not None else b""
        holds = key_id(public) == last.key_id and verifies(public, bytes.fromhex(last.signature), last.signed_bytes())
    except (BadKey, ValueError):
        holds = False
    if not holds:
        raise ChainBroken(f"{last.chain_id}: checkpoint {last.seq} was altered")


async def _keep(session: AsyncSession, chain_id: str, frontier: Frontier) -> None:
    values = {"seq": frontier.count, "nodes": b"".join(frontier.nodes).hex()}
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(Row).values(chain_id=chain_id, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["chain_id"], set_=values))
