"""Publishers that begin anew, change their picture, stand still, set their clock or send rubbish: through a real relay.

Whatever they do, what the archive holds is what they sent, and what is missing lies in a gap that says why.
"""

import random
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from media_server.bus import Bus
from ops.chaos import numbered
from ops.chaos.account import Account
from ops.chaos.sending import NumberedSender
from ops.sender import rtcp
from ops.sender.description import H264, OPUS
from ops.sender.film import TICKS, Film, Frame, bunny, load, transcode
from ops.sender.packetizer import Stream
from ops.sender.session import Session
from recorder import mp4
from storage.database import Database
from storage.tables import Track
from tests.recorder import hub
from tests.recorder.flashes import MOST_MS
from tests.recorder.test_through_the_relay import through_the_relay

S = 1_000_000_000


class Odd(NumberedSender):
    """Does something odd each time that the film has come to a second named in `at`."""

    at: tuple[float, ...] = (2.6,)

    def __init__(self, film: Film, url: str, **more: Any) -> None:
        super().__init__(film, url, "t", loops=2, **more)
        self._due = list(self.at)

    def _send(self, session: Session, frame: Frame, due: int) -> None:
        if self._due and due >= self._due[0] * TICKS:
            self._due.pop(0)
            self.turn(session)
        super()._send(session, frame, due)

    def turn(self, session: Session) -> None:
        raise NotImplementedError


class BeginsAnew(Odd):
    """Its encoder was restarted: other SSRCs, numbers and time stamps under the same session."""

    def turn(self, session: Session) -> None:
        self.video = Stream(self.video.ssrc + 2, H264, 90_000, 1_000, 60_000)
        self.audio = Stream(self.audio.ssrc + 2, OPUS, 48_000, 4_000_000_000, 7)


class JumpsInNumbers(Odd):
    """The same SSRC, its numbers 3,000 further on."""

    def turn(self, session: Session) -> None:
        for stream in (self.video, self.audio):
            stream.sequence = (stream.sequence + 3000) & 0xFFFF


class JumpsInStamps(Odd):
    """The same SSRC and numbers, time stamps half an hour further on, reports as well."""

    def turn(self, session: Session) -> None:
        for stream in (self.video, self.audio):
            stream.base = (stream.base + 1800 * stream.clock_rate) & 0xFFFFFFFF


class SetsItsClock(Odd):
    """Its wall clock is set an hour forward, and two back."""

    at = (2.6, 6.1)

    def turn(self, session: Session) -> None:
        self._zero_wall_ns += 3600 * S if len(self._due) else -7200 * S


class SendsRubbish(Odd):
    """Random payloads under its own numbers, and datagrams of nothing at all."""

    at = tuple(1.3 + number for number in range(8))

    def turn(self, session: Session) -> None:
        dice = random.Random(5)
        for stream, size in ((self.video, 900), (self.audio, 0)):
            for _ in range(3):
                stamp = stream.timestamp(self._now(), 8 if stream is self.video else 15)
                session.send_rtp(stream.packet(dice.randbytes(size), stamp, False, b""))
        session.send_rtcp(rtcp.bye([12345]))
        for size in (0, 1, 3, 12, 400, 1400):
            session._path.send(bytes([0x90]) + dice.randbytes(size))


class StandsStill(NumberedSender):
    """Its picture (or its sound) stops for five seconds and a half; the other goes on."""

    def __init__(self, film: Film, url: str, kind: str) -> None:
        super().__init__(film, url, "t", loops=3)
        self._stops_video = kind == "camera"

    def _send(self, session: Session, frame: Frame, due: int) -> None:
        if frame.is_video != self._stops_video or not 3.0 <= due / TICKS < 8.5:
            super()._send(session, frame, due)


Make = Callable[[str], NumberedSender]


@pytest.fixture
def record(sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path) -> Callable[[Make], Any]:
    async def play(make: Make) -> tuple[NumberedSender, hub.Archive, hub.Opened]:
        made: list[NumberedSender] = []

        def remember(url: str) -> NumberedSender:
            made.append(make(url))
            return made[0]

        _, found, opened = await through_the_relay(sqlite_database, sqlite_url, bus, bus_url, tmp_path, remember)
        for segments in found.segments.values():
            for segment in segments:
                assert hub.decode_errors(tmp_path / "spool" / segment.name) == ""
        return made[0], found, opened

    return play


