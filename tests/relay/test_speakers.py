"""Who is heard and who speaks."""

from media_server.engine.speakers import HOLD_NS, TICK_NS, Speakers


def run(it: Speakers, now: int, levels: dict[str, int | None], ticks: int, payload_bytes: int = 80) -> int:
    for _ in range(ticks):
        for name, level in levels.items():
            it.heard(name, level, payload_bytes)
        it.tick(now)
        now += TICK_NS
    return now


def test_the_loudest_are_selected_and_a_little_louder_is_not_enough() -> None:
    it = Speakers(2)
    now = run(it, 0, {"a": 20, "b": 30, "c": 70}, 20)
    assert set(it.selected) == {"a", "b"}
    now = run(it, now, {"a": 20, "b": 30, "c": 27}, 40)
    assert set(it.selected) == {"a", "b"}
    run(it, now, {"a": 20, "b": 60, "c": 20}, HOLD_NS // TICK_NS + 5)
    assert it.selected == ["a", "c"]


def test_the_speaker_changes_when_another_is_louder_for_a_while_and_stays_in_silence() -> None:
    it = Speakers(3)
    now = run(it, 0, {"a": 20, "b": 127}, 10)
    assert it.speaker == "a"
    now = run(it, now, {"a": 20, "b": 10}, 3)
    assert it.speaker == "a"
    now = run(it, now, {"a": 60, "b": 15}, 15)
    assert it.speaker == "b"
    run(it, now, {"a": 127, "b": 127}, 30)
    assert it.speaker == "b"


def test_without_the_level_extension_size_tells_speech_from_silence() -> None:
    it = Speakers(1)
    now = run(it, 0, {"a": None}, 20, payload_bytes=3)
    assert it.speaker is None
    run(it, now, {"a": None}, 20, payload_bytes=60)
    assert it.speaker == "a"
    assert 29 < it.level("a") < 35


def test_one_who_leaves_is_neither_heard_nor_the_speaker() -> None:
    it = Speakers(1)
    run(it, 0, {"a": 20}, 20)
    assert it.remove("a")
    assert (it.selected, it.speaker) == ([], None)
