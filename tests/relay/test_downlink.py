"""What a viewer's line carries, and which layers fit: pure."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.engine.aims import allot
from media_server.engine.downlink import (
    JUDGE_NS,
    LEAST_PAUSE_NS,
    MOST_DARING_NS,
    MOST_PAUSE_NS,
    PROBE_NS,
    Downlink,
)
from tests.relay.engine import MS, SECOND

ladders = st.lists(
    st.lists(st.integers(50_000, 3_000_000), min_size=1, max_size=3).map(sorted), min_size=1, max_size=6
)  # fmt: skip


@given(ladders, st.integers(-200_000, 6_000_000))
def test_layers_never_take_more_than_there_is_and_the_most_urgent_go_first(rates: list[list[int]], left: int) -> None:
    chosen, step = allot(rates, left)
    taken = sum(ladder[place] for ladder, place in zip(rates, chosen, strict=True) if place is not None)
    assert taken <= max(left, 0)
    for number, place in enumerate(chosen):
        if place is None:  # nobody less urgent has more than the least layer
            assert all(other in (0, None) for other in chosen[number + 1 :]) or any(
                rates[number][0] > rates[other][0] for other in range(number + 1, len(rates))
            )
    everything = all(place == len(ladder) - 1 for ladder, place in zip(rates, chosen, strict=True))
    assert (step is None) == everything
    if step is not None:
        assert step > 0 or any(len(set(ladder)) < len(ladder) for ladder in rates)


@given(ladders)
def test_without_a_limit_everybody_gets_what_he_wants(rates: list[list[int]]) -> None:
    assert allot(rates, None) == ([len(ladder) - 1 for ladder in rates], None)


def test_nothing_limits_a_line_that_nothing_is_said_of() -> None:
    line = Downlink()
    for second in range(60):
        line.report(second * SECOND, 0.0, 40.0, 2_000_000)
        line.remb(second * SECOND, 250_000 + 20_000 * second, 2_000_000)  # rises, as it does behind a layer that grew
    assert line.budget is None


def test_a_remb_that_falls_cuts_at_once_and_one_that_stays_low_a_little_later() -> None:
    line = Downlink()
    line.remb(0, 2_000_000, 1_500_000)
    line.remb(200 * MS, 280_000, 1_500_000)
    assert (line.budget, line.changed) == (280_000, True)
    line = Downlink()
    for second in range(3):
        line.remb(second * SECOND, 400_000, 1_500_000)
    assert line.budget is None
    line.remb(5 * SECOND, 400_000, 1_500_000)
    assert line.budget == 400_000


def test_loss_cuts_to_what_arrives_and_takes_the_last_picture_only_when_it_lasts() -> None:
    line = Downlink()
    line.least_bps = 180_000
    line.report(0, 0.5, 40.0, 2_000_000)
    assert line.budget == 900_000
    line.report(100 * MS, 0.5, 40.0, 2_000_000)
    assert line.budget == 900_000  # this one still tells of what was before
    line.report(2 * SECOND, 0.2, 40.0, 2_000_000)
    assert line.budget == 720_000  # as long as it is bad there is less
    line.report(3_500 * MS, 0.5, 40.0, 200_000)
    assert line.budget == 180_000
    line.report(5 * SECOND, 0.5, 40.0, 200_000)
    assert line.budget == 90_000


def test_a_stroke_on_the_air_is_no_narrow_line() -> None:
    """A limit would take repeats away just where they mend."""
    line = Downlink()
    for second, lost in enumerate((0.0, 0.25, 0.01, 0.35, 0.0)):
        line.report(second * SECOND, lost, 40.0, 1_000_000)
        assert line.budget is None
    line.report(5 * SECOND, 0.25, 40.0, 1_000_000)
    line.report(6 * SECOND, 0.25, 40.0, 1_000_000)  # told of twice running
    assert line.budget == 675_000
    at_once = Downlink()
    at_once.report(0, 0.7, 40.0, 1_000_000)
    assert at_once.budget == 270_000


def test_reports_that_come_often_are_judged_together() -> None:
    line = Downlink()
    line.block(7, 1_000, 5, 40.0)
    line.look(0, 1_000_000)
    for tick in range(1, 6):  # every other one tells of losses alone
        line.block(7, 1_000 + 4 * tick, 5 + 2 * tick, 40.0 if tick % 2 else 400.0)
        line.look(tick * 100 * MS, 1_000_000)
        assert (line.budget is None) == (tick < 5)
    assert line.budget == 450_000
    quiet = Downlink()
    for tick in range(20):  # of few packets one is nothing
        quiet.block(7, 1_000 + tick, tick // 8, None)
        quiet.look(tick * SECOND, 1_000_000)
    assert quiet.budget is None


def test_a_queue_that_fills_cuts_too() -> None:
    line = Downlink()
    line.report(0, 0.0, 40.0, 1_000_000)
    line.report(SECOND, 0.0, 200.0, 1_000_000)
    assert line.budget is None
    line.report(2 * SECOND, 0.0, 400.0, 1_000_000)
    assert line.budget is None  # once may be anything
    line.report(3 * SECOND, 0.0, 400.0, 1_000_000)
    assert line.budget == 700_000


def test_what_comes_while_there_is_a_queue_is_what_the_line_carries() -> None:
    line = Downlink()
    line.report(0, 0.0, 40.0, 1_500_000)
    assert line.reached(0, 7, 1_000, 0, 40.0) is None
    assert line.reached(500 * MS, 7, 1_090, 0, 350.0) is None  # there was none at the last report
    before = line.reached(SECOND, 7, 1_110, 2, 600.0)
    assert before is not None
    assert (before.at, before.highest, before.lost) == (500 * MS, 1_090, 0)
    line.carries(SECOND, 300_000, 1_500_000)
    assert line.budget == 270_000
    assert line.reached(1_500 * MS, 7, 1_130, 2, None) is None  # nothing is under way
    assert line.reached(1_600 * MS, 7, 1_132, 2, 300.0) is None
    assert line.reached(1_620 * MS, 7, 1_140, 2, 300.0) is None  # too soon behind the one before it
    again = line.reached(2_000 * MS, 7, 1_150, 2, 300.0)
    assert again is not None
    assert again.highest == 1_132
    busy = Downlink()
    busy.carries(0, 1_400_000, 1_500_000)  # all of it comes, though late
    assert busy.budget is None


def test_an_estimate_that_sinks_a_little_again_and_again_puts_off_no_try() -> None:
    line = limited()  # at 315 kbit/s
    octets, now = 0, 0
    while now < LEAST_PAUSE_NS + 2 * SECOND:
        line.remb(now, 310_000 if now // SECOND % 2 else 298_000, 400_000)
        sent, now = play(line, now, SECOND, 200_000, 600_000)
        octets += sent
    assert octets > 0


def test_a_moments_queue_takes_no_picture_away() -> None:
    line = Downlink()
    line.least_bps = 198_000
    line.remb(0, 1_500_000, 1_500_000)
    line.remb(SECOND, 236_000, 1_500_000)
    assert line.limit(SECOND) == 198_000  # drained with less than the budget, but not without the least layers
    line.remb(2 * SECOND, 120_000, 198_000)
    assert line.limit(2 * SECOND) == 198_000
    line.least_bps = 210_000  # rates swing
    assert line.limit(9 * SECOND) == 210_000


def test_a_loss_that_is_told_late_is_not_cut_for_twice() -> None:
    line = Downlink()
    line.block(7, 1_000, 0, 40.0)
    line.look(0, 1_500_000)
    line.block(7, 1_100, 50, 40.0)
    line.look(600 * MS, 1_500_000)
    assert line.budget == 675_000
    # Nothing was shown for a while, so nothing was told: this share is of what was sent before the cut.
    line.block(7, 1_120, 65, 40.0)
    line.look(4 * SECOND, 50_000)
    assert line.budget == 675_000


def limited() -> Downlink:
    line = Downlink()
    line.report(0, 0.5, 40.0, 700_000)
    line.changed = False
    return line


def play(line: Downlink, now: int, span: int, bps: int, next_bps: int) -> tuple[int, int]:
    """Octets of probes that were sent, and the time."""
    octets = 0
    for _ in range(span // (20 * MS)):
        now += 20 * MS
        due = line.due(now, bps, next_bps)
        line.sent(due)
        octets += due
    return octets, now


def test_a_probe_sends_what_the_next_layer_would_bring_for_a_moment_and_then_waits_for_reports() -> None:
    line = limited()
    nothing, now = play(line, 0, LEAST_PAUSE_NS - 40 * MS, 200_000, 600_000)
    assert nothing == 0
    octets, now = play(line, now, PROBE_NS + 100 * MS, 200_000, 600_000)
    assert 12_000 <= octets <= 15_000
    nothing, now = play(line, now, JUDGE_NS, 200_000, 600_000)
    assert nothing == 0
    assert (line.changed, line.budget) == (True, 660_000)


@pytest.mark.parametrize(("trip_ms", "fits"), [(90.0, True), (190.0, False)])
def test_the_echo_of_a_report_behind_a_probe_decides_at_once(trip_ms: float, fits: bool) -> None:
    line = limited()
    _, now = play(line, 0, LEAST_PAUSE_NS + PROBE_NS + 40 * MS, 200_000, 600_000)
    assert line.probe is not None
    assert line.probe.ended is not None
    line.block(7, 1_000, 0, 40.0, line.probe.ended - 1)  # of one before it
    line.look(now, 200_000)
    assert line.probe is not None
    line.block(7, 1_002, 0, trip_ms, line.probe.ended)
    line.look(now + 100 * MS, 200_000)
    assert line.probe is None
    assert line.budget == (660_000 if fits else 315_000)


def test_an_estimate_that_stays_low_does_not_undo_what_a_probe_has_shown() -> None:
    line = limited()
    for second in range(5):
        line.remb(second * SECOND, 150_000, 200_000)
    _, now = play(line, 4 * SECOND, LEAST_PAUSE_NS - 4 * SECOND + PROBE_NS + 40 * MS, 200_000, 600_000)
    assert line.probe is not None
    line.block(7, 1_002, 0, 45.0, line.probe.ended or 0)
    line.look(now + 100 * MS, 200_000)
    assert line.budget == 660_000
    for second in range(1, 9):
        line.remb(now + second * SECOND, 150_000, 600_000)
    assert line.budget == 660_000
    line.remb(now + 9 * SECOND, 140_000, 600_000)  # one that falls is meant
    assert line.budget == 140_000


def test_to_try_what_spoils_the_sound_each_failure_doubles_the_pause_until_a_minute() -> None:
    line, now, starts = limited(), 0, []
    while len(starts) < 8:
        now += 20 * MS
        line.dare(now, 600_000)
        if line.budget == 660_000:
            starts.append(now)
            line.report(now + 2 * SECOND, 0.3, 40.0, 300_000)
            now += 2 * SECOND
    pauses = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert pauses == sorted(pauses)
    assert MOST_DARING_NS <= pauses[-1] < MOST_DARING_NS + 3 * SECOND


def test_each_failed_try_makes_the_pause_longer_up_to_a_bound() -> None:
    line = limited()
    now, starts = 0, []
    while len(starts) < 8:
        octets, now = play(line, now, 20 * MS, 200_000, 600_000)
        if octets:
            starts.append(now)
            line.report(now, 0.06, 40.0, 600_000)
            assert line.probe is None
    pauses = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert all(
        abs(pause - min(MOST_PAUSE_NS, LEAST_PAUSE_NS << number + 1)) < 100 * MS for number, pause in enumerate(pauses)
    )
    assert line.budget == 315_000  # what had been found before


def test_what_was_found_and_fails_soon_counts_as_failed() -> None:
    line = limited()
    _, now = play(line, 0, LEAST_PAUSE_NS + PROBE_NS + JUDGE_NS + 100 * MS, 200_000, 600_000)
    assert line.budget == 660_000
    line.report(now + 2 * SECOND, 0.3, 40.0, 600_000)
    assert line.budget is not None
    assert line.budget < 400_000
    nothing, now = play(line, now + 2 * SECOND, MOST_PAUSE_NS - 100 * MS, 200_000, 600_000)
    assert nothing == 0
