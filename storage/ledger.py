"""Chains in the database: opened once, appended to by one entry or many, closed by a signed checkpoint.

All of it runs inside the caller's `Database.writing()`, so that an entry and the row that it speaks of exist
together or not at all. Who writes to several chains takes the hub's last: everybody locks in the same order.
"""

import secrets
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage import frontiers
from storage.canonical import MAX_INTEGER
from storage.chained import (
    CHECKPOINT_VERSION,
    FIELDS,
    NOT_VERIFIED,
    SALT_BYTES,
    ZERO,
    CheckpointRecord,
    Clock,
    EntryRecord,
    chained_bytes,
    entry_hash,
    payload_hash,
)
from storage.clock import rfc3339_now
from storage.database import insert_if_absent
from storage.errors import ChainClosed, ChainEmpty, KeyRetired, KeyUnknown, NoSuchChain
from storage.ids import new_id
from storage.keys import Signer
from storage.tables import Chain, Checkpoint, Entry, Payload, SigningKey, Succession

_LOCKED = (
    select(Chain.id, Chain.kind, Chain.subject, Chain.head_seq, Chain.head_hash, Chain.closed)
    .where(Chain.id.in_(bindparam("of", expanding=True)))
    .order_by(Chain.id)
    .with_for_update()
)
_ENTRY = insert(Entry)
_PAYLOAD = insert(Payload)


async def open_chain(session: AsyncSession, kind: str, subject: str) -> str:
    """The chain of a recording, decision or hub; made when there is none yet."""
    query = select(Chain.id).where(Chain.kind == kind, Chain.subject == subject)
    found = await session.scalar(query)
    if found is not None:
        return found
    chain_id = new_id("chn")
    await insert_if_absent(
        session, Chain, id=chain_id, kind=kind, subject=subject, head_seq=0, head_hash=ZERO, closed=False
    )
    # Another process may have been first.
    return (await session.scalars(query)).one()


async def append(session: AsyncSession, chain_id: str, kind: str, payload: dict[str, Any]) -> EntryRecord:
    """Put an entry on top of a chain. Raises ChainClosed, NoSuchChain, NotCanonical."""
    (record,) = await append_all(session, [(chain_id, kind, payload)])
    return record


async def append_all(session: AsyncSession, entries: Sequence[tuple[str, str, dict[str, Any]]]) -> list[EntryRecord]:
    """Chain, kind and payload of each, in their order; a few statements however many there are. All or none; raises
    as `append`."""
    heads = {each.id: (each.head_seq, each.head_hash) for each in await _all_open(session, entries)}
    records: list[EntryRecord] = []
    payloads: list[dict[str, Any]] = []
    at = rfc3339_now()
    for chain_id, kind, payload in entries:
        seq, previous = heads[chain_id][0] + 1, heads[chain_id][1]
        salt = secrets.token_hex(SALT_BYTES)
        hashed = payload_hash(salt, payload)
        own = entry_hash(chained_bytes(chain_id, seq, kind, at, hashed, previous))
        records.append(EntryRecord(chain_id, seq, kind, at, hashed, previous, own))
        payloads.append({"chain_id": chain_id, "seq": seq, "salt": salt, "payload": payload})
        heads[chain_id] = seq, own
    if records:
        # Plain tables, not objects: this runs twice for every segment. The database lets an entry in only on top of
        # the head, and moves the head with it.
        connection = await session.connection()
        await connection.execute(_ENTRY, [asdict(each) for each in records])
        await connection.execute(_PAYLOAD, payloads)
    return records


async def _all_open(session: AsyncSession, entries: Sequence[tuple[str, str, dict[str, Any]]]) -> list[Any]:
    chains = sorted({chain_id for chain_id, _, _ in entries})
    rows = await lock(session, chains)
    if missing := set(chains) - {each.id for each in rows}:
        raise NoSuchChain(min(missing))
    for each in rows:
        if each.closed:
            raise ChainClosed(each.id)
    return rows


async def checkpoint(
    session: AsyncSession, chain_id: str, signer: Signer, final: bool = False, clock: Clock = NOT_VERIFIED
) -> CheckpointRecord:
    """Sign a chain as far as it goes; the same checkpoint again when nothing was added since. Only what was added since
    the last one is read (`storage.frontiers`). Raises ChainEmpty, ChainClosed, KeyRetired, KeyUnknown for a key that
    nobody let in, and ChainBroken for a chain that is not what it was: that is never signed."""
    chain = await _locked(session, chain_id)
    if chain.head_seq == 0:
        raise ChainEmpty(chain_id)
    last = await last_checkpoint(session, chain_id)
    if last is not None and last.seq == chain.head_seq and (last.final or not final):
        return last
    if chain.closed:
        raise ChainClosed(chain_id)
    await refuse_stranger(session, signer)
    if last is not None and last.seq == chain.head_seq:
        # A checkpoint is never changed: the final one gets an entry of its own to stand on.
        await append(session, chain_id, "closing", {})
        return await checkpoint(session, chain_id, signer, final, clock)
    await remember(session, signer)
    root = await frontiers.root(session, chain_id, chain.head_seq, chain.head_hash, last)
    record = CheckpointRecord(
        chain_id, chain.head_seq, rfc3339_now(), chain.head_hash, root.hex(), final, signer.algorithm, signer.key_id,
        signature="", version=CHECKPOINT_VERSION, clock=clock, previous=ZERO if last is None else last.mark(),
    )  # fmt: skip
    record = replace(record, signature=signer.sign(record.signed_bytes()).hex())
    session.add(Checkpoint(**asdict(record)))
    await session.flush()
    return record


