"""Which step of a record a meeting takes up, and which one waits for a meeting."""

from api.domain.entries import Step
from api.domain.procedure.counts import serves
from api.domain.procedure.done import was_done
from api.domain.procedure.record import Record
from api.domain.procedure.states import closed, states_of
from api.domain.procedure.table import OVER


def step_of(record: Record, meeting: str, body: str | None, today: str, *, vote: bool = False) -> Step | None:
    """The one in which this meeting sits already; else the first one to be done that asks for this body; else the first
    one to be done: what a wrong body resolves doesn't count, and is said. `vote`: one in which there is a vote.
    None: no step of it is done so.

    A vote may be taken again in the sitting that decided, so what this meeting did is asked first."""
    sittings = [
        step for step in record.procedure.step if step.form == "sitting" and (step.vote is not None or not vote)
    ]
    here = [step for step in sittings if record.steps[step.key].sitting(meeting) is not None]
    if here:
        return here[-1]
    undone = [step for step in sittings if not was_done(record, step, today)]
    fitting = [step for step in undone if step.bodies and serves(record, step, body)]
    open_to_all = [step for step in undone if not step.bodies]
    return next(iter(fitting or open_to_all or undone or sittings[-1:]), None)


def takes(record: Record, step: Step, on: str) -> bool:
    """Whether a meeting of that day still begins this step: not of a record that has ended or is closed, nor again what
    decided."""
    if record.outcome in OVER or (record.outcome == "resolved" and step == record.procedure.deciding):
        return False
    day = max(record.newest, on)
    return (step.optional and states_of(record, day)[step.key] == "due") or not closed(record, day)


def awaited(record: Record, body: str | None, today: str) -> Step | None:
    """The next sitting to be done, where it asks for this body or for none; an optional one before it as well."""
    if record.outcome in OVER:
        return None
    for step in record.procedure.step:
        if step.form == "sitting" and not was_done(record, step, today):
            if not step.bodies or serves(record, step, body):
                return step
            if not step.optional:
                return None
    return None
