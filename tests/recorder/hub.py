"""A meeting's rows, a recorder that runs, and what is found in its archive afterwards."""

import asyncio
import io
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import av
import imageio_ffmpeg
from sqlalchemy import select

from media_server.bus import Bus
from media_server.codecs import h264
from media_server.errors import RelayError
from ops.chaos import numbered
from ops.chaos.account import Account, Hole, account
from ops.sender.film import Frame
from recorder.notes import SegmentNote
from recorder.process import RecorderConfig, run
from storage.clock import Origin
from storage.database import Database
from storage.ids import new_id
from storage.ledger import append, open_chain
from storage.objects import ObjectsConfig
from storage.sealing import read_sidecar
from storage.tables import Filler, Gap, Meeting, Recording, Segment, Site, Stored, Track, Unit, UnitAttributes, User

NO_STORE = ObjectsConfig("127.0.0.1:9", "nobody", "nothing", "none")


class Numbered(Protocol):
    def times(self, video: bool) -> list[int]: ...


@dataclass
class Opened:
    meeting: str
    recording: str
    site: str
    origin: Origin

    @property
    def publisher(self) -> str:
        return f"{self.site}.device01"


async def open_meeting(database: Database, meeting: str | None = None, *, pictures_up_to: int | None = None) -> Opened:
    """What the api writes at the opening."""
    origin = Origin.here_and_now()
    unit, user, recording, site = (new_id(each) for each in ("unt", "usr", "rec", "sit"))
    meeting = meeting or new_id("mtg")
    async with database.writing() as session:
        session.add(Unit(id=unit, level="village"))
        session.add(User(id=user, username=user, name="书记", created_wall=origin.wall_ns))
        await session.flush()
        session.add(UnitAttributes(id=new_id("una"), unit_id=unit, name="石桥村", from_on="2020-01-01"))
        session.add(
            Meeting(
                id=meeting, title="村民代表会议", kind="representatives", unit_id=unit, state="open",
                created_wall=origin.wall_ns, created_by=user, opened_wall=origin.wall_ns,
                opened_monotonic=origin.monotonic_ns, opened_boot=origin.boot, opened_on="2026-11-24", opened_by=user,
            )
        )  # fmt: skip
        await session.flush()
        session.add(Site(id=site, meeting_id=meeting, unit_id=unit, main=True))
        chain = await open_chain(session, "recording", recording)
        await append(session, chain, "opened", {"meeting": meeting})
        session.add(
            Recording(
                id=recording, meeting_id=meeting, chain_id=chain, state="recording", start_ns=0,
                pictures_up_to=pictures_up_to,
            )
        )  # fmt: skip
    return Opened(meeting, recording, site, origin)


async def invite(database: Database, opened: Opened, count: int) -> list[str]:
    """Further sites of the meeting, by their ids."""
    sites = [new_id("sit") for _ in range(count)]
    async with database.writing() as session:
        for number, site in enumerate(sites, 1):
            unit = new_id("unt")
            session.add(Unit(id=unit, level="village"))
            await session.flush()
            session.add(UnitAttributes(id=new_id("una"), unit_id=unit, name=f"第{number}村", from_on="2020-01-01"))
            session.add(Site(id=site, meeting_id=opened.meeting, unit_id=unit, main=False))
    return sites


async def reopen_meeting(database: Database, opened: Opened) -> tuple[Opened, int]:
    """A further part; gives its start."""
    recording, start_ns = new_id("rec"), opened.origin.meeting_now()
    async with database.writing() as session:
        meeting = await session.get(Meeting, opened.meeting)
        assert meeting is not None
        meeting.state, meeting.end_ns = "open", None
        chain = await open_chain(session, "recording", recording)
        await append(session, chain, "opened", {"meeting": opened.meeting})
        session.add(
            Recording(
                id=recording, meeting_id=opened.meeting, part=2, chain_id=chain, state="recording", start_ns=start_ns
            )
        )
    return Opened(opened.meeting, recording, opened.site, opened.origin), start_ns


async def end_meeting(database: Database, opened: Opened) -> int:
    """What the api writes at the end; gives the meeting time of it."""
    end_ns = opened.origin.meeting_now()
    async with database.writing() as session:
        row = await session.get(Recording, opened.recording)
        assert row is not None
        row.end_ns, row.state = end_ns, "closing"
        meeting = await session.get(Meeting, opened.meeting)
        assert meeting is not None
        meeting.end_ns, meeting.state = end_ns, "ended"
    return end_ns


def config(
    folder: Path, bus_url: str, database_url: str, objects: ObjectsConfig = NO_STORE, **more: Any
) -> RecorderConfig:
    return RecorderConfig(
        bus_url, None, database_url, folder / "spool", more.pop("limit", 10**9), (folder / "relay.sock",), objects,
        folder / "keys" / "node.pem",
    )  # fmt: skip


