"""Rows of keeping as its pages see them. A recording whose class the reader doesn't see is left out; what is secluded
has no title there either."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.meeting_access import access_of
from api.acts.meeting_views import HIDDEN_TITLE
from api.acts.persons import same_person
from api.acts.secluded import covers, opened_for, secluded_from
from api.domain.day import day_of, utc_text
from api.records.keeping import DeletionView, DueView, HoldView, ProposalView, SecludedView, Subject
from storage import locks
from storage.tables import Deletion, Delivery, Hold, Lock, Meeting, Proposal, Recording, Seclusion, Segment, Term

MS = 1_000_000


class Views:
    def __init__(self, session: AsyncSession, actor: Actor, now: int) -> None:
        self._session = session
        self._actor = actor
        self._now = now
        self._subjects: dict[str, Subject | None] = {}

    async def subject(self, recording_id: str) -> Subject | None:
        if recording_id not in self._subjects:
            self._subjects[recording_id] = await self._subject(recording_id)
        return self._subjects[recording_id]

    async def _subject(self, recording_id: str) -> Subject | None:
        session, actor = self._session, self._actor
        recording = (await session.scalars(select(Recording).where(Recording.id == recording_id))).one()
        meeting = (await session.scalars(select(Meeting).where(Meeting.id == recording.meeting_id))).one()
        access = await access_of(session, meeting.id)
        if meeting.access_class != "open" and not access.may_in_one(actor, "recording.look"):
            return None
        spans = (await secluded_from(session, actor, [recording_id])).get(recording_id, [])
        kind = actor.catalogue.kinds.get(meeting.kind)
        size = await session.scalar(select(func.sum(Segment.bytes)).where(Segment.recording_id == recording_id))
        end_ns = recording.start_ns if recording.end_ns is None else recording.end_ns
        hidden = covers(spans, recording)
        return Subject(
            recording=recording_id,
            title=HIDDEN_TITLE if hidden else meeting.title,
            title_hidden=hidden,
            unit=await tree.ref(session, meeting.unit_id, meeting.opened_on),
            kind_name=kind.name if kind else meeting.kind,
            opened_on=meeting.opened_on,
            duration_ms=(end_ns - recording.start_ns) // MS,
            bytes=int(size or 0),
        )

    async def holds(self, rows: Sequence[Hold]) -> list[HoldView]:
        views = []
        for row in rows:
            if (subject := await self.subject(row.recording_id)) is None:
                continue
            objects, held = (
                await self._session.execute(
                    select(func.count(), func.count().filter(Lock.held)).where(
                        Lock.recording_id == row.recording_id, Lock.removed_wall.is_(None)
                    )
                )
            ).one()
            files, files_held = (
                await self._session.execute(
                    select(func.count(), func.count().filter(Delivery.held)).where(
                        Delivery.recording_id == row.recording_id,
                        Delivery.state == "stored",
                        Delivery.removed_wall.is_(None),
                    )
                )
            ).one()
            views.append(
                HoldView(
                    id=row.id,
                    subject=subject,
                    reason=row.reason,
                    placed_as=row.placed_as,
                    placed_wall=utc_text(row.placed_wall),
                    lifted_as=row.lifted_as,
                    lifted_reason=row.lifted_reason,
                    lifted_wall=text(row.lifted_wall),
                    objects=objects + files,
                    held=held + files_held,
                )
            )
        return views

    async def proposals(self, rows: Sequence[Proposal]) -> list[ProposalView]:
        views = []
        for row in rows:
            if (subject := await self.subject(row.recording_id)) is None:
                continue
            start_ns = await self._session.scalar(select(Recording.start_ns).where(Recording.id == row.recording_id))
            detail, origin = row.detail, start_ns or 0
            over = row.state == "open" and row.expires_wall <= self._now
            views.append(
                ProposalView(
                    id=row.id,
                    kind=row.kind,  # type: ignore[arg-type]  # the table's own words
                    subject=subject,
                    reason=row.reason,
                    start_ms=(detail["start_ns"] - origin) // MS if "start_ns" in detail else None,
                    end_ms=(detail["end_ns"] - origin) // MS if "end_ns" in detail else None,
                    minutes=detail.get("minutes"),
                    erase=bool(detail.get("erase")),
                    state="expired" if over else row.state,  # type: ignore[arg-type]  # the same
                    proposed_as=row.proposed_as,
                    proposed_wall=utc_text(row.proposed_wall),
                    expires_wall=utc_text(row.expires_wall),
                    answered_as=row.answered_as,
                    answered_wall=text(row.answered_wall),
                    until_wall=text(row.until_wall),
                    own=await same_person(self._session, self._actor, row.proposed_by, row.proposed_wall),
                )
            )
        return views

    async def secluded(self, rows: Sequence[Seclusion]) -> list[SecludedView]:
        opened = await opened_for(self._session, self._actor.user_id, self._now)
        views = []
        for row in rows:
            if (subject := await self.subject(row.recording_id)) is None:
                continue
            recording = (await self._session.scalars(select(Recording).where(Recording.id == row.recording_id))).one()
            until = await self._session.scalar(
                select(func.max(Proposal.until_wall)).where(
                    Proposal.recording_id == row.recording_id, Proposal.kind == "look", Proposal.state == "confirmed"
                )
            )
            views.append(
                SecludedView(
                    subject=subject,
                    start_ms=(row.start_ns - recording.start_ns) // MS,
                    end_ms=(row.end_ns - recording.start_ns) // MS,
                    reason=row.reason,
                    begun_wall=utc_text(row.begun_wall),
                    opened_until_wall=text(until) if row.recording_id in opened else None,
                )
            )
        return views

    async def deletions(self, rows: Sequence[Deletion]) -> list[DeletionView]:
        views = []
        for row in rows:
            if (subject := await self.subject(row.recording_id)) is None:
                continue
            proposal = (await self._session.scalars(select(Proposal).where(Proposal.id == row.proposal_id))).one()
            own = Lock.recording_id == row.recording_id
            objects, removed, last = (
                await self._session.execute(
                    select(
                        func.count(),
                        func.count().filter(Lock.removed_wall.is_not(None)),
                        func.max(Lock.until_wall).filter(Lock.removed_wall.is_(None)),
                    ).where(own)
                )
            ).one()
            waits = select(locks.held(row.recording_id) | locks.secluded(row.recording_id))
            views.append(
                DeletionView(
                    subject=subject,
                    ordered_wall=utc_text(row.ordered_wall),
                    proposed_as=proposal.proposed_as,
                    confirmed_as=proposal.answered_as or "",
                    reason=proposal.reason,
                    erase=bool(proposal.detail.get("erase")),
                    objects=objects,
                    removed=removed,
                    waits_until_wall=text(last) if last is not None and last > self._now else None,
                    held=row.done_wall is None and bool(await self._session.scalar(waits)),
                    done_wall=text(row.done_wall),
                )
            )
        return views

    async def due(self, rows: Sequence[Term]) -> list[DueView]:
        views = []
        for row in rows:
            if (subject := await self.subject(row.recording_id)) is None or row.until_wall is None:
                continue
            one = self._session.scalar
            proposed = select(Proposal.id).where(
                Proposal.recording_id == row.recording_id,
                Proposal.kind == "delete",
                Proposal.state == "open",
                Proposal.expires_wall > self._now,
            )
            locked = await one(select(func.max(Lock.until_wall)).where(Lock.recording_id == row.recording_id))
            rule = self._actor.catalogue.retentions.get(row.retention)
            views.append(
                DueView(
                    subject=subject,
                    retention_name=rule.name if rule else row.retention,
                    retention_name_en=rule.name_en if rule else row.retention,
                    until_on=day_of(row.until_wall),
                    locked_until_wall=text(locked) if locked is not None and locked > self._now else None,
                    held=bool(await one(select(locks.held(row.recording_id)))),
                    secluded=bool(await one(select(locks.secluded(row.recording_id)))),
                    proposed=bool(await one(select(proposed.exists()))),
                )
            )
        return views


def text(wall: int | None) -> str | None:
    return None if wall is None else utc_text(wall)
