"""The emulator does what its conditions say, the same for the same seed, and invents and forgets nothing."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.bench.emulator import MS, PRESETS, SECOND, Conditions, Link

spans = st.integers(0, 100 * MS)
chances = st.floats(0, 1)
conditions = st.builds(
    Conditions, delay_ns=spans, jitter_ns=spans, loss=chances, bad_loss=chances, good_ns=spans, bad_ns=spans,
    rate_bps=st.none() | st.integers(8_000, 10_000_000), queue_bytes=st.integers(0, 20_000),
    reordered=chances, held_ns=spans, duplicated=chances,
)  # fmt: skip
sendings = st.lists(st.tuples(st.integers(0, 30 * MS), st.integers(0, 1_500)), max_size=40)


def through(link: Link, sendings: list[tuple[int, int]]) -> list[tuple[int, bytes]]:
    """Each datagram is its number and so many bytes, sent so long after the one before."""
    now, out = 0, []
    for number, (pause, size) in enumerate(sendings):
        now += pause
        out += link.arrived(now)
        link.send(now, number.to_bytes(4, "big") + bytes(size))
    return out + link.arrived(now + 10_000 * SECOND)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions, st.integers(0, 1 << 32), sendings)
def test_every_datagram_is_delivered_lost_or_counted(there: Conditions, seed: int, sent: list[tuple[int, int]]) -> None:
    link = Link(there, seed)
    arrived = through(link, sent)
    counts = link.counts
    assert counts.sent == len(sent)
    assert counts.delivered == len(arrived) == counts.sent - counts.lost - counts.overflowed + counts.duplicated
    numbers = [int.from_bytes(data[:4], "big") for _, data in arrived]
    assert len(numbers) - len(set(numbers)) == counts.duplicated
    assert all(len(data) == 4 + sent[number][1] for number, (_, data) in zip(numbers, arrived, strict=True))
    assert link.next_at is None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions, st.integers(0, 1 << 32), sendings)
def test_the_same_seed_gives_the_same_network(there: Conditions, seed: int, sent: list[tuple[int, int]]) -> None:
    assert through(Link(there, seed), sent) == through(Link(there, seed), sent)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions, st.integers(0, 1 << 32), sendings)
def test_nothing_comes_before_its_time_or_waits_longer_than_the_queue_holds(
    there: Conditions, seed: int, sent: list[tuple[int, int]]
) -> None:
    began, now = [], 0
    for pause, _ in sent:
        now += pause
        began.append(now)
    arrived = through(Link(there, seed), sent)
    assert [at for at, _ in arrived] == sorted(at for at, _ in arrived)
    queue = 0 if there.rate_bps is None else there.queue_bytes * 8 * SECOND // there.rate_bps + 1
    longest = there.delay_ns + queue + there.jitter_ns + there.held_ns
    for at, data in arrived:
        took = at - began[int.from_bytes(data[:4], "big")]
        assert there.delay_ns <= took <= longest


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions.map(lambda c: replace(c, reordered=0.0)), st.integers(0, 1 << 32), sendings)
def test_without_reordering_nobody_is_overtaken(there: Conditions, seed: int, sent: list[tuple[int, int]]) -> None:
    numbers = [int.from_bytes(data[:4], "big") for _, data in through(Link(there, seed), sent)]
    assert numbers == sorted(numbers)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(100_000, 5_000_000), st.integers(0, 1 << 32))
def test_no_more_comes_through_than_the_rate(rate: int, seed: int) -> None:
    link = Link(Conditions(rate_bps=rate, queue_bytes=10_000), seed)
    arrived = through(link, [(MS, 996)] * 1_000)
    first, last = arrived[0][0], arrived[-1][0]
    assert (len(arrived) - 1) * 8_000 * SECOND <= (last - first + 1_000) * rate
    if rate < 7_000_000:
        assert link.counts.overflowed > 0


def test_loss_is_what_was_asked_for_alone_or_in_strokes() -> None:
    link = Link(Conditions(loss=0.05), 1)
    through(link, [(MS, 0)] * 50_000)
    assert link.counts.lost / link.counts.sent == pytest.approx(0.05, rel=0.1)
    there = Conditions(bad_loss=1.0, good_ns=900 * MS, bad_ns=100 * MS)
    link = Link(there, 2)
    came = [int.from_bytes(data[:4], "big") for _, data in through(link, [(5 * MS, 0)] * 200_000)]
    assert link.counts.lost / link.counts.sent == pytest.approx(0.1, rel=0.1)
    strokes = [later - earlier - 1 for earlier, later in pairwise(came) if later - earlier > 1]
    assert sum(strokes) / len(strokes) == pytest.approx(20, rel=0.15)


def test_every_preset_carries_a_meeting_of_a_village() -> None:
    """400 kbit/s up and 1 Mbit/s down come through but for the losses that the preset is there for."""
    for name, network in PRESETS.items():
        for there, rate in ((network.up, 400_000), (network.down, 1_000_000)):
            link = Link(there, 3)
            through(link, [(8_000 * SECOND // rate, 996)] * (rate // 8_000 * 20))
            assert link.counts.overflowed == 0, name
            assert link.counts.lost / link.counts.sent < 0.15, name
