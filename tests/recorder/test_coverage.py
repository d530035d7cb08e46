from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from recorder.coverage import LIVE_EDGE_NS, Hole, Main, coverage, main_tracks

S = 1_000_000_000
MAIN = Main(frozenset({"camera"}), frozenset({"sound", "second"}))


@dataclass
class Row:
    track_id: str
    start_ns: int
    end_ns: int
    cause: str = ""


@dataclass
class Pause:
    start_ns: int
    end_ns: int | None


@dataclass
class Track:
    id: str
    kind: str
    site_id: str | None


def test_a_second_counts_when_picture_and_sound_are_both_sealed() -> None:
    segments = [Row("camera", 0, 6 * S), Row("sound", 0, 4 * S), Row("other", 0, 10 * S)]
    found = coverage(segments, [], [], 0, 10 * S, MAIN)
    assert (found.live, found.sealed_ns, found.due_ns) == (0.4, 4 * S, 10 * S)
    assert found.holes == [Hole(4 * S, 10 * S, None)]
    assert found.device is found.later is None


def test_any_main_microphone_counts_as_sound() -> None:
    segments = [Row("camera", 0, 10 * S), Row("sound", 0, 4 * S), Row("second", 3 * S, 10 * S)]
    assert coverage(segments, [], [], 0, 10 * S, MAIN).live == 1.0


def test_breaks_are_not_due_also_an_open_one() -> None:
    segments = [Row("camera", 0, 2 * S), Row("sound", 0, 2 * S)]
    found = coverage(segments, [], [Pause(2 * S, 4 * S), Pause(6 * S, None)], 0, 10 * S, MAIN)
    assert (found.sealed_ns, found.due_ns) == (2 * S, 4 * S)
    assert found.holes == [Hole(4 * S, 6 * S, None)]


def test_a_gap_names_its_hole_and_takes_its_span_out_of_a_segment() -> None:
    segments = [Row("camera", 0, 10 * S), Row("sound", 0, 10 * S)]
    gaps = [Row("sound", 3 * S, 4 * S, "network"), Row("other", 0, 9 * S, "relay")]
    found = coverage(segments, gaps, [], 0, 10 * S, MAIN)
    assert found.holes == [Hole(3 * S, 4 * S, "network")]
    assert found.live == 0.9


def test_a_hole_is_cut_where_its_causes_change() -> None:
    gaps = [Row("camera", 2 * S, 5 * S, "relay"), Row("sound", 4 * S, 7 * S, "muted")]
    found = coverage([], gaps, [], 0, 10 * S, MAIN)
    assert found.holes == [
        Hole(0, 2 * S, None), Hole(2 * S, 5 * S, "relay"), Hole(5 * S, 7 * S, "muted"), Hole(7 * S, 10 * S, None),
    ]  # fmt: skip


def test_what_had_not_begun_is_named_too() -> None:
    """A track that hasn't begun has no gap of its own; "not known yet" would stand there for ever."""
    segments = [Row("sound", 2 * S, 10 * S), Row("camera", 5 * S, 10 * S)]
    gaps = [Row("", 0, 1 * S, "recorder")]
    gaps[0].track_id = None  # type: ignore[assignment]
    found = coverage(segments, gaps, [], 0, 10 * S, MAIN)
    assert found.holes == [Hole(0, 1 * S, "recorder"), Hole(1 * S, 2 * S, "left"), Hole(2 * S, 5 * S, "camera")]
    starting = [Row("camera", 2 * S, 10 * S), Row("sound", 2 * S + S // 2, 10 * S)]
    assert coverage(starting, [], [], 0, 10 * S, MAIN).holes == [
        Hole(0, 2 * S, "left"), Hole(2 * S, 2 * S + S // 2, "starting"),
    ]  # fmt: skip
    silent = [Row("camera", 1 * S, 10 * S)]
    assert coverage(silent, [], [], 0, 10 * S, MAIN).holes == [Hole(0, 1 * S, "left"), Hole(1 * S, 10 * S, "muted")]
    running = coverage(silent, [], [], 0, 10 * S + LIVE_EDGE_NS, MAIN, live=True)
    assert running.holes == [Hole(0, 1 * S, "left"), Hole(1 * S, 10 * S, None)]


def test_the_opening_has_one_cause_with_the_camera_s_row_and_without_it() -> None:
    """A camera that was there before the opening begins with the key frame that was asked for."""
    segments = [Row("sound", S // 100, 10 * S), Row("camera", S // 10, 10 * S)]
    rows = [Row("camera", 0, S // 10, "starting")]
    for gaps in ([], rows):
        for live in (False, True):
            end = 10 * S + (LIVE_EDGE_NS if live else 0)
            holes = coverage(segments, gaps, [], 0, end, MAIN, live=live).holes
            assert {hole.cause for hole in holes} == {"starting"}
            assert (holes[0].start_ns, holes[-1].end_ns) == (0, S // 10)


def test_the_last_moment_of_a_meeting_has_a_cause() -> None:
    end = 10 * S
    stopped = [Row("camera", 0, end - S // 3), Row("sound", 0, end - S // 4)]
    assert coverage(stopped, [], [], 0, end, MAIN).holes == [Hole(end - S // 3, end, "ending")]
    known = [Row("camera", end - S // 2, end, "network")]
    assert coverage(stopped, known, [], 0, end, MAIN).holes == [Hole(end - S // 2, end, "network")]
    lost = [Row("camera", 0, end - 2 * S), Row("sound", 0, end)]
    assert coverage(lost, [], [], 0, end, MAIN).holes == [Hole(end - 2 * S, end, None)]
    still_running = coverage(stopped, [], [], 0, end + LIVE_EDGE_NS, MAIN, live=True)
    assert {hole.cause for hole in still_running.holes} == {None}


def test_what_cannot_be_sealed_yet_is_not_due_yet() -> None:
    now = 100 * S
    segments = [Row("camera", 0, now - LIVE_EDGE_NS), Row("sound", 0, now)]
    assert coverage(segments, [], [], 0, now, MAIN, live=True).live == 1.0
    assert coverage(segments, [], [], 0, now, MAIN).live < 1.0
    assert coverage([], [], [], 0, S, MAIN, live=True).live == 1.0


def test_main_tracks_are_the_main_sites_own_or_everybodys() -> None:
    tracks = [Track("a", "camera", "main"), Track("b", "camera", "branch"), Track("c", "microphone", "branch")]
    assert main_tracks(tracks, ["main"]) == Main(frozenset({"a"}), frozenset({"c"}))


ROWS = st.lists(
    st.builds(Row, st.sampled_from(["camera", "sound", "second", "x"]), st.integers(0, 50), st.integers(0, 50)),
    max_size=12,
)


@given(ROWS, ROWS, st.lists(st.builds(Pause, st.integers(0, 50), st.none() | st.integers(0, 50)), max_size=3))
def test_sealed_and_holes_make_up_what_is_due(segments: list[Row], gaps: list[Row], breaks: list[Pause]) -> None:
    found = coverage(segments, gaps, breaks, 5, 45, MAIN)
    assert 0 <= found.sealed_ns <= found.due_ns <= 40
    assert found.sealed_ns + sum(hole.end_ns - hole.start_ns for hole in found.holes) == found.due_ns
    assert 0.0 <= found.live <= 1.0
    for one, other in zip(found.holes, found.holes[1:], strict=False):
        assert one.start_ns < one.end_ns <= other.start_ns < other.end_ns
