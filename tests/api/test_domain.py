"""The pure rules: states, days, votes, rights, guesses, what is done properly, the fold."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.acts.coverage_of import coverage_view
from api.domain import guesses, meeting
from api.domain.catalogue import catalogue
from api.domain.day import day_of, holds, utc_text
from api.domain.entries import Share
from api.domain.fold import DecisionState, fold
from api.domain.rights import Grant, Place, may, subtrees
from api.domain.shown import Held, overlap, shown, within
from api.errors.meetings import NotToday, WrongState
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


# --- what a recording shows

JUDGING = catalogue(TODAY).judging
WHOLE = Held(
    items=[(1000, 61_000)], recorded=True, holes=(), sealed_ms=100_000, due_ms=100_000, votes=((None, 50_000),),
    supervised=[(0, 100_000)], confirmed=True,
)  # fmt: skip


def figures(**changes: Any) -> dict[str, Any]:
    return shown(replace(WHOLE, **changes), JUDGING)


def test_what_a_recording_shows_of_a_sitting() -> None:
    there = {"present": True, "away_ms": 0, "confirmed": True}
    assert figures() == {
        "recorded": True, "coverage_permille": 1000, "longest_break_ms": 0, "breaks_permille": 0, "supervisor": there,
        "gaps": [],
    }  # fmt: skip
    assert figures(sealed_ms=94_999)["coverage_permille"] == 949  # never rounded up
    assert figures(sealed_ms=0, due_ms=0)["coverage_permille"] == 0
    breaks = figures(breaks=[(5_000, 6_000), (20_000, 23_000)], due_ms=96_000)
    assert (breaks["longest_break_ms"], breaks["breaks_permille"]) == (3_000, 40)
    # A share is never rounded down.
    assert figures(breaks=[(0, 1)], due_ms=100_000)["breaks_permille"] == 1


def test_what_a_recording_shows_of_one_part() -> None:
    """Morning and afternoon with a noon of an hour between them: it is a break of neither, nor is what is missing in
    one missing in the other."""
    minute = 60_000
    whole = Held(
        items=[], recorded=True, holes=[(50 * minute, 51 * minute)], sealed_ms=140 * minute, due_ms=141 * minute,
        breaks=[(20 * minute, 30 * minute), (61 * minute, 121 * minute)], supervised=[(0, 60 * minute)], confirmed=True,
    )  # fmt: skip
    morning = shown(within(replace(whole, items=[(0, 60 * minute)]), (0, 60 * minute)), JUDGING)
    assert (morning["coverage_permille"], morning["longest_break_ms"]) == (980, 10 * minute)
    assert (morning["breaks_permille"], morning["supervisor"]["away_ms"]) == (167, 0)
    span = (125 * minute, 200 * minute)
    afternoon = shown(within(replace(whole, items=[span]), span), JUDGING)
    assert (afternoon["coverage_permille"], afternoon["longest_break_ms"], afternoon["breaks_permille"]) == (1000, 0, 0)
    assert afternoon["supervisor"] == {"present": False, "away_ms": 75 * minute, "confirmed": True}
    nothing = replace(whole, sealed_ms=0, holes=[(0, 200 * minute)])
    assert shown(within(nothing, span), JUDGING)["coverage_permille"] == 0


def test_a_gap_in_a_vote() -> None:
    assert figures(holes=[(45_000, 47_000)])["gaps"] == [1]
    assert figures(holes=[(45_000, 45_900)])["gaps"] == []  # below what counts as a hole
    # Two causes one after the other are one hole.
    assert figures(holes=[(45_000, 45_900), (45_900, 46_800)])["gaps"] == [1]
    assert figures(holes=[(10_000, 13_000)])["gaps"] == []  # before the question was read
    assert figures(holes=[(51_000, 60_000)])["gaps"] == []  # after the announcement
    assert figures(holes=[(45_000, 47_000)], votes=((None, 20_000), (None, 50_000)))["gaps"] == [2]
    # Before the item, not the vote.
    assert figures(holes=[(0, 5000)], items=[(6000, 20_000)], votes=((None, 9000),))["gaps"] == []
    # From the reading of the question, however long ago, and not from before it.
    assert figures(holes=[(5_000, 7_000)], votes=((4_000, 50_000),))["gaps"] == [1]
    assert figures(holes=[(45_000, 47_000)], votes=((47_000, 50_000),))["gaps"] == []
    assert figures(recorded=False, votes=((None, 1), (1, 2)))["gaps"] == [1, 2]


def test_how_long_the_supervisor_was_away() -> None:
    assert figures(supervised=[])["supervisor"] == {"present": False, "away_ms": 60_000, "confirmed": True}
    assert figures(supervised=[(0, 31_000), (41_000, 99_000)])["supervisor"]["away_ms"] == 10_000
    # In a declared break nobody has to be there.
    assert figures(supervised=[(0, 31_000), (41_000, 99_000)], breaks=[(31_000, 41_000)])["supervisor"]["away_ms"] == 0
    two = figures(items=[(0, 10_000), (50_000, 60_000)], supervised=[(0, 10_000)], confirmed=False)["supervisor"]
    assert two == {"present": True, "away_ms": 10_000, "confirmed": False}


SPANS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)).map(lambda p: (min(p), max(p))), max_size=8)


def test_a_rounding_is_no_gap_on_screen() -> None:
    holes = [Hole(0, 999_999, None), Hole(5_000_000, 6_000_000, "relay")]
    told = coverage_view([Coverage(1.0, None, None, 10, 10, holes)]).gaps
    assert [(gap.start_ms, gap.end_ms, gap.cause) for gap in told] == [(5, 6, "relay")]


@given(SPANS, SPANS)
def test_overlap_counts_each_moment_once(spans: list[tuple[int, int]], within: list[tuple[int, int]]) -> None:
    def moments(pairs: list[tuple[int, int]]) -> set[int]:
        return {m for a, b in pairs for m in range(a, b)}

    assert overlap(spans, within) == len(moments(spans) & moments(within))


# --- the fold


CREATED = {"decision": "d", "unit": "u", "matter": "c2", "title": "t", "access_class": "open", "by": "x",
           "created_ms": 1_793_000_000_000}  # fmt: skip
DONE = {"step": "entry", "on": "2026-11-02", "outcome": "resolved", "by": "x"}


def test_the_record_is_what_its_acts_come_to() -> None:
    state = fold([("created", CREATED), ("something new", {}), ("done", DONE), ("judged", {"proper": False})])
    assert (state.outcome, state.state, state.proper, state.latest) == ("resolved", "decided", False, "2026-11-02")
    assert state.begun_on == day_of(1_793_000_000_000 * 1_000_000)
    assert state.record is not None
    assert state.record.steps["entry"].done == ("2026-11-02",)
    assert fold([("created", CREATED)]).state == "open"


def test_what_was_erased_stays_as_the_row_has_it() -> None:
    entries: list[tuple[str, dict[str, Any]]] = [
        ("created", CREATED),
        ("item", {"agenda_item": "i", "meeting": "m", "title": "t"}),
        ("done", DONE),
        ("judged", {"proper": False}),
        ("class", {"access_class": "file", "agenda_item": "i"}),
        ("end", {"on": "2026-11-03", "reason": "r", "outcome": "ended"}),
        ("judged", {"proper": True}),
    ]
    columns = [
        name for name in DecisionState.__slots__ if name not in ("items", "votes", "recordings", "record", "latest")
    ]
    for length in range(1, len(entries) + 1):
        whole = fold(entries[:length])
        for erased in range(length):
            left = [(kind, None if at == erased else payload) for at, (kind, payload) in enumerate(entries[:length])]
            again = fold(left, whole)
            assert [getattr(again, name) for name in columns] == [getattr(whole, name) for name in columns], left
            assert (again.record is None) is (entries[erased][0] in ("created", "done", "end"))
        # And what comes afterwards still changes it.
        assert (
            fold([*((kind, None) for kind, _ in entries[:length]), ("judged", {"proper": None})], whole).proper is None
        )
