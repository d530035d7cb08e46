"""A branch's plan for a quarter: filed, revised by a further version, reviewed by the township; a meeting made of it.

Filing and review are entries of the hub's chain, with the hash of what the version says: topics stay off it, because
the chain goes along with exports.
"""

import hashlib
import time
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.acts import tree
from api.acts.actor import Actor
from api.acts.branch_facts import BRANCH, COMMITTEE, GROUP, BranchFacts, entries_of, facts_of, party_kinds
from api.acts.hub_log import log_to_hub
from api.acts.meetings import plan_in
from api.acts.persons import same_person
from api.acts.spoken import spoken_at
from api.domain.party.quarters import Quarter
from api.domain.rights import Place
from api.errors.county import EntryMade, OwnPlan, PlanOver, PlanReviewed, ReasonMissing
from api.errors.request import BadRequest, NotFound
from api.records.branches import Claim, NewEntry, NewPlan, PlanReview
from api.records.meetings import NewItem, NewMeeting
from storage.canonical import canonical_bytes
from storage.database import Database
from storage.ids import new_id
from storage.tables import Body, BranchMeeting, BranchPlan, Meeting, MeetingPart

LOOK, WRITE, REVIEW, ATTENDANCE = "branch.look", "branch.write", "branch.review", "branch.attendance"


async def branch_of(
    session: AsyncSession, actor: Actor, branch_id: str, act: str, lock: bool = False
) -> tuple[Body, Place]:
    """Raises NotFound also where the actor may not even look; Forbidden where he may look and no more."""
    body = await session.get(Body, branch_id, with_for_update=lock or None)
    if body is None or body.kind != BRANCH:
        raise NotFound(f"branch {branch_id}")
    place = Place(await tree.path_of(session, body.unit_id))
    if not actor.may(LOOK, place):
        raise NotFound(f"branch {branch_id}")
    actor.require(act, place)
    return body, place


async def file(database: Database, hub_id: str, actor: Actor, branch_id: str, new: NewPlan) -> None:
    """The next version. Raises NotFound, Forbidden, PlanOver, BadRequest."""
    quarter = Quarter.read(new.quarter)
    async with database.writing() as session:
        body, place = await branch_of(session, actor, branch_id, WRITE, lock=True)
        if not Quarter.of(actor.on) <= quarter <= Quarter.of(actor.on).later():
            raise PlanOver(str(quarter))
        (facts,) = await facts_of(session, actor.catalogue, [body], quarter)
        old = {entry.key for entry in entries_of(facts.plan)}
        entries = [_entry(actor, facts, quarter, at, each, old) for at, each in enumerate(new.entries)]
        keys = [each["key"] for each in entries]
        if len(set(keys)) < len(keys):
            raise _wrong("entries", "twice", "an entry twice")
        row = BranchPlan(
            id=new_id("pln"), branch_id=body.id, quarter=str(quarter),
            version=facts.plan.version + 1 if facts.plan else 1, entries=entries, fixed_day=new.fixed_day,
            filed_by=actor.user_id, filed_as=await spoken_at(session, actor, WRITE, place), filed_on=actor.on,
            filed_wall=time.time_ns(),
        )  # fmt: skip
        session.add(row)
        await session.flush()
        await _log(session, hub_id, "branch-plan-filed", row, row.filed_as)


def _entry(
    actor: Actor, facts: BranchFacts, quarter: Quarter, at: int, new: NewEntry, old: set[str]
) -> dict[str, object]:
    if new.kind not in party_kinds(actor.catalogue):
        raise _wrong(f"entries.{at}.kind", "unknown", "no kind of the party's meetings")
    if not quarter.whole.holds(new.on):
        raise _wrong(f"entries.{at}.on", "quarter", "the day is outside the quarter")
    group = _group(actor, facts, new.kind, new.group, f"entries.{at}.group")
    if new.key is not None and new.key not in old:
        raise _wrong(f"entries.{at}.key", "unknown", "no entry of the version before")
    return {"key": new.key or new_id("ent"), "kind": new.kind, "on": new.on, "topic": new.topic, "group": group,
            "by_secretary": new.by_secretary and new.kind == "party_lecture"}  # fmt: skip


def _group(actor: Actor, facts: BranchFacts, kind: str, named: str | None, field: str) -> str | None:
    """Of a group's meeting: which; the only one need not be named."""
    groups = [each.id for each in facts.groups]
    if actor.catalogue.kinds[kind].body != GROUP:
        return None
    if named is None and len(groups) == 1:
        return groups[0]
    if groups and named not in groups:
        raise _wrong(field, "unknown", "which of the branch's groups it is")
    return named if groups else None


