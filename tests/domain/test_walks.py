"""Every matter runs through its own procedure; what may be done next can be done; replaying gives the same standing."""

from itertools import pairwise

import pytest

from api.domain.catalogue import catalogue
from api.domain.procedure.standing import standing
from api.domain.procedure.table import NAMES, OVER, TABLE, follow
from api.domain.procedure.walk import apply, walked
from api.errors.request import ApiError
from tests.domain.village import FIRST, Village, later

RULES = catalogue(FIRST)
WALKS = [(m.key, walk.procedure, walk.body) for m in RULES.matters.values() for walk in m.walks]


def test_thirty_matters_five_of_them_in_two_ways() -> None:
    assert len(WALKS) == 35
    assert {procedure for _, procedure, _ in WALKS} == set(RULES.procedures)


@pytest.mark.parametrize(("matter", "procedure", "body"), WALKS)
def test_a_matter_is_taken_properly_through_its_procedure(matter: str, procedure: str, body: str | None) -> None:
    village = Village(matter, procedure=procedure, body=body)
    assert village.stands.compliant is None
    village.through()
    stands = village.stands
    assert (stands.outcome, stands.compliant, stands.marks, stands.findings) == ("resolved", True, (), ())
    assert stands.missing == ()
    assert walked(village.acts) == village.record
    # Its body is among those that the matter asks for.
    assert village.record.procedure.key == procedure
    assert village.record.body == body


@pytest.mark.parametrize(("matter", "procedure", "body"), WALKS[::5])
def test_nothing_is_offered_that_would_be_refused_and_something_is_missing_until_the_end(
    matter: str, procedure: str, body: str | None
) -> None:
    village = Village(matter, procedure=procedure, body=body).do("plan", sha256="a" * 64, material=False)
    tried = set()
    for _ in range(300):
        stands = village.stands
        for each in stands.next:
            again = Village(matter, procedure=procedure, body=body)
            again.record, again.today, again.meetings, again.persons = village.record, village.today, 500, 500
            if each.step is None:
                again.do(each.act, reason="本村另有安排")
            else:
                again.properly(each.act, each.step)
            tried.add(each.act)
        if stands.compliant:
            break
        assert stands.missing
        assert all(each.zh and each.en for each in stands.missing)
        village._go(_once())
    assert {"withdraw", "end"} <= tried


def _once() -> object:
    left = [False, True]
    return lambda: left.pop(0)


def test_the_table_says_what_may_follow() -> None:
    for outcome in NAMES:
        for then in NAMES:
            if then is None:
                continue
            if outcome == then or (outcome, then) in TABLE:
                assert follow(outcome, then) == then
            else:
                with pytest.raises(AssertionError):
                    follow(outcome, then)
    assert not [pair for pair in TABLE if pair[0] in OVER - {"rejected"}]


def test_a_public_works_levy_from_the_review_to_the_published_result() -> None:
    """李家沟村修路筹资，2026 年春。"""
    village = Village("b1", "2026-03-02", amount=4_800_000).do("plan", sha256="1f" * 32, material=False)
    village.do("ask", step="review")
    assert village.stands.step("review").due_on == "2026-03-05"
    assert {(n.act, n.step, n.who) for n in village.stands.next} == {
        ("opinion", "review", "town"), ("withdraw", None, "village"), ("end", None, "village"),
    }  # fmt: skip
    village.on("2026-03-05").do("opinion", step="review", opinion="risk", reasons="筹资标准接近上限", plan=1)
    village.until("resolution").on("2026-03-20").properly("sitting", "resolution", body="representatives", due=42,
                                                          present=31)  # fmt: skip
    assert village.state["resolution"] == "due"
    assert "vote" in {n.act for n in village.stands.next if n.step == "resolution"}
    village.properly("vote", "resolution", due=42, present=31, in_favour=16, against=15)
    assert (village.stands.outcome, village.stands.compliant) == ("resolved", None)
    village.properly("sealed", "resolution").until("publication").do("post", step="publication")
    village.wait(5).do("object", step="publication", number=1).wait(2).do("answer", number=1)
    assert [(m.step, m.what) for m in village.stands.missing] == [("publication", "days")]
    assert village.stands.step("publication").due_on == "2026-04-07"
    village.on("2026-04-06").through()
    assert village.stands.step("publication").done_on == "2026-04-07"  # the 16th day, and two that were stopped
    assert village.stands.compliant is True
    assert [(f.rule, f.kind, f.zh) for f in village.stands.findings] == [
        ("risk", "advice", "镇街提示风险：筹资标准接近上限")
    ]


