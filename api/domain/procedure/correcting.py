"""A wrong act is corrected by a later one: the chain is walked anew with what it ought to have said in its place.

What was written stays on the record (`said`); what failed before stays as well (`lifted`); an act that the walk doesn't
take any more falls, and stands again when a later correction lets it.
"""

from collections.abc import Mapping
from dataclasses import replace

from api.domain.catalogue import Catalogue
from api.domain.entries import Procedure, Serves
from api.domain.procedure import acts, refusals
from api.domain.procedure.asking import check_form
from api.domain.procedure.judged import compliant, law_broken, marks_on
from api.domain.procedure.record import Mark, Record, Taken
from api.domain.procedure.states import closed, states_of
from api.domain.procedure.taking import take
from api.errors.request import ApiError

NEVER_STRUCK_OUT = (acts.Begin, acts.Plan)
# What an act is, which no correction changes; of a `begin` everything that chooses the rules.
STAYS = ("act", "step", "meeting", "number", "sha256", "office")
BEGIN_STAYS = ("matter", "on", "procedure", "body", "guarantee", "others")


def started(rules: Catalogue, act: acts.Begin, procedure: Procedure, body: Serves | None) -> Record:
    if act.urgent is None:
        usual = tuple(step for step in procedure.step if not step.urgent)
        procedure = procedure.model_copy(update={"step": usual})
    steps = {step.key: Taken() for step in procedure.step}
    return Record(rules, act, procedure, body, steps, newest=act.on, said=(act,))


def correct(record: Record, act: acts.Correct) -> Record:
    """Raises ActForm, CorrectionUnknown, what `should` is refused by in its place, ActBefore, CorrectionSame and
    CorrectionAlone."""
    if act.should is not None:
        check_form(record, act.should)
    was = record.said[act.of - 1] if act.of <= len(record.said) else None
    if was is None or isinstance(was, acts.NOBODYS_WORD):
        raise refusals.CorrectionUnknown(str(act.of))
    _stays(was, act.should)
    after = _walked(record, act.of, act.should)
    if act.on < after.newest:
        raise refusals.ActBefore(f"{act.on} before {after.newest}")
    if act.should == record.corrections.get(act.of, was):
        raise refusals.CorrectionSame(str(act.of))
    looked_on = max(act.on, record.newest)
    marks, stand = marks_on(record, looked_on), marks_on(after, act.on)
    gone = [mark for mark in marks if mark not in stand]
    if not act.agreed and (gone or _weighs(record, looked_on, after, act)):
        raise refusals.CorrectionAlone(str(act.of))
    number = len(record.said) + 1
    unlawful = list(law_broken(after))
    lifted: Mapping[Mark, int] = {
        **record.lifted,
        **dict.fromkeys((mark for mark in law_broken(record) if mark not in unlawful), number),
        **dict.fromkeys(gone, number),
    }
    return replace(after, said=(*record.said, act), newest=act.on, lifted=lifted)


def _stays(was: acts.Act, should: acts.Plain | None) -> None:
    if should is None:
        wrong = ["should"] if isinstance(was, NEVER_STRUCK_OUT) else []
    else:
        stays = STAYS + BEGIN_STAYS if isinstance(was, acts.Begin) else STAYS
        wrong = [name for name in stays if getattr(was, name, None) != getattr(should, name, None)]
    if wrong:
        raise refusals.ActForm(", ".join(wrong), fields=wrong)


def _weighs(record: Record, looked_on: str, after: Record, act: acts.Correct) -> bool:
    """Whether it takes the township and the supervisor together, beside what it lifts."""
    if act.should is None or record.outcome != after.outcome or closed(record, looked_on):
        return True
    return bool(after.fallen - record.fallen) or (_proper(after, act.on) and not _proper(record, looked_on))


def _proper(record: Record, today: str) -> bool:
    return compliant(record, states_of(record, today), marks_on(record, today)) is True


def _walked(record: Record, of: int, should: acts.Plain | None) -> Record:
    """The record as corrected, with what was said. Raises what `should` is refused by."""
    corrections = {**record.corrections, of: should}
    begun = corrections.get(1, record.begun)
    assert isinstance(begun, acts.Begin)
    after, fallen = started(record.rules, begun, record.rules.procedure(record.procedure.key), record.body), set()
    for number, said in enumerate(record.said[1:], 2):
        if isinstance(said, acts.Correct):
            after = replace(after, newest=max(after.newest, said.on))
            continue
        act = corrections.get(number, said)
        if act is None:
            continue
        try:
            after = take(after, act)
        except ApiError:
            if number == of:
                raise
            fallen.add(number)
    return replace(after, said=record.said, corrections=corrections, fallen=frozenset(fallen))
