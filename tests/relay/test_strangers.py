"""A stranger can't hurt the relay, nor can a client that floods it hurt others (`python -m tests.relay.strangers`)."""

import gc
import tracemalloc
from collections.abc import Callable

import pylibsrtp
import pytest

from media_server.engine import rtcp, rtp
from media_server.engine.drops import DropReason
from media_server.engine.limit import Limit
from media_server.engine.outputs import Forward, Handshake, Heard, Inbound, Transmit
from media_server.engine.session import (
    CHECKS_PER_SECOND,
    HANDSHAKES_PER_SECOND,
    MAX_TRANSACTIONS,
    OCTETS_PER_SECOND,
    PACKETS_PER_SECOND,
    REPEATS_PER_SECOND,
    REPORTS_PER_SECOND,
)  # fmt: skip
from media_server.records import Ice
from media_server.srtp import Direct, Plain, inbound
from tests.relay.client import IDR, SLICE, sending, viewer_lines
from tests.relay.engine import MS, SECOND
from tests.relay.outlets import keys
from tests.relay.strangers import Address, Guarded, kinds
from tests.relay.test_relay import Bench, camera
from tests.relay.weak import check


def test_a_strangers_datagram_is_a_counted_drop_and_holds_no_memory() -> None:
    guarded = Guarded()
    relay = guarded.relay
    for name, reason, make in kinds(guarded):
        before = relay.drops[reason]
        for number in range(200):
            relay.datagram(2, *make(number))
        tracemalloc.start()
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        for number in range(1_500):
            relay.datagram(2, *make(number))
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - held
        tracemalloc.stop()
        assert relay.drops[reason] - before == 1_700, name
        assert relay.drain() == [], name
        assert grown < 10_000, f"{name}: {grown} bytes"


def test_a_forged_and_a_replayed_packet_are_counted_and_the_next_good_one_is_taken() -> None:
    guarded = Guarded()
    relay, drops = guarded.relay, guarded.relay.drops
    first, second = guarded.protected(1), guarded.protected(2)
    relay.datagram(1, guarded.way, first)
    relay.datagram(2, guarded.way, first)
    relay.datagram(3, guarded.way, second[:-1] + bytes((second[-1] ^ 1,)))
    relay.datagram(4, guarded.way, second[:20])
    relay.datagram(5, guarded.way, second)
    report = guarded.tx.protect_rtcp(rtcp.receiver_report(rtcp.ReceiverReport(9)))
    relay.datagram(6, guarded.way, report)
    relay.datagram(7, guarded.way, report)
    report = guarded.tx.protect_rtcp(rtcp.receiver_report(rtcp.ReceiverReport(9)))
    relay.datagram(8, guarded.way, report[:-1] + bytes((report[-1] ^ 1,)))
    heard = [output.packet.rtp.sequence for output in relay.drain() if isinstance(output, Heard)]
    assert heard == [1, 2]
    assert drops[DropReason.SRTP_REPLAYED] == 2
    assert drops[DropReason.SRTP_REFUSED] == 3


def test_who_forges_a_clients_address_does_not_lock_it_out() -> None:
    guarded = Guarded()
    relay, way = guarded.relay, guarded.way
    session = relay.sessions["p"]
    flood = [(reason, make) for _, reason, make in kinds(guarded)]
    relay.drain()
    before = dict(relay.drops)
    for number in range(300):
        for _, make in flood:
            relay.datagram(2, way, make(number)[1])  # whatever it is, in the client's name
    assert sum(relay.drops.values()) == sum(before.values()) + 300 * len(flood)
    assert relay.drain() == []
    relay.datagram(3, way, check(guarded.ice))
    relay.datagram(4, way, guarded.protected(8))
    outputs = relay.drain()
    assert len([output for output in outputs if isinstance(output, Transmit)]) == 1
    assert [output.packet.rtp.sequence for output in outputs if isinstance(output, Heard)] == [8]
    assert session.path == way


