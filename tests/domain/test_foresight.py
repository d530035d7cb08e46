"""What can be known before a meeting opens: each rule on both sides of its border, and that it is what then happens."""

from typing import Any

import pytest

from api.domain.procedure.foresight import Planned, foresee, held
from api.domain.procedure.serving import awaited
from tests.domain.village import FIRST, Village, later

SHA = "a" * 64


def broken(village: Village, **planned: Any) -> dict[str, str]:
    """Rule → its kind, for a meeting on the village's day."""
    whole = {"body": "representatives", "on": village.today, "called_on": later(village.today, -10), "roster": 15}
    found = foresee(village.record, Planned(**(whole | planned))).findings
    assert all(each.zh and each.en for each in found)
    return {each.rule: each.kind for each in found}


def test_what_was_done_as_it_ought_to_be_is_not_warned_of() -> None:
    village = Village("b1").do("plan", sha256=SHA, material=False)
    for step, body in (("proposal", "branch_committee"), ("consultation", "two_committees"), ("members", "branch"),
                       ("resolution", "representatives")):  # fmt: skip
        village.until(step)
        seen = foresee(village.record, Planned(body, village.today, None, roster=15))
        assert seen.step is not None
        assert (seen.step.key, seen.findings) == (step, ())


@pytest.mark.parametrize(("days", "warned"), [(10, False), (9, True), (0, True), (None, True)])
def test_ten_days_of_notice_for_the_assembly_alone(days: int | None, warned: bool) -> None:
    village = Village("b1").do("plan", sha256=SHA, material=False).until("resolution")
    called = None if days is None else later(village.today, -days)
    assert broken(village, body="assembly", called_on=called) == ({"notice": "procedure"} if warned else {})
    assert broken(village, called_on=called) == {}
    urgent = Village("b1", urgent="山洪").do("plan", sha256=SHA, material=False).until("resolution")
    assert broken(urgent, body="assembly", called_on=called) == {}


def test_a_review_is_there_or_asked_for_and_overdue() -> None:
    asked = "2026-04-02"  # Thursday; Qingming on Monday the 6th: three working days end on the 8th
    for on, rules in (("2026-04-08", {"review": "procedure"}), ("2026-04-09", {"review-late": "procedure"})):
        village = Village(on=asked).do("plan", sha256=SHA, material=False).do("ask", step="review")
        assert broken(village, body="branch_committee", on=on) == rules
    village.properly("opinion", "review")
    assert broken(village, body="branch_committee", on="2026-04-09") == {}
    late = foresee(
        Village(on=asked).do("ask", step="review").record,
        Planned("branch_committee", "2026-04-09", None, roster=3),
    ).findings
    assert [(each.rule, each.whose) for each in late if each.kind == "procedure"] == [("review-late", "town")]


def test_the_right_body_is_law() -> None:
    """What may only be decided by the assembly, by its representatives: it won't count."""
    village = Village("a2").until("resolution")
    assert broken(village, body="representatives") == {"body": "law"}
    assert broken(village, body="assembly") == {}
    members = Village("f1").do("plan", sha256=SHA, material=False).until("resolution")
    assert broken(members, body="member_representatives") == {"body": "law"}
    assert broken(members, body="members") == {}


def test_earlier_steps_that_are_not_done() -> None:
    village = Village("b1").do("plan", sha256=SHA, material=False).until("consultation")
    found = foresee(village.record, Planned("representatives", village.today, None, roster=15))
    assert found.step is not None
    assert found.step.key == "resolution"
    assert [(each.rule, each.kind) for each in found.findings] == [("order", "procedure")]
    assert "两委" in found.findings[0].zh


def test_what_the_part_before_will_have_done_is_not_missing() -> None:
    """Party members and representatives on one evening; if the members' part comes to nothing, the order is missed."""
    village = Village("b1").do("plan", sha256=SHA, material=False).until("members")
    representatives = Planned("representatives", village.today, village.today, roster=15)
    assert {each.rule for each in foresee(village.record, representatives, "m-2").findings} == {"order"}
    members = held(village.record, Planned("branch", village.today, village.today, roster=9, present=2), "m")
    seen = foresee(members, representatives, "m-2")
    assert seen.step is not None
    assert (seen.step.key, seen.findings) == ("resolution", ())
    over = village.do("withdraw", reason="不办了").record
    assert held(over, Planned("branch", village.today, village.today, roster=9), "m") is over


