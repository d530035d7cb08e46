"""A vote's figures, typed by the minute taker: onto the decision's chain, and onto the recording's while it is open."""

import time
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.acts.actor import Actor
from api.acts.agenda import decision_of_item
from api.acts.decision_entries import add_act, attach_item, folded, named_decision
from api.acts.decision_votes import FIGURES
from api.acts.meeting_access import access_to, named_item
from api.acts.questions import announced
from api.acts.recording_notes import MS, mark, note
from api.acts.roster import counted
from api.acts.sittings import sit
from api.acts.supervision import supervisor_here
from api.domain.meeting import RUNNING
from api.domain.procedure.counts import comes_to
from api.domain.procedure.walk import apply
from api.errors.decisions import Erased
from api.errors.meetings import CountFirst, NoDecision, WrongState
from api.records.meetings import NewVote
from storage.chained import RESTS_ON
from storage.database import Database
from storage.ids import new_id
from storage.statements import rests_on
from storage.tables import Decision, Vote


async def record_vote(database: Database, actor: Actor, meeting_id: str, item_id: str, new: NewVote) -> str:
    """The vote's id. Due and present, where the minute taker leaves them out, come from the part's roster when it was
    kept. Raises CountFirst, BadVote, NoDecision, and what the procedure refuses."""
    async with database.writing() as session:
        access = await access_to(session, actor, meeting_id, lock=True)
        access.require_in_one(actor, "meeting.minute")
        meeting = access.meeting
        item = await named_item(session, actor, access, item_id)
        part = access.part_of(item)
        if meeting.state not in RUNNING:
            raise WrongState(meeting.state, state=meeting.state)
        on_roster, ticked = await counted(session, actor.catalogue, part)
        due = on_roster if new.due is None else new.due
        present = ticked if new.present is None else new.present
        if due is None or present is None:
            raise CountFirst
        if new.decision is not None:
            decision = await named_decision(session, actor, part, new.decision)
        else:
            found = await decision_of_item(session, actor, part, item)
            if found is None:
                raise NoDecision(item_id)
            decision = found
        await attach_item(session, decision, item)
        at_ms = meeting.origin().meeting_now() // MS
        wall_ms = time.time_ns() // MS
        by = actor.by("meeting.minute", part.place())
        step = await sit(session, decision, part, item, due, present, vote=True, by=by)
        if step is None:
            raise NoDecision(item_id)
        figures = new.figures(new.way == "secret" or await _has_to_be_secret(session, decision, step))
        act = {
            "act": "vote", "step": step, "meeting": part.name, "way": new.way, "due": due, "present": present,
            "supervisor_present": await supervisor_here(session, part),
            **figures,
        }  # fmt: skip
        passed = await _passes(session, decision, act)
        asked_ns = await announced(session, meeting_id, item_id, at_ms * MS)
        statement = {key: value for key, value in act.items() if key != "act"} | {
            "vote": new_id("vot"), "decision": decision.id, "agenda_item": item_id, "passed": passed,
            "asked_ms": None if asked_ns is None else asked_ns // MS, "at_ms": at_ms, "wall_ms": wall_ms, **by,
        }  # fmt: skip
        # Lock order: the recording's chain, then the decision's (storage.ledger).
        noted = await note(session, meeting_id, "vote", statement)
        span = (at_ms * MS, None) if asked_ns is None else (asked_ns, at_ms * MS)
        await mark(session, meeting_id, "vote", item.title, span[0], by, end_ns=span[1], item=item_id,
                   decision=decision.id)  # fmt: skip
        beside = {key: value for key, value in statement.items() if key not in act}
        await add_act(session, decision, act, beside | ({RESTS_ON: [rests_on(noted)]} if noted else {}))
        session.add(
            Vote(
                id=str(statement["vote"]),
                decision_id=decision.id,
                agenda_item_id=item_id,
                way=new.way,
                due=due,
                present=present,
                passed=passed,
                asked_ns=None if asked_ns is None else asked_ns // MS * MS,  # as its chain says it
                at_ns=at_ms * MS,
                recorded_by=actor.user_id,
                recorded_wall=wall_ms * MS,
                **{name: figures[name] for name in FIGURES if name in figures},
            )
        )
        return str(statement["vote"])


async def _has_to_be_secret(session: AsyncSession, row: Decision, key: str) -> bool:
    """Its sums are those of ballots, whichever way was taken."""
    record = (await folded(session, row.id)).record
    step = record.step(key) if record is not None else None
    return step is not None and step.vote is not None and step.vote.secret


async def _passes(session: AsyncSession, row: Decision, act: dict[str, Any]) -> bool:
    """By the procedure; raises what it refuses, before anything is written."""
    record = (await folded(session, row.id)).record
    if record is None:
        raise Erased(row.id)
    after = apply(record, act)
    step, sitting = after.step(act["step"]), after.steps[act["step"]].sitting(act["meeting"])
    return step is not None and sitting is not None and comes_to(after, step, sitting) == "passed"
