"""Which rules of procedure an act breaks: marks, that never stop a village and are never taken back."""

from collections.abc import Iterator

from api.domain.entries import Step
from api.domain.procedure import acts
from api.domain.procedure.days import between, full_on, hung, last_day, needs_answer
from api.domain.procedure.done import done_on, opens_on, was_done
from api.domain.procedure.record import Asked, Mark, Objection, Posting, Record, Sitting

TAKES = (acts.Sitting, acts.Post, acts.Done, acts.Sign, acts.Opinion)  # acts that take their step


def marks(before: Record, after: Record, act: acts.Plain) -> Iterator[Mark]:
    if isinstance(act, acts.Answer):
        objection = after.objections[act.number - 1]
        step = _step(after, objection.step)
        if needs_answer(after.steps[step.key].postings[objection.posting], objection):
            yield from answered_late(step, act.number, objection, act.on)
        return
    if not isinstance(act, acts.InStep):
        return
    step = _step(after, act.step)
    taken = after.steps[act.step]
    if isinstance(act, TAKES):
        meeting = _meeting(act)
        yield from _taken(before, after, step, act.on, meeting)
        if step.decides:
            yield from _amount(after, step)
    if isinstance(act, (*TAKES, acts.Vote)):
        yield from _late_done(before, after, step, _meeting(act))
        if isinstance(act, acts.Sitting | acts.Post):
            yield from _review(before, step, act.on, meeting)
    if isinstance(act, acts.Sitting):
        yield from _opening(after, step, taken.sittings[-1])
    elif isinstance(act, acts.Vote):
        yield from _vote(after, step, act)
    elif isinstance(act, acts.Sealed):
        sitting = taken.sitting(act.meeting)
        assert sitting is not None
        yield from _sealed(after, step, act, len(sitting.votes))
    elif isinstance(act, acts.Opinion) and not step.approves:
        for was, asked in zip(before.steps[act.step].asked, taken.asked, strict=True):
            if was.answered_on is None and asked.answered_on is not None and asked.answered_on > asked.due_on:
                yield late(step, asked)
    elif isinstance(act, acts.Off):
        of = [each for each in enumerate(after.objections, 1) if each[1].step == act.step]
        yield from _off(step, taken.postings, of)
    elif isinstance(act, acts.Object) and not step.as_notice:
        objection = after.objections[-1]
        posting = taken.postings[objection.posting]
        if posting.off_on is not None and needs_answer(posting, objection):
            yield Mark("objection", step.key, None, {"number": act.number, "object_on": act.on})


def _step(record: Record, key: str) -> Step:
    step = record.step(key)
    assert step is not None
    return step


def _meeting(act: acts.InStep) -> str | None:
    return act.meeting if isinstance(act, acts.Sitting | acts.Vote) else None


def _taken(before: Record, after: Record, step: Step, on: str, meeting: str | None) -> Iterator[Mark]:
    """The order of the steps, and the days that have to lie between them."""
    for earlier in before.before(step):
        stands = not earlier.optional and not earlier.urgent and earlier.before is None
        if stands and not was_done(before, earlier, on):
            yield Mark("order", step.key, meeting, {"earlier": earlier.key})
            break
    if (from_on := opens_on(after, step)) is not None and on < from_on:
        yield Mark("too-early", step.key, meeting, {"on": on, "from_on": from_on})


def _late_done(before: Record, after: Record, step: Step, meeting: str | None) -> Iterator[Mark]:
    """By the act that first does it."""
    if step.within is not None and done_on(before, step) is None and (done := done_on(after, step)) is not None:
        start = done_on(after, _step(after, step.within.after))
        if start is not None and done > (due_on := last_day(step.within, start)):
            yield Mark("deadline", step.key, meeting, {"on": done, "due_on": due_on})


def _amount(record: Record, step: Step) -> Iterator[Mark]:
    """Too much for the small way, alone or, perhaps, as one of several pieces (T 4)."""
    small, amount = record.rules.matter(record.begun.matter).small, record.begun.amount
    if small is None or amount is None:
        return
    if amount >= small.below_fen:
        yield Mark("threshold", step.key, None, {"amount_fen": amount, "below_fen": small.below_fen})
        return
    others = [each for each in record.begun.others if each < small.below_fen]
    if (together := amount + sum(others)) >= small.below_fen:
        evidence = {"others": len(others), "together_fen": together, "below_fen": small.below_fen}
        yield Mark("split", step.key, None, evidence | {"days": small.within_days})


