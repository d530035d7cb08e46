"""Time stamps in the database: which checkpoints want one, and what came for them."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from storage import stamp_certificates
from storage.chained import CheckpointRecord
from storage.clock import rfc3339, rfc3339_now
from storage.database import insert_if_absent
from storage.ledger import checkpoint_record
from storage.tables import Authority, Chain, Checkpoint, Stamp

if TYPE_CHECKING:
    from storage.stamp_client import Stamped

_NONE = ~select(Stamp.seq).where(Stamp.chain_id == Checkpoint.chain_id, Stamp.seq == Checkpoint.seq).exists()


@dataclass(frozen=True, slots=True)
class Due:
    """Those that want a stamp, and how many more of the final ones do."""

    checkpoints: list[CheckpointRecord]
    waiting: int


async def due(session: AsyncSession, now_wall: int, every_ns: int, since: str, limit: int) -> Due:
    """Every final checkpoint from `since` (RFC 3339) on, oldest first; then the last one of each chain that is still
    open, unless that chain has had a stamp within `every_ns`."""
    lacking = select(Checkpoint).where(Checkpoint.final, Checkpoint.at >= since, _NONE)
    finals = list(await session.scalars(lacking.order_by(Checkpoint.at, Checkpoint.chain_id).limit(limit)))
    waiting = len(finals)
    if waiting == limit:
        waiting = await session.scalar(select(func.count()).select_from(lacking.subquery())) or 0
    other, older = aliased(Checkpoint), aliased(Stamp)
    last = select(func.max(other.seq)).where(other.chain_id == Chain.id).scalar_subquery()
    fresh = select(older.seq).where(older.chain_id == Chain.id, older.received_wall > now_wall - every_ns).exists()
    running = await session.scalars(
        select(Checkpoint)
        .join(Chain, Chain.id == Checkpoint.chain_id)
        .where(Chain.closed.is_(False), Checkpoint.seq == last, _NONE, ~fresh)
        .order_by(Checkpoint.at, Checkpoint.chain_id)
        .limit(limit)
    )
    return Due([checkpoint_record(each) for each in [*finals, *running]], waiting)


async def keep(session: AsyncSession, record: CheckpointRecord, stamped: "Stamped") -> None:
    """Put a stamp beside its checkpoint. Of two workers that asked, the first one's stays."""
    ids = [stamp_certificates.fingerprint(each) for each in stamped.path]
    for own, certificate in zip(ids, stamped.path, strict=True):
        await insert_if_absent(
            session,
            Authority,
            id=own,
            name=stamp_certificates.name(certificate),
            certificate=stamp_certificates.pem(certificate),
            first_used=rfc3339_now(),
        )
    at = stamped.at
    await insert_if_absent(
        session,
        Stamp,
        chain_id=record.chain_id,
        seq=record.seq,
        at=rfc3339(int(at.timestamp()) * 10**9 + at.microsecond * 1000),
        authority_id=ids[0],
        path=ids,
        token=stamped.token,
        received_wall=time.time_ns(),
    )


async def of_chain(session: AsyncSession, chain_id: str) -> list[tuple[Stamp, Authority]]:
    """In the order of their checkpoints, each with the certificate that signed."""
    rows = await session.execute(
        select(Stamp, Authority)
        .join(Authority, Authority.id == Stamp.authority_id)
        .where(Stamp.chain_id == chain_id)
        .order_by(Stamp.seq)
    )
    return [(stamp, authority) for stamp, authority in rows]
