"""Each rule where it just holds and where it just breaks: of law by body, of procedure one by one, and the sums."""

from typing import Any

import pytest

from api.domain.procedure.days import months_after
from api.errors.request import ApiError
from tests.domain.village import SEAL, Village, later

# --- law


def decided(matter: str, due: int, present: int, in_favour: int, body: str | None = None, **more: Any) -> str | None:
    village = Village(matter).until("resolution")
    sitting = {"body": body} if body else {}
    village.properly("sitting", "resolution", due=due, present=present, way=more.pop("way", "adults"), **sitting)
    if village.stands.outcome is None:
        figures = {"due": due, "present": present, "in_favour": in_favour, "against": present - in_favour, **more}
        village.properly("vote", "resolution", **figures)
    return village.stands.outcome


@pytest.mark.parametrize(
    ("matter", "body", "due", "present", "in_favour", "outcome"),
    [
        ("b1", "assembly", 100, 51, 26, "resolved"),
        ("b1", "assembly", 100, 50, 50, "no_quorum"),  # more than half
        ("b1", "assembly", 100, 52, 26, "rejected"),
        ("b1", "representatives", 30, 20, 11, "resolved"),
        ("b1", "representatives", 30, 19, 19, "no_quorum"),  # at least two thirds
        ("b1", "representatives", 30, 20, 10, "rejected"),
        ("b2", "members", 90, 60, 60, "resolved"),
        ("b2", "members", 90, 59, 59, "no_quorum"),
        ("b2", "members", 90, 60, 59, "rejected"),  # two thirds of all
        ("b2", "member_representatives", 30, 20, 20, "resolved"),
        ("b2", "member_representatives", 30, 19, 19, "rejected"),  # no quorum is asked
        ("f1", "members", 3, 2, 2, "resolved"),
        ("f1", "member_representatives", 30, 30, 30, None),  # not what they may decide
        ("b1", "members", 30, 30, 30, None),
        ("b2", "representatives", 30, 30, 30, None),
        ("a2", "representatives", 30, 30, 30, None),
        ("a2", "assembly", 3, 2, 2, "resolved"),
    ],
)
def test_quorum_and_majority_by_body(
    matter: str, body: str, due: int, present: int, in_favour: int, outcome: str | None
) -> None:
    assert decided(matter, due, present, in_favour, body) == outcome


def test_households_count_by_two_thirds_and_who_is_recused_stays_in_the_quorum() -> None:
    assert decided("b1", 30, 20, 11, "assembly", way="households") == "resolved"
    assert decided("b1", 30, 19, 19, "assembly", way="households") == "no_quorum"
    assert decided("b1", 30, 20, 10, "representatives", recused=1, against=9) == "resolved"  # of 19
    assert decided("b1", 30, 20, 9, "representatives", recused=2, against=9) == "rejected"  # of 18


def test_quorum_is_counted_again_at_the_vote() -> None:
    village = Village("b1").until("resolution").properly("sitting", "resolution", body="representatives", present=20)
    village.properly("vote", "resolution", present=19, in_favour=19)
    assert village.stands.outcome == "no_quorum"
    assert [(f.rule, f.clause[:4], f.evidence) for f in village.stands.findings] == [
        ("quorum", "A 25", {"present": 19, "due": 30})
    ]
    village.wait(1).properly("sitting", "resolution", body="representatives", present=20)
    village.properly("vote", "resolution", present=20, in_favour=20)
    assert village.stands.outcome == "resolved"


@pytest.mark.parametrize(
    ("present", "in_favour", "written", "outcome"),
    [(5, 5, 1, "resolved"), (5, 5, 0, "rejected"), (6, 6, 0, "resolved"), (4, 4, 6, "no_quorum")],
)
def test_of_the_branch_more_than_half_of_those_due_and_written_opinions_count(
    present: int, in_favour: int, written: int, outcome: str
) -> None:
    village = Village("h2").until("assembly").properly("sitting", "assembly", due=10, present=present)
    if village.stands.outcome is None:
        figures = village.figures("assembly", in_favour, due=10, present=present, written_in_favour=written)
        village.properly("vote", "assembly", **figures)
    assert village.stands.outcome == outcome


