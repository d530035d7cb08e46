"""A stranger can't hurt the relay, nor can a client that floods it hurt others (`python -m tests.relay.strangers`)."""

import gc
import tracemalloc

from media_server.engine import rtcp, rtp
from media_server.engine.drops import DropReason
from media_server.engine.limit import Limit
from media_server.engine.outputs import Forward, Heard, Transmit
from media_server.engine.session import CHECKS_PER_SECOND, OCTETS_PER_SECOND, PACKETS_PER_SECOND, REPORTS_PER_SECOND
from media_server.records import Ice
from tests.relay.client import IDR, SLICE, sending, viewer_lines
from tests.relay.engine import MS, SECOND
from tests.relay.strangers import Guarded, kinds
from tests.relay.test_relay import Bench, camera


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


def test_a_limit_gives_its_rate_and_a_seconds_worth_at_once() -> None:
    limit = Limit(100, 0)
    assert sum(limit.allows(0) for _ in range(500)) == 100
    assert sum(limit.allows(at * MS) for at in range(2_000)) == 199
    assert sum(limit.allows(60 * SECOND, 30) for _ in range(10)) == 3
    assert limit.allows(59 * SECOND, 10)  # what was held for DTLS comes with its own time
    assert not limit.allows(59 * SECOND)
