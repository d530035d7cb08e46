"""封存: spans of recordings that were recorded by mistake; to everybody they look like a restricted part, but to the
two persons who opened one together for a look, while that lasts."""

import time
from collections.abc import Collection, Iterable

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from recorder.spans import Spans
from storage.tables import Proposal, Recording, Seclusion


async def secluded_from(session: AsyncSession, actor: Actor, recording_ids: Collection[str]) -> dict[str, Spans]:
    """Of these recordings, meeting time (ns) that this actor may neither see nor hear."""
    rows = await session.scalars(
        select(Seclusion)
        .where(Seclusion.recording_id.in_(recording_ids), Seclusion.ended_wall.is_(None))
        .order_by(Seclusion.start_ns)
    )
    found: dict[str, Spans] = {}
    for row in rows:
        found.setdefault(row.recording_id, []).append((row.start_ns, row.end_ns))
    if not found:
        return {}
    opened = await opened_for(session, actor.user_id, time.time_ns())
    return {recording: spans for recording, spans in found.items() if recording not in opened}


async def opened_for(session: AsyncSession, user_id: str, now_wall: int) -> set[str]:
    """Recordings of which this person, with another, opened what is secluded."""
    return set(
        await session.scalars(
            select(Proposal.recording_id).where(
                Proposal.kind == "look",
                Proposal.state == "confirmed",
                Proposal.until_wall > now_wall,
                or_(Proposal.proposed_by == user_id, Proposal.answered_by == user_id),
            )
        )
    )


def covers(spans: Iterable[tuple[int, int]], recording: Recording) -> bool:
    """Whether all of a recording is secluded: then its title is a restricted one as well."""
    end = recording.end_ns
    return end is not None and any(start <= recording.start_ns and end <= until for start, until in spans)
