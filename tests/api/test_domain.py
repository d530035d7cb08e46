"""The pure rules: states, days, votes, rights, guesses, what is done properly, the fold."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.acts.coverage_of import coverage_view
from api.domain import guesses, meeting, proper
from api.domain.catalogue import catalogue
from api.domain.day import day_of, holds, utc_text
from api.domain.entries import Share
from api.domain.fold import DecisionState, fold
from api.domain.rights import Grant, Place, may, subtrees
from api.domain.votes import Figures, outcome
from api.errors import BadVote, NotToday, WrongState
from recorder.coverage import Coverage, Hole

TODAY = "2026-11-24"
COUNTS = st.integers(0, 3000)


def test_the_shipped_catalogue_is_whole() -> None:
    now = catalogue(TODAY)
    assert (len(now.categories), len(now.matters)) == (11, 30)
    assert {kind.recording for kind in now.kinds.values()} == {"always", "choice", "never"}
    assert now.kinds["democratic_life"].recording == "never"
    assert all(kind.recording == "always" for kind in now.kinds.values() if kind.group == "village")
    assert len(now.roles) == 11
    # The law of 2026 was not in force the year before; a kind without a rule then has none.
    assert catalogue("2025-12-31").body_of("villagers_assembly") is None
    assert now.body_of("villagers_assembly") is not None


def test_the_table_of_states_leaves_out_nothing_that_is_refused() -> None:
    verbs = {verb for _, verb in meeting.TABLE}
    for state, verb in product(meeting.STATES, verbs):
        if (state, verb) in meeting.TABLE:
            assert meeting.after(state, verb) in meeting.STATES
        else:
            with pytest.raises(WrongState):
                meeting.after(state, verb)
    assert not [verb for state, verb in meeting.TABLE if state == "cancelled"]


def test_a_meeting_is_reopened_on_the_day_it_opened_or_ended_past_midnight() -> None:
    meeting.check_reopening("2026-11-24", "2026-11-24", "2026-11-24")
    meeting.check_reopening("2026-11-23", "2026-11-24", "2026-11-24")
    with pytest.raises(NotToday):
        meeting.check_reopening("2026-11-23", "2026-11-23", "2026-11-24")


@given(COUNTS, st.integers(0, 3000), COUNTS)
def test_a_meeting_waits_longer_for_whose_line_was_lost_and_ends_at_the_same_moment(
    lost: int, later: int, opened: int
) -> None:
    patience = meeting.Patience(left_ns=10, lost_ns=120)
    last = lost + later  # somebody else left by himself
    for now in range(last, last + 200, 7):
        end = meeting.absent_since(last, now, patience, opened, lost)
        if now - max(last, opened) < 10 or (lost >= opened and now - lost < 120):
            assert end is None
        else:
            assert end == max(last, opened)


@given(st.none() | COUNTS, COUNTS, st.integers(1, 1000), COUNTS)
def test_absence_ends_a_meeting_at_its_last_moment_with_media(
    last: int | None, now: int, limit: int, opened: int
) -> None:
    end = meeting.absent_since(last, now, meeting.Patience(limit, 0), opened)
    if end is None:
        assert now - max(last or 0, opened) < limit
    else:
        assert opened <= end <= now - limit
        assert last is None or end in (last, opened)


def test_days_are_shanghais() -> None:
    assert day_of(1_798_732_800_000_000_000 - 1) == "2026-12-31"
    assert utc_text(0) == "1970-01-01T00:00:00.000Z"
    assert day_of(16 * 3600 * 10**9) == "1970-01-02"
    assert holds("2026-01-01", "2026-02-01", "2026-01-31")
    assert not holds("2026-01-01", "2026-02-01", "2026-02-01")


# --- votes


def test_more_than_half_and_at_least_two_thirds() -> None:
    half = Share(base="present", numerator=1, denominator=2, at_least=False)
    thirds = Share(base="due", numerator=2, denominator=3, at_least=True)
    assert not half.met(5, 10)
    assert half.met(6, 10)
    assert thirds.met(2, 3)
    assert not thirds.met(66, 100)
    assert thirds.met(67, 100)


@pytest.mark.parametrize(
    ("kind", "figures", "expected"),
    [
        ("representatives_meeting", Figures(8, 1, 1, 10, 15), "passed"),
        ("representatives_meeting", Figures(9, 0, 0, 9, 15), "no_quorum"),
        ("representatives_meeting", Figures(5, 5, 0, 10, 15), "rejected"),
        ("members_assembly", Figures(10, 0, 0, 10, 15), "passed"),  # 2/3 of all
        ("members_assembly", Figures(9, 1, 0, 10, 15), "rejected"),
        ("branch_assembly", Figures(5, 0, 0, 5, 10), "rejected"),  # > 1/2 of those due
        ("branch_assembly", Figures(6, 0, 0, 6, 10), "passed"),
        ("consultation", Figures(2, 1, 0), "passed"),
        ("consultation", Figures(0, 0, 0), "rejected"),
        # Nobody voted because nobody had come: called again, not voted down.
        ("representatives_meeting", Figures(0, 0, 0, 5, 20), "no_quorum"),
        ("representatives_meeting", Figures(0, 0, 0, 0, 20), "no_quorum"),
        ("representatives_meeting", Figures(0, 0, 0, 15, 20), "rejected"),
        ("representatives_meeting", Figures(0, 0, 0, 0, 0), "rejected"),
        ("members_assembly", Figures(0, 0, 0, 0, 0), "rejected"),
    ],
)
def test_outcomes_by_the_bodys_rule(kind: str, figures: Figures, expected: str) -> None:
    assert outcome(figures, catalogue(TODAY).body_of(kind)) == expected


@given(COUNTS, COUNTS, COUNTS, st.none() | COUNTS, st.none() | COUNTS)
def test_figures_that_cannot_be_are_refused_and_nothing_passes_without_a_majority(
    a: int, b: int, c: int, present: int | None, due: int | None
) -> None:
    figures = Figures(a, b, c, present, due)
    here = a + b + c if present is None else present
    impossible = a + b + c > here or (due is not None and here > due)
    for rule in [None, *catalogue(TODAY).bodies.values()]:
        if impossible:
            with pytest.raises(BadVote):
                outcome(figures, rule)
        elif outcome(figures, rule) == "passed":
            assert a > b + c


# --- rights


def grant(role: str, unit: str, **more: str | None) -> Grant:
    return Grant(role, unit, more.get("category"), more.get("access_class"), more.get("from_on") or "2020-01-01",
                 more.get("until_on"))  # fmt: skip


PATH = ("village", "town", "county")


@pytest.mark.parametrize("role", sorted(catalogue(TODAY).roles))
def test_a_right_holds_below_its_unit_and_nowhere_else(role: str) -> None:
    now = catalogue(TODAY)
    every = {act for each in now.roles.values() for act in each.acts}
    for act in every:
        allowed = act in now.roles[role].acts
        for unit in PATH:
            assert may(act, Place(PATH), [grant(role, unit)], now) is allowed
        assert not may(act, Place(PATH), [grant(role, "another village")], now)
        assert not may(act, Place(("town", "county")), [grant(role, "village")], now)
        assert not may(act, Place(PATH), [grant(role, "town", until_on=TODAY)], now)
        assert not may(act, Place(PATH), [grant(role, "town", from_on="2026-11-25")], now)
        assert subtrees(act, [grant(role, "town")], now) == ({"town"} if allowed else set())


@pytest.mark.parametrize(
    ("role", "access_class", "seen"),
    [("inspector", "file", True), ("inspector", "award", True), ("secretary", "restricted", True),
     ("secretary", "file", True), ("terminal", "restricted", False), ("reviewer", "award", False),
     ("admin", "restricted", False), ("organiser", "restricted", False)],
)  # fmt: skip
def test_access_classes(role: str, access_class: str, seen: bool) -> None:
    place = Place(PATH, None, access_class)
    assert may("recording.look", place, [grant(role, "county")], catalogue(TODAY)) is seen
    narrowed = [grant(role, "county", access_class="open")]
    assert not may("recording.look", place, narrowed, catalogue(TODAY))


def test_a_category_narrows_a_right() -> None:
    relief = [grant("inspector", "county", category="G")]
    assert may("decision.look", Place(PATH, "G"), relief, catalogue(TODAY))
    assert not may("decision.look", Place(PATH, "D"), relief, catalogue(TODAY))


# --- guesses


@given(st.integers(0, 10_000), st.integers(0, 100))
def test_a_block_grows_and_has_an_end(failures: int, free: int) -> None:
    block = guesses.block_seconds(failures, free)
    assert (block == 0) is (failures <= free)
    assert block <= guesses.LONGEST_S
    assert guesses.block_seconds(failures + 1, free) >= block


# --- done properly

JUDGING = catalogue(TODAY).judging
WHOLE = proper.Sitting((1000, 61_000), True, (), 100_000, 100_000, votes_at_ms=(50_000,), body="representatives")
VOTED = [proper.VoteNote(15, 12)]
RULE = catalogue(TODAY).bodies["representatives"]


def reasons(**changes: object) -> list[str]:
    from dataclasses import replace

    return proper.judge([replace(WHOLE, **changes)], VOTED, RULE, JUDGING)  # type: ignore[arg-type]


def test_reasons_one_by_one() -> None:
    assert reasons() == []
    assert reasons(recorded=False) == ["proper.no-recording"]
    assert reasons(item=None) == ["proper.no-recording"]
    assert reasons(holes=[(10_000, 13_000)]) == ["proper.item-coverage"]
    assert reasons(holes=[(10_000, 10_900)]) == []  # below what counts as a hole
    short = {"item": (10_000, 10_500), "votes_at_ms": (10_400,)}
    assert reasons(holes=[(9_900, 10_600)], **short) == ["proper.item-coverage", "proper.vote-in-hole"]
    # Two causes one after the other are one hole.
    assert reasons(holes=[(10_000, 10_900), (10_900, 11_800)]) == ["proper.item-coverage"]
    assert reasons(holes=[(62_000, 70_000)]) == []  # outside the item
    assert reasons(holes=[(0, 5000)], item=(6000, 20_000), votes_at_ms=(9000,)) == []  # before the item, not the vote
    assert reasons(holes=[(45_000, 47_000)]) == ["proper.item-coverage", "proper.vote-in-hole"]
    assert reasons(holes=[(10_000, 13_000)], breaks=[(9_000, 14_000)]) == []  # in a declared break
    assert reasons(meeting_sealed_ms=94_999) == ["proper.meeting-coverage"]
    assert reasons(votes_at_ms=(70_000,)) == ["proper.vote-outside-item"]
    assert reasons(breaks=[(0, 900_001)]) == ["proper.break-too-long"]
    assert reasons(notice_given=False) == ["proper.notice-missing"]
    assert proper.judge([], [], None, JUDGING) == ["proper.no-item", "proper.no-vote"]
    assert proper.judge([WHOLE], [proper.VoteNote(None, None)], RULE, JUDGING) == [
        "proper.due-unknown", "proper.present-unknown",
    ]  # fmt: skip
    assert proper.judge([WHOLE], VOTED, RULE, JUDGING, "MA") == ["proper.wrong-body"]
    assert proper.judge([WHOLE], VOTED, RULE, JUDGING, "V") == []


SPANS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)).map(lambda p: (min(p), max(p))), max_size=8)


def test_a_rounding_is_no_gap_on_screen() -> None:
    holes = [Hole(0, 999_999, None), Hole(5_000_000, 6_000_000, "relay")]
    shown = coverage_view([Coverage(1.0, None, None, 10, 10, holes)]).gaps
    assert [(gap.start_ms, gap.end_ms, gap.cause) for gap in shown] == [(5, 6, "relay")]


@given(SPANS, SPANS)
def test_overlap_counts_each_moment_once(spans: list[tuple[int, int]], within: list[tuple[int, int]]) -> None:
    def moments(pairs: list[tuple[int, int]]) -> set[int]:
        return {m for a, b in pairs for m in range(a, b)}

    assert proper.overlap(spans, within) == len(moments(spans) & moments(within))


# --- the fold


def test_a_vote_taken_again_replaces_the_outcome_and_asks_for_a_new_judgement() -> None:
    created = {"decision": "d", "unit": "u", "matter": "d1", "title": "t", "access_class": "open", "by": "x",
               "created_ms": 5}  # fmt: skip
    vote = {"vote": "v1", "outcome": "rejected"}
    state = fold([("created", created), ("vote", vote), ("judged", {"proper": False, "reasons": ["proper.no-vote"]})])
    assert (state.outcome, state.proper, state.improper_reasons) == ("rejected", False, ["proper.no-vote"])
    state = fold([("created", created), ("vote", vote), ("judged", {"proper": True, "reasons": []}),
                  ("something new", {}), ("vote", {"vote": "v2", "outcome": "passed"})])  # fmt: skip
    assert (state.outcome, state.proper, len(state.votes), state.created_wall) == ("passed", None, 2, 5_000_000)


def test_what_was_erased_stays_as_the_row_has_it() -> None:
    entries: list[tuple[str, dict[str, Any]]] = [
        ("created", {"decision": "d", "unit": "u", "matter": "d1", "title": "t", "access_class": "open", "by": "x",
                     "created_ms": 5}),
        ("item", {"agenda_item": "i", "meeting": "m", "title": "t"}),
        ("vote", {"vote": "v1", "outcome": "rejected"}),
        ("judged", {"proper": False, "reasons": ["proper.no-vote"]}),
        ("class", {"access_class": "file", "agenda_item": "i"}),
        ("vote", {"vote": "v2", "outcome": "passed"}),
        ("judged", {"proper": True, "reasons": []}),
    ]  # fmt: skip
    columns = [name for name in DecisionState.__slots__ if name not in ("items", "votes", "recordings")]
    for length in range(1, len(entries) + 1):
        whole = fold(entries[:length])
        for erased in range(length):
            left = [(kind, None if at == erased else payload) for at, (kind, payload) in enumerate(entries[:length])]
            again = fold(left, whole)
            assert [getattr(again, name) for name in columns] == [getattr(whole, name) for name in columns], left
        # And what comes afterwards still changes it.
        assert fold([*((kind, None) for kind, _ in entries[:length]), ("outcome", {"outcome": "withdrawn"})],
                    whole).outcome == "withdrawn"  # fmt: skip
