"""A record begins and takes acts: refused is what can't be true or comes after the end; everything else is taken."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from api.domain.catalogue import Catalogue, catalogue
from api.domain.procedure import acts, refusals
from api.domain.procedure.correcting import correct, started
from api.domain.procedure.record import Record
from api.domain.procedure.taking import take

Raw = Mapping[str, Any]


def begin(raw: Raw, rules_of: Callable[[str], Catalogue] = catalogue) -> Record:
    """The rules of its first day hold to the end. Raises ActUnknown, ActForm, MatterUnknown and
    Guarantee."""
    act = acts.act_of(raw)
    if not isinstance(act, acts.Begin):
        raise refusals.ActUnknown(act.act)
    rules = rules_of(act.on)
    matter = rules.matters.get(act.matter)
    walks = [] if matter is None else [walk for walk in matter.walks if walk.procedure in rules.procedures]
    if not walks:
        raise refusals.MatterUnknown(act.matter)
    for walk in walks:
        if act.procedure in (None, walk.procedure) and act.body in (None, walk.body):
            if act.guarantee:  # whoever would decide it
                raise refusals.Guarantee(act.matter)
            return started(rules, act, rules.procedure(walk.procedure), walk.body)
    raise refusals.ActForm(f"{act.matter}: {act.procedure} {act.body}", fields=["procedure", "body"])


def apply(record: Record, raw: Raw) -> Record:
    """The record with the act, its marks and what it decides. Raises the refusals of `refusals` and BadVote."""
    act = acts.act_of(raw)
    if isinstance(act, acts.Correct):
        return correct(record, act)
    return replace(take(record, act), said=(*record.said, act))


def walked(raws: Iterable[Raw], rules_of: Callable[[str], Catalogue] = catalogue) -> Record:
    """A record from its chain's acts."""
    first, *rest = raws
    record = begin(first, rules_of)
    for raw in rest:
        record = apply(record, raw)
    return record
