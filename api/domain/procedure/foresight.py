"""What will fail of a step when a meeting is held as it is planned: the engine is asked as if everybody on the roster
came. Pure; what only the meeting itself can show (its vote, recording, supervisor) is nobody's guess."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from api.domain.entries import Step
from api.domain.procedure.counts import opening_breaks
from api.domain.procedure.findings import Finding, finding, in_order
from api.domain.procedure.marks import by_waiting
from api.domain.procedure.record import Mark, Record
from api.domain.procedure.serving import step_of
from api.domain.procedure.walk import apply
from api.errors.request import ApiError

PLANNED = "planned"  # stands for a meeting that has no name yet


@dataclass(frozen=True, slots=True)
class Planned:
    body: str | None
    on: str  # the day on which it is to open
    called_on: str | None  # none: it opens without having been called
    way: Literal["adults", "households"] | None = None
    roster: int | None = None  # who has a vote, or households where they are counted; none: nobody is due
    present: int | None = None  # ticked already; none: nobody yet
    recorded: bool = True


@dataclass(frozen=True, slots=True)
class Foresight:
    step: Step | None  # none: no step of the record is done so
    findings: tuple[Finding, ...]


def foresee(record: Record, planned: Planned, meeting: str = PLANNED) -> Foresight:
    """Everything that can be known before the opening; nothing of it stops a meeting."""
    on, step, act = _opened(record, planned, meeting)
    if step is None:
        return Foresight(None, ())
    try:
        after = apply(record, act)
    except ApiError as refusal:
        return Foresight(step, (_refused(step, refusal),))
    marks = [mark for mark in after.marks if mark not in record.marks]
    return Foresight(step, in_order(record, (finding(after, mark) for mark in (
        *_law(after, step, meeting), *marks, *_town(record, step, on), *_beside(record, step, planned, on)
    ))))  # fmt: skip


def held(record: Record, planned: Planned, meeting: str) -> Record:
    """The record when all goes well in this part of a meeting: what the next one finds. As it is where nothing would
    be taken."""
    _, step, act = _opened(record, planned, meeting)
    if step is None:
        return record
    there = act["present"] = act["due"]
    vote = {
        "act": "vote", "step": step.key, "meeting": meeting, "way": "secret", "due": act["due"], "present": there,
        "in_favour": there, "against": 0, "abstained": 0, "issued": there, "returned": there,
        "supervisor_present": True,
    }  # fmt: skip
    try:
        after = apply(record, act)
        return after if step.vote is None else apply(after, vote)
    except ApiError:
        return record


def _opened(record: Record, planned: Planned, meeting: str) -> tuple[str, Step | None, dict[str, Any]]:
    """Its day, the step that it takes up, and the act of the sitting."""
    on = max(planned.on, record.begun.on)
    body = planned.body if planned.body in record.rules.bodies else None
    step = step_of(record, meeting, body, on)
    if step is None:
        return on, None, {}
    due = max(planned.roster or 0, planned.present or 0, 1)
    rule = record.rules.bodies.get(body or "")
    act = {
        "act": "sitting", "step": step.key, "meeting": meeting, "on": on,
        "called_on": None if planned.called_on is None else min(planned.called_on, on), "body": body,
        "way": (planned.way or "adults") if rule is not None and rule.quorum_of_households is not None else None,
        "due": due, "present": due if planned.present is None else planned.present,
        "plan": record.newest_on(on) or None, "bidders": step.bidders,
    }  # fmt: skip
    return on, step, act


def _refused(step: Step, refusal: ApiError) -> Finding:
    """Such a sitting isn't taken at all: the record has ended, or has its resolution."""
    return Finding(
        refusal.code, "law", "village", step.key, None, "", {}, f"{step.name}：{refusal.zh}",
        f"{step.name_en}: {refusal.en}",
    )  # fmt: skip


def _law(after: Record, step: Step, meeting: str) -> Iterator[Mark]:
    sitting = after.steps[step.key].sitting(meeting)
    assert sitting is not None
    for rule, evidence in opening_breaks(after, step, sitting.said):
        yield Mark(rule, step.key, meeting, evidence)


def _town(record: Record, step: Step, on: str) -> Iterator[Mark]:
    """The township lets its days go by before the meeting: its failure, and said."""
    before = {each.key for each in record.procedure.step if each.before == step.key}
    for mark in by_waiting(record, on):
        if mark.rule == "review-late" and mark.step in before:
            yield mark


def _beside(record: Record, step: Step, planned: Planned, on: str) -> Iterator[Mark]:
    """What the act of a sitting doesn't tell."""
    if step.recorded and not planned.recorded:
        yield Mark("recorded", step.key, None)
    if planned.roster == 0 and step.bodies:
        yield Mark("roster", step.key, None)
    if any(each.before is not None for each in record.procedure.step) and record.newest_on(on) == 0:
        yield Mark("no-plan", step.key, None)
