"""The model by itself: the ten stories end as they should, and each rule holds and breaks at its border."""

import ast
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.model import offices, tables
from tests.model.borders import BORDERS, Border, told
from tests.model.days import day, months_after, working_days_after
from tests.model.record import Record
from tests.model.stories import EXCEPTIONAL, STORIES, Story
from tests.model.together import others
from tests.model.told import Act, begin, withdraw

OFF_THE_WEEK = frozenset(map(date.fromisoformat, EXCEPTIONAL))


def begun(act: Act) -> Record:
    record = Record.begin(act, OFF_THE_WEEK)
    assert isinstance(record, Record), record
    return record


def newest(acts: list[Act]) -> date:
    return max(date.fromisoformat(act["on"]) for act in acts if "on" in act and day(act["on"]))


def test_it_imports_nothing_but_itself_and_the_standard_library() -> None:
    files = [file for file in Path(__file__).parent.glob("*.py") if not file.name.startswith("test_")]
    assert len(files) > 5
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0, file
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert name.startswith("tests.model") or name.split(".")[0] in sys.stdlib_module_names, (file, name)


@pytest.mark.parametrize("story", STORIES.values(), ids=list(STORIES))
def test_a_story_goes_as_it_is_told_and_ends_compliant(story: Story) -> None:
    record = begun(story.begin)
    assert record.procedure == story.procedure
    acts = [story.begin]
    for says, act, due, outcome in story.told:
        acts.append(act)
        assert record.act(act) is None, says
        standing = record.standing(newest(acts))
        assert " ".join(key for key, how in standing.items() if how == "due") == due, says
        assert record.outcome == outcome, says
        assert record.marks_on(newest(acts)) == set(), says
    end = date.fromisoformat(story.ends_on)
    assert record.compliant(end) is True
    before = begun(story.begin)
    for told_before in story.told:
        if told_before.act.get("on", "") < story.ends_on:
            before.act(told_before.act)
    assert before.compliant(end - timedelta(days=1)) is None


@pytest.mark.parametrize("border", BORDERS, ids=[f"{border.procedure} {border.says}" for border in BORDERS])
def test_a_rule_holds_and_breaks_at_its_border(border: Border) -> None:
    first, *acts, last = told(border.procedure, border.changed, border.upto, border.then)
    record = begun(first)
    for act in acts:
        assert record.act(act) is None, act
    before = repr((record.outcome, record.marks, record.standing(newest([first, *acts]))))
    assert record.act(last) == border.refused
    if border.refused:
        assert repr((record.outcome, record.marks, record.standing(newest([first, *acts])))) == before
    today = date.fromisoformat(border.today) if border.today else newest([first, *acts, last])
    assert record.outcome == border.outcome
    assert sorted(f"{rule} {step}" for rule, step, _ in record.marks_on(today)) == sorted(border.marks)
    lifted = [f"{rule} {step} {number}" for (rule, step, _), number in record.lifted_on(today).items()]
    assert sorted(lifted) == sorted(border.lifted)
    if border.standing:
        step, how = border.standing.split()
        assert record.standing(today)[step] == how
    if border.compliant:
        assert record.compliant(today) is {"yes": True, "no": False, "none": None}[border.compliant]


@pytest.mark.parametrize(
    "border", offices.BORDERS, ids=[f"{border.procedure} {border.says}" for border in offices.BORDERS]
)
def test_a_review_by_several_offices(border: Border, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "OFFICES", offices.ASKED)
    test_a_rule_holds_and_breaks_at_its_border(border)


def test_each_rule_and_each_refusal_has_a_border() -> None:
    broken = {mark.split()[0] for border in BORDERS for mark in border.marks}
    assert broken == {
        "review", "review-late", "order", "notice", "recorded", "coverage", "vote-coverage", "breaks", "supervisor",
        "confirmed", "way", "proxies", "plan", "post-days", "objection", "deadline", "threshold", "split",
        "too-early",
    }  # fmt: skip
    assert {border.refused for border in BORDERS} - {None} == {
        "act.unknown", "act.form", "act.before", "decision.begun", "decision.ended", "decision.not-resolved",
        "decision.resolved", "step.unknown", "step.act", "meeting.unknown", "meeting.twice", "vote.unknown",
        "vote.sums", "plan.unknown", "posting.unknown", "posting.twice", "objection.unknown", "objection.twice",
        "decision.closed", "correction.unknown", "correction.same", "correction.alone",
    }  # fmt: skip
    assert {border.outcome for border in BORDERS} == {
        None, "resolved", "rejected", "no_quorum", "withdrawn", "ended"
    }  # fmt: skip


