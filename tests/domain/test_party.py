"""三会一课 at its borders: 7 full members, no groups, day 5, 3 working days, 31 December; the report's words."""

from dataclasses import replace
from importlib.resources import files

import pytest

from api.domain.catalogue import Catalogue, catalogue, shipped
from api.domain.party import clock, report
from api.domain.party.branch import Branch, Entry, Member, Sat
from api.domain.party.quarters import Period, Quarter, year_of
from api.domain.party.standing import Line, Standing, standing
from api.domain.reading import read_files, taken_up
from api.errors.county import WrongCatalogue

Q4 = Quarter(2026, 4)
FILING = catalogue("2026-10-01").filing


def branch(full: int = 7, groups: tuple[str, ...] = (), since: str = "2020-01-01") -> Branch:
    return Branch([Member(f"p{at}", True, since) for at in range(full)], groups)


def look(
    of: Branch, today: str, *sats: Sat, entries: tuple[Entry, ...] = (), quarter: Quarter = Q4
) -> tuple[Standing, dict[str, list[Line]]]:
    found = standing(catalogue, of, entries, sats, quarter, today)
    lines: dict[str, list[Line]] = {}
    for line in found.lines:
        lines.setdefault(line.duty.key, []).append(line)
    return found, lines


def held(kind: str, on: str, meeting: str = "m", **more: object) -> Sat:
    return Sat(meeting, kind, on, "ended", due=10, present=10, **more)  # type: ignore[arg-type]


def why(of: Standing) -> dict[str, str]:
    return {each.duty.key: each.why for each in of.exempt}


def test_quarters_begin_and_end() -> None:
    assert Q4.whole == Period("2026-10-01", "2026-12-31")
    assert [each.last_on for each in Quarter(2028, 1).months] == ["2028-01-31", "2028-02-29", "2028-03-31"]
    assert (Quarter.of("2026-12-31"), Quarter.of("2027-01-01")) == (Q4, Q4.later())
    assert Q4.later() == Quarter(2027, 1) == Quarter.read("2027Q1")
    assert Q4.later(-4) == Quarter(2025, 4)
    assert Q4.plan_due(5) == "2026-10-05"
    for wrong in ("2026Q5", "1999Q1", "2026q1", "2026Q1 ", ""):
        with pytest.raises(ValueError):
            Quarter.read(wrong)


def test_seven_full_members_have_a_committee_and_six_have_none() -> None:
    small, lines = look(branch(6), "2026-10-01")
    assert "branch_committee" not in lines
    assert why(small) == {"branch_committee": "few_members", "party_group_meeting": "no_groups"}
    large, lines = look(branch(7), "2026-10-01")
    assert [line.required for line in lines["branch_committee"]] == [1, 1, 1]
    assert why(large) == {"party_group_meeting": "no_groups"}


def test_a_member_on_probation_makes_no_seventh() -> None:
    of = Branch([*branch(6).members, Member("new", False, "2020-01-01")])
    assert why(look(of, "2026-10-01")[0])["branch_committee"] == "few_members"


def test_the_seventh_who_comes_in_november_counts_from_december() -> None:
    of = Branch([*branch(6).members, Member("new", True, "2026-11-02")])
    _, lines = look(of, "2026-12-31")
    assert [line.period.first_on for line in lines["branch_committee"]] == ["2026-12-01"]
    of = Branch([*branch(6).members, Member("new", True, "2026-11-01")])
    assert len(look(of, "2026-12-31")[1]["branch_committee"]) == 2


def test_each_group_meets_by_itself() -> None:
    _, lines = look(branch(7, ("g1", "g2")), "2026-10-31", held("party_group_meeting", "2026-10-12", group="g1"))
    october = [(line.group, line.state) for line in lines["party_group_meeting"] if line.period == Q4.months[0]]
    assert october == [("g1", "held"), ("g2", "open")]


