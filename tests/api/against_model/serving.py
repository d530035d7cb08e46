"""Which step of a record a meeting takes up, by the words of ARCHITECTURE.md (the walk of one decision record)."""

from datetime import date

from tests.api.against_model.played import Played
from tests.model.record import Record
from tests.model.refused import ENDED
from tests.model.tables import SERVES, Step


def step_of(model: Record, played: Played, with_vote: bool) -> Step | None:
    """The one it sits in already; else the first undone one that asks for its body; else the first undone one."""
    steps = [each for each in model.steps if each.kind == "sitting" and (each.vote or not with_vote)]
    here = [each for each in steps if model.sitting(each.key, played.id)]
    if here:
        return here[-1]
    on = date.fromisoformat(played.opened_on)
    undone = [each for each in steps if not model.done_by(each.key, on)]

    def bodies(step: Step) -> tuple[str, ...]:
        return SERVES[model.body or ""] if isinstance(step.bodies, str) else step.bodies

    fitting = [each for each in undone if played.body in bodies(each)]
    return next(iter(fitting or [each for each in undone if not each.bodies] or undone or steps[-1:]), None)


def passes_over(model: Record, played: Played, step: Step) -> bool:
    """It isn't taken up by a record that has ended or is closed, nor again by one that was resolved."""
    if model.sitting(step.key, played.id) is not None:
        return False
    if model.outcome in ENDED or (model.outcome == "resolved" and step.decides):
        return True
    tried = played.sitting(step.key, plan_of(model, played), max(1, played.due), played.present)
    return model.refusal(tried) == "decision.closed"


def plan_of(model: Record, played: Played) -> int | None:
    """The newest one of the day lies before a meeting."""
    return model.newest_on(date.fromisoformat(played.opened_on)) or None
