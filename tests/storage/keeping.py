"""A recorded village meeting whose segments lie in the real store, locked for seconds instead of years."""

import asyncio
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from minio.commonconfig import COMPLIANCE
from minio.retention import Retention
from sqlalchemy import select, update

from recorder.stored import StoredRows
from storage.database import Database
from storage.keys import Signer
from storage.ledger import append, close_chain
from storage.locks import SECOND
from storage.objects import Objects
from storage.tables import Chain, Deletion, Hold, Lock, Proposal, Recording, Segment, Stored, Term
from tests.storage.village import RECORDING, hold_meeting


async def archive(database: Database, objects: Objects, spool: Path, signer: Signer, lock_s: float) -> int:
    """The village's meeting, held, closed and stored; gives when its locks run out, ns UTC."""
    await hold_meeting(database, spool, signer, closed=False)
    async with database.writing() as session:
        recording = await session.get(Recording, RECORDING)
        assert recording is not None
        await append(session, recording.chain_id, "person-in", {"person": "p_1", "name": "张三", "at_ms": 0})
        await append(session, recording.chain_id, "mark", {"mark": "mk_1", "label": "道路硬化招标", "start_ms": 2000})
        await close_chain(session, recording.chain_id, signer)
        recording.state, recording.closed_wall = "closed", time.time_ns()
    return await store(database, objects, spool, lock_s)


async def store(database: Database, objects: Objects, spool: Path, lock_s: float) -> int:
    """What the recorder's uploads do with sealed segments, under a lock of so many seconds."""
    until = int(time.time() + lock_s) + 1
    retention = Retention(COMPLIANCE, datetime.fromtimestamp(until, UTC))
    async with database.reading() as session:
        rows = (
            await session.execute(
                select(Segment, Recording.chain_id).join(Recording, Recording.id == Segment.recording_id)
            )
        ).all()
    confirmed = []
    for segment, chain in rows:
        put = partial(objects.client.fput_object, retention=retention)
        written = await objects._call(put, objects.config.bucket, segment.name, str(spool / segment.name))
        row = Stored(
            segment_id=segment.id, bucket=objects.config.bucket, key=segment.name, version=written.version_id,
            locked_until_wall=until * SECOND, confirmed_wall=time.time_ns(),
        )  # fmt: skip
        confirmed.append((segment, chain, row))
    await StoredRows(database).confirmed(confirmed)
    return until * SECOND


async def settle(database: Database, until_wall: int | None, recording: str = RECORDING) -> None:
    """The term, as the api's rules would set it."""
    async with database.writing() as session:
        await session.merge(
            Term(recording_id=recording, retention="decisions", until_wall=until_wall, settled_on="2026-02-02")
        )
        await session.execute(
            update(Lock).where(Lock.recording_id == recording, Lock.due_wall.is_(None)).values(due_wall=1)
        )


async def hold(database: Database, recording: str = RECORDING) -> None:
    async with database.writing() as session:
        session.add(
            Hold(id="hld_1", recording_id=recording, reason="查证", placed_by="w_1", placed_as="督查员", placed_wall=1)
        )


async def locks_of(database: Database, recording: str = RECORDING) -> list[Lock]:
    async with database.reading() as session:
        return list(await session.scalars(select(Lock).where(Lock.recording_id == recording).order_by(Lock.segment_id)))


async def in_the_store(database: Database, objects: Objects) -> set[str]:
    """Segments whose very version the store still gives, by trying each."""
    async with database.reading() as session:
        rows = (await session.execute(select(Segment, Stored).join(Stored, Stored.segment_id == Segment.id))).all()
    return {segment.id for segment, stored in rows if await objects.confirm(stored.key, stored.version, segment.sha256)}


async def until(wall_ns: int) -> None:
    """The store's clock is this machine's; a lock runs out, nothing but waiting ends it."""
    await asyncio.sleep(max(0.0, wall_ns / 1e9 + 1.0 - time.time()))


async def hub_chain(database: Database) -> str:
    async with database.reading() as session:
        return (await session.scalars(select(Chain.id).where(Chain.kind == "hub"))).one()


async def order_deletion(database: Database, now: int) -> None:
    """What two persons' words come to."""
    hub = await hub_chain(database)
    async with database.writing() as session:
        entry = await append(session, hub, "deletion-ordered", {"recording": RECORDING})
        session.add(
            Proposal(
                id="prp_1", kind="delete", recording_id=RECORDING, reason="到期", detail={"erase": False},
                state="confirmed", proposed_by="w_1", proposed_as="县管理员", proposed_wall=now, expires_wall=now,
            )
        )  # fmt: skip
        await session.flush()
        session.add(
            Deletion(recording_id=RECORDING, proposal_id="prp_1", ordered_wall=now, chain_id=hub, seq=entry.seq)
        )