def test_a_branch_without_members_owes_nothing() -> None:
    found, lines = look(Branch([]), "2026-10-31")
    assert lines == {}
    assert set(why(found).values()) == {"no_members"}


def test_half_of_those_due_are_enough_and_one_less_are_not() -> None:
    enough = replace(held("branch_assembly", "2026-10-09"), due=10, present=5)
    few = replace(enough, present=4)
    assert look(branch(), "2026-10-10", enough)[1]["branch_assembly"][0].state == "held"
    line = look(branch(), "2026-10-10", few)[1]["branch_assembly"][0]
    assert (line.state, line.held, [sat.meeting for sat in line.short]) == ("open", (), ["m"])
    lecture = replace(few, kind="party_lecture")
    assert look(branch(), "2026-10-10", lecture)[1]["party_lecture"][0].state == "held", "no quorum is asked for"


def test_the_last_day_of_a_period_is_in_it_and_the_next_day_is_late() -> None:
    on_the_last = held("branch_assembly", "2026-12-31")
    assert look(branch(), "2027-01-02", on_the_last)[1]["branch_assembly"][0].state == "held"
    after = held("branch_assembly", "2027-01-01")
    assert look(branch(), "2026-12-31", after)[1]["branch_assembly"][0].state == "open"
    assert look(branch(), "2027-01-01", after)[1]["branch_assembly"][0].state == "overdue"


def test_months_to_come_lie_ahead() -> None:
    states = [line.state for line in look(branch(), "2026-11-30")[1]["theme_day"]]
    assert states == ["overdue", "open", "ahead"]
    assert [line.state for line in look(branch(), "2026-12-01")[1]["theme_day"]] == ["overdue", "overdue", "open"]


def test_the_secretary_lectures_once_a_year() -> None:
    by_another = held("party_lecture", "2026-03-05", "m1")
    found = look(branch(), "2026-12-31", by_another)[1]["secretary_lecture"][0]
    assert (found.state, found.period) == ("open", year_of(2026))
    assert look(branch(), "2027-01-01", by_another)[1]["secretary_lecture"][0].state == "overdue"
    own = held("party_lecture", "2026-03-05", "m1", by_secretary=True)
    assert look(branch(), "2026-12-31", own)[1]["secretary_lecture"][0].state == "held"
    founded = branch(3, since="2026-06-01")
    assert look(founded, "2026-12-31")[1]["secretary_lecture"][0].state == "open", "founded in the year"


def test_what_is_planned_is_planned_until_its_day_has_passed() -> None:
    entry = Entry("e", "branch_assembly", "2026-11-20", "审议")
    for today, state in (("2026-11-20", "planned"), ("2026-11-21", "open")):
        assert look(branch(), today, entries=(entry,))[1]["branch_assembly"][0].state == state
    made = Sat("m", "branch_assembly", "2026-11-25", "planned", entry="e")
    found, lines = look(branch(), "2026-11-25", made, entries=(entry,))
    assert (lines["branch_assembly"][0].state, lines["branch_assembly"][0].planned) == ("planned", 1)
    assert found.done == {"e": "m"}


def test_a_meeting_that_was_not_made_of_the_plan_does_what_one_entry_meant() -> None:
    entries = (Entry("a", "theme_day", "2026-11-05", "一"), Entry("b", "theme_day", "2026-11-25", "二"))
    found, _ = look(branch(), "2026-11-30", held("theme_day", "2026-11-06"), entries=entries)
    assert found.done == {"a": "m"}
    made_of_b = held("theme_day", "2026-11-06", entry="b")
    assert look(branch(), "2026-11-30", made_of_b, entries=entries)[0].done == {"b": "m"}
    october = held("theme_day", "2026-10-31")
    assert look(branch(), "2026-11-30", october, entries=entries)[0].done == {}


