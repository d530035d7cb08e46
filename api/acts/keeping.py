"""What is due, proposed, held, secluded and deleted: for the keepers' page, and for a recording's own."""

import time
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from api.acts import tree
from api.acts.actor import Actor
from api.acts.keeping_views import Views, text
from api.acts.recording_access import open_recording
from api.domain.day import day_of
from api.errors.request import Forbidden
from api.records.keeping import KeepingMay, KeepingView, RecordingKeeping
from storage import locks
from storage.database import Database
from storage.tables import Deletion, Hold, Lock, Meeting, Proposal, Recording, Seclusion, Term

SHOWN = 200
PAST_NS = 90 * 86_400 * 10**9  # what was answered, lifted or done stays in sight so long


async def overview(database: Database, actor: Actor) -> KeepingView:
    """Of the units below the actor's right to keep or to hold. Raises Forbidden without one."""
    now = time.time_ns()
    async with database.reading() as session:
        allowed = await tree.subtree(session, actor.subtrees("recording.keep") | actor.subtrees("recording.hold"))
        if not allowed:
            raise Forbidden("recording.keep")
        views = Views(session, actor, now)
        due = select(Term).where(
            Term.until_wall <= now,
            _of(Term.recording_id, allowed),
            ~select(Deletion.recording_id).where(Deletion.recording_id == Term.recording_id).exists(),
        )
        answered = or_(Proposal.answered_wall > now - PAST_NS, Proposal.expires_wall > now)
        objects, next_end = (
            await session.execute(select(func.count(), func.min(Lock.until_wall)).where(Lock.removed_wall.is_(None)))
        ).one()
        figures = await locks.lateness(session, now)

        async def rows(table: Any, *where: ColumnElement[bool], by: Any) -> list[Any]:
            query = select(table).where(_of(table.recording_id, allowed), *where).order_by(by, table.recording_id)
            return list(await session.scalars(query.limit(SHOWN)))

        return KeepingView(
            proposals=await views.proposals(await rows(Proposal, answered, by=Proposal.proposed_wall.desc())),
            due=await views.due(list(await session.scalars(due.order_by(Term.until_wall).limit(SHOWN)))),
            due_total=await session.scalar(select(func.count()).select_from(due.subquery())) or 0,
            holds=await views.holds(
                await rows(Hold, or_(Hold.lifted_wall.is_(None), Hold.lifted_wall > now - PAST_NS),
                           by=Hold.placed_wall.desc())
            ),
            secluded=await views.secluded(
                await rows(Seclusion, Seclusion.ended_wall.is_(None), by=Seclusion.begun_wall.desc())
            ),
            deletions=await views.deletions(
                await rows(Deletion, or_(Deletion.done_wall.is_(None), Deletion.done_wall > now - PAST_NS),
                           by=Deletion.ordered_wall.desc())
            ),
            objects=objects,
            next_lock_end_wall=text(next_end),
            waiting=figures.waiting,
            late=figures.late,
        )  # fmt: skip


def _of(recording: Any, units: Collection[str]) -> ColumnElement[bool]:
    own = select(Recording.id).join(Meeting, Meeting.id == Recording.meeting_id).where(Meeting.unit_id.in_(units))
    in_units: ColumnElement[bool] = recording.in_(own)
    return in_units


async def of_recording(database: Database, actor: Actor, recording_id: str) -> RecordingKeeping:
    """For who may look at it; what is secluded and proposed, for those who may propose."""
    now = time.time_ns()
    async with database.reading() as session:
        _, access = await open_recording(session, actor, recording_id)
        views = Views(session, actor, now)
        may = KeepingMay(
            hold=access.may(actor, "recording.hold"),
            keep=access.may(actor, "recording.keep"),
            take=access.may(actor, "recording.export"),
        )
        term = await session.get(Term, recording_id)
        rule = actor.catalogue.retentions.get(term.retention) if term else None
        locked = await session.scalar(
            select(func.min(Lock.until_wall)).where(Lock.recording_id == recording_id, Lock.removed_wall.is_(None))
        )
        holds = select(Hold).where(Hold.recording_id == recording_id).order_by(Hold.placed_wall.desc())
        secluded = select(Seclusion).where(Seclusion.recording_id == recording_id, Seclusion.ended_wall.is_(None))
        proposals = select(Proposal).where(
            Proposal.recording_id == recording_id, Proposal.state == "open", Proposal.expires_wall > now
        )
        deletions = select(Deletion).where(Deletion.recording_id == recording_id)
        deleted = await views.deletions((await session.scalars(deletions)).all())
        return RecordingKeeping(
            retention_name=rule.name if rule else None,
            retention_name_en=rule.name_en if rule else None,
            until_on=None if term is None or term.until_wall is None else day_of(term.until_wall),
            for_ever=term is not None and term.until_wall is None,
            settled=term is not None,
            locked_until_wall=text(locked),
            holds=await views.holds((await session.scalars(holds)).all()),
            secluded=await views.secluded((await session.scalars(secluded)).all()) if may.keep else [],
            proposals=await views.proposals((await session.scalars(proposals)).all()) if may.keep else [],
            deletion=deleted[0] if deleted else None,
            may=may,
        )
