"""Numbers, holes, repairs and the cached GOP of one source."""

import pytest

from media_server.engine import rtcp
from media_server.engine.drops import DropReason
from media_server.engine.source import FIRST_INDEX, GOP_AGE_NS, Source
from tests.relay.engine import MS, SECOND, packet, source, take


def feedback(data: bytes) -> list[rtcp.Report]:
    return rtcp.read(data).reports


def test_indexes_go_on_over_the_wrap_and_take_what_is_late() -> None:
    it = source()
    assert take(it, 0, 65_534).index == FIRST_INDEX + 65_534
    assert take(it, 1, 1).index == FIRST_INDEX + 65_537
    assert take(it, 2, 65_535).index == FIRST_INDEX + 65_535
    assert it.take(3, packet(65_535)) is DropReason.DUPLICATE


def test_a_publisher_that_restarts_its_numbers_goes_on_forward() -> None:
    it = source()
    newest = take(it, 0, 10_000).index
    assert it.take(1, packet(50_000)) is DropReason.JUMP
    again = take(it, 2, 50_001)
    assert (again.index, again.restarted) == (newest + 1, True)
    assert take(it, 3, 50_002).index == newest + 2
    assert it.take(4, packet(49_999)) is DropReason.TOO_OLD
    assert it.sequence(again.index) == 50_001


def test_a_long_hole_is_a_hole_and_no_restart() -> None:
    it = source()
    newest = take(it, 0, 1).index
    assert it.take(1, packet(20_000)) is DropReason.JUMP
    after = take(it, 2, 20_001)
    assert (after.index, after.restarted) == (newest + 20_000, False)


def test_another_ssrc_is_a_restart() -> None:
    it = source()
    newest = take(it, 0, 1).index
    taken = it.take(1, packet(500, ssrc=9))
    assert not isinstance(taken, DropReason)
    assert (taken.index, taken.restarted) == (newest + 1, True)
    assert it.ssrc == 9


def test_a_hole_is_nacked_after_a_moment_again_and_at_last_given_up_for_a_key_frame() -> None:
    it = source()
    take(it, 0, 65_535)
    take(it, 0, 2)
    assert it.feedback_due(1 * MS, 7, None) == b""
    assert feedback(it.feedback_due(11 * MS, 7, None)) == [rtcp.Nack(1111, (0, 1))]
    assert it.feedback_due(12 * MS, 7, None) == b""
    take(it, 20 * MS, 0)
    assert feedback(it.feedback_due(112 * MS, 7, None)) == [rtcp.Nack(1111, (1,))]
    reports = [report for at in range(12, 200) for report in feedback(it.feedback_due(at * 10 * MS, 7, None))]
    assert 6 <= len(reports) <= 10
    assert reports[-1] == rtcp.KeyFrameRequest(1111)
    assert all(isinstance(report, rtcp.Nack) for report in reports[:-1])
    assert len(it.losses) == 0


def asked_at(it: Source, until: int, round_trip: int | None = None) -> list[int]:
    """The milliseconds, in steps of ten, at which something is asked for."""
    return [at for at in range(10, until, 10) if feedback(it.feedback_due(at * MS, 7, round_trip))]


def test_a_hole_is_asked_for_once_a_round_trip_by_two_questions() -> None:
    it = source()
    take(it, 0, 1)
    take(it, 0, 3)
    assert asked_at(it, 650, 200 * MS) == [10, 30, 210, 230, 410, 430, 610, 630]  # a question may be lost, too
    near = source()
    take(near, 0, 1)
    take(near, 0, 3)
    assert asked_at(near, 100, 5 * MS) == [10, 30, 50, 70, 90]
    late = asked_at(near, 1_100, 5 * MS)
    assert len(late) <= 12  # a way that is dead is asked less and less


def test_without_reports_the_round_trip_is_told_by_what_comes_when_asked_for() -> None:
    it = source()
    for number in range(12):
        now = number * SECOND
        take(it, now, 3 * number)
        take(it, now, 3 * number + 2)
        it.feedback_due(now + 10 * MS, 7, None)
        take(it, now + 310 * MS, 3 * number + 1)
    assert it.losses.round_trip == 300 * MS
    take(it, 20 * SECOND, 38)
    asked = [at for at in range(0, 700, 10) if it.feedback_due(20 * SECOND + at * MS, 7, None)]
    assert asked == [10, 30, 310, 330, 610, 630]