def test_a_plan_of_the_fifth_is_in_time() -> None:
    assert clock.plan_state(FILING, Q4, None, "2026-10-05") == "none"
    assert clock.plan_state(FILING, Q4, None, "2026-10-06") == "late"
    assert not clock.filed_late(FILING, Q4, clock.Filed("2026-10-05", None))
    assert clock.filed_late(FILING, Q4, clock.Filed("2026-10-06", "agree"))
    words = [clock.plan_state(FILING, Q4, clock.Filed("2026-10-02", each), "2026-12-31") for each in
             (None, "agree", "return")]  # fmt: skip
    assert words == ["waiting", "agreed", "returned"]


def test_a_report_has_three_working_days() -> None:
    # Friday 27 November 2026: Monday, Tuesday, Wednesday.
    assert clock.report_due(FILING, "2026-11-27") == "2026-12-02"
    assert clock.report_state(FILING, "2026-11-27", None, "2026-12-02") == "due"
    assert clock.report_state(FILING, "2026-11-27", None, "2026-12-03") == "late"
    assert clock.report_state(FILING, "2026-11-27", "2026-12-02", "2027-01-01") == "checked"
    assert clock.report_state(FILING, "2026-11-27", "2026-12-03", "2027-01-01") == "checked_late"
    # The holidays of October 2025: 1 to 8, 11 October is worked.
    assert clock.report_due(FILING, "2025-09-30") == "2025-10-11"


def test_a_report_is_reminded_of_on_the_working_day_before() -> None:
    # Wednesday: Thursday, Friday, Monday 30.
    days = ["2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28", "2026-11-29", "2026-11-30", "2026-12-01"]
    told = [clock.report_told(FILING, "2026-11-25", day) for day in days]
    assert told == [False, False, True, False, False, True, False]


def test_a_plan_is_reminded_of_before_its_day_and_not_after() -> None:
    days = ("2026-10-01", "2026-10-02", "2026-10-05", "2026-10-06")
    assert [clock.plan_told(FILING, Q4, None, day) for day in days] == [False, True, True, False]
    assert not clock.plan_told(FILING, Q4, clock.Filed("2026-10-01", None), "2026-10-05")


def test_what_is_missing_is_told_near_its_end() -> None:
    def told(today: str, *sats: Sat) -> set[str]:
        return {each.duty.key for each in clock.missing_told(look(branch(6), today, *sats)[0], today)}

    assert told("2026-10-25") == set()
    assert told("2026-10-26") == {"theme_day"}
    assert "branch_assembly" not in told("2026-12-10")
    assert "branch_assembly" in told("2026-12-11")
    assert "branch_assembly" in told("2026-12-31")
    assert told("2027-01-01") == set(), "what is overdue is on the page"
    assert "branch_assembly" not in told("2026-12-31", held("branch_assembly", "2026-11-03"))


def test_a_period_in_words() -> None:
    year = year_of(2026)
    assert [clock.in_words(each) for each in (Q4.months[0], Q4.whole, Quarter(2026, 1).whole, year)] == [
        "2026年10月", "2026年第四季度", "2026年第一季度", "2026年"
    ]  # fmt: skip
    assert [clock.in_words_en(each) for each in (Q4.months[0], Q4.whole, year)] == ["2026-10", "2026Q4", "2026"]