def test_a_vote_taken_again_until_the_next_step() -> None:
    village = Village("b1").until("resolution").properly("sitting", "resolution")
    village.properly("vote", "resolution", in_favour=15, against=15)
    assert village.stands.outcome == "rejected"
    with pytest.raises(ApiError) as refused:
        village.properly("sitting", "resolution")
    assert refused.value.code == "decision.ended"
    meeting = village.record.decided_in
    again = {"step": "resolution", "meeting": meeting}
    village.do("vote", **again, **village.figures("resolution", 16, 14))
    assert village.stands.outcome == "resolved"
    village.do("vote", **again, **village.figures("resolution", 0, 0, present=15))
    assert village.stands.outcome == "no_quorum"
    village.do("vote", **again, **village.figures("resolution", 16, 14))
    village.do("sealed", **{**village.proper("sealed", "resolution"), "gaps": [1, 2, 3]})
    assert village.stands.compliant is None
    # Every vote stays in the record, with what it failed by.
    assert [(f.rule, f.kind) for f in village.stands.findings] == [
        ("quorum", "law"), ("majority", "law"), ("majority", "law"),
    ]  # fmt: skip
    village.properly("post", "publication")
    with pytest.raises(ApiError) as refused:
        village.do("vote", **again, **village.figures("resolution", 30))
    assert refused.value.code == "decision.resolved"


def test_a_material_plan_begins_again_what_rested_on_the_old_one() -> None:
    village = Village("b1").do("plan", sha256="1" * 64, material=True).until("resolution")
    village.do("plan", sha256="2" * 64, material=False)
    assert village.state["members"] == "done"
    village.do("plan", sha256="3" * 64, material=True)
    assert [village.state[key] for key in ("review", "proposal", "consultation", "members")] == [
        "due", "waiting", "waiting", "waiting",
    ]  # fmt: skip
    village.properly("sitting", "resolution", plan=2)
    village.do("vote", **village.proper("vote", "resolution"))
    assert village.stands.outcome is None
    assert {mark.rule for mark in village.stands.marks} == {"order", "plan"}


def test_with_the_first_plan_nothing_begins_again() -> None:
    village = Village("b1").until("consultation").do("plan", sha256="1" * 64, material=True)
    assert [village.state[key] for key in ("review", "proposal", "consultation")] == ["done", "done", "due"]
    village.do("plan", sha256="2" * 64, material=True)
    assert [village.state[key] for key in ("review", "proposal", "consultation")] == ["due", "waiting", "waiting"]


def test_one_record_ends_and_the_marks_of_all_days_stay() -> None:
    village = Village("b1").do("ask", step="review")
    seen: list[set[object]] = [set(village.stands.marks)]
    village.wait(9).properly("sitting", "proposal")
    seen.append(set(village.stands.marks))
    village.properly("opinion", "review")
    seen.append(set(village.stands.marks))
    village.do("withdraw", reason="改期再议")
    seen.append(set(village.stands.marks))
    assert all(before <= after for before, after in pairwise(seen))
    # The town let its days go by: its failure, not the record's.
    assert [(f.rule, f.whose) for f in village.stands.findings] == [("review-late", "town")]
    assert village.stands.compliant is None
    assert standing(apply(village.record, {"act": "sealed", **village.proper("sealed", "proposal")}),
                    village.today).compliant is True  # fmt: skip
    assert {step.state for step in village.stands.steps} == {"done", "passed-by"}
    assert village.stands.next[0].act == "sealed"
    assert later(FIRST, 9) == village.today