def test_key_frames_are_asked_for_at_most_once_a_second_until_one_comes() -> None:
    it = source()
    take(it, 0, 1)
    it.want_key_frame()
    assert feedback(it.feedback_due(0, 7, None)) == [rtcp.KeyFrameRequest(1111)]
    it.want_key_frame()
    assert it.feedback_due(999 * MS, 7, None) == b""
    assert feedback(it.feedback_due(1_000 * MS, 7, None)) == [rtcp.KeyFrameRequest(1111)]
    take(it, 1_100 * MS, 2, stamp=3_600, key=True)
    assert it.feedback_due(2_500 * MS, 7, None) == b""


def test_the_gop_begins_with_the_first_packet_of_the_last_key_frame() -> None:
    it = source()
    take(it, 0, 1, stamp=0)
    assert it.gop(0) is None
    first = take(it, 1, 2, stamp=3_600, key=True)
    second = take(it, 1, 3, stamp=3_600, key=True)
    assert (first.starts_key_frame, second.starts_key_frame) == (True, False)
    later = take(it, 2, 4, stamp=7_200)
    assert it.gop(3) == [first, second, later]
    assert it.gop(GOP_AGE_NS + 2) is None


def test_a_gop_that_is_too_large_to_start_with_is_not_given() -> None:
    it = source()
    take(it, 0, 1, stamp=0, key=True)
    for number in range(2, 402):
        take(it, 1, number, stamp=3_600, size=1_000)
    assert it.gop(2) is None


def test_the_history_forgets_by_time_and_says_from_where_on_it_is_whole() -> None:
    it = source(history_ns=SECOND)
    first = take(it, 0, 1)
    second = take(it, 500 * MS, 2)
    take(it, 1_200 * MS, 3)
    assert it.history.get(first.index) is None
    assert it.history.get(second.index) is second
    assert it.history.floor == second.index
    assert it.take(1_300 * MS, packet(1)) is DropReason.TOO_OLD


def test_a_receiver_report_counts_what_is_lost() -> None:
    it = source()
    for number in (65_534, 65_535, 2, 3):
        take(it, number, number)
    block = it.reception.block(10 * MS, 1111)
    assert block is not None
    assert (block.lost, block.fraction_lost) == (2, 2 * 256 // 6)
    assert block.highest & 0xFFFF == 3
    take(it, 11, 4)
    again = it.reception.block(20 * MS, 1111)
    assert again is not None
    assert (again.lost, again.fraction_lost) == (2, 0)


def test_of_a_source_that_is_not_heard_nothing_is_reported() -> None:
    it = source()
    for number in (1, 2, 4):
        take(it, number, number)
    block = it.reception.block(10 * MS, 1111)
    assert block is not None
    assert block.fraction_lost == 64
    assert it.reception.block(20 * MS, 1111) is None
    assert it.reception.fraction_lost == 0
    take(it, 21, 5)
    take(it, 22, 7)
    between = it.reception.block(30 * MS, 1111, anew=False)
    assert between is not None
    assert (between.lost, between.fraction_lost) == (2, 0)
    assert it.reception.block(40 * MS, 1111) is None
    assert it.reception.fraction_lost == 1 / 3, "what came before the report in between is counted too"


def test_two_tracks_of_a_publisher_meet_at_their_capture_times() -> None:
    picture, sound = source(), source("microphone")
    sound.clock._publisher = picture.clock._publisher
    ntp = 3_900_000_000 << 32  # a clock of its own
    take(picture, 100 * MS, 1, stamp=90_000)
    take(sound, 40 * MS, 1, stamp=48_000)
    for it, stamp in ((picture, 90_000), (sound, 48_000)):
        it.sender_report(101 * MS, rtcp.SenderReport(1111, ntp, stamp, 0, 0))
    take(picture, 140 * MS, 2, stamp=93_600)
    take(sound, 60 * MS, 2, stamp=48_960)
    assert picture.clock.moment(90_000) == pytest.approx(40 * MS, abs=2)
    assert sound.clock.moment(48_000) == pytest.approx(40 * MS, abs=2)
    assert sound.clock.stamp(60 * MS) == 48_960