@asynccontextmanager
async def recording(settings: RecorderConfig) -> AsyncIterator[None]:
    """The recorder in this process."""
    stop = asyncio.Event()
    task = asyncio.create_task(run(settings, stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 40)


class Child:
    """The recorder as a process of its own, to be killed; started from a loaded one (tests.recorder.child)."""

    def __init__(self, settings: RecorderConfig, folder: Path) -> None:
        path = folder / "recorder.json"
        path.write_text(json.dumps(asdict(settings), default=str))
        self._loaded = subprocess.Popen(
            [sys.executable, "-m", "tests.recorder.child", str(path)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.pid = 0

    async def start(self) -> None:
        self.pid = int(await self._ask("start"))

    async def kill(self) -> None:
        assert await self._ask("kill") == "-9", "it had ended by itself"

    async def end(self) -> int:
        """Its exit status; none is started any more."""
        answer = await self._ask("end")
        assert answer != "none", "it had ended by itself"
        self._loaded.communicate()
        return int(answer)

    async def _ask(self, word: str) -> str:
        """Beside the event loop, which plays the stream meanwhile."""
        return await asyncio.to_thread(self._asked, word)

    def _asked(self, word: str) -> str:
        assert self._loaded.stdin is not None
        assert self._loaded.stdout is not None
        self._loaded.stdin.write(word + "\n")
        self._loaded.stdin.flush()
        return self._loaded.stdout.readline().strip()


async def until(what: Callable[[], Awaitable[Any]], seconds: float = 45.0) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while True:
        if found := await what():
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"it did not come within {seconds} s")
        await asyncio.sleep(0.05)


async def ready(bus: Bus, opened: Opened, seconds: float = 45.0) -> None:
    async def recorded() -> bool:
        try:
            state = await bus.request("huilu.recorder.state", {}, 1.0)
        except RelayError:
            return False
        return opened.recording in state["recordings"]

    await until(recorded, seconds)


async def finish(bus: Bus, database: Database, opened: Opened) -> int:
    end_ns = await end_meeting(database, opened)
    answer = await bus.request("huilu.recorder.finish", {"recording": opened.recording}, 12.0)
    assert answer == {"closed": True}
    return end_ns


@dataclass
class Archive:
    """The rows of a recording, sorted, and its files."""

    spool: Path
    recording: Recording
    tracks: dict[str, Track]  # by kind; one device a test
    segments: dict[str, list[Segment]]
    fillers: dict[str, list[Filler]]
    gaps: list[Gap]
    stored: list[Stored]

    def samples(self, kind: str) -> list[bytes]:
        """The packets that a demuxer of others' making finds, over all segments."""
        return [packet for segment in self.segments[kind] for packet in demuxed(self.spool / segment.name)]

    def account(self, publisher: Numbered, opened: Opened, causes: Collection[str]) -> dict[str, Account]:
        """By kind, what a publisher with numbers sent and what is here."""
        made = {}
        for kind, number_of in (("camera", numbered.number_of_picture), ("microphone", numbered.number_of_sound)):
            sent = [opened.origin.meeting_ns(due) for due in publisher.times(kind == "camera")]
            holes = [
                Hole(gap.start_ns, gap.end_ns, gap.cause)
                for gap in self.gaps
                if gap.track_id is None or self.kind_of(gap.track_id) == kind
            ]
            # What is shorter than 60 ms is no gap: it stands in its segment's spans.
            for segment in self.segments[kind]:
                sealed = read_sidecar(self.spool, segment.name)
                note = SegmentNote.of(sealed) if sealed else None
                holes += [
                    Hole(span.start_ns, span.end_ns, "network" if span.cause == "lost" else span.cause)
                    for span in (note.spans if note else ())
                ]
            fillers = self.fillers_inside(kind)
            numbers = [number_of(sample) for sample in self.samples(kind)]
            assert sum(number is None for number in numbers) == fillers
            made[kind] = account(sent, [number for number in numbers if number is not None], holes, causes)
        return made

    def fillers_inside(self, kind: str) -> int:
        return sum(segment.fillers for segment in self.segments[kind])

    def kind_of(self, track: str | None) -> str | None:
        return next((kind for kind, each in self.tracks.items() if each.id == track), None)


async def archive(database: Database, spool: Path, opened: Opened) -> Archive:
    async with database.reading() as session:
        row = await session.get(Recording, opened.recording)
        assert row is not None
        tracks = {
            each.kind: each for each in (await session.scalars(select(Track).where(Track.recording_id == row.id))).all()
        }
        segments, fillers = {}, {}
        for kind, track in tracks.items():
            own = select(Segment).where(Segment.track_id == track.id).order_by(Segment.number)
            segments[kind] = list((await session.scalars(own)).all())
            spare = select(Filler).where(Filler.track_id == track.id).order_by(Filler.start_ns)
            fillers[kind] = list((await session.scalars(spare)).all())
        gaps = list((await session.scalars(select(Gap).where(Gap.recording_id == row.id).order_by(Gap.start_ns))).all())
        stored = list((await session.scalars(select(Stored))).all())
    return Archive(spool, row, tracks, segments, fillers, gaps, stored)


def demuxed(path: Path) -> list[bytes]:
    with av.open(io.BytesIO(path.read_bytes())) as container:
        return [bytes(packet) for packet in container.demux() if packet.size]


def decode_errors(path: Path) -> str:
    """What ffmpeg has to say about a file."""
    # In the file's own time: frames of a camera don't come at an even rate, and that is no fault.
    own_time = ["-fps_mode", "passthrough", "-enc_time_base", "demux"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "warning", "-i", str(path), *own_time, "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, timeout=60)
    return done.stderr.decode()


def pictures(frames: list[Frame]) -> list[bytes]:
    return [h264.sample(frame.nals) for frame in frames if frame.is_video]


def sounds(frames: list[Frame]) -> list[bytes]:
    return [frame.sound for frame in frames if not frame.is_video]
