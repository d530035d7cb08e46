"""Looks at recordings, append-only: the spans really fetched, a row each, and an entry on the hub's chain."""

import time

from sqlalchemy import select

from api.acts import tree
from api.acts.actor import Actor
from api.acts.hub_log import log_to_hub
from api.acts.recording_access import open_recording
from api.domain.day import utc_text
from api.errors.request import Forbidden
from api.records.recordings import LookView
from storage.database import Database
from storage.ids import new_id
from storage.tables import Look, Meeting, Recording

MS = 1_000_000
Span = tuple[int, int]


def join(spans: list[Span], new: Span) -> list[Span]:
    """Spans with one more, those that touch made one; sorted."""
    joined: list[Span] = []
    for start, end in sorted([*spans, new]):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


async def write_looks(
    database: Database, hub_id: str, user_id: str, recording_id: str, sitting: str, spans: list[Span]
) -> None:
    now = time.time_ns()
    async with database.writing() as session:
        for start, end in spans:
            session.add(
                Look(
                    id=new_id("lok"),
                    recording_id=recording_id,
                    user_id=user_id,
                    sitting=sitting,
                    start_ns=start,
                    end_ns=end,
                    wall=now,
                )
            )
        await session.flush()
        await log_to_hub(
            session,
            hub_id,
            "look",
            {
                "user": user_id,
                "recording": recording_id,
                "sitting": sitting,
                "spans": [[start // MS, end // MS] for start, end in spans],
            },
        )


async def may_look(database: Database, actor: Actor, recording_id: str) -> None:
    async with database.reading() as session:
        await open_recording(session, actor, recording_id)


async def list_looks(database: Database, actor: Actor, recording_id: str | None) -> list[LookView]:
    """For auditors."""
    async with database.reading() as session:
        allowed = await tree.subtree(session, actor.subtrees("log.look"))
        if not allowed:
            raise Forbidden("log.look")
        query = (
            select(Look)
            .join(Recording, Recording.id == Look.recording_id)
            .join(Meeting, Meeting.id == Recording.meeting_id)
            .where(Meeting.unit_id.in_(allowed))
        )
        if recording_id is not None:
            query = query.where(Look.recording_id == recording_id)
        rows = await session.scalars(query.order_by(Look.wall.desc()).limit(1000))
        return [
            LookView(
                id=row.id,
                recording=row.recording_id,
                user=row.user_id,
                sitting=row.sitting,
                start_ms=row.start_ns // MS,
                end_ms=row.end_ns // MS,
                wall=utc_text(row.wall),
            )
            for row in rows
        ]
