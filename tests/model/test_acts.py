"""Random acts reach everything that a record can come to, and no act ever takes back what stands."""

import json
from collections import Counter
from datetime import date

from tests.model import tables
from tests.model.acts import Drawn, walk
from tests.model.record import Record
from tests.model.stories import EXCEPTIONAL
from tests.model.told import Act

OFF_THE_WEEK = frozenset(map(date.fromisoformat, EXCEPTIONAL))
SEED, ACTS = 20260101, 10_000

# What may follow what (docs/PROCEDURES.md); a rejected one is taken up again only by the vote taken again.
MAY_FOLLOW = {
    None: {"resolved", "rejected", "no_quorum", "withdrawn", "ended"},
    "no_quorum": {"resolved", "rejected", "withdrawn", "ended"},
    "resolved": {"ended", "rejected", "no_quorum"},
    "rejected": {"resolved", "no_quorum"},
    "withdrawn": set(),
    "ended": set(),
}


def test_ten_thousand_acts_come_to_everything() -> None:
    codes: Counter[str | None] = Counter()
    outcomes: Counter[str | None] = Counter()
    marks: Counter[str] = Counter()
    compliant: dict[str, set[bool | None]] = {procedure: set() for procedure in tables.PROCEDURES}
    standing: set[str] = set()
    following: set[tuple[str | None, str | None]] = set()
    came_to: set[str | None] = set()
    before: dict[int, str | None] = {}
    for number, act, code, record, today in walk(SEED, ACTS, OFF_THE_WEEK):
        json.dumps(act)
        codes[code] += 1
        if record is None:
            continue
        outcomes[record.outcome] += 1
        if act["act"] != "correct":
            following.add((before.get(number), record.outcome))
        before[number] = record.outcome
        marks.update({rule for rule, _, _ in record.marks_on(today)})
        compliant[record.procedure].add(record.compliant(today))
        standing |= set(record.standing(today).values())
        came_to |= {record.comes_to(sitting) for sitting in record.sittings}
    assert set(codes) == {
        None, "act.unknown", "act.form", "act.before", "matter.unknown", "decision.begun", "decision.ended",
        "decision.not-resolved", "decision.resolved", "step.unknown", "step.act", "meeting.unknown", "meeting.twice",
        "vote.unknown", "vote.sums", "plan.unknown", "posting.unknown", "posting.twice", "objection.unknown",
        "objection.twice", "decision.closed", "decision.guarantee", "correction.unknown", "correction.same",
        "correction.alone",
    }  # fmt: skip
    assert set(outcomes) == {None, "resolved", "rejected", "no_quorum", "withdrawn", "ended"}
    assert set(marks) == {
        "review", "review-late", "order", "notice", "recorded", "coverage", "vote-coverage", "breaks", "supervisor",
        "confirmed", "way", "proxies", "plan", "post-days", "objection", "deadline", "threshold", "split",
        "too-early",
    }  # fmt: skip
    assert came_to == {None, "passed", "rejected", "no_quorum", "void"}
    assert standing == {"done", "due", "waiting", "passed-by"}
    assert all(answers == {True, False, None} for answers in compliant.values()), compliant
    assert codes[None] > ACTS * 0.75
    for earlier, later in following:
        assert later == earlier or later in MAY_FOLLOW[earlier], (earlier, later)


def test_a_refusal_changes_nothing_and_a_failure_stays() -> None:
    """A mark goes only by a correction, and then stands among what was lifted; or it is the day's again: where the late
    word of the township was struck out, it is still waited for."""
    marks: dict[int, set[tuple[str, str, str | None]]] = {}
    states: dict[int, str] = {}
    failures: dict[int, set[tuple[str, str, str | None]]] = {}
    lifted = 0
    for number, act, code, record, today in walk(SEED + 1, 6_000, OFF_THE_WEEK):
        if record is None:
            continue
        assert failures.get(number, set()) <= record.marks_on(today) | set(record.lifted)
        assert act["act"] == "correct" or marks.get(number, set()) <= record.marks
        marks[number], failures[number] = set(record.marks), record.marks | set(record.lifted)
        lifted += act["act"] == "correct" and code is None and len(record.said) in record.lifted.values()
        if code is not None:
            assert states[number] == _state(record)
        states[number] = _state(record)
    assert lifted > 5


def test_a_correction_leaves_what_was_written_and_walking_anew_gives_the_same() -> None:
    corrected = 0
    said: dict[int, list[Act]] = {}
    for number, act, code, record, today in walk(SEED + 3, 6_000, OFF_THE_WEEK):
        if record is None:
            continue
        assert record.said[: len(said.get(number, []))] == said.get(number, [])
        said[number] = [*record.said]
        if act["act"] == "correct" and code is None:
            corrected += 1
            again = Record.begin(record.said[0], OFF_THE_WEEK)
            assert isinstance(again, Record)
            assert [again.act(each) for each in record.said[1:]] == [None] * (len(record.said) - 1)
            assert _state(again) == _state(record)
            assert again.lifted_on(today) == record.lifted_on(today)
    assert corrected > 100


def _state(record: Record) -> str:
    last = date(2027, 12, 31)
    marks, following = (sorted(each, key=repr) for each in (record.marks, record.next(last)))
    return repr((record.outcome, marks, record.standing(last), following))


def test_nothing_is_resolved_but_by_a_sitting_that_passed_or_by_who_decides_alone() -> None:
    for drawn in walk(SEED + 2, 4_000, OFF_THE_WEEK):
        record = drawn.record
        if record is not None and record.outcome == "resolved":
            assert record.done_on(record.decider.key) is not None
        if record is not None and record.compliant(drawn.today):
            assert {rule for rule, _, _ in record.marks_on(drawn.today)} <= {"review-late", "split"}


def test_the_same_seed_draws_the_same_acts() -> None:
    def told(seed: int) -> list[tuple[object, ...]]:
        return [(one.number, one.act, one.code, one.today) for one in walk(seed, 500, OFF_THE_WEEK)]

    assert told(SEED) == told(SEED)
    assert told(SEED) != told(SEED + 1)


def test_a_walk_starts_records_anew() -> None:
    drawn: list[Drawn] = list(walk(SEED, 2_000, OFF_THE_WEEK))
    begun = [one for one in drawn if one.act["act"] == "begin" and one.code is None]
    assert len(begun) > 40
    assert {one.record.procedure for one in begun if one.record} == set(tables.PROCEDURES)