def _review(record: Record, step: Step, on: str, meeting: str | None) -> Iterator[Mark]:
    """Opened without the town's opinion: not in an urgent matter, nor where the town let its days go by."""
    for review in record.before(step):
        if review.before != step.key or record.urgent or was_done(record, review, on):
            continue
        if not any(asked.unanswered(on) for asked in record.steps[review.key].asked):
            yield Mark("review", step.key, meeting, {"on": on})


def _opening(record: Record, step: Step, sitting: Sitting) -> Iterator[Mark]:
    said = sitting.said
    body = record.rules.bodies.get(said.body or "")
    days = None if body is None or record.urgent else body.notice_days
    if days is not None and (said.called_on is None or between(said.called_on, said.on) < days):
        yield Mark("notice", step.key, said.meeting, {"called_on": said.called_on or "—", "on": said.on, "days": days})
    if (said.plan or 0) != sitting.newest:
        yield Mark("plan", step.key, said.meeting, {"plan": said.plan or 0, "newest": sitting.newest})


def _vote(record: Record, step: Step, vote: acts.Vote) -> Iterator[Mark]:
    if step.supervised and not vote.supervisor_present:
        yield Mark("supervisor", step.key, vote.meeting, {"away_ms": 0})
    if step.vote is not None and step.vote.secret and vote.way != "secret":
        yield Mark("way", step.key, vote.meeting, {"way": vote.way})
    most = record.rules.rule("proxies").figures["most"]
    if vote.proxies_most > most or vote.proxies_of_candidates:
        evidence = {"held": vote.proxies_most, "most": most, "candidates": vote.proxies_of_candidates}
        yield Mark("proxies", step.key, vote.meeting, evidence)


def _sealed(record: Record, step: Step, seal: acts.Sealed, votes: int) -> Iterator[Mark]:
    if step.recorded:
        least = record.rules.rule("coverage").figures["least_permille"]
        breaks = record.rules.rule("breaks").figures
        if not seal.recorded:
            yield Mark("recorded", step.key, seal.meeting)
        elif seal.coverage_permille < least:
            evidence = {"coverage_permille": seal.coverage_permille, "least_permille": least}
            yield Mark("coverage", step.key, seal.meeting, evidence)
        if seal.recorded and votes in seal.gaps:  # of a vote taken again the last one counts
            yield Mark("vote-coverage", step.key, seal.meeting, {"vote": votes})
        if seal.longest_break_ms > breaks["longest_ms"] or seal.breaks_permille > breaks["share_permille"]:
            evidence = {"longest_ms": seal.longest_break_ms, "breaks_permille": seal.breaks_permille}
            yield Mark("breaks", step.key, seal.meeting, evidence)
    if step.supervised:
        supervisor = seal.supervisor
        if not supervisor.present or supervisor.away_ms > record.rules.rule("supervisor").figures["away_ms"]:
            yield Mark("supervisor", step.key, seal.meeting, {"away_ms": supervisor.away_ms})
        if not supervisor.confirmed:
            yield Mark("confirmed", step.key, seal.meeting)


def _off(step: Step, postings: tuple[Posting, ...], objections: list[tuple[int, Objection]]) -> Iterator[Mark]:
    at, posting = len(postings) - 1, postings[-1]
    off_on = posting.off_on or ""
    mine = [(number, each) for number, each in objections if each.posting == at]
    of = [each for _, each in mine]
    if full_on(step, posting, of) is None:
        days = hung(step, posting, of, off_on)
        yield Mark("post-days", step.key, None, {"days": days, "least": step.days})
    for number, each in mine:
        waits = each.answered_on is None or each.answered_on > off_on
        if waits and needs_answer(posting, each) and not step.as_notice:
            yield Mark("objection", step.key, None, {"number": number, "object_on": each.on})


def late(step: Step, asked: Asked) -> Mark:
    return Mark("review-late", step.key, None, {"asked_on": asked.on, "due_on": asked.due_on})


def answered_late(step: Step, number: int, objection: Objection, day: str) -> Iterator[Mark]:
    """In a roster of voters: `day` is the answer's, or today while there is none."""
    if step.answer_days is not None and between(objection.on, day) > step.answer_days:
        yield Mark("objection", step.key, None, {"number": number, "object_on": objection.on})


def by_waiting(record: Record, today: str) -> Iterator[Mark]:
    """What breaks because something hasn't come; what then comes decides by its own day."""
    for step in record.procedure.step:
        for asked in record.steps[step.key].asked:
            if not step.approves and asked.answered_on is None and asked.due_on < today:
                yield late(step, asked)
    for number, objection in enumerate(record.objections, 1):
        step = _step(record, objection.step)
        posting = record.steps[objection.step].postings[objection.posting]
        if objection.answered_on is None and needs_answer(posting, objection):
            yield from answered_late(step, number, objection, today)
