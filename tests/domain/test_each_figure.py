"""Each rule has a case on both sides of its exact border: each figure of the data files is turned by one, each word in
them the other way, and some story, border or spoilt story of tests/model must then no longer come out as it is told.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args

import pytest

from api.domain.catalogue import Catalogue, catalogue, shipped
from api.domain.entries import BodyRule, Matter, Procedure, Rule, Serves, Share, Step, Voting
from api.domain.procedure.record import Record
from api.domain.procedure.standing import standing
from api.domain.procedure.walk import apply, begin
from api.errors.request import ApiError
from tests.model.borders import BORDERS, told
from tests.model.spoilt import spoilt
from tests.model.stories import STORIES

RULES = catalogue("2026-03-02")
OF_FORESIGHT = {"no-plan", "roster"}  # told before a meeting only: tests/domain/test_foresight.py
Act = dict[str, Any]
RulesOf = Callable[[str], Catalogue]


@dataclass(frozen=True)
class Turned:
    says: str
    rules_of: RulesOf
    where: str | None  # the procedure that it can be seen in; none: any
    likely: str  # what is asked first: chains of which this is said


class Harder(Share):
    """As if one fewer had come."""

    def met(self, count: int, base: int) -> bool:
        return super().met(count - 1, base)


class Easier(Share):
    def met(self, count: int, base: int) -> bool:
        return super().met(count + 1, base)


def instead(table: str, entry: Any) -> RulesOf:
    def rules_of(on: str) -> Catalogue:
        rules = Catalogue(shipped(), on)
        setattr(rules, table, {**getattr(rules, table), entry.key: entry})
        return rules

    return rules_of


def shares(share: Share) -> Iterator[tuple[str, Share]]:
    fields = share.model_dump()
    yield "one more is needed", Harder(**fields)
    yield "one fewer is needed", Easier(**fields)
    yield "以上 and 过半 exchanged", share.model_copy(update={"at_least": not share.at_least})


def turned_bodies(body: BodyRule) -> Iterator[Turned]:
    def turned(says: str, **changed: Any) -> Turned:
        return Turned(f"{body.key}: {says}", instead("bodies", body.model_copy(update=changed)), None, body.key)

    for name in ("quorum", "quorum_of_households", "majority"):
        share = getattr(body, name)
        for says, other in [] if share is None else shares(share):
            yield turned(f"{name}, {says}", **{name: other})
    if body.quorum is None:
        yield turned("a quorum", quorum=Share(base="due", numerator=1, denominator=1, at_least=True))
    if body.notice_days is None:
        yield turned("notice is asked", notice_days=1)
    else:
        yield turned("a day more of notice", notice_days=body.notice_days + 1)
        yield turned("a day less of notice", notice_days=body.notice_days - 1)
    for word in get_args(Serves):
        yield turned(f"{word} the other way", serves=body.serves ^ {word})


def turned_rules(rule: Rule) -> Iterator[Turned]:
    for name, figure in rule.figures.items():
        for more in (-1, 1):
            other = rule.model_copy(update={"figures": {**rule.figures, name: figure + more}})
            yield Turned(f"{rule.key}: {name} {figure + more}", instead("rules", other), None, "sealed")
    if rule.kind != "law":
        kind = "advice" if rule.kind == "procedure" else "procedure"
        other = rule.model_copy(update={"kind": kind})
        yield Turned(f"{rule.key} as {kind}", instead("rules", other), None, "sealed")
        other = rule.model_copy(update={"whose": "town" if rule.whose == "village" else "village"})
        yield Turned(f"{rule.key} of the other", instead("rules", other), None, "sealed")


def turned_matters(matter: Matter) -> Iterator[Turned]:
    assert matter.small is not None
    for more in (-1, 1):
        small = matter.small.model_copy(update={"below_fen": matter.small.below_fen + more})
        other = matter.model_copy(update={"small": small})
        yield Turned(f"{matter.key}: below {small.below_fen}", instead("matters", other), None, "border")
    yield Turned(f"{matter.key}: of any amount", instead("matters", matter.model_copy(update={"small": None})), None,
                 "border")  # fmt: skip


def turned_steps(procedure: Procedure) -> Iterator[Turned]:
    for at, step in enumerate(procedure.step):
        named = {word for each in procedure.step for word in named_by(each)}
        for says, other in turned_step(step):
            if other.urgent != step.urgent and step.key in named:
                continue  # refused as a mistake: tests/domain/test_urgent_steps.py
            steps = (*procedure.step[:at], other, *procedure.step[at + 1 :])
            changed = procedure.model_copy(update={"step": steps})
            yield Turned(
                f"{procedure.key} {step.key}: {says}", instead("procedures", changed), procedure.key, f" {step.key}:"
            )
    for at in range(len(procedure.step) - 1):
        one, two = procedure.step[at : at + 2]
        if one.optional or two.optional or one.decides or two.decides:
            continue
        steps = (*procedure.step[:at], two, one, *procedure.step[at + 2 :])
        changed = procedure.model_copy(update={"step": steps})
        yield Turned(
            f"{procedure.key}: {two.key} before {one.key}",
            instead("procedures", changed),
            procedure.key,
            f" {two.key}:",
        )


def named_by(step: Step) -> set[str | None]:
    after = {each.after for each in (step.within, step.not_before) if each is not None}
    return {step.before, step.not_of, *after}


def turned_step(step: Step) -> Iterator[tuple[str, Step]]:
    def other(**changed: Any) -> Step:
        return step.model_copy(update=changed)

    for name in ("days", "persons", "bidders", "answer_days"):
        figure = getattr(step, name)
        if figure is not None:
            yield f"{name} {figure + 1}", other(**{name: figure + 1})
            if figure > (0 if name == "days" else 1):
                yield f"{name} {figure - 1}", other(**{name: figure - 1})
    if step.within is not None:
        for name in ("days", "months"):
            if (figure := getattr(step.within, name)) is not None:
                for more in (-1, 1):
                    within = step.within.model_copy(update={name: figure + more})
                    yield f"within {figure + more} {name}", other(within=within)
    # What is counted as a notice is counted in plain days; where votes are only counted, those in writing are none.
    words = {
        "sitting": ("recorded", "supervised"), "posting": ("working", "as_notice"), "opinion": ("approves",),
        "done": (), "sign": (),
    }[step.form]  # fmt: skip
    if step.not_before is not None:
        yield "at once", other(not_before=None)
        later = step.not_before.model_copy(update={"days": step.not_before.days + 1})
        yield f"{later.days} days later", other(not_before=later)
    for name in ("optional", "urgent", *words):
        # A step that decides is waited for, whatever the word says.
        says_nothing = step.decides if name in ("optional", "urgent") else step.form == "posting" and step.days == 0
        if not says_nothing and not (name == "working" and step.as_notice):
            yield f"{name} the other way", other(**{name: not getattr(step, name)})
    if step.not_of is not None:
        yield "whoever signs", other(not_of=None)
    if step.before is not None:
        yield "an ordinary step", other(before=None)
    if step.bodies:
        yield "no body is asked", other(bodies=())
    if step.form == "sitting" and step.vote is None:
        yield "a vote is asked", other(vote=Voting())
    if step.vote is not None:
        yield "no vote", other(vote=None)
        for name in ("secret", "counts_only", "proxies", *(() if step.vote.counts_only else ("written",))):
            vote = step.vote.model_copy(update={name: not getattr(step.vote, name)})
            yield f"{name} the other way", other(vote=vote)
        for name in ("quorum_of_returned", "majority", "second"):
            share = getattr(step.vote, name)
            for says, changed in [] if share is None else shares(share):
                yield f"{name}, {says}", other(vote=step.vote.model_copy(update={name: changed}))


def comes_to(acts: list[Act], rules_of: RulesOf, today: str) -> tuple[Any, ...]:
    """What a chain of acts says by these rules: what is refused, and how it stands in the end."""
    said: list[Any] = []
    record: Record | None = None
    for act in acts:
        try:
            record = begin(act, rules_of) if record is None else apply(record, act)
        except ApiError as error:
            said.append(error.code)
    if record is not None:
        now = standing(record, max(today, record.newest))
        found = {(each.rule, each.step, each.meeting, each.kind, each.whose, each.corrected) for each in now.findings}
        said.append((now.outcome, now.compliant, found, tuple((each.key, each.state) for each in now.steps)))
    return tuple(said)


TOLD = (
    [(key, "story", [story.begin, *(each.act for each in story.told)], story.ends_on) for key, story in STORIES.items()]
    + [
        (each.procedure, "border", told(each.procedure, each.changed, each.upto, each.then), each.today)
        for each in BORDERS
    ]
    + [(each.procedure, each.says, each.acts, each.today) for each in spoilt()]
)


@cache
def as_told() -> list[tuple[Any, ...]]:
    return [comes_to(acts, catalogue, today) for _, _, acts, today in TOLD]


def survives(turned: Turned) -> bool:
    """Nothing tells it from what is shipped."""
    asked = [each for each in zip(TOLD, as_told(), strict=True) if turned.where in (None, each[0][0])]
    asked.sort(key=lambda each: turned.likely not in each[0][1])
    return all(comes_to(acts, turned.rules_of, today) == before for (_, _, acts, today), before in asked)


ASKED = {
    body.key
    for body in RULES.bodies.values()
    for procedure in RULES.procedures.values()
    for step in procedure.step
    if body.serves or body.key in step.bodies
}


@pytest.mark.parametrize("key", sorted(ASKED))
def test_of_a_body(key: str) -> None:
    _none_survives(turned_bodies(RULES.bodies[key]))


@pytest.mark.parametrize(
    "key", [rule.key for rule in RULES.rules.values() if rule.kind != "law" and rule.key not in OF_FORESIGHT]
)
def test_of_a_rule(key: str) -> None:
    _none_survives(turned_rules(RULES.rules[key]))


@pytest.mark.parametrize("key", [matter.key for matter in RULES.matters.values() if matter.small])
def test_of_a_matter(key: str) -> None:
    """Of the days within which others count the hub is asked: tests/api/test_pieces.py."""
    _none_survives(turned_matters(RULES.matters[key]))


@pytest.mark.parametrize("key", list(RULES.procedures))
def test_of_a_procedure(key: str) -> None:
    _none_survives(turned_steps(RULES.procedures[key]))


def _none_survives(turned: Iterator[Turned]) -> None:
    every = list(turned)
    print(f"{len(every)} turned")
    assert every
    left = "\n".join(each.says for each in every if survives(each))
    assert left == ""


def test_each_rule_of_the_file_is_found_somewhere_and_not_everywhere() -> None:
    """Law and advice too: of each some story or border shows the failure, and another one of its step doesn't."""
    found: dict[str, set[str]] = {}
    steps: dict[str, set[str]] = {}
    for (procedure, _, _, _), said in zip(TOLD, as_told(), strict=True):
        if isinstance(said[-1], str):
            continue
        _, _, findings, stands = said[-1]
        here = {(rule, step) for rule, step, *_ in findings}
        for rule, step in here:
            found.setdefault(rule, set()).add(f"{procedure} {step}")
        for step, state in stands:
            if state == "done":
                kept = {rule for rule in RULES.rules if (rule, step) not in here}
                steps.setdefault(f"{procedure} {step}", set()).update(kept)
    assert set(RULES.rules) - set(found) == OF_FORESIGHT
    for rule, places in found.items():
        assert any(rule in steps.get(place, set()) for place in places), rule
