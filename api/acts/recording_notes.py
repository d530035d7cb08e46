"""What the api writes onto a recording's time line and chain while it is open: marks, votes, who came and went."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.chained import EntryRecord
from storage.errors import ChainClosed
from storage.ids import new_id
from storage.ledger import append
from storage.tables import Mark, Recording

MS = 1_000_000


async def running_recording(session: AsyncSession, meeting_id: str) -> Recording | None:
    found = await session.scalars(
        select(Recording)
        .where(Recording.meeting_id == meeting_id, Recording.state == "recording")
        .order_by(Recording.part.desc())
        .limit(1)
    )
    return found.first()


async def note(session: AsyncSession, meeting_id: str, kind: str, payload: dict[str, Any]) -> EntryRecord | None:
    """An entry on the running recording's chain; None where the meeting is not being recorded."""
    recording = await running_recording(session, meeting_id)
    if recording is None:
        return None
    try:
        return await append(session, recording.chain_id, kind, payload)
    except ChainClosed:
        return None


async def mark(
    session: AsyncSession,
    meeting_id: str,
    kind: str,
    label: str,
    start_ns: int,
    by: dict[str, str],
    *,
    end_ns: int | None = None,
    item: str | None = None,
    decision: str | None = None,
) -> None:
    recording = await running_recording(session, meeting_id)
    if recording is None:
        return
    row = Mark(
        id=new_id("mrk"),
        recording_id=recording.id,
        kind=kind,
        label=label,
        start_ns=start_ns,
        end_ns=end_ns,
        agenda_item_id=item,
        decision_id=decision,
        made_by=by["by"],
    )
    session.add(row)
    await session.flush()
    await append(session, recording.chain_id, "mark", _statement(row) | by)


async def end_mark(session: AsyncSession, meeting_id: str, kind: str, item: str | None, end_ns: int) -> None:
    """Close the open mark of an item or break; its entry says both ends."""
    recording = await running_recording(session, meeting_id)
    if recording is None:
        return
    query = select(Mark).where(Mark.recording_id == recording.id, Mark.kind == kind, Mark.end_ns.is_(None))
    if item is not None:
        query = query.where(Mark.agenda_item_id == item)
    for row in (await session.scalars(query)).all():
        row.end_ns = max(row.start_ns, end_ns)
        await session.flush()
        await append(session, recording.chain_id, "mark", _statement(row))


def _statement(row: Mark) -> dict[str, Any]:
    return {
        "mark": row.id,
        "kind": row.kind,
        "label": row.label,
        "start_ms": row.start_ns // MS,
        "end_ms": None if row.end_ns is None else row.end_ns // MS,
        "item": row.agenda_item_id,
        "decision": row.decision_id,
        "by": row.made_by,
    }
