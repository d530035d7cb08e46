"""A camera in layers through a real relay into a real recorder: one track, of the best layer that flows."""

import asyncio
import time
from pathlib import Path

from media_server.bus import Bus
from media_server.dtls import Certificate
from media_server.engine import rtcp, rtp
from media_server.engine.wrap import ntp_of
from ops.sender.clips import flash_and_beep
from ops.sender.film import Film, load, transcode
from ops.sender.packetizer import h264_payloads
from storage.database import Database
from tests.recorder import hub
from tests.relay.client import Client
from tests.relay.layers import MID_ID, RID_ID, SSRCS, layered_line
from tests.sender.front import Relay

SIZES = {"h": (640, 360), "l": (320, 180)}


class Layer:
    """One layer of a film, with numbers and stamps of its own."""

    def __init__(self, client: Client, rid: str, film: Film, first_stamp: int) -> None:
        self.client = client
        self.rid = rid
        self.pictures = [frame for frame in film.frames if frame.is_video]
        self.first_stamp = first_stamp
        self.sequence = 1_000

    def send(self, number: int, captured_ms: int) -> bytes:
        """The sample that the archive is to hold."""
        frame = self.pictures[number % len(self.pictures)]
        payloads = h264_payloads(frame.nals)
        for place, payload in enumerate(payloads):
            elements = {MID_ID: b"0", RID_ID: self.rid.encode()}
            stamp = self.first_stamp + 90 * captured_ms
            marker = place == len(payloads) - 1
            ssrc = SSRCS[self.rid]
            self.client.send_rtp(rtp.build(102, self.sequence, stamp, ssrc, payload, marker, extensions=elements))
            self.sequence += 1
        return hub.pictures([frame])[0]

    def report(self, captured_ms: int, wall_ns: int) -> None:
        stamp = (self.first_stamp + 90 * captured_ms) & 0xFFFF_FFFF
        self.client.send_rtcp(rtcp.sender_report(rtcp.SenderReport(SSRCS[self.rid], ntp_of(wall_ns), stamp, 0, 0)))


async def test_the_archive_takes_the_best_layer_that_flows(
    sqlite_url: str, sqlite_database: Database, bus: Bus, bus_url: str, tmp_path: Path
) -> None:
    clip = flash_and_beep(tmp_path, 3, 640, 360)
    films = {
        rid: load(transcode(clip, tmp_path, width=width, height=height, kbps=200))
        for rid, (width, height) in SIZES.items()
    }
    relay = Relay(bus_url, tmp_path)
    await relay.start()
    try:
        async with hub.recording(hub.config(tmp_path, bus_url, sqlite_url)):
            opened = await hub.open_meeting(sqlite_database)
            await hub.ready(bus, opened)
            certificate = Certificate.load_or_create(tmp_path / "client")
            client = await Client.join(
                bus, certificate, session="p1", room=opened.meeting, publisher=opened.publisher,
                media=[layered_line(rids=["h", "l"])],
            )  # fmt: skip
            layers = {rid: Layer(client, rid, film, at * 77_777) for at, (rid, film) in enumerate(films.items())}
            wall = time.time_ns()
            sent: dict[str, set[bytes]] = {"h": set(), "l": set()}
            for number in range(225):  # 9 s at 25 pictures a second, each second beginning with a key frame
                for rid, layer in layers.items():
                    if rid == "l" or not 75 <= number < 150:
                        sent[rid].add(layer.send(number, 40 * number))
                        if number % 25 == 5:
                            layer.report(40 * number, wall + 40_000_000 * number)
                await asyncio.sleep(max(0.0, (wall + 40_000_000 * (number + 1) - time.time_ns()) / 1e9))
            await asyncio.sleep(0.5)
            await hub.finish(bus, sqlite_database, opened)
            await client.leave()
    finally:
        relay.end()
    found = await hub.archive(sqlite_database, tmp_path / "spool", opened)
    assert list(found.tracks) == ["camera"]
    segments = found.segments["camera"]
    sizes = list(dict.fromkeys((segment.width, segment.height) for segment in segments))
    assert sizes == [SIZES["h"], SIZES["l"]]
    assert (segments[-1].width, segments[-1].height) == SIZES["h"]
    for segment in segments:
        assert hub.decode_errors(tmp_path / "spool" / segment.name) == ""
        rid = "h" if segment.width == SIZES["h"][0] else "l"
        assert set(hub.demuxed(tmp_path / "spool" / segment.name)) <= sent[rid]
    # Two thirds of the time in the large layer; where it falls silent its last picture stands until the small one's.
    sealed_s = {
        rid: sum(s.end_ns - s.start_ns for s in segments if s.width == size[0]) / 1e9 for rid, size in SIZES.items()
    }
    print(sealed_s, [(gap.cause, (gap.end_ns - gap.start_ns) / 1e9) for gap in found.gaps])
    assert sealed_s["h"] > 4.5
    assert sealed_s["l"] > 0.9
    assert {gap.cause for gap in found.gaps} <= {"left", "camera", "starting"}
