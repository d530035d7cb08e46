"""Whether an act can be true and comes in time; of several refusals the first in the order of docs/PROCEDURES.md."""

from api.domain.entries import Step
from api.domain.procedure import acts, refusals
from api.domain.procedure.counts import check_sitting, check_vote, elected_nobody
from api.domain.procedure.record import Record, Taken
from api.domain.procedure.states import closed, states_of
from api.domain.procedure.table import OVER

FORMS: dict[type[acts.Plain], str] = {
    acts.Ask: "opinion",
    acts.Opinion: "opinion",
    acts.Sitting: "sitting",
    acts.Sealed: "sitting",
    acts.Vote: "sitting",
    acts.Post: "posting",
    acts.Off: "posting",
    acts.Object: "posting",
    acts.Done: "done",
    acts.Sign: "sign",
}
# What a closed record still takes, beside corrections and what is optional.
TAKEN_LATE = (acts.Sealed, acts.Off, acts.Object, acts.Answer)


def ask(record: Record, act: acts.Plain) -> None:
    """Raises the first that holds."""
    step = record.step(act.step) if isinstance(act, acts.InStep) else None
    check_form(record, act)
    if isinstance(act, acts.Begin):
        if act.matter not in record.rules.matters:
            raise refusals.MatterUnknown(act.matter)
        raise refusals.AlreadyBegun(act.matter)
    again = _vote_taken_again(record, act)
    if record.outcome in OVER and not isinstance(act, acts.Sealed) and not (again and record.outcome == "rejected"):
        raise refusals.AlreadyEnded(str(record.outcome))
    if isinstance(act, acts.InStep):
        if step is None:
            raise refusals.StepUnknown(act.step)
        if FORMS[type(act)] != step.form or (isinstance(act, acts.Vote) and step.vote is None):
            raise refusals.StepAct(f"{act.act} in {act.step}")
        _form_of_step(record, step, act)
    on = getattr(act, "on", None)
    if on is not None and on < record.begun.on:
        raise refusals.ActBefore(f"{on}, begun {record.begun.on}")
    _in_turn(record, act, step, again)
    if isinstance(act, acts.Vote | acts.Sealed | acts.Sitting):
        _meeting(record, step, act)
    plan = getattr(act, "plan", None)
    if plan is not None and plan > len(record.plans):
        raise refusals.PlanUnknown(str(plan))
    if isinstance(act, acts.Post | acts.Off | acts.Object):
        _posting(record.steps[act.step], act)
    if isinstance(act, acts.Object | acts.Answer):
        _objection(record, act)
    _follows(record, act)
    if isinstance(act, acts.Sitting):
        check_sitting(act)
    elif isinstance(act, acts.Vote) and step is not None:
        check_vote(step, act)


def check_form(record: Record, act: acts.Plain) -> None:
    """Fields that depend on another one."""
    if isinstance(act, acts.Opinion) and act.opinion in ("return", "refuse") and not (act.reasons or "").strip():
        raise refusals.ActForm("reasons", fields=["reasons"])
    if isinstance(act, acts.Sitting) and act.body is not None:
        body = record.rules.bodies.get(act.body)
        if body is None:
            raise refusals.ActForm("body", fields=["body"])
        if body.quorum_of_households is not None and act.way is None:
            raise refusals.ActForm("way", fields=["way"])


def _form_of_step(record: Record, step: Step, act: acts.InStep) -> None:
    """What only the step can tell."""
    if isinstance(act, acts.Opinion) and act.opinion == "refuse" and not step.approves:
        raise refusals.ActForm("opinion", fields=["opinion"])
    if isinstance(act, acts.Opinion) and act.office not in (record.offices(step) or (None,)):
        raise refusals.ActForm("office", fields=["office"])
    if isinstance(act, acts.Sitting) and (act.bidders is None) != (step.bidders is None):
        raise refusals.ActForm("bidders", fields=["bidders"])


def _vote_taken_again(record: Record, act: acts.Plain) -> bool:
    """In the sitting that decided, before any act in a step behind it."""
    deciding = record.procedure.deciding
    return (
        isinstance(act, acts.Vote)
        and (act.step, act.meeting) == (deciding.key, record.decided_in)
        and all(record.steps[step.key] == Taken() for step in record.behind(deciding))
    )


def _in_turn(record: Record, act: acts.Plain, step: Step | None, again: bool) -> None:
    deciding = record.procedure.deciding
    resolved = record.outcome == "resolved"
    if step is not None and step in record.behind(deciding) and not resolved:
        raise refusals.NotResolved(step.key)
    in_deciding = step is deciding and not isinstance(act, acts.Sealed) and not again
    if resolved and (isinstance(act, acts.Plan | acts.Withdraw) or in_deciding):
        raise refusals.AlreadyResolved(act.act)
    today = max(record.newest, getattr(act, "on", ""))
    optional = step is not None and step.optional and states_of(record, today)[step.key] == "due"
    if resolved and not optional and not isinstance(act, TAKEN_LATE) and closed(record, today):
        raise refusals.AlreadyClosed(act.act)


def _meeting(record: Record, step: Step | None, act: acts.Vote | acts.Sealed | acts.Sitting) -> None:
    sitting = record.steps[act.step].sitting(act.meeting)
    if isinstance(act, acts.Sitting):
        if sitting is not None:
            raise refusals.MeetingTwice(act.meeting)
        return
    if sitting is None:
        raise refusals.MeetingUnknown(act.meeting)
    if isinstance(act, acts.Vote) and act.round == 2 and (step is None or not elected_nobody(record, step, sitting)):
        raise refusals.VoteUnknown("round 2")
    if isinstance(act, acts.Sealed):
        if sitting.seal is not None:
            raise refusals.MeetingTwice(act.meeting)
        if any(number > len(sitting.votes) for number in act.gaps):
            raise refusals.VoteUnknown(str(act.gaps))


def _posting(taken: Taken, act: acts.Post | acts.Off | acts.Object) -> None:
    hangs = bool(taken.postings) and taken.postings[-1].off_on is None
    if isinstance(act, acts.Post) and hangs:
        raise refusals.PostingTwice(act.step)
    if (isinstance(act, acts.Off) and not hangs) or (
        isinstance(act, acts.Object) and not any(posting.on <= act.on for posting in taken.postings)
    ):
        raise refusals.PostingUnknown(act.step)


def _objection(record: Record, act: acts.Object | acts.Answer) -> None:
    if isinstance(act, acts.Object):
        if act.number != len(record.objections) + 1:
            raise refusals.ObjectionUnknown(str(act.number))
        return
    if act.number > len(record.objections):
        raise refusals.ObjectionUnknown(str(act.number))
    if record.objections[act.number - 1].answered_on is not None:
        raise refusals.ObjectionTwice(str(act.number))


def _follows(record: Record, act: acts.Plain) -> None:
    """Not on a day before the one of what it follows."""
    earlier: str | None = None
    if isinstance(act, acts.Plan) and record.plans:
        earlier = record.plans[-1].on
    elif isinstance(act, acts.Post | acts.Off) and record.steps[act.step].postings:
        last = record.steps[act.step].postings[-1]
        earlier = last.off_on or last.on
    elif isinstance(act, acts.Answer):
        earlier = record.objections[act.number - 1].on
    elif isinstance(act, acts.Sitting):
        earlier = act.called_on
    on = getattr(act, "on", None)
    if earlier is not None and on is not None and on < earlier:
        raise refusals.ActBefore(f"{on} before {earlier}")
