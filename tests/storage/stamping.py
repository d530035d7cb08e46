"""Stamps without a line to an authority: what it would have answered, kept as the worker keeps it."""

import time

from sqlalchemy import select

from storage import stamp_token, stamps
from storage.chained import CheckpointRecord
from storage.database import Database
from storage.ledger import checkpoint_record
from storage.stamp_client import Stamped
from storage.tables import Checkpoint
from tests.authority import Authority

AUTHORITY = Authority()


def stamped(authority: Authority, record: CheckpointRecord) -> Stamped:
    token = authority.token(stamp_token.imprint(record.stamped_bytes()), with_certificates=False)
    path = [authority.signer.certificate, authority.root.certificate]
    return Stamped(token, stamp_token.read(token).at, path)


async def stamp_all(database: Database, authority: Authority) -> list[CheckpointRecord]:
    """Every checkpoint that wants a stamp gets one; gives these."""
    async with database.writing() as session:
        due = await stamps.due(session, time.time_ns(), 0, "", 100)
        for record in due.checkpoints:
            await stamps.keep(session, record, stamped(authority, record))
    return due.checkpoints


async def all_checkpoints(database: Database) -> list[CheckpointRecord]:
    async with database.reading() as session:
        rows = await session.scalars(select(Checkpoint).order_by(Checkpoint.chain_id, Checkpoint.seq))
        return [checkpoint_record(each) for each in rows]