def accounts(
    sender: NumberedSender, found: hub.Archive, opened: hub.Opened, causes: Collection[str]
) -> dict[str, Account]:
    made = found.account(sender, opened, causes)
    for kind, each in made.items():
        assert each.sound, (kind, each, found.gaps)
    return made


@pytest.mark.parametrize("odd", [BeginsAnew, JumpsInNumbers, JumpsInStamps, SetsItsClock])
async def test_a_publisher_that_begins_anew_or_sets_its_clock(
    record: Callable[[Make], Any], film: Film, odd: type[Odd]
) -> None:
    sender, found, opened = await record(lambda url: odd(film, url))
    made = accounts(sender, found, opened, {"network", "camera", "microphone"})
    named = {(found.kind_of(gap.track_id), gap.cause) for gap in found.gaps if gap.cause in ("camera", "microphone")}
    assert named <= {("camera", "camera"), ("microphone", "microphone")}
    # Little more than the second up to the next key frame.
    assert made["camera"].missing <= 50
    assert made["microphone"].missing <= 50
    assert apart(sender, found) <= MOST_MS * S // 1000


def apart(sender: NumberedSender, found: hub.Archive) -> int:
    """How far pictures and sounds that were captured together lie apart in the archive, at most, in ns."""
    off: dict[str, dict[int, int]] = {}
    for kind, number_of in (("camera", numbered.number_of_picture), ("microphone", numbered.number_of_sound)):
        sent = sender.times(kind == "camera")
        off[kind] = {
            sent[number] // S: at - sent[number]
            for segment in found.segments[kind]
            for at, data in samples(found.spool / segment.name, found.tracks[kind])
            if (number := number_of(data)) is not None
        }
    return max(
        abs(off["camera"][second] - off["microphone"][second])
        for second in off["camera"].keys() & off["microphone"].keys()
    )


def samples(path: Path, track: Track) -> Iterator[tuple[int, bytes]]:
    """With their meeting time."""
    data = path.read_bytes()
    scale = 48_000 if track.kind == "microphone" else 90_000
    for each in mp4.fragments(data):
        at, place = each.start, each.end - sum(each.sizes)
        for duration, size in zip(each.durations, each.sizes, strict=True):
            yield at * S // scale, data[place : place + size]
            at, place = at + duration, place + size


async def test_rubbish_costs_what_it_hits_and_is_named(record: Callable[[Make], Any], film: Film) -> None:
    sender, found, opened = await record(lambda url: SendsRubbish(film, url))
    made = accounts(sender, found, opened, {"camera", "network"})
    assert made["camera"].kept > 40
    assert made["microphone"].missing == 0


@pytest.mark.parametrize(("kind", "other"), [("camera", "microphone"), ("microphone", "camera")])
async def test_what_stands_still_is_a_gap_of_its_own_kind(
    record: Callable[[Make], Any], film: Film, kind: str, other: str
) -> None:
    sender, found, opened = await record(lambda url: StandsStill(film, url, kind))
    made = accounts(sender, found, opened, {kind})
    assert made[other].missing == 0
    [gap] = [gap for gap in found.gaps if gap.cause not in ("starting", "ending", "left")]
    assert (found.kind_of(gap.track_id), gap.cause) == (kind, kind)
    assert 4 * S < gap.end_ns - gap.start_ns < 8 * S


async def test_a_picture_that_changes_its_size_goes_on(
    record: Callable[[Make], Any], film: Film, tmp_path: Path
) -> None:
    other = load(transcode(bunny(), tmp_path, width=320, height=180, kbps=200))

    class ChangesSize(NumberedSender):
        changed = False

        def _send(self, session: Session, frame: Frame, due: int) -> None:
            # The two films have the same frames at the same places.
            self.changed |= frame.key and due >= 4 * TICKS
            super()._send(session, other.frames[self._place] if self.changed else frame, due)

    sender, found, opened = await record(lambda url: ChangesSize(film, url, "t", loops=2))
    made = accounts(sender, found, opened, ())
    assert made["camera"].missing == 0
    sizes = [(segment.width, segment.height) for segment in found.segments["camera"]]
    assert set(sizes) == {(640, 360), (320, 180)}
    assert sizes == sorted(sizes, reverse=True)
