"""What takes two persons: one proposes, another confirms (or refuses); each word is an entry on the hub's chain.

seclude and reveal what was recorded by mistake, open it for a look of both for a limited time, delete what is due.
"""

import time
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.hub_log import log_to_hub
from api.acts.meeting_access import Access
from api.acts.persons import same_person
from api.acts.recording_access import open_recording
from api.acts.spoken import spoken_as
from api.acts.two_words import check, done
from api.errors.recordings import ProposalOver, SamePerson
from api.errors.request import BadRequest, NotFound
from api.records.keeping import NewProposal
from storage.clock import rfc3339
from storage.database import Database
from storage.ids import new_id
from storage.tables import Proposal, Recording

MS = 1_000_000
OPEN_FOR_NS = 7 * 86_400 * 10**9


async def propose(database: Database, hub_id: str, actor: Actor, recording_id: str, new: NewProposal) -> str:
    """Raises KeepingState and its kin when it couldn't be done, and when the same is proposed already."""
    now = time.time_ns()
    async with database.writing() as session:
        recording, access = await open_recording(session, actor, recording_id)
        said = await spoken_as(session, actor, "recording.keep", access)
        detail = _detail(new, recording)
        await check(session, new.kind, recording, detail, now)
        row = Proposal(
            id=new_id("prp"),
            kind=new.kind,
            recording_id=recording_id,
            reason=new.reason,
            detail=detail,
            state="open",
            proposed_by=actor.user_id,
            proposed_as=said,
            proposed_wall=now,
            expires_wall=now + OPEN_FOR_NS,
        )
        session.add(row)
        await session.flush()
        await log_to_hub(session, hub_id, "proposed", statement(row))
        return row.id


def _detail(new: NewProposal, recording: Recording) -> dict[str, Any]:
    if new.kind == "look":
        return {"minutes": new.minutes}
    if new.kind == "delete":
        return {"erase": new.erase}
    if new.kind == "reveal":
        return {}
    end_ns = recording.end_ns if recording.end_ns is not None else recording.start_ns
    start = recording.start_ns if new.start_ms is None else recording.start_ns + new.start_ms * MS
    until = end_ns if new.end_ms is None else min(end_ns, recording.start_ns + new.end_ms * MS)
    if start >= until:
        field = {"field": "end_ms", "code": "span", "message": "after start_ms, within the recording"}
        raise BadRequest(fields=[field])
    return {"start_ns": start, "end_ns": until}


async def answer(database: Database, hub_id: str, actor: Actor, proposal_id: str, word: str) -> str:
    """`confirm`, `refuse` or `withdraw`; gives the recording. Raises SamePerson, ProposalOver, KeepingState."""
    now = time.time_ns()
    async with database.writing() as session:
        row = await session.get(Proposal, proposal_id, with_for_update=True)
        if row is None:
            raise NotFound(f"proposal {proposal_id}")
        try:
            _, access = await open_recording(session, actor, row.recording_id)
        except NotFound:
            raise NotFound(f"proposal {proposal_id}") from None
        said = await spoken_as(session, actor, "recording.keep", access)
        if row.state != "open" or row.expires_wall <= now:
            raise ProposalOver(proposal_id)
        same = await same_person(session, actor, row.proposed_by, row.proposed_wall)
        if same is not (word == "withdraw"):
            raise SamePerson(word)
        row.answered_by, row.answered_as, row.answered_wall = actor.user_id, said, now
        row.state = {"confirm": "confirmed", "refuse": "refused", "withdraw": "withdrawn"}[word]
        await session.flush()
        if word == "confirm":
            await _confirmed(session, hub_id, row, access, now)
        else:
            await log_to_hub(session, hub_id, row.state, statement(row))
        return row.recording_id


async def _confirmed(session: AsyncSession, hub_id: str, row: Proposal, access: Access, now: int) -> None:
    recording = await session.get(Recording, row.recording_id, with_for_update=True, populate_existing=True)
    assert recording is not None, row.recording_id
    await check(session, row.kind, recording, row.detail, now, row.id)
    await done(session, hub_id, row, recording, access.meeting, statement(row), now)


def statement(row: Proposal) -> dict[str, Any]:
    """As it stands in the hub's chain."""
    return {
        "proposal": row.id,
        "kind": row.kind,
        "recording": row.recording_id,
        "reason": row.reason,
        "detail": row.detail,
        "proposed": {"by": row.proposed_by, "as": row.proposed_as, "at": rfc3339(row.proposed_wall)},
        "answered": None
        if row.answered_wall is None
        else {"by": row.answered_by, "as": row.answered_as, "at": rfc3339(row.answered_wall)},
    }
