"""Every cause that pages, relay and recorder give a gap has words for people, in both languages."""

from typing import get_args

from api.routes.channel import Mute
from recorder.coverage import Main, coverage
from recorder.room import CAUSE_OF_END
from storage.causes import CAUSES
from tests.recorder.test_coverage import Row, S


def test_every_cause_has_its_words() -> None:
    said_by_pages = set(get_args(Mute.model_fields["cause"].annotation))
    holes = [
        hole.cause
        for picture, sound in ((S, 3 * S), (3 * S, S), (S // 100, S // 10))
        for hole in coverage(
            [Row("c", picture, 4 * S), Row("m", sound, 4 * S - S // 5)],
            [], [], 0, 4 * S, Main(frozenset("c"), frozenset("m")),
        ).holes
    ]  # fmt: skip
    assert said_by_pages | set(CAUSE_OF_END.values()) | set(holes) <= CAUSES.keys()
    assert {"starting", "ending", "relay", "recorder"} <= CAUSES.keys()
    assert all(zh and en for zh, en in CAUSES.values())