@pytest.mark.parametrize(
    ("returned", "in_favour", "outcome"),
    [(51, 26, "resolved"), (50, 50, "no_quorum"), (52, 26, "rejected"), (100, 51, "resolved")],
)
def test_an_election_by_ballots_returned_of_those_registered(returned: int, in_favour: int, outcome: str) -> None:
    village = Village("i2").until("ballot").properly("sitting", "ballot", due=100, present=1, way="adults")
    ballots = {"issued": 100, "returned": returned, "other": returned - in_favour}
    village.properly("vote", "ballot", **village.figures("ballot", in_favour, due=100, present=100, **ballots))
    assert village.stands.outcome == outcome


def test_three_bidders_open_a_tender_and_a_review_of_cadres_is_a_count() -> None:
    village = Village("d1").until("opening").properly("sitting", "opening", bidders=2)
    assert village.state["opening"] == "due"
    assert [(f.rule, f.clause) for f in village.stands.findings] == [("bidders", "T 28")]
    assert village.properly("sitting", "opening", bidders=3).state["opening"] == "done"
    village = Village("j1").properly("sitting", "report")
    assert village.properly("vote", "report", in_favour=0, against=30).stands.outcome == "resolved"


@pytest.mark.parametrize(
    ("changed", "right"),
    [
        ({"in_favour": 28, "recused": 2}, True),
        ({"in_favour": 29, "recused": 2}, False),
        ({"present": 31}, False),
        ({"due": 0, "present": 0, "in_favour": 0}, False),
        ({"abstained": -1}, False),
        ({"in_favour": 20, "present": 20, "written_in_favour": 10}, True),
        ({"in_favour": 20, "present": 20, "written_in_favour": 11}, False),
        ({"way": "secret", "in_favour": 10, "invalid": 2, "other": 1, "returned": 13, "issued": 13}, True),
        ({"way": "secret", "in_favour": 10, "invalid": 2, "other": 1, "returned": 12, "issued": 13}, False),
        ({"way": "secret", "in_favour": 10, "returned": 10, "issued": 9}, False),
        ({"way": "secret", "in_favour": 10, "returned": 10, "issued": 30, "recused": 1}, False),
    ],
)
def test_sums(changed: dict[str, Any], right: bool) -> None:
    village = Village("b1").until("consultation").properly("sitting", "consultation")
    if right:
        village.properly("vote", "consultation", **changed)
        return
    with pytest.raises(ApiError) as refused:
        village.properly("vote", "consultation", **changed)
    assert refused.value.code == "vote.sums"


def test_no_record_begins_of_a_guarantee_and_the_sentence_names_both_laws() -> None:
    for matter in ("c3", "e2", "b1"):
        assert Village(matter, guarantee=False).record.begun.matter == matter
        with pytest.raises(ApiError) as refused:
            Village(matter, guarantee=True)
        assert (refused.value.code, refused.value.status) == ("decision.guarantee", 422)
        assert all(law in refused.value.zh for law in ("第十三条", "第三十五条", "担保"))
        assert all(law in refused.value.en for law in ("A 13", "B 35"))


# --- procedure


