"""What two persons' words come to: when each may be done, and what is done then."""

from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.holds import active
from api.acts.hub_log import log_to_hub
from api.errors.recordings import KeepingState, NotDue, UnderHold
from storage import locks
from storage.chained import DELETION_ORDERED, EntryRecord
from storage.ids import new_id
from storage.ledger import append, open_chain
from storage.tables import (
    Deletion,
    Entry,
    Erasure,
    Mark,
    Meeting,
    Payload,
    Presence,
    Proposal,
    Recording,
    Seclusion,
    Segment,
    Term,
)

MINUTE = 60 * 10**9
# Entries of a recording's chain that name people, or what was shown when.
ERASED = ("person-in", "person-out", "mark")


async def check(
    session: AsyncSession, kind: str, recording: Recording, detail: dict[str, Any], now: int, but: str = ""
) -> None:
    """Whether it may be done now. Raises KeepingState, NotDue, UnderHold. `but`: the proposal that asks."""
    twin = select(Proposal.id).where(
        Proposal.recording_id == recording.id,
        Proposal.kind == kind,
        Proposal.state == "open",
        Proposal.expires_wall > now,
        Proposal.id != but,
    )
    if recording.state != "closed" or await session.scalar(twin.limit(1)):
        raise KeepingState(recording.id)
    is_secluded = bool(await session.scalar(select(locks.secluded(recording.id))))
    if await session.get(Deletion, recording.id) is not None:
        raise KeepingState(recording.id)
    if kind in ("look", "reveal") and not is_secluded:
        raise KeepingState(recording.id)
    if kind == "seclude":
        inside = select(Seclusion.id).where(
            Seclusion.recording_id == recording.id,
            Seclusion.ended_wall.is_(None),
            Seclusion.start_ns <= detail["start_ns"],
            Seclusion.end_ns >= detail["end_ns"],
        )
        if await session.scalar(inside.limit(1)):
            raise KeepingState(recording.id)
    if kind == "delete":
        term = await session.get(Term, recording.id)
        if term is None or term.until_wall is None or term.until_wall > now:
            raise NotDue(recording.id)
        if await active(session, recording.id) is not None:
            raise UnderHold(recording.id)
        if is_secluded:
            raise KeepingState(recording.id)


async def done(
    session: AsyncSession,
    hub_id: str,
    row: Proposal,
    recording: Recording,
    meeting: Meeting,
    statement: dict[str, Any],
    now: int,
) -> None:
    """In the transaction of the second word."""
    if row.kind == "seclude":
        session.add(
            Seclusion(
                id=new_id("scl"),
                recording_id=recording.id,
                start_ns=row.detail["start_ns"],
                end_ns=row.detail["end_ns"],
                reason=row.reason,
                begun_wall=now,
            )
        )
        await log_to_hub(session, hub_id, "secluded", statement)
    elif row.kind == "look":
        row.until_wall = now + row.detail["minutes"] * MINUTE
        await log_to_hub(session, hub_id, "opened-for-look", statement)
    elif row.kind == "reveal":
        for each in await session.scalars(
            select(Seclusion).where(Seclusion.recording_id == recording.id, Seclusion.ended_wall.is_(None))
        ):
            each.ended_wall = now
        await log_to_hub(session, hub_id, "revealed", statement)
    else:
        await _order_deletion(session, hub_id, row, recording, meeting, statement, now)
    await session.flush()


async def _order_deletion(
    session: AsyncSession,
    hub_id: str,
    row: Proposal,
    recording: Recording,
    meeting: Meeting,
    statement: dict[str, Any],
    now: int,
) -> None:
    """The worker takes the objects away when their locks have run out; the entry is what an export shows of it."""
    term = await session.get(Term, recording.id)
    assert term is not None, recording.id
    count, size = (
        await session.execute(select(func.count(), func.sum(Segment.bytes)).where(Segment.recording_id == recording.id))
    ).one()
    hub = await open_chain(session, "hub", hub_id)
    entry = await append(
        session,
        hub,
        DELETION_ORDERED,
        {
            **statement,
            "chain": recording.chain_id,
            "meeting": meeting.id,
            "retention": term.retention,
            "segments": count,
            "bytes": int(size or 0),
        },
    )
    session.add(Deletion(recording_id=recording.id, proposal_id=row.id, ordered_wall=now, chain_id=hub, seq=entry.seq))
    await session.flush()
    if row.detail["erase"]:
        await _erase(session, hub, recording, meeting, entry)


async def _erase(session: AsyncSession, hub: str, recording: Recording, meeting: Meeting, because: EntryRecord) -> None:
    """Payloads of the recording's chain, and the rows that say the same: an erasure that leaves them is none."""
    own = (Entry.chain_id == recording.chain_id, Entry.kind.in_(ERASED))
    there = select(Entry.seq).join(Payload, (Payload.chain_id == Entry.chain_id) & (Payload.seq == Entry.seq))
    seqs = list(await session.scalars(there.where(*own).order_by(Entry.seq)))
    entry = await append(
        session,
        hub,
        "erased",
        {"chain": recording.chain_id, "kinds": list(ERASED), "payloads": len(seqs), "ordered_seq": because.seq},
    )
    for seq in seqs:
        session.add(Erasure(chain_id=recording.chain_id, seq=seq, by_chain_id=hub, by_seq=entry.seq))
    await session.flush()
    await session.execute(delete(Payload).where(Payload.chain_id == recording.chain_id, Payload.seq.in_(seqs)))
    await session.execute(delete(Mark).where(Mark.recording_id == recording.id))
    end_ns = recording.end_ns if recording.end_ns is not None else recording.start_ns
    await session.execute(
        delete(Presence).where(
            Presence.meeting_id == meeting.id,
            Presence.start_ns >= recording.start_ns,
            Presence.start_ns <= end_ns,
        )
    )
