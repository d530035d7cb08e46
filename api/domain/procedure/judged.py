"""Whether a record is done properly on a day: its failures, those by waiting included, and what that makes of it."""

from collections.abc import Iterator, Mapping

from api.domain.entries import Step
from api.domain.procedure.counts import opening_breaks, vote_breaks
from api.domain.procedure.marks import by_waiting
from api.domain.procedure.record import Mark, Record
from api.domain.procedure.states import State


def marks_on(record: Record, today: str) -> tuple[Mark, ...]:
    return tuple(dict.fromkeys((*record.marks, *by_waiting(record, today))))


def law_broken(record: Record) -> Iterator[Mark]:
    """Of every vote there was, also of one taken again."""
    for step in record.procedure.step:
        for sitting in record.steps[step.key].sittings:
            said = sitting.said
            broken = list(opening_breaks(record, step, said))
            if not any(rule == "body" for rule, _ in broken):
                for vote in sitting.votes:
                    broken += [each for each in vote_breaks(record, step, said, vote) if each not in broken]
            for rule, evidence in broken:
                yield Mark(rule, step.key, said.meeting, evidence)


def unsealed(record: Record) -> Iterator[tuple[Step, str]]:
    """Each with the day of its sitting."""
    for step in record.procedure.step:
        if step.recorded or step.supervised:
            for sitting in record.steps[step.key].sittings:
                if sitting.seal is None:
                    yield step, sitting.said.on


def compliant(record: Record, states: Mapping[str, State], marks: tuple[Mark, ...]) -> bool | None:
    """No as soon as one mark of the village stands; none while something is due; yes when all is done."""
    for mark in marks:
        rule = record.rules.rule(mark.rule)
        if rule.kind == "procedure" and rule.whose == "village":
            return False
    due = [step for step in record.procedure.step if states[step.key] in ("due", "waiting") and not step.optional]
    return None if due or any(unsealed(record)) else True
