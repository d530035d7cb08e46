"""The invariant of a slot: a number once sent under its SSRC is never sent again with other bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_server.engine import rtp
from media_server.engine.drops import DropReason
from media_server.engine.history import Packet
from media_server.engine.outputs import Forward, SetEntry
from media_server.engine.slot import Mapping, Slot
from media_server.engine.source import Source
from tests.relay.client import H264
from tests.relay.engine import MS, packet, source, take
from tests.relay.outlets import KINDS, Outlet


def slot(first_number: int = 0x1_0000) -> Slot:
    return Slot(
        entry=1,
        mid="v0",
        kind="video",
        ssrc=99,
        cname="c",
        formats=[H264],
        first_number=first_number,
        first_stamp=5,
        send_time_id=3,
    )


def entry(mapping: Mapping) -> SetEntry:
    return SetEntry(
        1,
        1,
        mapping.ssrc,
        mapping.payload_type,
        mapping.first_index,
        mapping.number_offset,
        mapping.stamp_offset,
        mapping.send_time_id,
    )


RARE = ("switch", "gop", "clear", "restart", "nack", "again", "full", "room", "pad")
steps = st.lists(
    st.tuples(
        st.sampled_from(["packet"] * 3 + ["late"] * 2 + list(RARE)),
        st.integers(0, 1),
        st.integers(1, 40),
    ),
    max_size=120,
)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=400, deadline=None)
@given(steps, st.integers(0, 65_535), st.integers(0x1_0000, 0x1_FFFF), st.booleans())
def test_no_number_is_ever_protected_with_other_bytes(
    kind: str, steps: list[tuple[str, int, int]], first: int, first_number: int, layers: bool
) -> None:
    sources = [source(name="s0"), source(name="s1")]
    if layers:  # of one camera
        sources[1].whole = sources[0]
    next_sequence = [first, 0]
    skipped: list[list[int]] = [[], []]
    it = slot(first_number)
    outlet = Outlet(kind)
    fanout = outlet.fanout
    outlet.add(1)
    now = 0

    def switch(to: Source, at: Packet) -> None:
        fanout.set_entry(entry(it.switch(to, at)))

    def arrive(which: int, sequence: int) -> Packet | None:
        size, stamp = 500 + sequence % 40, now // 3 // MS * 270
        marker = sequence % 3 > 0
        taken = sources[which].take(now, packet(sequence & 0xFFFF, stamp=stamp, size=size, marker=marker))
        if isinstance(taken, DropReason):
            return None
        if it.shown is sources[which]:
            if taken.restarted:
                it.clear(taken.index)
            else:
                fanout.forward([Forward(taken, (1,), True)])
        return taken

    for what, which, amount in steps:
        now += 7 * MS
        if what == "packet":
            arrive(which, next_sequence[which])
            next_sequence[which] += 1
            if amount % 3 == 0:
                skipped[which].append(next_sequence[which])
                next_sequence[which] += 1
        elif what == "late" and skipped[which]:
            arrive(which, skipped[which].pop())
        elif what == "restart":
            next_sequence[which] += 20_000 + amount
            arrive(which, next_sequence[which])
            next_sequence[which] += 1
        elif what in ("switch", "gop"):
            newest = arrive(which, next_sequence[which])
            next_sequence[which] += 1
            if newest is None:
                continue
            back = newest.index - (amount if what == "gop" else 0)
            burst = list(sources[which].history.between(back, newest.index))
            switch(sources[which], burst[0])
            fanout.forward([Forward(each, (1,), True) for each in burst])
        elif what == "again" and it.shown is not None:
            newest = it.shown.history.get(it.shown.newest)
            gop = list(it.shown.history.between(it.shown.newest - amount, it.shown.newest))
            if newest is None or it.mapping is None or len(gop) <= amount or it.mapping.first_index > newest.index:
                continue
            live = it.mapping.stamp_offset
            for mapping, packets in it.replay(gop):
                fanout.set_entry(entry(mapping))
                fanout.forward([Forward(each, (1,), True) for each in packets])
            assert it.mapping.stamp_offset == live, "the pair of wall clock and stamp has moved"
        elif what == "clear":
            it.clear()
        elif what in ("full", "room"):
            outlet.full = what == "full"
        elif what == "pad":
            padding = it.padding(now, amount * 50)
            if padding is not None:
                fanout.set_entry(entry(padding[0]))
                for data in padding[1]:
                    fanout.again(1, data)
        elif what == "nack" and outlet.protected:
            last = rtp.read(outlet.protected[-1])
            assert last is not None
            found = it.find((last.sequence + amount % 8 - 4) & 0xFFFF)
            if found is not None:
                fanout.again(1, found[0].bytes_of(found[1]))

    by_number: dict[int, bytes] = {}
    for data in outlet.protected:
        read = rtp.read(data)
        assert read is not None
        assert by_number.setdefault(read.sequence, data) == data


@pytest.mark.parametrize("kind", KINDS)
def test_a_retransmission_is_what_the_fan_out_sent(kind: str) -> None:
    it, here, outlet = slot(), source(), Outlet(kind)
    outlet.add(1)
    fanout = outlet.fanout
    first = take(here, 0, 65_535, stamp=1, key=True)
    fanout.set_entry(entry(it.switch(here, first)))
    packets = [first, take(here, 1, 0, stamp=1), take(here, 2, 1, stamp=3_601)]
    fanout.forward([Forward(each, (1,), True) for each in packets])
    for number, data in enumerate(outlet.protected):
        found = it.find(0x1_0000 + number & 0xFFFF)
        assert found is not None
        assert found[0].bytes_of(found[1]) == data
    assert it.find(0x1_0000 + 3) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_switch_goes_on_in_numbers_and_never_back_in_time_and_drops_the_old_source(kind: str) -> None:
    it, old, new, outlet = slot(), source(name="old"), source(name="new"), Outlet(kind)
    outlet.add(1)
    fanout = outlet.fanout
    first = take(old, 500 * MS, 10, stamp=900_000, key=True)
    fanout.set_entry(entry(it.switch(old, first)))
    fanout.forward([Forward(first, (1,), True)])
    cached = take(new, 100 * MS, 7, stamp=5, key=True)
    fanout.set_entry(entry(it.switch(new, cached)))
    fanout.forward([Forward(cached, (1,), True)])
    before = take(new, 101 * MS, 6, stamp=5)
    fanout.forward([Forward(before, (1,), True)])
    one, two = (rtp.read(data) for data in outlet.protected)
    assert one is not None
    assert two is not None
    assert two.sequence == one.sequence + 1
    assert 0 < (two.timestamp - one.timestamp) & 0xFFFF_FFFF <= 90_000 / 25
    assert outlet.drops[DropReason.BEFORE_SWITCH] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_way_loses_the_rest_of_the_picture_and_nothing_of_the_next(kind: str) -> None:
    it, here, outlet = slot(), source(), Outlet(kind)
    outlet.add(1)
    fanout = outlet.fanout
    packets = [take(here, 0, number, stamp=number // 3 * 3_600) for number in range(6)]
    fanout.set_entry(entry(it.switch(here, packets[0])))
    fanout.forward([Forward(packets[0], (1,), True)])
    outlet.full = True
    fanout.forward([Forward(packets[1], (1,), True)])
    outlet.full = False
    fanout.forward([Forward(each, (1,), True) for each in packets[2:]])
    assert len(outlet.sent) == 4
    assert outlet.drops[DropReason.SEND_BLOCKED] == 2


@pytest.mark.parametrize("kind", KINDS)
def test_what_srtp_refuses_is_counted(kind: str) -> None:
    it, here, outlet = slot(), source(), Outlet(kind)
    outlet = Outlet(kind, hidden=True)
    outlet.add(1)
    fanout = outlet.fanout
    long = take(here, 0, 1, size=1_400)
    fanout.set_entry(entry(it.switch(here, long)))
    fanout.forward([Forward(long, (1,), True), Forward(long, (2,), True)])
    assert outlet.drops[DropReason.TOO_LONG] == 1
    assert outlet.sent == []


def test_a_number_not_yet_given_out_is_not_found_though_the_old_source_goes_on() -> None:
    it, here = slot(), source()
    it.switch(here, take(here, 0, 1))
    it.clear()
    take(here, 1, 2)
    assert it.find(0x1_0000 & 0xFFFF) is not None
    assert it.find((0x1_0000 + 1) & 0xFFFF) is None


def test_padding_has_numbers_of_its_own_and_never_stands_within_a_picture() -> None:
    it, here, outlet = slot(), source(), Outlet("python")
    outlet.add(1)
    fanout = outlet.fanout
    first = take(here, 0, 7, stamp=1, key=True)
    fanout.set_entry(entry(it.switch(here, first)))
    fanout.forward([Forward(first, (1,), True)])
    assert it.padding(0, 1_000) is None
    last = here.take(1, packet(8, stamp=1, marker=True))
    assert not isinstance(last, DropReason)
    fanout.forward([Forward(last, (1,), True)])
    assert it.padding(1, 100) is None
    for _ in range(2):  # once more before the next picture
        padding = it.padding(1, 500)
        assert padding is not None
        fanout.set_entry(entry(padding[0]))
        for data in padding[1]:
            fanout.again(1, data)
    following = take(here, 2, 9, stamp=3_601)
    fanout.forward([Forward(following, (1,), True)])
    read = [each for data in outlet.protected if (each := rtp.read(data)) is not None]
    assert [each.sequence for each in read] == list(range(7))
    assert [each.end - each.start for each in read[2:6]] == [0] * 4
    assert [len(data) for data in outlet.protected[2:6]] == [12 + 8 + 240] * 4
    found = [it.find(0x1_0000 + number & 0xFFFF) for number in range(8)]
    assert [each is not None for each in found] == [True, True, False, False, False, False, True, False]
    for number in (0, 1, 6):
        again = found[number]
        assert again is not None
        assert again[0].bytes_of(again[1]) == outlet.protected[number]
