"""What a record waits for, and on which days what of it failed: what desks list and shares are counted from.

Everything here holds from the day of a standing on until the record is looked at again, at the latest the day after.
Days may lie ahead: a clock that runs fails on the day after its last one if nothing happens until then, so what is
overdue needs nobody to look at it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from api.domain.entries import Step
from api.domain.procedure import acts
from api.domain.procedure.days import later, needs_answer
from api.domain.procedure.done import done_on, opens_on, owing, postings
from api.domain.procedure.findings import Finding
from api.domain.procedure.record import Mark, Objection, Record
from api.domain.procedure.standing import Next, Standing
from api.domain.procedure.table import OVER

# A whole recording of every required meeting: 全面覆盖率.
COVERAGE = frozenset({"recorded", "coverage", "vote-coverage"})
IDLE = "idle"  # no rule of the procedure: a step without a clock that nobody takes up for long
TOWN = frozenset({"town", "county"})


@dataclass(frozen=True, slots=True)
class Awaited:
    """One thing that is to be done next, or (`days`) that a posting has its days."""

    act: str
    step: str
    name: str
    name_en: str
    who: str
    since: str
    due_on: str | None  # the last day of its clock; of `days` the day on which it has them
    late_on: str | None  # the day from which on it is overdue, clock or not


@dataclass(frozen=True, slots=True)
class Broken:
    rule: str
    kind: str
    whose: str
    step: str
    meeting: str | None
    on: str  # may lie ahead
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Share:
    """For which days a record is counted, and from which day on it is counted as not done properly, not covered."""

    due_from: str | None  # none: withdrawn before any meeting, with nothing broken: never counted
    due_until: str | None  # none: something is due still
    broken_on: str | None
    uncovered_on: str | None


@dataclass(frozen=True, slots=True)
class Cached:
    """What the rows of a record say."""

    awaited: tuple[Awaited, ...]
    broken: tuple[Broken, ...]
    share: Share


def cached(record: Record, now: Standing) -> Cached:
    """What rested on an entry that was corrected is no failure any more, and only the record's own page tells it."""
    waits = tuple(_awaited(record, now))
    failed = [_broken(record, each) for each in now.findings if each.corrected is None]
    broken = tuple(sorted((*failed, *_running_out(record, waits, failed)), key=lambda each: (each.on, each.rule)))
    return Cached(waits, broken, _share(record, now, broken))


# --- what it waits for


def _awaited(record: Record, now: Standing) -> Iterator[Awaited]:
    may = {(each.act, each.step) for each in now.next}
    for each in now.next:
        step = record.step(each.step or "")
        # Where only the vote lacks nobody is called together again.
        if step is None or step.optional or (each.act == "sitting" and ("vote", step.key) in may):
            continue
        yield from _of(record, now, step, each)
    yield from _let_go_by(record, now)
    for step in record.procedure.step:
        stands = now.step(step.key)
        hanging = [posting for posting, _ in postings(record, step) if posting.off_on is None]
        if stands.state == "due" and step.form == "posting" and hanging and not step.optional:
            yield Awaited("days", step.key, step.name, step.name_en, step.who, hanging[-1].on, stands.due_on, None)


def _let_go_by(record: Record, now: Standing) -> Iterator[Awaited]:
    """A review that is overdue stops nothing any more; the town owes it until what it was to come before began."""
    for step in record.procedure.step:
        if step.before is None or record.outcome in OVER or record.steps[step.before].any:
            continue
        if now.step(step.key).state == "passed-by":
            yield from _of(record, now, step, Next("opinion", step.key, step.who))


def _of(record: Record, now: Standing, step: Step, what: Next) -> Iterator[Awaited]:
    taken = record.steps[step.key]
    since, due_on = _due_since(record, step), None
    late = True
    if what.act == "opinion":
        asked = next((each for each in taken.asked if each.answered_on is None), None)
        if asked is None and not step.approves:
            return  # nobody asked for it
        since = asked.on if asked is not None else since
        due_on = now.step(step.key).due_on
    elif what.act == "answer":
        open_ones = _unanswered(record, step)
        if not open_ones:
            return
        since = min(each.on for each in open_ones)
        due_on = later(since, step.answer_days) if step.answer_days is not None else None
    elif what.act in ("off", "sealed"):  # may hang longer; the recording is the hub's to close
        since = (now.step(step.key).due_on or since) if what.act == "off" else taken.sittings[-1].said.on
        late = False
    elif step.within is not None:
        due_on = now.step(step.key).due_on
    last = due_on or later(since, record.rules.judging.idle_days)
    late_on = later(last, 1) if late else None
    name, name_en = _named(record, step, what)
    yield Awaited(what.act, step.key, name, name_en, what.who, since, due_on, late_on)


def _named(record: Record, step: Step, what: Next) -> tuple[str, str]:
    """With the offices that still owe an opinion."""
    owed = owing(record, step) if what.act == "opinion" else ()
    return (f"{step.name}（{'、'.join(owed)}）", f"{step.name_en} ({', '.join(owed)})") if owed else (
        step.name, step.name_en)  # fmt: skip


