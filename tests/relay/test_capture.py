"""Capture times: what came before a publisher's first report counts as much as what comes after it."""

from media_server.engine.capture import CaptureClock, Least
from media_server.engine.wrap import ntp_of

SECOND = 1_000_000_000
MS = 1_000_000
WALL = 1_764_000_000 * SECOND  # the publisher's own clock


def test_one_late_packet_beside_the_first_report_moves_nothing() -> None:
    offset = Least()
    clock = CaptureClock(90_000, offset)
    for frame in range(25):
        clock.arrived(frame * 40 * MS + 5 * MS, frame * 3600)  # each 5 ms under way
    clock.reported(ntp_of(WALL + SECOND), 25 * 3600)
    clock.arrived(SECOND + 110 * MS, 25 * 3600)  # a busy machine: 105 ms later than the others
    found = clock.moment(25 * 3600)
    assert found is not None
    assert abs(found - (SECOND + 5 * MS)) < MS
    # The publisher's other track has the same offset.
    other = CaptureClock(48_000, offset)
    other.arrived(SECOND + 300 * MS, 48_000)
    other.reported(ntp_of(WALL + SECOND), 48_000)
    found = other.moment(48_000)
    assert found is not None
    assert abs(found - (SECOND + 5 * MS)) < MS


def test_a_clock_that_was_set_brings_its_own_offset() -> None:
    clock = CaptureClock(90_000, Least())
    clock.arrived(5 * MS, 0)
    clock.reported(ntp_of(WALL), 0)
    clock.reported(ntp_of(WALL + 3600 * SECOND + SECOND), 90_000)
    found = clock.moment(90_000)
    assert found is not None
    assert abs(found - (SECOND + 5 * MS)) < MS
