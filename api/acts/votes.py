"""A vote's figures, typed by the minute taker: onto the decision's chain, and onto the recording's while it is open."""

import time

from sqlalchemy import func, select

from api.acts.actor import Actor
from api.acts.agenda import decision_of_item, named_item
from api.acts.decision_entries import add_entry, attach_item, named_decision
from api.acts.meeting_access import access_to
from api.acts.recording_notes import MS, mark, note
from api.acts.roster import due_with_vote
from api.domain.meeting import RUNNING
from api.domain.votes import Figures, outcome
from api.errors import NoDecision, WrongState
from api.records.meetings import NewVote
from storage.chained import RESTS_ON
from storage.database import Database
from storage.ids import new_id
from storage.statements import rests_on
from storage.tables import Presence, Vote


async def record_vote(database: Database, actor: Actor, meeting_id: str, item_id: str, new: NewVote) -> str:
    """The vote's id. Due and present, where the minute taker leaves them out, come from the roster when it was kept."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require(actor, "meeting.minute")
        meeting = access.meeting
        if meeting.state not in RUNNING:
            raise WrongState(meeting.state, state=meeting.state)
        item = await named_item(session, actor, access, item_id)
        due, present = new.due, new.present
        voters = await due_with_vote(session, actor, meeting)
        if due is None and voters:
            due = len(voters)
        if present is None and voters:
            ticked = await session.scalar(
                select(func.count(func.distinct(Presence.person_id))).where(
                    Presence.meeting_id == meeting_id, Presence.end_ns.is_(None), Presence.person_id.in_(voters)
                )
            )
            present = ticked or None
        figures = Figures(new.in_favour, new.against, new.abstained, present, due)
        result = outcome(figures, actor.catalogue.body_of(meeting.kind))
        if new.decision is not None:
            decision = await named_decision(session, actor, meeting, new.decision)
            await attach_item(session, decision, item)
        else:
            found = await decision_of_item(session, actor, meeting, item)
            if found is None:
                raise NoDecision(item_id)
            decision = found
        at_ms = meeting.origin().meeting_now() // MS
        wall_ms = time.time_ns() // MS
        by = access.by(actor, "meeting.minute")
        statement = {
            "vote": new_id("vot"),
            "decision": decision.id,
            "agenda_item": item_id,
            "meeting": meeting_id,
            "way": new.way,
            "due": due,
            "present": present,
            "in_favour": new.in_favour,
            "against": new.against,
            "abstained": new.abstained,
            "outcome": result,
            "passed": result == "passed",
            "at_ms": at_ms,
            **by,
            "wall_ms": wall_ms,
        }
        # Lock order: the recording's chain, then the decision's (storage.ledger).
        noted = await note(session, meeting_id, "vote", statement)
        await mark(session, meeting_id, "vote", item.title, at_ms * MS, by, item=item_id,
                   decision=decision.id)  # fmt: skip
        own = statement | {RESTS_ON: [rests_on(noted)]} if noted else statement
        await add_entry(session, decision, "vote", own)
        session.add(
            Vote(
                id=str(statement["vote"]),
                decision_id=decision.id,
                agenda_item_id=item_id,
                way=new.way,
                due=due,
                present=present,
                in_favour=new.in_favour,
                against=new.against,
                abstained=new.abstained,
                passed=result == "passed",
                at_ns=at_ms * MS,
                recorded_by=actor.user_id,
                recorded_wall=wall_ms * MS,
            )
        )
        return str(statement["vote"])