@pytest.mark.parametrize("matter", tables.CATALOGUE)
def test_every_matter_begins_its_procedure(matter: str) -> None:
    for number, (procedure, body) in enumerate(tables.CATALOGUE[matter]):
        chosen = {} if number == 0 else {"procedure": procedure, "body": body}
        record = begun(begin(matter, "2026-03-02", **chosen))
        assert (record.procedure, record.body) == (procedure, body)
        first = "review" if procedure == "P1" else tables.PROCEDURES[procedure][0].key
        assert record.standing(date(2026, 3, 2))[first] == "due"
        assert (record.outcome, record.compliant(date(2026, 3, 2))) == (None, None)


def test_the_catalogue_has_thirty_matters_in_eleven_categories() -> None:
    assert len(tables.CATALOGUE) == 30
    assert len({matter[0] for matter in tables.CATALOGUE}) == 11
    assert {procedure for choices in tables.CATALOGUE.values() for procedure, _ in choices} == set(STORIES)


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (begin("z9", "2026-03-02"), "matter.unknown"),
        (begin("b1", "2026-03-02", body="M"), "act.form"),
        (begin("b1", "2026-03-02", procedure="P2"), "act.form"),
        (begin("b1", "2026-3-2"), "act.form"),
        (begin("b1", "2026-03-02", amount=-1), "act.form"),
        (begin("d3", "2026-03-02", others=[1, -1]), "act.form"),
        (begin("d3", "2026-03-02", others=5), "act.form"),
        ({"act": "begin", "matter": "b1"}, "act.form"),
        (begin("c3", "2026-03-02", guarantee=True), "decision.guarantee"),
        (begin("c3", "2026-03-02", guarantee=True, body="V"), "act.form"),
        (begin("c3", "2026-03-02", guarantee="yes"), "act.form"),
    ],
)
def test_what_cannot_begin(act: Act, code: str) -> None:
    assert Record.begin(act, OFF_THE_WEEK) == code


def test_others_of_the_same_matter_count_within_ninety_days_unless_they_came_to_nothing() -> None:
    def small(matter: str, on: str, amount: int | None, *acts: Act) -> Record:
        record = begun(begin(matter, on, amount=amount))
        assert [record.act(act) for act in acts] == [None] * len(acts)
        return record

    records = [
        small("d3", "2026-03-02", 5), small("d3", "2026-03-01", 7), small("d3", "2026-08-29", 4),
        small("d3", "2026-08-30", 9), small("d3", "2026-05-31", None), small("e3", "2026-05-31", 8),
        small("d3", "2026-05-31", 6, withdraw("2026-05-31", "不办了")),
    ]  # fmt: skip
    assert others(records, "d3", date(2026, 5, 31)) == [4, 5]
    assert others(records, "e3", date(2026, 5, 31)) == []


def test_days_over_a_holiday_and_months_over_their_ends() -> None:
    assert working_days_after(date(2026, 9, 30), 1, OFF_THE_WEEK) == date(2026, 10, 8)
    assert working_days_after(date(2026, 10, 8), 2, OFF_THE_WEEK) == date(2026, 10, 10)  # a Saturday that is worked
    assert months_after(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert months_after(date(2026, 10, 31), 2) == date(2026, 12, 31)


def test_what_may_be_done_next_is_taken_without_a_mark() -> None:
    """Of each story: what it tells is among what was offered just before, but for what comes from outside."""
    for story in STORIES.values():
        record = begun(story.begin)
        acts = [story.begin]
        for says, act, _, _ in story.told:
            today = newest([*acts, act])
            step = act.get("step") or ("publication" if story.procedure == "P1" else "roster")
            if act["act"] not in ("plan", "object"):
                assert (act["act"], step) in record.next(today), says
            acts.append(act)
            assert record.act(act) is None
