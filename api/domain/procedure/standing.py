"""Where a record stands on a day: its steps, what may be done next and by whom, what is missing, what failed.

What was decided (`outcome`) and whether it was done properly (`compliant`) are two fields.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from api.domain.entries import Actor, Step
from api.domain.procedure.counts import comes_to
from api.domain.procedure.days import full_on, hung, last_day, needs_answer
from api.domain.procedure.done import done_on, postings, was_done
from api.domain.procedure.findings import Finding, findings
from api.domain.procedure.marks import by_waiting
from api.domain.procedure.record import Mark, Record
from api.domain.procedure.table import OVER, Outcome

State = Literal["done", "passed-by", "due", "waiting"]


@dataclass(frozen=True, slots=True)
class StepStanding:
    key: str
    state: State
    done_on: str | None
    due_on: str | None  # by when it is to be done, or, of a posting that hangs, the day on which it has its days
    who: Actor


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
    states = _states(record, today)
    marks = tuple(dict.fromkeys((*record.marks, *by_waiting(record, today))))
    return Standing(
        on=today,
        outcome=record.outcome,
        compliant=_compliant(record, states, marks),
        steps=tuple(
            StepStanding(step.key, states[step.key], _done_by(record, step, today), _due_by(record, step), step.who)
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


def _states(record: Record, today: str) -> dict[str, State]:
    states: dict[str, State] = {}
    open_before = False  # something before isn't done
    for step in record.procedure.step:
        if was_done(record, step, today):
            states[step.key] = "done"
        elif _passed_by(record, step, today):
            states[step.key] = "passed-by"
        else:
            states[step.key] = "waiting" if open_before else "due"
            open_before |= not step.optional and not (step.before is not None and record.urgent)
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


def _unsealed(record: Record) -> Iterator[tuple[Step, str]]:
    for step in record.procedure.step:
        if step.recorded or step.supervised:
            for sitting in record.steps[step.key].sittings:
                if sitting.seal is None:
                    yield step, sitting.said.meeting


def _compliant(record: Record, states: dict[str, State], marks: tuple[Mark, ...]) -> bool | None:
    """No as soon as one mark of the village stands; none while something is due; yes when all is done."""
    for mark in marks:
        rule = record.rules.rule(mark.rule)
        if rule.kind == "procedure" and rule.whose == "village":
            return False
    due = [step for step in record.procedure.step if states[step.key] in ("due", "waiting") and not step.optional]
    return None if due or any(_unsealed(record)) else True


def _next(record: Record, states: dict[str, State], today: str) -> Iterator[Next]:
    unsealed = dict.fromkeys(step.key for step, _ in _unsealed(record))
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
        if step.key in unsealed:
            yield Next("sealed", step.key, step.who)
        if record.outcome in OVER:
            continue
        for posting, of in postings(record, step):
            full = full_on(step, posting, of)
            if posting.off_on is None and full is not None and full <= today:
                yield Next("off", step.key, step.who)
        if any(each.step == step.key and each.answered_on is None for each in record.objections):
            yield Next("answer", step.key, step.who)
    if record.outcome in (None, "no_quorum"):
        yield Next("withdraw", None, "village")
    if record.outcome not in OVER:
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
    for step, meeting in _unsealed(record):
        yield Missing(step.key, "sealed", step.who, f"会议 {meeting} 的录音录像尚未归档",
                      f"the recording of meeting {meeting} isn't closed yet")  # fmt: skip
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
        waiting = any(asked.answered_on is None for asked in taken.asked)
        return ("opinion", "已提请，尚未答复", "asked for, not there yet") if waiting else (
            "ask", "尚未提请", "not asked for yet")  # fmt: skip
    return "done", "尚未办理", "not done yet"