@pytest.mark.parametrize(
    ("rule", "holds", "breaks"),
    [
        ("recorded", {}, {"recorded": False}),
        ("coverage", {"coverage_permille": 950}, {"coverage_permille": 949}),
        ("vote-coverage", {"gaps": []}, {"gaps": [1]}),
        ("breaks", {"longest_break_ms": 900_000}, {"longest_break_ms": 900_001}),
        ("breaks", {"breaks_permille": 250}, {"breaks_permille": 251}),
        ("supervisor", {}, {"supervisor": {"present": True, "away_ms": 180_001, "confirmed": True}}),
        ("supervisor", {}, {"supervisor": {"present": False, "away_ms": 0, "confirmed": True}}),
        ("confirmed", {}, {"supervisor": {"present": True, "away_ms": 0, "confirmed": False}}),
    ],
)
def test_what_a_recording_shows(rule: str, holds: dict[str, Any], breaks: dict[str, Any]) -> None:
    for changed in (holds, breaks):
        village = Village("b1").until("consultation").properly("sitting", "consultation")
        village.properly("vote", "consultation").properly("sealed", "consultation", **changed)
        assert [mark.rule for mark in village.stands.marks] == ([rule] if changed is breaks else [])
        assert village.stands.compliant is (False if changed is breaks else None)


@pytest.mark.parametrize(
    ("rule", "act", "changed"),
    [
        ("supervisor", "vote", {"supervisor_present": False}),
        ("notice", "sitting", {"called_on": "2026-04-01"}),  # nine days before the tenth
        ("notice", "sitting", {"called_on": None}),
        ("plan", "sitting", {"plan": 1}),
        ("plan", "sitting", {"plan": None}),
    ],
)
def test_what_a_sitting_shows(rule: str, act: str, changed: dict[str, Any]) -> None:
    for with_it in ({}, changed):
        village = Village("b1").do("plan", sha256="a" * 64, material=False).do("plan", sha256="b" * 64, material=False)
        village.until("resolution").on("2026-04-10")
        village.properly(
            "sitting", "resolution", **({"called_on": "2026-03-31"} | (with_it if act == "sitting" else {}))
        )
        village.properly("vote", "resolution", **(with_it if act == "vote" else {}))
        assert [mark.rule for mark in village.stands.marks] == ([rule] if with_it else [])


def test_an_urgent_matter_is_called_at_short_notice_and_reviewed_afterwards() -> None:
    village = Village("b1", urgent="山洪冲毁便桥").on("2026-03-03").properly("sitting", "proposal")
    village.properly("sealed", "proposal").until("resolution").properly(
        "sitting", "resolution", called_on=village.today
    )
    village.properly("vote", "resolution").properly("sealed", "resolution")
    assert village.stands.marks == ()
    village.properly("opinion", "review").through()
    assert (village.state["review"], village.stands.compliant) == ("done", True)


def test_a_review_comes_before_its_sitting_on_the_same_day_at_the_latest() -> None:
    assert Village().properly("opinion", "review").properly("sitting", "proposal").stands.marks == ()
    village = Village().wait(1).properly("sitting", "proposal")
    assert village.broken("review")
    assert village.state["review"] == "passed-by"
    assert Village().properly("opinion", "review", on="2026-03-03").properly(
        "sitting", "proposal", on="2026-03-02").broken("review")  # fmt: skip


def test_the_town_has_three_working_days_and_then_stops_nothing() -> None:
    asked = "2026-04-02"  # Thursday; Qingming on Monday the 6th
    for opened, review, town in (("2026-04-08", True, False), ("2026-04-09", False, True)):
        village = Village(on=asked).do("ask", step="review").on(opened).properly("sitting", "proposal")
        assert (village.broken("review"), village.broken("review-late")) == (review, town)
    for answered, town in (("2026-04-08", False), ("2026-04-09", True)):
        village = Village(on=asked).do("ask", step="review").on(answered).properly("opinion", "review")
        assert village.broken("review-late") is town
        assert village.stands.compliant is None
        assert {finding.whose for finding in village.stands.findings} == ({"town"} if town else set())


def test_steps_have_their_order() -> None:
    assert not Village().until("members").properly("sitting", "members").broken("order")
    village = Village().until("consultation").properly("sitting", "members")
    assert [(m.rule, m.step, m.evidence) for m in village.stands.marks] == [
        ("order", "members", {"earlier": "consultation"})
    ]