def test_a_check_that_was_overheard_opens_no_way_and_takes_nothing_from_the_client() -> None:
    guarded = Guarded()
    relay, session = guarded.relay, guarded.relay.sessions["p"]
    ways = list(session.paths)
    for number in range(1_000):
        relay.datagram(1, Address(100 + number), guarded.check)
    assert len([output for output in relay.drain() if isinstance(output, Transmit)]) == REPEATS_PER_SECOND
    assert relay.drops[DropReason.FLOOD] == 1_000 - REPEATS_PER_SECOND
    assert (session.path, list(session.paths), session.heard_at) == (guarded.way, ways, 0)
    for _ in range(CHECKS_PER_SECOND - 1):  # one had it opened
        relay.datagram(2, guarded.way, check(guarded.ice))
    assert len([output for output in relay.drain() if isinstance(output, Transmit)]) == CHECKS_PER_SECOND - 1


def test_no_client_takes_anothers_address_while_that_one_is_heard_from_it() -> None:
    bench = Bench()
    ours = bench.join("p", [camera()])
    other = bench.open("q", [sending("0", "camera", 3_333)])
    for sequence in range(20):
        bench.pass_time(500 * MS)
        bench.check(ours, other)  # who knows q's password writes p's address into his datagrams
        bench.arrive(ours, rtp.build(102, sequence, 1_800 * sequence, 1_111, IDR + bytes(9)))
    assert len(bench.of(Heard)) == 20
    assert bench.relay.sessions["p"].path is ours
    assert bench.relay.drops[DropReason.ADDRESS_HELD] == 20
    bench.pass_time(6 * SECOND)  # p has gone, and a NAT gives its port to another
    bench.check(ours, other)
    assert bench.relay.sessions["q"].path is ours
    assert bench.relay.sessions["p"].path is None


def test_a_client_whose_answer_was_lost_gets_it_again() -> None:
    guarded = Guarded()
    guarded.relay.datagram(0, guarded.way, message := check(guarded.ice))
    guarded.relay.datagram(1, guarded.way, message)
    first, again = (output for output in guarded.relay.drain() if isinstance(output, Transmit))
    assert first == again


def test_transactions_of_checks_are_remembered_within_a_bound() -> None:
    guarded = Guarded()
    for number in range(3 * MAX_TRANSACTIONS):
        guarded.relay.datagram(number * SECOND // 50, guarded.way, check(guarded.ice))
    assert len(guarded.relay.sessions["p"].transactions) == MAX_TRANSACTIONS


@pytest.mark.parametrize("make", [Direct, Plain])
@pytest.mark.parametrize(
    "profile", [pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM, pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80]
)
def test_srtp_is_undone_or_refused_by_name_in_both_ways(
    make: Callable[[pylibsrtp.Session], Inbound], profile: int
) -> None:
    tx, rx = keys(profile), make(keys(profile, inbound=True))
    packets = [rtp.build(102, number, 0, 7, bytes(size)) for number, size in enumerate((0, 1, 900, 1_300))]
    sent = [tx.protect(packet) for packet in packets]
    assert [rx.unprotect(data) for data in sent] == packets
    assert {rx.unprotect(data) for data in sent} == {DropReason.SRTP_REPLAYED}
    ahead = tx.protect(rtp.build(102, 5_000, 0, 7, bytes(9)))
    assert rx.unprotect(ahead) == rtp.build(102, 5_000, 0, 7, bytes(9))
    assert rx.unprotect(sent[0]) is DropReason.SRTP_REPLAYED  # too old to tell
    report = rtcp.receiver_report(rtcp.ReceiverReport(9))
    sealed = tx.protect_rtcp(report)
    assert rx.unprotect_rtcp(sealed) == report
    assert rx.unprotect_rtcp(sealed) is DropReason.SRTP_REPLAYED
    good, sealed = tx.protect(rtp.build(102, 5_001, 0, 7, bytes(9))), tx.protect_rtcp(report)
    for at in range(len(good)):
        torn = good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :]
        assert isinstance(rx.unprotect(torn), DropReason)
        assert rx.unprotect(good[:at]) is DropReason.SRTP_REFUSED
    for at in range(len(sealed)):
        assert isinstance(rx.unprotect_rtcp(sealed[:at]), DropReason)
    assert rx.unprotect(good + bytes(2_048)) is DropReason.SRTP_REFUSED
    assert rx.unprotect(good) == rtp.build(102, 5_001, 0, 7, bytes(9))
    assert rx.unprotect_rtcp(sealed) == report