async def review(database: Database, hub_id: str, actor: Actor, plan_id: str, said: PlanReview) -> tuple[str, Quarter]:
    """Of which branch and quarter. Raises NotFound, Forbidden, ReasonMissing, PlanReviewed, OwnPlan."""
    async with database.writing() as session:
        row = await session.get(BranchPlan, plan_id, with_for_update=True)
        if row is None:
            raise NotFound(f"plan {plan_id}")
        try:
            _, place = await branch_of(session, actor, row.branch_id, REVIEW)
        except NotFound:
            raise NotFound(f"plan {plan_id}") from None
        if said.opinion == "return" and said.reasons is None:
            raise ReasonMissing
        newest = select(BranchPlan.version).where(
            BranchPlan.branch_id == row.branch_id, BranchPlan.quarter == row.quarter
        )
        if row.opinion is not None or row.version < max(await session.scalars(newest)):
            raise PlanReviewed(plan_id)
        if await same_person(session, actor, row.filed_by, row.filed_wall):
            raise OwnPlan
        spoken = await spoken_at(session, actor, REVIEW, place)
        row.opinion, row.reasons, row.reviewed_by = said.opinion, said.reasons, actor.user_id
        row.reviewed_as, row.reviewed_on, row.reviewed_wall = spoken, actor.on, time.time_ns()
        await session.flush()
        await _log(session, hub_id, "branch-plan-reviewed", row, spoken, opinion=said.opinion)
        return row.branch_id, Quarter.read(row.quarter)


async def make_meeting(database: Database, actor: Actor, branch_id: str, key: str) -> str:
    """A planned meeting with the entry's kind, day and topic; once, unless the one that was made is cancelled."""
    async with database.writing() as session:
        body, _ = await branch_of(session, actor, branch_id, WRITE, lock=True)
        rows = await session.scalars(
            select(BranchPlan).where(BranchPlan.branch_id == body.id).order_by(BranchPlan.filed_wall.desc())
        )
        newest: dict[str, BranchPlan] = {}
        for row in rows:
            newest.setdefault(row.quarter, row)
        entry = next((each for row in newest.values() for each in entries_of(row) if each.key == key), None)
        if entry is None:
            raise NotFound(f"entry {key}")
        made = select(Meeting.id).join(BranchMeeting, BranchMeeting.meeting_id == Meeting.id)
        if await session.scalar(
            made.where(BranchMeeting.branch_id == body.id, BranchMeeting.entry == key, Meeting.state != "cancelled")
        ):
            raise EntryMade(key)
        (facts,) = await facts_of(session, actor.catalogue, [body], Quarter.of(entry.on))
        day, at = date.fromisoformat(entry.on), actor.catalogue.filing.meeting_at
        new = NewMeeting(
            title=entry.topic, kind=entry.kind, unit=body.unit_id, planned_wall=f"{day.isoformat()}T{at}:00+08:00",
            items=[NewItem(title=entry.topic)],
        )  # fmt: skip
        meeting_id = await plan_in(session, actor, new)
        session.add(BranchMeeting(
            meeting_id=meeting_id, part=1, branch_id=body.id, body_id=_sitting(actor, facts, entry.kind, entry.group),
            entry=key, by_secretary=entry.by_secretary,
        ))  # fmt: skip
        return meeting_id


async def claim(database: Database, actor: Actor, branch_id: str, said: Claim) -> None:
    """Says whose what the party did in a meeting is, in one part or in all of the unit, and who lectured; the entry of
    which it was made stays."""
    async with database.writing() as session:
        body, _ = await branch_of(session, actor, branch_id, WRITE, lock=True)
        meeting = await session.get(Meeting, said.meeting)
        rows = await session.scalars(
            select(MeetingPart)
            .where(
                MeetingPart.meeting_id == said.meeting, MeetingPart.unit_id == body.unit_id,
                MeetingPart.kind.in_(party_kinds(actor.catalogue)),
            )
            .order_by(MeetingPart.number)
        )  # fmt: skip
        parts = [part for part in rows if said.part in (None, part.number)]
        if meeting is None or not parts:
            raise NotFound(f"meeting {said.meeting}")
        (facts,) = await facts_of(session, actor.catalogue, [body], Quarter.of(meeting.opened_on or actor.on))
        for part in parts:
            await _claim(session, actor, facts, part, said)


async def _claim(session: AsyncSession, actor: Actor, facts: BranchFacts, part: MeetingPart, said: Claim) -> None:
    group = _group(actor, facts, part.kind, said.group, "group")
    link = await session.get(BranchMeeting, (part.meeting_id, part.number))
    if link is None:
        link = BranchMeeting(meeting_id=part.meeting_id, part=part.number, branch_id=facts.body.id)
        session.add(link)
    elif link.branch_id != facts.body.id and link.entry is not None:
        raise EntryMade(part.meeting_id)  # made of the other branch's plan
    link.branch_id, link.body_id = facts.body.id, _sitting(actor, facts, part.kind, group)
    link.by_secretary = said.by_secretary and part.kind == "party_lecture"


def _sitting(actor: Actor, facts: BranchFacts, kind: str, group: str | None) -> str | None:
    """The body that is due; none where there is none of its kind yet."""
    sits = actor.catalogue.kinds[kind].body
    if sits == GROUP:
        return group
    if sits == COMMITTEE:
        return facts.committee.id if facts.committee else None
    return facts.body.id if sits == BRANCH else None


def says(row: BranchPlan) -> str:
    return hashlib.sha256(canonical_bytes({"entries": row.entries, "fixed_day": row.fixed_day})).hexdigest()


def _wrong(field: str, code: str, message: str) -> BadRequest:
    return BadRequest(fields=[{"field": field, "code": code, "message": message}])


async def _log(session: AsyncSession, hub_id: str, kind: str, row: BranchPlan, said: str, **more: str) -> None:
    entry = {"plan": row.id, "branch": row.branch_id, "quarter": row.quarter, "version": row.version, "says": says(row)}
    await log_to_hub(session, hub_id, kind, entry | {"as": said} | more)
