"""How each step stands on a day, and whether a record is closed on it."""

from typing import Literal

from api.domain.entries import Step
from api.domain.procedure.done import opens_on, was_done
from api.domain.procedure.record import Record
from api.domain.procedure.table import OVER

State = Literal["done", "passed-by", "due", "waiting"]


def states_of(record: Record, today: str) -> dict[str, State]:
    states: dict[str, State] = {}
    open_before = False  # something before isn't done
    for step in record.procedure.step:
        if was_done(record, step, today):
            states[step.key] = "done"
        elif _passed_by(record, step, today):
            states[step.key] = "passed-by"
        else:
            too_early = (from_on := opens_on(record, step)) is not None and today < from_on
            states[step.key] = "waiting" if open_before or too_early else "due"
            open_before |= not step.optional and not step.urgent and not (step.before is not None and record.urgent)
    return states


def _passed_by(record: Record, step: Step, today: str) -> bool:
    if record.outcome in OVER:
        return True
    if step.optional and any(record.steps[later.key].any for later in record.behind(step)):
        return True
    if step.before is None:
        return False
    if any(asked.answered_on is None and asked.due_on < today for asked in record.steps[step.key].asked):
        return True
    sitting = record.steps[step.before]
    held = bool(sitting.postings) or any(each.version >= record.material for each in sitting.sittings)
    return held and not record.urgent


def closed(record: Record, today: str) -> bool:
    """It has ended, or is resolved and nothing is left to do but what is optional."""
    if record.outcome != "resolved":
        return record.outcome in OVER
    states = states_of(record, today)
    return all(step.optional or states[step.key] in ("done", "passed-by") for step in record.procedure.step)
