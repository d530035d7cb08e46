"""Sealed pieces of a film, made here as the recorder writes them, with their rows."""

from dataclasses import dataclass, field
from pathlib import Path

from media_server.codecs import h264
from ops.sender.film import TICKS, Film, Frame
from recorder import mp4
from recorder.black import black
from recorder.mp4 import Sample
from storage.database import Database
from storage.ids import new_id
from storage.tables import Segment, Track
from tests.recorder.hub import Opened

S = 1_000_000_000
PICTURE = 90_000
SOUND = 48_000


def picture(film: Film, start_s: int, seconds: int = 1, at_s: int | None = None) -> bytes:
    """Whole seconds of the film (a key frame begins each), laid at `at_s` of the time line."""
    own = _cut(film, start_s, seconds)
    sps, pps = h264.parameter_sets(own[0].nals)
    head = mp4.video_head(h264.decoder_configuration(sps, pps), film.width, film.height)
    step = PICTURE * seconds // len(own)
    start = (start_s if at_s is None else at_s) * PICTURE
    return head + b"".join(
        mp4.fragment(n, start + n * step, [Sample(step, h264.sample(each.nals), each.key)])
        for n, each in enumerate(own)
    )


def standing(film: Film, start_s: int, seconds: int, at_s: int) -> bytes:
    """One key frame of the film, 25 times a second."""
    key = next(each for each in _cut(film, start_s, 1) if each.key)
    sps, pps = h264.parameter_sets(key.nals)
    head = mp4.video_head(h264.decoder_configuration(sps, pps), film.width, film.height)
    return head + b"".join(
        mp4.fragment(n, at_s * PICTURE + n * 3600, [Sample(3600, h264.sample(key.nals), True)])
        for n in range(25 * seconds)
    )


def darkness(width: int, height: int, seconds: int, at_s: int) -> bytes:
    made = [black(width, height, n) for n in (0, 1)]
    head = mp4.video_head(h264.decoder_configuration([made[0].sps], [made[0].pps]), width, height)
    return head + b"".join(
        mp4.fragment(n, at_s * PICTURE + n * 18_000, [Sample(18_000, h264.sample([made[n & 1].idr]))])
        for n in range(5 * seconds)
    )


def sound(film: Film, start_s: int, seconds: int, at_s: int | None = None) -> bytes:
    every = [frame for frame in film.frames if not frame.is_video]
    own = [every[n % len(every)] for n in range(start_s * 50, (start_s + seconds) * 50)]
    start = (start_s if at_s is None else at_s) * SOUND
    return mp4.sound_head(2) + b"".join(
        mp4.fragment(n, start + n * 960, [Sample(960, each.sound)]) for n, each in enumerate(own)
    )


def packets(each: list[bytes], at_ticks: int) -> bytes:
    return mp4.sound_head(2) + b"".join(
        mp4.fragment(n, at_ticks + n * 960, [Sample(960, data)]) for n, data in enumerate(each)
    )


def _cut(film: Film, start_s: int, seconds: int) -> list[Frame]:
    """The film goes round."""
    length = film.length // TICKS
    found: list[Frame] = []
    for second in range(start_s, start_s + seconds):
        begin = second % length * TICKS
        found += [f for f in film.frames if f.is_video and begin <= f.at < begin + TICKS]
    return found


@dataclass
class Pieces:
    """A recording's rows and files."""

    database: Database
    spool: Path
    opened: Opened
    count: dict[str, int] = field(default_factory=dict)

    async def track(self, kind: str, codec: str = "h264") -> str:
        track = new_id("trk")
        async with self.database.writing() as session:
            session.add(
                Track(
                    id=track, recording_id=self.opened.recording, publisher=f"{self.opened.site}.{track[-8:]}",
                    kind=kind, codec=codec, site_id=self.opened.site, name=f"石桥村 {kind}",
                )
            )  # fmt: skip
        return track

    async def add(self, track: str, data: bytes, start_ns: int, end_ns: int, suffix: str = "mp4") -> Segment:
        number = self.count[track] = self.count.get(track, 0) + 1
        head = mp4.head_length(data)
        name = f"{self.opened.recording}/{track}/{number:06d}~0~9.h{head:08x}.{suffix}"
        path = self.spool / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        segment = Segment(
            id=new_id("seg"), recording_id=self.opened.recording, track_id=track, number=number, name=name,
            relay_epoch="e", source_id=track, first_index=number, last_index=number, start_ns=start_ns, end_ns=end_ns,
            frames=len(list(mp4.fragments(data))), bytes=len(data), head_bytes=head, sha256="", sm3="",
            sealed_wall=number,
        )  # fmt: skip
        async with self.database.writing() as session:
            session.add(segment)
        return segment