def test_a_plan_that_is_missing_or_was_changed_materially() -> None:
    assert broken(Village("b1").properly("opinion", "review"), body="branch_committee") == {"no-plan": "advice"}
    assert broken(Village("i1"), body="two_committees") == {}  # nobody reviews that beforehand
    village = Village("b1").do("plan", sha256=SHA, material=False).until("resolution")
    assert broken(village) == {}
    assert broken(village.do("plan", sha256="b" * 64, material=False)) == {}
    assert broken(village.do("plan", sha256="c" * 64, material=True)) == {"order": "procedure"}


@pytest.mark.parametrize(
    ("body", "way", "roster", "present", "warned"),
    [
        ("representatives", None, 15, 10, {}),  # two thirds
        ("representatives", None, 15, 9, {"quorum": "law"}),
        ("representatives", None, 15, None, {}),  # nobody was ticked yet
        ("representatives", None, 0, None, {"roster": "advice"}),
        ("assembly", "adults", 300, 151, {}),  # more than half of the adults
        ("assembly", "adults", 300, 150, {"quorum": "law"}),
        ("assembly", "households", 300, 200, {}),  # two thirds of the households
        ("assembly", "households", 300, 199, {"quorum": "law"}),
    ],
)
def test_who_is_on_the_roster_and_who_came(
    body: str, way: str | None, roster: int, present: int | None, warned: dict[str, str]
) -> None:
    village = Village("b1").do("plan", sha256=SHA, material=False).until("resolution")
    assert broken(village, body=body, way=way, roster=roster, present=present) == warned


def test_a_meeting_that_is_not_recorded() -> None:
    village = Village("b1").do("plan", sha256=SHA, material=False).until("members")
    assert broken(village, body="branch", recorded=False) == {"recorded": "procedure"}
    assert broken(Village("h2"), body="branch_committee", recorded=False) == {}  # the party's own choice


def test_a_record_that_has_ended_takes_no_sitting() -> None:
    village = Village("b1").do("withdraw", reason="不办了")
    found = foresee(village.record, Planned("representatives", village.today, None, roster=15)).findings
    assert [(each.rule, each.kind) for each in found] == [("decision.ended", "law")]
    assert awaited(village.record, "representatives", village.today) is None


def test_what_is_foreseen_is_what_then_happens() -> None:
    village = Village("b1").wait(1)
    seen = foresee(village.record, Planned("assembly", village.today, later(village.today, -1), "adults", 300)).findings
    village.do("sitting", step="resolution", meeting="m", body="assembly", way="adults", due=300, present=300,
               called_on=later(FIRST, 0))  # fmt: skip
    marks = {(mark.rule, mark.step) for mark in village.stands.marks}
    assert {(each.rule, each.step) for each in seen if each.kind == "procedure"} == marks
    assert marks == {("order", "resolution"), ("notice", "resolution")}


def test_only_the_next_sitting_waits() -> None:
    village = Village("b1")
    kinds = ("branch_committee", "two_committees", "branch", "representatives", "assembly", "members")
    for step, bodies in (("proposal", {"branch_committee", "branch"}), ("consultation", {"two_committees"}),
                         ("members", {"branch"}), ("resolution", {"representatives", "assembly"})):  # fmt: skip
        waits = {body for body in kinds if awaited(village.until(step).record, body, village.today)}
        assert waits == bodies
    village.through()
    assert not any(awaited(village.record, body, village.today) for body in kinds)


def test_one_that_found_no_quorum_waits_again_and_an_optional_one_may_be_held() -> None:
    village = Village("b1").until("resolution").properly("sitting", "resolution", present=10)
    assert village.record.outcome == "no_quorum"
    step = awaited(village.record, "representatives", village.today)
    assert step is not None
    assert step.key == "resolution"
    relief = Village("g1").until("opinion")
    step = awaited(relief.record, "representatives", relief.today)
    assert step is not None
    assert step.key == "appraisal"
