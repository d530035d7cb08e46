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
        full = [full_on(step, posting, of) for posting, of in postings(record, step)]
        return min((day for day in full if day is not None), default=None)
    if step.form == "opinion":
        days = [_agreed_on(last_opinion(record, step, office)) for office in record.offices(step) or (None,)]
        agreed = [day for day in days if day is not None]
        return max(agreed) if len(agreed) == len(days) else None
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


def _agreed_on(opinion: Opinion | None) -> str | None:
    return opinion.said.on if opinion is not None and opinion.said.opinion in ("agree", "risk") else None


def last_opinion(record: Record, step: Step, office: str | None = None) -> Opinion | None:
    """The last one on the newest material plan counts, of several offices each one's own."""
    mine = (each for each in reversed(record.steps[step.key].opinions) if each.said.office == office)
    return next((each for each in mine if each.version >= record.material), None)


def owing(record: Record, step: Step) -> tuple[str, ...]:
    """Which of several offices still owe their opinion: those asked that haven't answered; while nobody is asked,
    those that don't agree."""
    asked = next((each for each in record.steps[step.key].asked if each.answered_on is None), None)
    return tuple(
        office
        for office in record.offices(step)
        if (office not in asked.answers if asked else _agreed_on(last_opinion(record, step, office)) is None)
    )


def postings(record: Record, step: Step) -> list[tuple[Posting, list[Objection]]]:
    """Each with the objections that came to it."""
    return [
        (posting, [each for each in record.objections if (each.step, each.posting) == (step.key, at)])
        for at, posting in enumerate(record.steps[step.key].postings)
    ]


def was_done(record: Record, step: Step, day: str) -> bool:
    on = done_on(record, step)
    return on is not None and on <= day