def test_the_cheap_way_is_taken_where_pylibsrtp_is_as_we_know_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(inbound(keys(inbound=True)), Direct)
    monkeypatch.setattr("media_server.srtp.UNPROTECT", "srtp_err_status_t(*)(another)")
    assert isinstance(inbound(keys(inbound=True)), Plain)


def test_a_publisher_that_floods_is_limited_and_nobody_else() -> None:
    bench = Bench()
    flood = bench.join("p", [camera()])
    good = bench.join("q", [sending("0", "camera", 3_333)])
    bench.join("w", viewer_lines(videos=2), "room")
    seconds, sent = 3, 0
    for number in range(seconds * 50):
        bench.pass_time(20 * MS)
        for part in range(200):
            head = IDR if number == part == 0 else SLICE
            bench.arrive(flood, rtp.build(102, 200 * number + part, 1_800 * number, 1_111, head + bytes(100)))
        bench.arrive(good, rtp.build(102, number, 1_800 * number, 3_333, (SLICE if number else IDR) + bytes(100)))
        sent += 200
    heard = [output.source.note.publisher for output in bench.of(Heard)]
    assert heard.count("q.device") == seconds * 50
    assert heard.count("p.device") <= (seconds + 1) * PACKETS_PER_SECOND
    assert bench.relay.drops[DropReason.FLOOD] >= sent - (seconds + 1) * PACKETS_PER_SECOND
    shown = [output for output in bench.of(Forward) if output.packet.rtp.ssrc == 3_333]
    assert len({output.packet.index for output in shown}) == seconds * 50


def test_large_packets_reports_and_checks_are_limited_too() -> None:
    bench = Bench()
    way = bench.join("p", [camera()])
    newest = bench.relay.sessions["p"].credentials[-1]
    ice = Ice(ufrag=newest.ufrag, pwd=newest.pwd)
    for number in range(OCTETS_PER_SECOND // 1_300 + 50):
        bench.arrive(way, rtp.build(102, number, 0, 1_111, bytes(1_300 - 12)))
    assert bench.relay.drops[DropReason.FLOOD] == 50
    bench.pass_time(SECOND)
    before = bench.relay.drops[DropReason.FLOOD]
    for _ in range(REPORTS_PER_SECOND + 7):
        bench.arrive(way, rtcp.receiver_report(rtcp.ReceiverReport(9)))
    assert bench.relay.drops[DropReason.FLOOD] == before + 7
    bench.outputs.clear()
    for _ in range(CHECKS_PER_SECOND + 7):
        bench.check(way, ice)
    bench.arrive(way)
    assert len(bench.of(Transmit)) == CHECKS_PER_SECOND
    assert bench.relay.drops[DropReason.FLOOD] == before + 14


def test_dtls_is_limited_while_hands_are_shaken_and_goes_on_when_the_flood_is_over() -> None:
    guarded = Guarded()
    relay, way, record = guarded.relay, guarded.shaking, b"\x16\xfe\xfd" + bytes(60)
    for _ in range(HANDSHAKES_PER_SECOND + 300):
        relay.datagram(2, way, record)
    assert relay.drops[DropReason.FLOOD] == 300
    assert sum(isinstance(each, Handshake) for each in relay.drain()) == HANDSHAKES_PER_SECOND
    relay.datagram(2 + SECOND // 10, way, record)
    assert [type(each) for each in relay.drain()] == [Handshake]


def test_a_limit_gives_its_rate_and_a_seconds_worth_at_once() -> None:
    limit = Limit(100, 0)
    assert sum(limit.allows(0) for _ in range(500)) == 100
    assert sum(limit.allows(at * MS) for at in range(2_000)) == 199
    assert sum(limit.allows(60 * SECOND, 30) for _ in range(10)) == 3
    assert limit.allows(59 * SECOND, 10)  # what was held for DTLS comes with its own time
    assert not limit.allows(59 * SECOND)