async def close_chain(
    session: AsyncSession, chain_id: str, signer: Signer, clock: Clock = NOT_VERIFIED
) -> CheckpointRecord:
    """The final checkpoint; nothing is appended afterwards. Its head becomes an entry of every hub's chain.
    Closing a closed chain gives its final checkpoint again."""
    chain = await _locked(session, chain_id)
    record = await checkpoint(session, chain_id, signer, True, clock)
    if chain.closed:
        return record
    await session.execute(update(Chain).where(Chain.id == chain_id).values(closed=True))
    hubs = await session.scalars(
        select(Chain.id).where(Chain.kind == "hub", Chain.closed.is_(False), Chain.id != chain_id).order_by(Chain.id)
    )
    for hub in hubs.all():
        await append(
            session,
            hub,
            "closed",
            {
                "chain": chain_id,
                "kind": chain.kind,
                "subject": chain.subject,
                "seq": record.seq,
                "head": record.head,
                "root": record.root,
            },
        )
    return record


async def entries(
    session: AsyncSession, chain_id: str, first: int = 1, last: int = MAX_INTEGER
) -> AsyncIterator[tuple[EntryRecord, str | None, dict[str, Any] | None]]:
    """Entries first…last in order, each with salt and payload, or None twice where the payload was erased."""
    rows = await session.stream(
        select(Entry, Payload)
        .outerjoin(Payload, (Payload.chain_id == Entry.chain_id) & (Payload.seq == Entry.seq))
        .where(Entry.chain_id == chain_id, Entry.seq.between(first, last))
        .order_by(Entry.seq)
        .execution_options(yield_per=500)
    )
    async for entry, payload in rows:
        record = EntryRecord(
            entry.chain_id, entry.seq, entry.kind, entry.at, entry.payload_hash, entry.previous, entry.hash
        )
        yield record, payload.salt if payload else None, payload.payload if payload else None


async def last_checkpoint(session: AsyncSession, chain_id: str) -> CheckpointRecord | None:
    query = select(Checkpoint).where(Checkpoint.chain_id == chain_id).order_by(Checkpoint.seq.desc()).limit(1)
    row = await session.scalar(query)
    return None if row is None else checkpoint_record(row)


async def grown(session: AsyncSession, kinds: Collection[str]) -> list[str]:
    """Open chains of these kinds that have entries above their last checkpoint, in their order."""
    above = func.coalesce(select(func.max(Checkpoint.seq)).where(Checkpoint.chain_id == Chain.id).scalar_subquery(), 0)
    query = select(Chain.id).where(Chain.kind.in_(kinds), Chain.closed.is_(False), Chain.head_seq > above)
    return list(await session.scalars(query.order_by(Chain.id)))


async def checkpoints(session: AsyncSession, chain_id: str) -> list[CheckpointRecord]:
    rows = await session.scalars(select(Checkpoint).where(Checkpoint.chain_id == chain_id).order_by(Checkpoint.seq))
    return [checkpoint_record(row) for row in rows]


async def lock(session: AsyncSession, chains: Collection[str]) -> list[Any]:
    """The head rows (id, kind, subject, head_seq, head_hash, closed) by id, read anew under their locks, taken in that
    order (on SQLite the transaction itself is the lock)."""
    return list((await (await session.connection()).execute(_LOCKED, {"of": list(chains)})).all())


async def _locked(session: AsyncSession, chain_id: str) -> Any:
    rows = await lock(session, [chain_id])
    if not rows:
        raise NoSuchChain(chain_id)
    return rows[0]


async def knows_keys(session: AsyncSession) -> bool:
    """Whether anybody has signed here."""
    return await session.scalar(select(SigningKey.id).limit(1)) is not None


async def refuse_stranger(session: AsyncSession, signer: Signer) -> None:
    """Raises KeyRetired for a key that was replaced, KeyUnknown for one that isn't known where others are: only a
    rotation and a start of the hub let another one in."""
    if await session.scalar(select(Succession.key_id).where(Succession.by_key_id == signer.key_id)) is not None:
        raise KeyRetired(signer.key_id)
    if await session.get(SigningKey, signer.key_id) is None and await knows_keys(session):
        raise KeyUnknown(signer.key_id)


async def remember(session: AsyncSession, signer: Signer) -> None:
    """Keep the public half, so that old signatures can be checked after the key was replaced."""
    await insert_if_absent(
        session,
        SigningKey,
        id=signer.key_id,
        algorithm=signer.algorithm,
        public=signer.public_pem,
        first_used=rfc3339_now(),
    )


def checkpoint_record(row: Checkpoint) -> CheckpointRecord:
    return CheckpointRecord(**{name: getattr(row, name) for name in FIELDS})
