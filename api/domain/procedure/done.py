"""When a step was done, by what stands on the chain."""

from api.domain.entries import Step
from api.domain.procedure.counts import comes_to
from api.domain.procedure.days import full_on, later
from api.domain.procedure.record import Objection, Opinion, Posting, Record


def done_on(record: Record, step: Step) -> str | None:
    """The earliest day, which may still be to come: a posting that hangs has its days on a known one."""
    taken = record.steps[step.key]
    if step.form == "sitting":
        return min((s.said.on for s in taken.sittings if comes_to(record, step, s) == "passed"), default=None)
    if step.form == "posting":
        days = [full_on(step, posting, of) for posting, of in postings(record, step)]
        return min((day for day in days if day is not None), default=None)
    if step.form == "opinion":
        last = last_opinion(record, step)
        return last.said.on if last is not None and last.said.opinion in ("agree", "risk") else None
    if step.form == "done":
        return min(taken.done, default=None)
    first: dict[str, str] = {}
    others = {each.person for each in record.steps[step.not_of].signatures} if step.not_of else set()
    for each in taken.signatures:
        if each.person not in others and each.version >= record.material:
            first[each.person] = min(each.on, first.get(each.person, each.on))
    days_of = sorted(first.values())
    persons = step.persons or 1
    return days_of[persons - 1] if len(days_of) >= persons else None


def opens_on(record: Record, step: Step) -> str | None:
    """The first day on which a step may be taken that has to lie so many days after another one; none where that isn't
    done, or nothing waits for days: so in an urgent record, but for the steps of its own."""
    if step.not_before is None or (record.urgent and not step.urgent):
        return None
    start = next(each for each in record.procedure.step if each.key == step.not_before.after)
    on = done_on(record, start)
    return None if on is None else later(on, step.not_before.days)


def last_opinion(record: Record, step: Step) -> Opinion | None:
    """The last one on the newest material plan counts."""
    return next((o for o in reversed(record.steps[step.key].opinions) if o.version >= record.material), None)


def postings(record: Record, step: Step) -> list[tuple[Posting, list[Objection]]]:
    """Each with the objections that came to it."""
    return [
        (posting, [each for each in record.objections if (each.step, each.posting) == (step.key, at)])
        for at, posting in enumerate(record.steps[step.key].postings)
    ]


def was_done(record: Record, step: Step, day: str) -> bool:
    on = done_on(record, step)
    return on is not None and on <= day
