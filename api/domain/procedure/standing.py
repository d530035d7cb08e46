"""Where a record stands on a day: its steps, what may be done next and by whom, what is missing, what failed.

What was decided (`outcome`) and whether it was done properly (`compliant`) are two fields.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from api.domain.entries import Actor, Step
from api.domain.procedure.counts import comes_to
from api.domain.procedure.days import full_on, hung, last_day, needs_answer
from api.domain.procedure.done import done_on, owing, postings, was_done
from api.domain.procedure.findings import Finding, findings
from api.domain.procedure.judged import compliant, marks_on, unsealed
from api.domain.procedure.record import Mark, Record
from api.domain.procedure.states import State, closed, states_of
from api.domain.procedure.table import OVER, Outcome


@dataclass(frozen=True, slots=True)
class StepStanding:
    key: str
    state: State
    done_on: str | None
    due_on: str | None  # by when it is to be done, or, of a posting that hangs, the day on which it has its days
    who: Actor
    offices: tuple[str, ...] = ()  # whose opinions it needs, where there are several
    owing: tuple[str, ...] = ()  # those of them that are still to come


@dataclass(frozen=True, slots=True)
class Next:
    act: str
    step: str | None
    who: Actor


@dataclass(frozen=True, slots=True)
class Missing:
    step: str
    what: str
    who: Actor
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Standing:
    on: str
    outcome: Outcome | None
    compliant: bool | None
    steps: tuple[StepStanding, ...]
    next: tuple[Next, ...]
    missing: tuple[Missing, ...]
    marks: tuple[Mark, ...]
    findings: tuple[Finding, ...]

    def step(self, key: str) -> StepStanding:
        return next(step for step in self.steps if step.key == key)


def standing(record: Record, today: str) -> Standing:
    """`today` is no day before the newest that an act names."""
    states, marks = states_of(record, today), marks_on(record, today)
    return Standing(
        on=today,
        outcome=record.outcome,
        compliant=compliant(record, states, marks),
        steps=tuple(
            StepStanding(
                step.key,
                states[step.key],
                _done_by(record, step, today),
                _due_by(record, step),
                step.who,
                record.offices(step),
                owing(record, step),
            )
            for step in record.procedure.step
        ),
        next=tuple(_next(record, states, today)),
        missing=tuple(_missing(record, states, today)),
        marks=marks,
        findings=findings(record, marks),
    )


def _done_by(record: Record, step: Step, today: str) -> str | None:
    return done_on(record, step) if was_done(record, step, today) else None


def _due_by(record: Record, step: Step) -> str | None:
    if step.within is not None:
        start = next(each for each in record.procedure.step if each.key == step.within.after)
        since = done_on(record, start)
        return None if since is None else last_day(step.within, since)
    if step.form == "opinion" and not step.approves:
        return next((asked.due_on for asked in record.steps[step.key].asked if asked.answered_on is None), None)
    hanging = [each for each in postings(record, step) if each[0].off_on is None]
    return full_on(step, *hanging[-1]) if hanging else None


def _next(record: Record, states: dict[str, State], today: str) -> Iterator[Next]:
    waits = dict.fromkeys(step.key for step, _ in unsealed(record))
    for step in record.procedure.step:
        taken, due = record.steps[step.key], states[step.key] == "due"
        if due and step.form == "sitting":
            yield Next("sitting", step.key, step.who)
            if any(comes_to(record, step, sitting) is None for sitting in taken.sittings):
                yield Next("vote", step.key, step.who)
        elif due and step.form == "opinion":
            yield Next("opinion", step.key, step.who)
            if all(asked.answered_on is not None for asked in taken.asked):
                yield Next("ask", step.key, "village")
        elif due and step.form in ("done", "sign"):
            yield Next(step.form, step.key, step.who)
        elif due and all(posting.off_on is not None for posting in taken.postings):
            yield Next("post", step.key, step.who)
        if step.key in waits:
            yield Next("sealed", step.key, step.who)
        if record.outcome in OVER:
            continue
        for posting, of in postings(record, step):
            full = full_on(step, posting, of)
            if posting.off_on is None and full is not None and full <= today:
                yield Next("off", step.key, step.who)
        if any(each.step == step.key and each.answered_on is None for each in record.objections):
            yield Next("answer", step.key, step.who)
    if closed(record, today):
        return
    if record.outcome in (None, "no_quorum"):
        yield Next("withdraw", None, "village")
    yield Next("end", None, "village")


def _unanswered(record: Record, step: Step) -> list[int]:
    """Numbers of objections that want an answer: one may be given to others as well."""
    return [
        number
        for number, each in enumerate(record.objections, 1)
        if each.step == step.key
        and each.answered_on is None
        and needs_answer(record.steps[step.key].postings[each.posting], each)
    ]


def _missing(record: Record, states: dict[str, State], today: str) -> Iterator[Missing]:
    for step, on in unsealed(record):
        yield Missing(step.key, "sealed", step.who, f"{step.name}：{on} 会议的录音录像尚未归档",
                      f"{step.name_en}: the recording of {on} isn't closed yet")  # fmt: skip
    for step in record.procedure.step:
        if record.outcome not in OVER:
            for number in _unanswered(record, step):
                yield Missing(step.key, "answer", step.who, f"第 {number} 号异议尚未答复", f"objection {number} waits")
        if states[step.key] == "due" and not step.optional:
            what, zh, en = _lacks(record, step, today)
            yield Missing(step.key, what, step.who, f"{step.name}：{zh}", f"{step.name_en}: {en}")


def _lacks(record: Record, step: Step, today: str) -> tuple[str, str, str]:
    """What a due step still wants, as the act that gives it."""
    taken = record.steps[step.key]
    if step.form == "sitting":
        if any(comes_to(record, step, sitting) is None for sitting in taken.sittings):
            return "vote", "尚未表决", "no vote yet"
        return "sitting", "尚未开会", "no meeting yet that it could rest on"
    if step.form == "posting":
        hanging = [each for each in postings(record, step) if each[0].off_on is None]
        if not hanging:
            return "post", "尚未张贴", "not posted yet"
        days = hung(step, *hanging[-1], today)
        return "days", f"已张贴 {days} 日，应为 {step.days} 日", f"{days} of {step.days} days posted"
    if step.form == "sign":
        persons = step.persons or 1
        return "sign", f"须有 {persons} 人签字", f"{persons} persons sign it"
    if step.form == "opinion":
        waiting, owed = any(asked.answered_on is None for asked in taken.asked), owing(record, step)
        zh, en = ("、".join(owed), f", of {', '.join(owed)}") if owed else ("", "")
        return ("opinion", f"已提请，{zh}尚未答复", f"asked for, not there yet{en}") if waiting else (
            "ask", "尚未提请", "not asked for yet")  # fmt: skip
    return "done", "尚未办理", "not done yet"
