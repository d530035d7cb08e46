"""Who sits where."""

from media_server.engine.seats import seat_sounds, seat_videos
from media_server.engine.slot import Slot
from media_server.engine.source import Source
from tests.relay.client import H264, OPUS
from tests.relay.engine import source


def slots(count: int, kind: str = "video") -> list[Slot]:
    fmt = H264 if kind == "video" else OPUS
    return [
        Slot(entry=n, mid=f"{kind}{n}", kind=kind, ssrc=n, cname="c", formats=[fmt], first_number=1, first_stamp=1)
        for n in range(count)
    ]


def cameras(count: int) -> list[Source]:
    return [source(name=f"s{n}", publisher=f"p{n}") for n in range(count)]


def names(seats: dict[int, Source | None]) -> list[str | None]:
    return [seat.note.id if seat else None for _, seat in sorted(seats.items())]


def sit(places: list[Slot], seats: dict[int, Source | None]) -> None:
    for place in places:
        place.wanted = seats[place.entry]


def test_sources_fill_free_slots_and_stay_where_they_are() -> None:
    places, sources = slots(3), cameras(3)
    sit(places, seat_videos(places, sources[:2], [], "", lambda _: 0))
    sources[0].ended_at = 1
    seats = seat_videos(places, [sources[2], sources[1]], [], "", lambda _: 0)
    assert names(seats) == ["s2", "s1", None]


def test_a_pinned_source_has_its_slot_and_no_other() -> None:
    places, sources = slots(2), cameras(3)
    sit(places, seat_videos(places, sources, [], "", lambda _: 0))
    places[1].pinned = "s0"
    assert names(seat_videos(places, sources, [], "", lambda _: 0)) == ["s1", "s0"]
    places[1].pinned = "gone"
    assert names(seat_videos(places, sources, [], "", lambda _: 0))[0] == "s0"


def test_the_speaker_takes_the_place_of_who_was_silent_for_longest() -> None:
    places, sources = slots(2), cameras(3)
    sit(places, seat_videos(places, sources, [], "", lambda _: 0))
    spoke = {"s0": 5, "s1": 3, "s2": 9}
    assert names(seat_videos(places, sources, [sources[2]], "", lambda s: spoke[s.note.id])) == ["s0", "s2"]
    places[1].pinned = "s1"
    assert names(seat_videos(places, sources, [sources[2]], "", lambda s: spoke[s.note.id])) == ["s2", "s1"]


def test_a_viewer_who_cannot_play_a_codec_is_not_given_it() -> None:
    places = slots(1, "audio")
    assert names(seat_videos(places, cameras(1), [], "", lambda _: 0)) == [None]
    assert names(seat_sounds(slots(1), [source("microphone")])) == [None]


def test_voices_stay_in_their_slots() -> None:
    places = slots(2, "audio")
    voices = [source("microphone", name=f"m{n}") for n in range(3)]
    sit(places, seat_sounds(places, voices[:2]))
    assert names(seat_sounds(places, [voices[2], voices[1]])) == ["m2", "m1"]
    assert names(seat_sounds(places, [])) == [None, None]
