"""One act onto a record: asked first, then the fact, its marks, and what it makes of the outcome."""

from dataclasses import replace

from api.domain.entries import Step
from api.domain.procedure import acts
from api.domain.procedure.asking import ask
from api.domain.procedure.counts import comes_to
from api.domain.procedure.done import last_opinion
from api.domain.procedure.marks import marks
from api.domain.procedure.record import Asked, Mark, Objection, Opinion, Posting, Record, Signature, Sitting, Taken
from api.domain.procedure.table import Outcome, follow
from api.domain.workdays import working_day_after

AFTER: dict[str, Outcome] = {"passed": "resolved", "rejected": "rejected", "no_quorum": "no_quorum"}


def take(record: Record, act: acts.Plain) -> Record:
    """Raises the refusals of `refusals` and BadVote."""
    ask(record, act)
    after = _decided(_taken(record, act), act)
    seen: dict[Mark, None] = dict.fromkeys(record.marks)
    for mark in marks(record, after, act):
        seen.setdefault(mark)
    marked = {**dict.fromkeys(seen, _day(after, act)), **record.marked}
    return replace(after, marks=tuple(seen), marked=marked, newest=max(record.newest, getattr(act, "on", "")))


def _day(record: Record, act: acts.Plain) -> str:
    """A vote's and a seal's is its sitting's."""
    if not isinstance(act, acts.Vote | acts.Sealed):
        return act.on
    sitting = record.steps[act.step].sitting(act.meeting)
    assert sitting is not None
    return sitting.said.on


def _taken(record: Record, act: acts.Plain) -> Record:
    """The fact is on the chain."""
    if isinstance(act, acts.Plan):
        return replace(record, plans=(*record.plans, act))
    if isinstance(act, acts.Answer):
        answered = replace(record.objections[act.number - 1], answered_on=act.on)
        at = act.number - 1
        return replace(record, objections=(*record.objections[:at], answered, *record.objections[at + 1 :]))
    if isinstance(act, acts.Begin | acts.Withdraw | acts.End):
        return record
    if isinstance(act, acts.Object):
        hung = [at for at, posting in enumerate(record.steps[act.step].postings) if posting.on <= act.on]
        return replace(record, objections=(*record.objections, Objection(act.step, act.on, hung[-1])))
    return replace(record, steps={**record.steps, act.step: _in_step(record, record.steps[act.step], act)})


InStep = acts.Ask | acts.Opinion | acts.Sitting | acts.Sealed | acts.Vote | acts.Post | acts.Off | acts.Done | acts.Sign


def _in_step(record: Record, taken: Taken, act: InStep) -> Taken:
    match act:
        case acts.Sitting():
            newest = record.newest_on(act.on)
            sitting = Sitting(act, newest if act.plan is None else act.plan, newest)
            return replace(taken, sittings=(*taken.sittings, sitting))
        case acts.Vote() | acts.Sealed():
            return replace(taken, sittings=tuple(
                _with(each, act) if each.said.meeting == act.meeting else each for each in taken.sittings
            ))  # fmt: skip
        case acts.Ask():
            if any(asked.answered_on is None for asked in taken.asked):
                return taken
            days = record.rules.rule("review-late").figures["working_days"]
            return replace(taken, asked=(*taken.asked, Asked(act.on, working_day_after(act.on, days))))
        case acts.Opinion():
            version = record.newest_on(act.on) if act.plan is None else act.plan
            offices = record.offices(_step(record, act)) or (None,)
            asked = tuple(_answered(each, act, offices) for each in taken.asked)
            return replace(taken, asked=asked, opinions=(*taken.opinions, Opinion(act, version)))
        case acts.Post():
            return replace(taken, postings=(*taken.postings, Posting(act.on)))
        case acts.Off():
            return replace(taken, postings=(*taken.postings[:-1], replace(taken.postings[-1], off_on=act.on)))
        case acts.Done():
            return replace(taken, done=(*taken.done, act.on))
        case acts.Sign():
            signature = Signature(act.on, act.person, record.newest_on(act.on))
            return replace(taken, signatures=(*taken.signatures, signature))


def _step(record: Record, act: acts.Opinion) -> Step:
    step = record.step(act.step)
    assert step is not None
    return step


def _answered(asked: Asked, act: acts.Opinion, offices: tuple[str | None, ...]) -> Asked:
    """One ask asks them all, and is answered when each has said something after it."""
    if asked.answered_on is not None or act.on < asked.on:
        return asked
    answers = {act.office: act.on, **asked.answers}
    whole = len(answers) == len(offices)
    return replace(asked, answers=answers, answered_on=max(answers.values()) if whole else None)


def _with(sitting: Sitting, act: acts.Vote | acts.Sealed) -> Sitting:
    if isinstance(act, acts.Sealed):
        return replace(sitting, seal=act)
    return replace(sitting, votes=(*sitting.votes, act))


def _decided(record: Record, act: acts.Plain) -> Record:
    """What the act makes of the outcome (law)."""
    if isinstance(act, acts.Withdraw):
        return replace(record, outcome=follow(record.outcome, "withdrawn"))
    if isinstance(act, acts.End):
        return replace(record, outcome=follow(record.outcome, "ended"))
    step = record.procedure.deciding
    if getattr(act, "step", None) != step.key:
        return record
    result: Outcome | None = None
    meeting = None
    if isinstance(act, acts.Sitting | acts.Vote):
        sitting = record.steps[step.key].sitting(act.meeting)
        assert sitting is not None
        meeting, result = act.meeting, AFTER.get(comes_to(record, step, sitting) or "")
    elif isinstance(act, acts.Done):
        result = "resolved"
    elif isinstance(act, acts.Opinion):
        result = _opinion_decides(record, step)
    return record if result is None else replace(record, outcome=follow(record.outcome, result), decided_in=meeting)


def _opinion_decides(record: Record, step: Step) -> Outcome | None:
    opinion = record.steps[step.key].opinions[-1]
    if opinion is not last_opinion(record, step):  # on a version that counts no longer
        return None
    words: dict[str, Outcome] = {"agree": "resolved", "risk": "resolved", "refuse": "rejected"}
    return words.get(opinion.said.opinion)
