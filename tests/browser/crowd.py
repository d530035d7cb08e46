"""Hundreds of sites in a meeting of a running hub, each with a session of its own at the relay.

    python -m tests.browser.crowd --data DIR --meeting ID --sites 600

Units, accounts and sessions are rows, as hundreds of joins would have left them; behind each stands a client with real
ICE, DTLS and SRTP. It answers for a camera with one still picture, which it sends when it comes and when it is asked
for a key frame. Says `here N` when all are in; then a line on standard input does something to sites by number:

    leave 5 6     they go
    come 5 6      they come back, as pages that were closed and opened again
    silent 7      nothing is heard of them any more
    weak 8 9      they speak quietly, and every fourth packet is lost
    good 8 9      no longer lost
    speak 7       heard by all: camera and microphone send a film
    hush 7        no longer

and the end of the input ends all. Each picture and sound is numbered; `--sent FILE` says in the end when each was sent.
"""

import argparse
import asyncio
import colorsys
import json
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from sqlalchemy import insert, select

from media_server.bus import Bus
from media_server.codecs import h264
from media_server.records import SessionAnswer
from media_server.sdp import read_offer, write_answer
from ops.bench.load.client import CONSENT_EVERY_NS, Client
from ops.chaos import numbered
from ops.sender import rtcp
from ops.sender.description import H264, OPUS, Line, write
from ops.sender.film import TICKS, Film, bunny, load, transcode
from ops.sender.packetizer import Stream, extensions, h264_payloads
from ops.sender.session import read_answer
from ops.start import read
from storage.database import Database
from storage.errors import DatabaseBusy
from storage.tables import MediaSession, Meeting, Right, Site, Unit, UnitAttributes, User

TOWNS = """
    城关街道 东风街道 清河镇 石门镇 柳林镇 大王庙镇 双河镇 马踏湖镇 青阳镇 桃花峪镇 白塔镇 北坛乡
""".split()  # noqa: SIM905  # as in sample_county
ROOTS = "张王李赵刘陈杨周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余"
ENDS = ("家庄村", "家沟村", "家台村", "家洼社区", "家屯村")
GIVEN = """
    建国 秀英 桂兰 志强 玉梅 德才 春生 丽华 永福 凤霞 长河 海燕 守信 淑芬 大伟
""".split()  # noqa: SIM905
# As statistical offices have them: sites whose names are longer than a row.
LONG = "利津洼新村（原东王、西王、南王、北王四村合并）党群服务中心"
AT_ONCE = 10
BUSY_TRIES = 10  # a writer waits 5 s each time
LIMIT_S = 60.0
LOST_OF = 4
SOUND_EVERY_S = 0.1
AGAIN_S = 0.3
SIZE = (320, 180)
FILM = (640, 360, 500)  # kbit/s
HEARD = 15  # −dBov


def unit_name(number: int) -> str:
    """Villages of the same name are in several towns, as they are in every county."""
    if number % 97 == 11:
        return LONG
    return ROOTS[number % 50] + ENDS[number // 50 % 3 if number < 450 else number % 5]


def person_name(number: int) -> str:
    return ROOTS[number * 7 % len(ROOTS)] + GIVEN[number % len(GIVEN)]


def still(number: int) -> list[bytes]:
    """The NAL units of one key frame: stripes of a colour."""
    width, height = SIZE
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(number * 0.381966 % 1, 0.45, 0.75))
    picture = np.full((height, width, 3), (red, green, blue), np.uint8)
    picture[:, :: 8 + number % 24] //= 2
    picture[height * 2 // 3 :, width // 3 : width * 2 // 3] = (236, 224, 208)
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuv420p", Fraction(1, 25)
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "x264-params": "threads=1"}
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
    data = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    nals = [nal for part in data.split(b"\0\0\1") if (nal := part.rstrip(b"\0"))]
    return [nal for nal in nals if h264.nal_type(nal) in (7, 8, h264.IDR)]


