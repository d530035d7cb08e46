"""Numbered frames, and the account of what was sent and what is archived: it finds what it is there to find."""

from hypothesis import given
from hypothesis import strategies as st

from media_server.codecs import h264, opus
from ops.chaos import numbered
from ops.chaos.account import Hole, account
from ops.chaos.reading import by_place
from recorder.black import black

S = 1_000_000_000
TIMES = [number * S for number in range(10)]


@given(st.integers(0, 10**11))
def test_numbers_are_found_again(number: int) -> None:
    made = black(320, 180)
    nals = numbered.picture([made.sps, made.pps, made.idr], number)
    assert numbered.number_of_picture(h264.sample(nals)) == number
    assert numbered.number_of_picture(h264.sample([made.sps, made.pps, made.idr])) is None
    packet = numbered.sound(bytes([opus.SILENCE[0]]) + b"abc", number)
    assert numbered.number_of_sound(packet) == number
    assert (opus.duration(packet), opus.filler(packet)) == (960, opus.SILENCE)
    assert numbered.number_of_sound(opus.filler(packet)) is None


def test_everything_kept() -> None:
    found = account(TIMES, range(10), [], ())
    assert (found.sent, found.kept, found.missing, found.sound) == (10, 10, 0, True)


def test_a_missing_frame_needs_a_hole_with_a_fitting_cause() -> None:
    archived = [0, 1, 2, 5, 6, 7, 8, 9]
    fits = Hole(3 * S, 4 * S + S // 2, "relay")
    assert account(TIMES, archived, [fits], {"relay"}).causes == {"relay": 2}
    assert account(TIMES, archived, [fits], {"disk"}).unexplained == [3 * S, 4 * S]
    assert account(TIMES, archived, [Hole(3 * S, 3 * S + S // 2, "relay")], {"relay"}).unexplained == [4 * S]
    assert account(TIMES, archived, [], {"relay"}).unexplained == [3 * S, 4 * S]


def test_doubled_foreign_and_disordered_frames_are_found() -> None:
    assert account(TIMES, [*range(10), 3], [], ()).doubled == 1
    assert account(TIMES, [*range(10), None], [], ()).foreign == 1
    assert account(TIMES, [*range(10), 10], [], ()).foreign == 1
    swapped = account(TIMES, [0, 1, 3, 2, *range(4, 10)], [], ())
    assert (swapped.foreign, swapped.missing, swapped.sound) == (1, 0, False)


def test_a_key_frame_that_lost_its_number_is_told_by_its_place() -> None:
    assert by_place([0, 1, None, 26, 27]) == [0, 1, 25, 26, 27]
    assert by_place([0, None]) == [0, None]
    assert by_place([]) == []
    # One that nobody sent is still found.
    assert account(TIMES, by_place([0, 1, None, 2, 3]), [Hole(0, 10 * S, "relay")], {"relay"}).doubled == 1
