"""The engine beside a model that somebody else wrote from the same words: stories, borders, random acts, one answer."""

from collections import Counter
from datetime import date
from typing import Any

import pytest

from api.domain.procedure.record import Record
from api.domain.procedure.standing import standing
from api.domain.procedure.walk import apply, begin
from api.errors.request import ApiError
from tests.model.acts import walk
from tests.model.borders import BORDERS, told
from tests.model.record import Record as Model
from tests.model.spoilt import spoilt
from tests.model.stories import EXCEPTIONAL, STORIES

OFF_THE_WEEK = frozenset(map(date.fromisoformat, EXCEPTIONAL))
Act = dict[str, Any]


def engine_says(record: Record | None, act: Act) -> tuple[Record | None, str | None]:
    """The record with the act, or as it was with the refusal's code."""
    try:
        return (begin(act) if record is None else apply(record, act)), None
    except ApiError as error:
        return record, error.code


def disagreement(engine: Record, model: Model, today: str) -> list[str]:
    """What the two say otherwise of one record on a day."""
    on, stands = date.fromisoformat(today), standing(engine, today)
    pairs: dict[str, tuple[Any, Any]] = {
        "outcome": (stands.outcome, model.outcome),
        "compliant": (stands.compliant, model.compliant(on)),
        "marks": ({(mark.rule, mark.step, mark.meeting) for mark in stands.marks}, model.marks_on(on)),
        "lifted": (
            {(f.rule, f.step, f.meeting): f.corrected for f in stands.findings if f.corrected and f.kind != "law"},
            model.lifted_on(on),
        ),
        "steps": ({step.key: step.state for step in stands.steps}, model.standing(on)),
        "next": ({(each.act, each.step) for each in stands.next}, model.next(on)),
    }
    return [f"{what}: engine {ours}, model {theirs}" for what, (ours, theirs) in pairs.items() if ours != theirs]


class Both:
    """One record in both."""

    def __init__(self, first: Act) -> None:
        model = Model.begin(first, OFF_THE_WEEK)
        assert isinstance(model, Model), model
        self.model, self.engine, self.today = model, begin(first), first["on"]

    def take(self, act: Act) -> str | None:
        expected = self.model.act(act)
        record, refused = engine_says(self.engine, act)
        assert refused == expected, act
        assert record is not None
        self.engine = record
        if refused is None:
            self.today = max(self.today, act.get("on", self.today))
        return refused

    def agree(self, today: str) -> None:
        assert disagreement(self.engine, self.model, today) == []


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_a_story_goes_the_same_way(story: Any) -> None:
    both = Both(story.begin)
    both.agree(both.today)
    for says, act, due, outcome in story.told:
        assert both.take(act) is None, says
        both.agree(both.today)
        stands = standing(both.engine, both.today)
        assert " ".join(step.key for step in stands.steps if step.state == "due") == due, says
        assert (stands.outcome, stands.marks) == (outcome, ()), says
    both.agree(story.ends_on)
    assert standing(both.engine, story.ends_on).compliant is True


@pytest.mark.parametrize("border", BORDERS, ids=[f"{border.procedure} {border.says}" for border in BORDERS])
def test_a_rule_holds_and_breaks_at_the_same_border(border: Any) -> None:
    first, *acts, last = told(border.procedure, border.changed, border.upto, border.then)
    both = Both(first)
    for act in acts:
        assert both.take(act) is None, act
        both.agree(both.today)
    assert both.take(last) == border.refused
    today = border.today or both.today
    both.agree(today)
    stands = standing(both.engine, today)
    assert stands.outcome == border.outcome
    assert sorted(f"{mark.rule} {mark.step}" for mark in stands.marks) == sorted(border.marks)
    lifted = [f"{f.rule} {f.step} {f.corrected}" for f in stands.findings if f.corrected and f.kind != "law"]
    assert sorted(lifted) == sorted(border.lifted)
    # And each mark has its finding, with a sentence in two languages.
    beside = [f for f in stands.findings if f.rule == "risk"]  # advice that an opinion gives, and no mark
    stand = [f for f in stands.findings if f.kind != "law" and f.corrected is None and f not in beside]
    found = Counter((f.rule, f.step, f.meeting) for f in stand)
    assert found == Counter((mark.rule, mark.step, mark.meeting) for mark in stands.marks)
    assert all(f.zh and f.en and f.clause for f in stands.findings)


@pytest.mark.parametrize("procedure", STORIES)
def test_one_thing_otherwise_at_each_step_comes_to_the_same(procedure: str) -> None:
    told = compared = 0
    for spoils in spoilt():
        if spoils.procedure != procedure:
            continue
        both = Both(spoils.acts[0])
        for act in spoils.acts[1:]:
            both.take(act)
        both.agree(max(spoils.today, both.today))
        told, compared = told + 1, compared + len(spoils.acts)
    print(f"{procedure}: {told} chains, {compared} acts")
    assert told > 25


@pytest.mark.parametrize("seed", range(4))
def test_ten_thousand_random_acts_and_no_disagreement(seed: int) -> None:
    engine: Record | None = None
    acts: list[Act] = []  # of the record
    records = 0
    codes: Counter[str | None] = Counter()
    compliant: Counter[bool | None] = Counter()
    for number, act, code, model, today in walk(seed, 2_500, OFF_THE_WEEK):
        if number != records:  # a new one begins
            engine, acts, records = None, [], number
        engine, refused = engine_says(engine, act)
        acts.append(act)
        assert refused == code, acts
        codes[code] += 1
        if model is not None:
            assert engine is not None
            assert disagreement(engine, model, today.isoformat()) == [], (today, acts)
            compliant[model.compliant(today)] += 1
    refusals = codes.total() - codes[None]
    print(f"seed {seed}: {codes[None]} acts taken, {refusals} refused by {len(codes) - 1} codes; {dict(compliant)}")
    assert codes[None] > 1_500
    assert len(codes) > 12
    assert len(compliant) == 3