@dataclass(eq=False)
class Member:
    """One site with one device. What it sends is on one clock, from its coming on, and is kept count of over all."""

    number: int
    site: str
    user: str
    still: list[bytes]
    session: str = ""
    client: Client | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    weak: bool = False
    asked_at: float = 0.0
    video: Stream | None = None
    audio: Stream | None = None
    open: bool = False  # its microphone
    speaking: asyncio.Task[None] | None = None
    zero_ns: int = 0  # CLOCK_MONOTONIC
    zero_wall_ns: int = 0
    pictures: list[int] = field(default_factory=list)  # CLOCK_MONOTONIC in ns, by number
    sounds: list[int] = field(default_factory=list)
    spoke: list[tuple[int, int]] = field(default_factory=list)

    @property
    def publisher(self) -> str:
        return f"{self.site}.{self.number:016x}"

    def show(self) -> None:
        if self.speaking is None:
            self._picture(self.still, time.monotonic_ns())

    def _picture(self, nals: list[bytes], now: int) -> None:
        if self.client is None or self.video is None:
            return  # gone
        payloads = h264_payloads(numbered.picture(nals, len(self.pictures)))
        self.pictures.append(now)
        stamp, send_time = self._stamp(self.video, now, 90_000), extensions(self._ntp(now))
        for at, payload in enumerate(payloads, 1):
            self.client.send_rtp(self.video.packet(payload, stamp, at == len(payloads), send_time))

    def _sound(self, opus: bytes, now: int, level: int, lost: bool = False) -> None:
        if self.client is None or self.audio is None:
            return
        packet = self.audio.packet(
            numbered.sound(opus, len(self.sounds)), self._stamp(self.audio, now, 48_000), False,
            extensions(self._ntp(now), level),
        )  # fmt: skip
        self.sounds.append(now)
        if not lost:
            self.client.send_rtp(packet)

    def _stamp(self, stream: Stream, now: int, rate: int) -> int:
        return (stream.base + (now - self.zero_ns) * rate // 10**9) & 0xFFFFFFFF

    def _ntp(self, now: int) -> int:
        return rtcp.ntp(self.zero_wall_ns + now - self.zero_ns)

    def _report(self) -> None:
        now = time.monotonic_ns()
        for stream, rate in ((self.video, 90_000), (self.audio, 48_000)):
            if stream is not None and stream.packets and self.client is not None:
                stamp = self._stamp(stream, now, rate)
                report = rtcp.sender_report(stream.ssrc, self._ntp(now), stamp, stream.packets, stream.octets)
                self.client.send_rtcp(report + rtcp.description(stream.ssrc, "crowd"))

    def control(self, compound: bytes, _: int) -> None:
        """A key frame is asked for by PLI (RFC 4585 §6.3.1), what is missing by a generic NACK (§6.2.1)."""
        packets = list(rtcp.split(compound))
        asked = any(packet.kind == rtcp.PAYLOAD and packet.count == 1 for packet in packets)
        if asked and time.monotonic() - self.asked_at > 0.5:
            self.asked_at = time.monotonic()
            self.show()
            # A page that turns to a picture has no element for it yet when the first one is there; a camera sends more.
            asyncio.get_running_loop().call_later(AGAIN_S, self.show)
        for packet in packets:
            stream = next((each for each in (self.video, self.audio) if each and each.ssrc == packet.media), None)
            if packet.kind == rtcp.TRANSPORT and packet.count == 1 and stream is not None and not self.weak:
                for sequence in packet.missing():
                    if (again := stream.again(sequence)) is not None and self.client is not None:
                        self.client.send_rtp(again)

    def murmur(self, weak: bool) -> None:
        self.weak = weak
        if not self.open and self.audio is not None:
            self.open = True
            self.tasks.append(asyncio.create_task(self._murmurs()))

    async def _murmurs(self) -> None:
        """Ten packets a second: enough to be measured by, too quiet to be the speaker."""
        for tick in range(1 << 30):
            self._sound(b"\xf8\xff\xfe", time.monotonic_ns(), 120, self.weak and tick % LOST_OF == 0)
            if tick % 10 == 0:
                self._report()
            await asyncio.sleep(SOUND_EVERY_S)

    def speak(self, film: Film) -> None:
        assert self.speaking is None, "it speaks already"
        self.spoke.append((time.monotonic_ns(), 0))
        self.speaking = asyncio.create_task(self._speak(film))
        self.tasks.append(self.speaking)

    def hush(self) -> None:
        """Ends the sound with the picture that belongs to it."""
        assert self.speaking is not None, "it does not speak"
        self.tasks.remove(self.speaking)
        self.speaking.cancel()
        self.speaking = None
        self.spoke[-1] = (self.spoke[-1][0], time.monotonic_ns())

    async def _speak(self, film: Film) -> None:
        began, reported = time.monotonic_ns(), 0
        for round_ in range(1 << 30):
            for frame in film.frames:
                due = began + (round_ * film.length + max(0, frame.at)) * 10**9 // TICKS
                if (wait := due - time.monotonic_ns()) > 0:
                    await asyncio.sleep(wait / 1e9)
                if due - reported > 10**9:
                    reported = due
                    self._report()
                if frame.is_video:
                    self._picture(list(frame.nals), due)
                else:
                    self._sound(frame.sound, due, HEARD)

    async def consents(self) -> None:
        assert self.client is not None
        while True:
            await asyncio.sleep(CONSENT_EVERY_NS / 1e9)
            self.client.ask()


class Crowd:
    def __init__(self, database: Database, bus: Bus, meeting: str) -> None:
        self._database = database
        self._bus = bus
        self._meeting = meeting
        self.members: list[Member] = []
        self._gone: list[Client] = []

    async def fill(self, sites: int) -> None:
        """Units, accounts and sites."""
        numbers = range(sites)
        stills = [still(number) for number in range(12)]
        async with self._database.writing() as session:
            meeting = await session.get(Meeting, self._meeting)
            assert meeting is not None, f"no meeting {self._meeting}"
            taken = {site.unit_id for site in await session.scalars(select(Site).where(Site.meeting_id == meeting.id))}
            assert not any(unit.startswith("unt_w") for unit in taken), "the crowd is there already"
            fresh = await session.get(Unit, "unt_w0000") is None
            made = time.time_ns()
            if fresh:
                await session.execute(insert(Unit), [{"id": f"unt_t{n:02}", "level": "town"} for n in range(12)])
                await session.execute(insert(Unit), [{"id": f"unt_w{n:04}", "level": "village"} for n in numbers])
                await session.execute(insert(UnitAttributes), [
                    {"id": f"uat_t{n:02}", "unit_id": f"unt_t{n:02}", "name": TOWNS[n], "parent_id": meeting.unit_id,
                     "from_on": "2018-01-01"} for n in range(12)
                ])  # fmt: skip
                await session.execute(insert(UnitAttributes), [
                    {"id": f"uat_w{n:04}", "unit_id": f"unt_w{n:04}", "name": unit_name(n),
                     "parent_id": f"unt_t{n // 25 % 12:02}", "from_on": "2018-01-01"} for n in numbers
                ])  # fmt: skip
                await session.execute(insert(User), [
                    {"id": f"usr_w{n:04}", "username": f"crowd{n:04}", "name": person_name(n), "created_wall": made}
                    for n in numbers
                ])  # fmt: skip
                await session.execute(insert(Right), [
                    {"id": f"rgt_w{n:04}", "user_id": f"usr_w{n:04}", "role": "secretary", "unit_id": f"unt_w{n:04}",
                     "from_on": "2018-01-01"} for n in numbers
                ])  # fmt: skip
            tag = secrets.token_hex(4)
            await session.execute(insert(Site), [
                {"id": f"sit_{tag}{n:04}", "meeting_id": meeting.id, "unit_id": f"unt_w{n:04}"} for n in numbers
            ])  # fmt: skip
        self.members = [Member(n, f"sit_{tag}{n:04}", f"usr_w{n:04}", stills[n % 12]) for n in numbers]

    async def come(self, members: list[Member]) -> None:
        for first in range(0, len(members), AT_ONCE):
            few = members[first : first + AT_ONCE]
            rows = await asyncio.gather(*(self._join(member) for member in few))
            for tries in range(BUSY_TRIES):
                try:
                    async with self._database.writing() as session:
                        await session.execute(insert(MediaSession), rows)
                    break
                except DatabaseBusy:  # the hub has much to write just now
                    if tries == BUSY_TRIES - 1:
                        raise

    async def _join(self, member: Member) -> dict[str, Any]:
        """The session's row."""
        client = Client()
        video = Stream(secrets.randbits(31) | 1, H264, 90_000, secrets.randbits(32), secrets.randbits(15))
        audio = Stream(secrets.randbits(31) | 1, OPUS, 48_000, 0, secrets.randbits(15))
        lines = [Line("video", "sendonly", video.ssrc), Line("audio", "sendonly", audio.ssrc)]
        offer = write(lines, client.ice, client.fingerprint, "crowd")
        member.session = f"ses_w{secrets.token_hex(8)}"
        request = read_offer(
            offer, sources={"0": "camera", "1": "microphone"}, mode="whip", session=member.session,
            room=self._meeting, publisher=member.publisher,
        )  # fmt: skip
        answered = await self._bus.request("huilu.relay.open", request.model_dump(), timeout=LIMIT_S)
        answer = SessionAnswer.model_validate(answered)
        await client.connect(read_answer(write_answer(offer, request, answer)), LIMIT_S)
        member.client, member.video, member.audio = client, video, audio
        member.zero_ns, member.zero_wall_ns = time.monotonic_ns(), time.time_ns()
        client.begin(lambda _, __: None, member.control)
        asyncio.get_running_loop().add_reader(client.fileno(), client.read)
        member.show()
        member.open, member.speaking = False, None
        member.tasks = [asyncio.create_task(member.consents())]
        return {
            "id": member.session, "meeting_id": self._meeting, "user_id": member.user, "site_id": member.site,
            "mode": "whip", "publisher": member.publisher, "relay_epoch": answer.epoch, "started_wall": time.time_ns(),
        }  # fmt: skip

    async def silent(self, members: list[Member]) -> None:
        for member in members:
            for task in member.tasks:
                task.cancel()
            if member.speaking is not None:
                member.hush()
            if member.client is not None:
                asyncio.get_running_loop().remove_reader(member.client.fileno())
                self._gone.append(member.client)  # closing it would say goodbye
                member.client = None

    async def leave(self, members: list[Member]) -> None:
        for member in members:
            await self._bus.request("huilu.relay.close", {"session": member.session}, timeout=LIMIT_S)
            await self.silent([member])

    def fault(self) -> None:
        """Raises what ended a task that should have gone on."""
        for member in self.members:
            for task in member.tasks:
                if task.done() and not task.cancelled():
                    task.result()

    def sent(self) -> dict[str, dict[str, Any]]:
        """By publisher."""
        return {
            one.publisher: {"pictures": one.pictures, "sounds": one.sounds, "spoke": one.spoke} for one in self.members
        }


@contextmanager
def gathered(
    data: Path, meeting: str, sites: int, sent: Path | None = None, started: Callable[[int], None] = lambda _: None
) -> Iterator[Callable[[str], None]]:
    """So many sites in a meeting of the hub in this folder, by a process of its own, of which `started` is told the id;
    gives what tells it to act."""
    words = [sys.executable, "-m", "tests.browser.crowd", "--data", data, "--meeting", meeting, "--sites", str(sites)]
    words += ["--sent", sent] if sent else []
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    started(process.pid)
    assert process.stdin is not None
    assert process.stdout is not None
    stdin, stdout = process.stdin, process.stdout

    def answered(wanted: str) -> None:
        line = stdout.readline().strip()
        assert line == wanted, f"the crowd said {line!r}, not {wanted!r}: {process.poll()}"

    def do(order: str) -> None:
        stdin.write(order + "\n")
        stdin.flush()
        answered("done")

    try:
        answered(f"here {sites}")
        yield do
    finally:
        stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def main(data: Path, meeting: str, sites: int, sent: Path | None) -> None:
    width, height, kbps = FILM
    film = load(transcode(bunny(), Path(tempfile.gettempdir()) / "huilu-film", width=width, height=height, kbps=kbps))
    start = read(data)
    database = await Database.open(start.database_url)
    bus = await Bus.connect(start.bus_url, "crowd", start.bus_token)
    crowd = Crowd(database, bus, meeting)
    await crowd.fill(sites)
    await crowd.come(crowd.members)
    print(f"here {len(crowd.members)}", flush=True)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode().split():
        crowd.fault()
        chosen = [crowd.members[int(number)] for number in line[1:]]
        if line[0] in ("weak", "good"):
            for member in chosen:
                member.murmur(line[0] == "weak")
        elif line[0] == "speak":
            for member in chosen:
                member.speak(film)
        elif line[0] == "hush":
            for member in chosen:
                member.hush()
        else:
            await {"leave": crowd.leave, "come": crowd.come, "silent": crowd.silent}[line[0]](chosen)
        print("done", flush=True)
    if sent is not None:
        await asyncio.to_thread(sent.write_text, json.dumps(crowd.sent()))
    await bus.close()
    await database.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the hub's folder")
    parser.add_argument("--meeting", required=True)
    parser.add_argument("--sites", type=int, default=600)
    parser.add_argument("--sent", type=Path, metavar="FILE", help="write there what was sent when")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(main(options.data, options.meeting, options.sites, options.sent))
