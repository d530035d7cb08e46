"""Transport-wide feedback, read back by a reader of its own."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from media_server.engine.transport_feedback import PAUSE_NS, TICK_NS, Arrivals, build
from tests.relay.feedback_reader import read_feedback

MS = 1_000_000

near = st.lists(st.one_of(st.none(), st.integers(1_000_000, 1_030_000)), min_size=1, max_size=150)
close = st.lists(st.one_of(st.none(), st.integers(1_000_000, 1_000_100)), min_size=1, max_size=60)


@given(st.one_of(near, close), st.integers(0, 0xFFFF), st.integers(0, 255))
def test_what_is_built_is_read_as_it_was(statuses: list[int | None], base: int, count: int) -> None:
    read = read_feedback(build(7, 8, base, count, statuses))
    assert (read.sender, read.media, read.base, read.count) == (7, 8, base, count)
    assert read.times == statuses


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 30_000), st.booleans()), max_size=120))
def test_every_packet_is_told_once_with_its_time_and_every_hole_as_one(steps: list[tuple[int, int, bool]]) -> None:
    """Steps: how many numbers are left out (or come late), how long it takes, whether feedback is looked for."""
    arrivals = Arrivals()
    now, number = 0, 65_000
    came: dict[int, int] = {}
    late: list[int] = []
    told: dict[int, int | None] = {}
    counts: list[int] = []

    def look() -> None:
        for data in arrivals.due(now, 1):
            feedback = read_feedback(data)
            counts.append(feedback.count)
            assert len(data) < 1_200
            for place, time in enumerate(feedback.times):
                key = feedback.base + place + (0x1_0000 if feedback.base < 30_000 else 0)
                assert told.get(key) in (None, time)
                told[key] = time

    for skipped, pause_us, looked in steps:
        now += pause_us * 1_000
        if skipped > 30 and late:
            taken = late.pop()
        else:
            late += range(number, number + skipped % 3)
            number += skipped % 3
            taken, number = number, number + 1
        arrivals.took(now, taken & 0xFFFF, 9)
        came[taken] = now // TICK_NS
        if looked:
            look()
    now += PAUSE_NS
    look()
    assert {key: time for key, time in told.items() if time is not None} == came
    if came:
        assert sorted(told) == list(range(min(came), max(came) + 1)) or min(told) == 65_000
    assert counts == [place & 0xFF for place in range(len(counts))]


def test_feedback_comes_at_most_every_60_ms_and_only_when_something_came() -> None:
    arrivals = Arrivals()
    sent = []
    for tick in range(50):
        now = tick * 20 * MS
        if tick < 25:
            arrivals.took(now, tick, 9)
        sent += [now] * len(arrivals.due(now, 1))
    assert len(sent) == 9
    assert all(later - earlier >= PAUSE_NS for earlier, later in itertools.pairwise(sent))


def test_numbers_that_begin_anew_are_told_from_there_on() -> None:
    arrivals = Arrivals()
    arrivals.took(0, 5, 9)
    arrivals.took(MS, 30_000, 9)
    (data,) = arrivals.due(PAUSE_NS, 1)
    assert (read_feedback(data).base, len(read_feedback(data).times)) == (30_000, 1)


def test_a_pause_too_long_for_a_delta_begins_another_packet() -> None:
    arrivals = Arrivals()
    arrivals.took(0, 1, 9)
    arrivals.took(10_000 * MS, 2, 9)
    one, two = (read_feedback(data) for data in arrivals.due(10_000 * MS, 1))
    assert (one.base, one.times, two.base, two.times) == (1, [0], 2, [40_000])