def _due_since(record: Record, step: Step) -> str:
    """The day on which everything before it was done, on the newest material plan."""
    days = [record.begun.on, *(each.said.on for each in record.steps[step.key].sittings)]
    if record.material:
        days.append(record.plans[record.material - 1].on)
    days += [on for each in record.before(step) if not each.urgent and (on := done_on(record, each)) is not None]
    if (from_on := opens_on(record, step)) is not None:
        days.append(from_on)
    return max(days)


def _unanswered(record: Record, step: Step) -> list[Objection]:
    return [
        each
        for each in record.objections
        if each.step == step.key
        and each.answered_on is None
        and needs_answer(record.steps[step.key].postings[each.posting], each)
    ]


# --- what failed


def _broken(record: Record, found: Finding) -> Broken:
    on = _day(record, found)
    return Broken(found.rule, found.kind, found.whose, found.step, found.meeting, on, found.zh, found.en)


def _day(record: Record, found: Finding) -> str:
    """The day from which on it is broken."""
    taken = record.steps[found.step]
    if "due_on" in found.evidence:  # `deadline`, `review-late`: by waiting already, whatever day it was done
        return later(found.evidence["due_on"], 1)
    if found.meeting is not None and (sitting := taken.sitting(found.meeting)) is not None:
        return sitting.said.on
    mark = Mark(found.rule, found.step, found.meeting)
    if mark in record.marked:
        return record.marked[mark]
    step = record.step(found.step)
    if found.rule == "objection" and step is not None and step.answer_days is not None:
        return later(found.evidence["object_on"], step.answer_days + 1)
    return max((each.said.on for each in taken.opinions if each.said.opinion == "risk"), default=record.begun.on)


def _running_out(record: Record, waits: tuple[Awaited, ...], failed: list[Broken]) -> Iterator[Broken]:
    """What will be broken, or is by now, where nothing happens."""
    known = {(each.rule, each.step) for each in failed}
    for each in waits:
        step = record.step(each.step)
        if each.late_on is None or step is None:
            continue
        if each.due_on is None and each.act == "answer":
            continue  # broken when the posting comes off without it
        if each.due_on is None:
            zh, en = f"{each.name}自 {each.since} 起一直没有办理", f"{each.name_en}: not taken up since {each.since}"
            whose = "town" if each.who in TOWN else "village"
            yield Broken(IDLE, "procedure", whose, each.step, None, each.late_on, zh, en)
            continue
        rule = "objection" if each.act == "answer" else "review-late" if step.within is None else "deadline"
        if (rule, each.step) not in known:
            zh, en = f"{each.name}应在 {each.due_on} 以前办理", f"{each.name_en}: was to be done by {each.due_on}"
            known.add((rule, each.step))
            says = record.rules.rule(rule)
            yield Broken(rule, says.kind, says.whose, each.step, None, each.late_on, zh, en)


# --- how it is counted


def _share(record: Record, now: Standing, broken: tuple[Broken, ...]) -> Share:
    """For which days, and from which day on otherwise than it ought to be."""
    of_village = [each.on for each in broken if each.kind == "procedure" and each.whose == "village"]
    met = any(taken.sittings for taken in record.steps.values())
    counted = record.outcome != "withdrawn" or met or bool(of_village)
    return Share(
        due_from=record.begun.on if counted else None,
        due_until=_due_until(record, now),
        broken_on=min(of_village, default=None),
        uncovered_on=min((*(each.on for each in broken if each.rule in COVERAGE), *_left_out(record)), default=None),
    )


def _due_until(record: Record, now: Standing) -> str | None:
    if record.outcome in OVER:
        return _last_day(record)
    optional = {step.key for step in record.procedure.step if step.optional}
    if any(each.act == "sealed" for each in now.next) or any(
        each.state in ("due", "waiting") and each.key not in optional for each in now.steps
    ):
        return None
    return max((each.done_on for each in now.steps if each.done_on is not None), default=_last_day(record))


def _last_day(record: Record) -> str:
    """The newest day of what stands, without corrections, which may come long after the end."""
    stands = (
        record.corrections.get(number, said)
        for number, said in enumerate(record.said, 1)
        if number not in record.fallen and not isinstance(said, acts.Correct)
    )
    return max(getattr(act, "on", record.begun.on) for act in stands)


def _left_out(record: Record) -> Iterator[str]:
    """A meeting that ought to be recorded was never held, and the village went on."""
    for step in record.procedure.step:
        waited = step.recorded and not step.optional and not step.urgent
        if step.form == "sitting" and waited and not record.steps[step.key].sittings:
            behind = {each.key for each in record.behind(step) if record.steps[each.key].any}
            if behind:
                days = (on for mark, on in record.marked.items() if mark.rule == "order" and mark.step in behind)
                yield min(days, default=record.begun.on)