def test_a_countys_own_figures_hold_from_their_day() -> None:
    mine = """
[[duty]]
key = "party_lecture"
name = "党课"
name_en = "Party lecture"
kind = "party_lecture"
per = "quarter"
times = 2
remind_days = 10
source = "local"
from_on = "2027-01-01"
"""
    taken = taken_up(shipped(), [("own.toml", mine)], "2026-11-28")

    def required(quarter: Quarter) -> list[int]:
        found = standing(lambda on: Catalogue(taken, on), branch(), (), (), quarter, "2026-11-28")
        return [line.required for line in found.lines if line.duty.key == "party_lecture"]

    assert (required(Q4), required(Q4.later())) == ([1], [2])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ('kind = "training"', "no meeting of the party's"),
        ('kind = "branch_asembly"', "no kind of meeting"),
        ('kind = "party_group_meeting"\nquorum = true', "how many must come"),
        ('kind = "party_lecture"\nfixed_day = true', "a fixed day is a month's"),
    ],
)
def test_a_duty_with_a_mistake_is_refused(change: str, said: str) -> None:
    mine = f"""
[[duty]]
key = "own"
name = "自定"
name_en = "Own"
per = "quarter"
times = 1
remind_days = 10
source = "local"
from_on = "2027-01-01"
{change}
"""
    with pytest.raises(WrongCatalogue) as refused:
        taken_up(shipped(), [("own.toml", mine)], "2026-11-28")
    assert said in str(refused.value.args)


def test_the_shipped_duties_are_the_table_of_the_rules() -> None:
    duties = catalogue("2026-10-01").duties
    assert {key: (one.per, one.times, one.full_members, one.each_group) for key, one in duties.items()} == {
        "branch_assembly": ("quarter", 1, None, False), "branch_committee": ("month", 1, 7, False),
        "party_group_meeting": ("month", 1, None, True), "party_lecture": ("quarter", 1, None, False),
        "secretary_lecture": ("year", 1, None, False), "theme_day": ("month", 1, None, False),
    }  # fmt: skip


FACTS = report.Facts(
    "中共张庄村支部", "张庄村", "支部党员大会", "四季度党员大会", "2026-11-27 09:00", "2026-11-27 10:30", "张庄村",
    "王建国", "李秀英", 9, 7, [report.Absent("刘德才", "外出务工"), report.Absent("张永福", None)],
    [report.Item("学习文件"), report.Item("道路硬化", [
        report.Voted("hands", 9, 7, 4, 3, 0, 0, False), report.Voted("hands", 9, 7, 6, 0, 1, 0, True)])],
    closed_items=1,
)  # fmt: skip


def test_the_report_says_what_the_meeting_shows() -> None:
    fields = report.written(FACTS)
    assert (
        report.text(fields)
        == """\
中共张庄村支部支部党员大会情况
会议主题：四季度党员大会
会议时间：2026-11-27 09:00 至 2026-11-27 10:30
会议地点：张庄村
主持人：王建国　记录人：李秀英
到会情况：应到 9 人，实到 7 人。缺席：刘德才（外出务工）、张永福（原因未填）。
会议内容：
1. 学习文件
2. 道路硬化。举手表决：应到 9 人，实到 7 人，赞成 6 票，反对 0 票，弃权 1 票，通过
另有不公开的议题 1 项。
会议决定：
“道路硬化”通过。"""
    )


def test_who_checks_it_changes_words_and_no_counts() -> None:
    fields = report.changed(report.written(FACTS), {"place": "村部二楼", "due": "90", "absent": "无"})
    assert (fields["place"], fields["due"]) == ("村部二楼", "9")
    assert "外出务工" in fields["absent"]


def test_a_row_follows_the_columns() -> None:
    columns = list(Catalogue(read_files(_renamed()), "2026-11-28").report_columns.values())
    row = report.row(columns, report.written(FACTS))
    named = dict(zip([column.name for column in columns], row, strict=True))
    assert (named["实到"], named["会议类型"]) == (7, "支部党员大会")
    assert str(named["全文"]).startswith("中共张庄村支部")


def _renamed() -> list[tuple[str, str]]:
    """The shipped files with a county's own columns."""
    data = files("api.domain") / "data"
    named = [(each.name, each.read_text("utf-8")) for each in data.iterdir() if each.name.endswith(".toml")]
    own = """
[[report_column]]
key = "present"
name = "实到"
field = "present"
from_on = "2018-01-02"

[[report_column]]
key = "whole"
name = "全文"
field = "text"
from_on = "2018-01-02"
"""
    return [*named, ("own.toml", own)]