def test_a_secret_vote_is_secret() -> None:
    for way, broken in (("secret", False), ("hands", True)):
        village = Village("j1").properly("sitting", "report").properly("vote", "report", way=way)
        assert village.broken("way") is broken


def test_a_posting_hangs_fifteen_days_without_the_first_and_what_an_objection_stopped() -> None:
    def posted(off: int, objection: tuple[int, int | None] | None = None) -> Village:
        village = Village("b1").until("publication").do("post", step="publication")
        first = village.today
        if objection is not None:
            village.do("object", step="publication", number=1, on=later(first, objection[0]))
            if objection[1] is not None:
                village.do("answer", number=1, on=later(first, objection[1]))
        village.on(later(first, off - 1))
        assert village.state["publication"] == "due"
        return village.do("off", step="publication", on=later(first, off))

    assert not posted(16).broken("post-days")
    assert posted(15).broken("post-days")
    assert not posted(18, (3, 5)).broken("post-days")
    assert posted(17, (3, 5)).broken("post-days")
    assert not posted(16, (3, 3)).broken("objection")
    village = posted(60, (3, None))
    assert (village.broken("objection"), village.broken("post-days"), village.state["publication"]) == (
        True,
        True,
        "due",
    )


def test_a_roster_hangs_twenty_days_and_its_objections_are_answered_in_three() -> None:
    for days, answered, broken in ((20, 8, False), (20, 9, True), (19, 8, True)):
        village = Village("i2").until("roster").do("post", step="roster")
        first = village.today
        village.wait(5).do("object", step="roster", number=1).do("answer", number=1, on=later(first, answered))
        village.on(later(first, days)).properly("sitting", "ballot", way="adults")
        assert bool(village.stands.marks) is broken
    # One that comes when it is off already needs no answer, and is late at no time.
    village = Village("i2").until("roster").do("post", step="roster").wait(20).do("off", step="roster")
    village.do("object", step="roster", number=1).wait(9).do("answer", number=1)
    assert village.stands.marks == ()


def test_a_contract_within_thirty_days_an_approval_within_three_months() -> None:
    for days, broken in ((30, False), (31, True)):
        village = Village("d1").until("contract")
        full = village.stands.step("candidate").done_on
        assert full is not None
        assert village.stands.step("contract").due_on == later(full, 30)
        assert village.do("done", step="contract", on=later(full, days)).broken("deadline") is broken
    for days, broken in ((0, False), (1, True)):
        village = Village("h2", on="2026-11-20").until("assembly").on("2026-11-30")
        village.properly("sitting", "assembly").properly("vote", "assembly")
        last = months_after("2026-11-30", 3)
        assert last == "2027-02-28"
        assert village.properly("opinion", "approval", on=later(last, days)).broken("deadline") is broken


def test_of_what_is_countersigned_nobody_signed_the_bill() -> None:
    village = Village("c2").do("done", step="entry")
    village.do("sign", step="signatures", person="会计").do("sign", step="signatures", person="会计")
    assert village.state["signatures"] == "due"
    village.do("sign", step="signatures", person="主任").do("sign", step="countersign", person="会计")
    assert village.state["countersign"] == "due"
    assert village.do("sign", step="countersign", person="监督").state["countersign"] == "done"


def test_of_a_vote_taken_again_the_last_gap_counts() -> None:
    for gaps, broken in (([1], False), ([2], True)):
        village = Village().until("consultation").properly("sitting", "consultation").properly("vote", "consultation")
        meeting = village.record.steps["consultation"].sittings[0].said.meeting
        village.do("vote", step="consultation", meeting=meeting, **village.figures("consultation", 30))
        village.do("sealed", step="consultation", meeting=meeting, **{**SEAL, "gaps": gaps})
        assert village.broken("vote-coverage") is broken
