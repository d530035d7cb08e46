"""What a record waits for and from which day on it counts as broken: hand-made cases, then random acts."""

from typing import Any

import pytest

from api.domain.procedure.awaited import IDLE, Cached, cached
from api.domain.procedure.record import Record
from api.domain.procedure.standing import standing
from api.domain.procedure.walk import walked
from tests.domain.test_against_model import OFF_THE_WEEK
from tests.domain.village import FIRST, Village, later
from tests.model.acts import walk


def of(acts: list[dict[str, Any]], today: str) -> tuple[Record, Cached]:
    record = walked(acts)
    return record, cached(record, standing(record, today))


def said(village: Village) -> Cached:
    return of(village.acts, village.today)[1]


def test_what_is_done_properly_is_counted_until_its_last_day() -> None:
    village = Village("c2").through()
    share = said(village).share
    assert (share.due_from, share.broken_on, share.uncovered_on) == (FIRST, None, None)
    assert share.due_until == village.today
    assert said(village.wait(100)).share == share  # nothing is waited for any more
    assert [each.act for each in said(village).awaited] == ["off"]  # the list may come off, and nothing is late
    assert said(village).broken == ()


def test_a_review_that_was_asked_for_waits_for_the_town_and_is_late_after_its_third_working_day() -> None:
    village = Village("b1")
    (waits,) = said(village).awaited
    assert (waits.act, waits.who, waits.due_on) == ("ask", "village", None)
    village.do("ask", step="review")  # a Monday
    (waits,) = said(village).awaited
    assert (waits.act, waits.who, waits.since, waits.due_on, waits.late_on) == (
        "opinion", "town", "2026-03-02", "2026-03-05", "2026-03-06"
    )  # fmt: skip
    (late,) = said(village).broken
    assert (late.rule, late.whose, late.on) == ("review-late", "town", "2026-03-06")
    assert said(village).share.broken_on is None  # it counts against the township
    village.wait(10)
    assert village.state["review"] == "passed-by"  # the village goes on, and the town owes it still
    assert [(each.act, each.who) for each in said(village).awaited] == [("sitting", "branch"), ("opinion", "town")]
    assert [(each.rule, each.on) for each in said(village).broken if each.on <= village.today] == [
        ("review-late", "2026-03-06")
    ]  # fmt: skip


def test_a_meeting_without_a_review_is_broken_on_its_day_and_for_good() -> None:
    village = Village("b1").wait(3).properly("sitting", "proposal")
    assert said(village).share.broken_on == "2026-03-05"
    village.wait(4).properly("sealed", "proposal", recorded=False, coverage_permille=0)
    share = said(village).share
    assert (share.broken_on, share.uncovered_on) == ("2026-03-05", "2026-03-05")


def test_withdrawn_before_a_meeting_is_not_counted_and_after_one_it_is() -> None:
    before = Village("b1").do("ask", step="review").wait(1).do("withdraw", reason="另议")
    assert said(before).share.due_from is None
    after = Village("b1").until("proposal").properly("sitting", "proposal").properly("sealed", "proposal")
    after.wait(2).do("withdraw", reason="另议")
    share = said(after).share
    assert (share.due_from, share.due_until, share.broken_on) == (FIRST, after.today, None)
    assert said(after).awaited == ()
    broken = Village("b1").properly("sitting", "proposal")
    broken.wait(2).do("withdraw", reason="另议")
    assert said(broken).share.broken_on == FIRST


def test_a_contract_that_is_not_signed_in_time_breaks_by_itself_and_stays_broken() -> None:
    village = Village("d1").until("contract")
    waits = next(each for each in said(village).awaited if each.step == "contract")
    assert waits.due_on is not None
    assert said(village).share.broken_on == waits.late_on == later(waits.due_on, 1)
    in_time = Village("d1").until("contract").on(waits.due_on).do("done", step="contract")
    assert "deadline" not in {each.rule for each in said(in_time).broken}
    village.on(later(waits.due_on, 9)).do("done", step="contract")
    assert said(village).share.broken_on == later(waits.due_on, 1)  # not the day on which it was signed at last


def test_a_step_that_nobody_takes_up_is_overdue_while_it_waits() -> None:
    village = Village("c2").do("done", step="entry")
    (waits,) = said(village).awaited
    assert (waits.act, waits.since, waits.due_on, waits.late_on) == ("sign", FIRST, None, later(FIRST, 61))
    assert said(village).share.broken_on == later(FIRST, 61)
    village.wait(100).properly("sign", "signatures")
    village.properly("sign", "signatures")
    assert [each.step for each in said(village).broken] == ["countersign"]  # the next clock runs
    assert said(village).share.broken_on == later(village.today, 61)


def test_a_meeting_that_was_left_out_has_no_recording() -> None:
    village = Village("b1").until("consultation").properly("sitting", "resolution").properly("vote", "resolution")
    assert said(village).share.uncovered_on == village.today
    held = Village("d3").through()
    assert said(held).share.uncovered_on is None


def test_a_posting_is_left_alone_until_it_has_its_days() -> None:
    village = Village("b1").until("publication").properly("post", "publication")
    (waits,) = said(village).awaited
    assert (waits.act, waits.due_on, waits.late_on) == ("days", later(village.today, 16), None)
    village.wait(16)
    assert {each.act for each in said(village).awaited} == {"off", "done"}
    assert next(each for each in said(village).awaited if each.act == "off").late_on is None


@pytest.mark.parametrize("seed", range(3))
def test_random_acts_wait_for_what_may_be_done_and_break_what_is_found(seed: int) -> None:
    acts: list[dict[str, Any]] = []
    records = looked = broken = 0
    lasting: set[str] = set()
    for number, act, code, model, today in walk(seed, 1_200, OFF_THE_WEEK):
        if number != records:
            acts, records, lasting = [], number, set()
        if code is not None or model is None:
            continue
        acts.append(act)
        on = today.isoformat()
        record, now = of(acts, on)
        stands = standing(record, on)
        may = {(each.act, each.step) for each in stands.next}
        owed = {("opinion", "review")}  # overdue, and no longer waited for
        assert {(each.act, each.step) for each in now.awaited if each.act != "days"} <= may | owed
        past = {(each.rule, each.step, each.meeting) for each in now.broken if each.on <= on}
        found = {(each.rule, each.step, each.meeting) for each in stands.findings if each.corrected is None}
        assert found <= past
        assert {rule for rule, _, _ in past - found} <= {IDLE, "deadline"}
        if stands.compliant is False:
            assert now.share.broken_on is not None
            assert now.share.broken_on <= on
            assert now.share.due_from is not None
        if stands.compliant is True:
            assert now.share.broken_on is None
            assert (now.share.due_until or "9") <= max(on, max(str(each.get("on", "")) for each in acts))
        # A mark is one for ever, but for what rested on a wrong entry.
        lasting -= {each.rule for each in stands.findings if each.corrected is not None}
        assert lasting <= {each.rule for each in now.broken if each.on <= on}
        lasting = {mark.rule for mark in record.marks}
        looked, broken = looked + 1, broken + bool(past)
    print(f"seed {seed}: {looked} looks at {records} records, {broken} with something broken")
    assert looked > 500
    assert broken > 100
