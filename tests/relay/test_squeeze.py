"""A viewer's line is squeezed and freed: the picture becomes small soon and large again by itself, and never stops.

All in a clock of the test's own: the engine, the fan-out, a bottleneck with its queue, a viewer that reports as
browsers do, and a camera in layers that is asked for key frames and for layers.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from media_server.engine import rtcp, rtp
from media_server.engine.outputs import Again, Event, Forward, Rtcp, SetEntry
from media_server.engine.wrap import middle32, near16
from media_server.fanout.python import PythonFanout
from media_server.records import MediaLine
from ops.bench.emulator import Link, narrow
from ops.bench.load.estimate import EVERY_NS, Estimate
from tests.relay.client import H264, SLICE, viewer_lines
from tests.relay.engine import MS, SECOND
from tests.relay.outlets import Open
from tests.relay.test_layers import RTX, Village


@dataclass
class Line:
    """The way to the viewer through the bottleneck; a path of the engine and a way of the fan-out."""

    link: Link
    clock: Callable[[], int]
    address: tuple[str, int] = ("192.0.2.9", 9)
    bytes_of: dict[tuple[int, int], bytes] = field(default_factory=dict)
    sent: list[tuple[int, str]] = field(default_factory=list)  # pictures' packets: now, the layer

    def __hash__(self) -> int:
        return id(self)

    def send(self, data: bytes) -> bool:
        packet = rtp.read(data)
        if packet is not None and not 192 <= data[1] <= 223:
            known = self.bytes_of.setdefault((packet.ssrc, packet.sequence), data)
            assert known == data, "a number went out with other bytes"
            if packet.payload_type == H264.payload_type and packet.payload.startswith(SLICE):
                self.sent.append((self.clock(), chr(packet.payload[2])))
        self.link.send(self.clock(), data)
        return True


class Viewer:
    """Counts, reports once a second, and estimates as libwebrtc's receiving side does."""

    def __init__(self) -> None:
        self.newest: int | None = None
        self.first = 0
        self.got = 0
        self.told = (0, 0)
        self.media = 0
        self.last_sr: tuple[int, int] | None = None
        self.estimate = Estimate()
        self.pictures: list[tuple[int, str]] = []  # whole pictures: now, the layer
        self._parts: dict[int, tuple[int, bool]] = {}

    def take(self, now: int, data: bytes) -> None:
        if data[0] < 4:
            return
        if 192 <= data[1] <= 223:
            for report in rtcp.read(data).reports:
                if isinstance(report, rtcp.SenderReport) and report.ssrc == self.media:
                    self.last_sr = (middle32(report.ntp), now)
            return
        packet = rtp.read(data)
        assert packet is not None
        self.estimate.arrived(now, len(data))
        if packet.payload_type == RTX.payload_type:
            return
        self.media = packet.ssrc
        if self.newest is None:
            self.newest = self.first = 0x1_0000 + packet.sequence
        number = near16(packet.sequence, self.newest)
        whole = number == self.newest + 1
        self.newest = max(self.newest, number)
        self.got += 1
        if packet.end > packet.start:
            _, unbroken = self._parts.get(packet.timestamp, (0, True))
            unbroken = unbroken and whole
            self._parts[packet.timestamp] = (number, unbroken)
            if packet.marker and unbroken:
                self.pictures.append((now, chr(packet.payload[2])))
        self.estimate.delayed(now, now / MS - packet.timestamp / 90)

    def reports(self, now: int) -> bytes:
        """What is due each 200 ms."""
        out = b""
        if now % SECOND == 0 and self.newest is not None:
            expected = self.newest - self.first + 1
            span, came = expected - self.told[0], self.got - self.told[1]
            self.told = (expected, self.got)
            lost = max(0, min(255, (span - came) * 256 // span)) if span > 0 else 0
            sr, at = self.last_sr or (0, now)
            block = rtcp.ReportBlock(
                self.media, lost, expected - self.got, self.newest, 0, sr, (now - at) * 65_536 // SECOND
            )
            out = rtcp.receiver_report(rtcp.ReceiverReport(9, (block,)))
        bps = self.estimate.due(now)
        return out if bps is None or self.newest is None else out + rtcp.remb(9, bps, [self.media])


class Scenario(Village):
    def __init__(self, lines: list[MediaLine]) -> None:
        super().__init__("h")
        self.line = Line(Link(narrow(20_000_000), 1), lambda: self.now)
        self.fanout = PythonFanout(self.relay.drops)
        self.viewer = Viewer()
        self.sound_only: list[int] = []
        self.done = len(self.outputs)
        self.check(self.line, self.open("w", lines))  # type: ignore[arg-type]
        self.relay.keys(self.now, "w", Open(), Open())
        self.outputs += self.relay.drain()
        self.fanout.set_viewer(self.relay.sessions["w"].viewer, self.line, Open())

    def squeeze(self, bps: int) -> None:
        self.line.link.conditions = narrow(bps)

    def run(self, span: int) -> None:
        for _ in range(span // (40 * MS)):
            self.play(40 * MS)
            self.act()
            for at, data in self.line.link.arrived(self.now):
                self.viewer.take(at, data)
            if self.now % EVERY_NS == 0:
                report = self.viewer.reports(self.now)
                if report:
                    self.arrive(self.line, report)  # type: ignore[arg-type]
                    self.act()

    def act(self) -> None:
        for output in self.outputs[self.done :]:
            if isinstance(output, Forward):
                self.fanout.forward([output])
            elif isinstance(output, SetEntry):
                self.fanout.set_entry(output)
            elif isinstance(output, Again):
                self.fanout.again(output.viewer, output.data)
            elif isinstance(output, Rtcp) and output.viewer == self.relay.sessions["w"].viewer:
                self.line.send(output.data)
            elif isinstance(output, Event) and output.subject.endswith(".layers"):
                self.sent = set(output.body["layers"])
            elif isinstance(output, Event) and output.subject.endswith(".slots") and output.body["sound_only"]:
                self.sound_only.append(self.now)
        self.outputs.clear()
        self.done = self.looked = 0

    def first(self, rid: str, since: int) -> float:
        """Seconds from `since` to the first picture of a layer."""
        return (
            next((now for now, layer in self.viewer.pictures if now > since and layer == rid), 1 << 62) / SECOND
            - since / SECOND
        )

    def sent_large(self, since: int, until: int) -> int:
        return sum(since < now <= until and layer == "h" for now, layer in self.line.sent)

    def longest_pause(self) -> float:
        times = [now for now, _ in self.viewer.pictures]
        return max(later - earlier for earlier, later in itertools.pairwise(times)) / SECOND


def viewer(*, rtx: bool = True) -> list[MediaLine]:
    (line,) = viewer_lines(1, 0)
    return [line.model_copy(update={"formats": [H264, RTX]}) if rtx else line]


def test_a_squeezed_viewer_sees_the_small_layer_soon_and_the_large_one_again_when_the_line_is_free() -> None:
    scenario = Scenario(viewer())
    scenario.run(8 * SECOND)
    assert scenario.viewer.pictures[-1][1] == "h"
    squeezed = scenario.now
    scenario.squeeze(300_000)
    scenario.run(10 * SECOND)
    assert scenario.viewer.pictures[-1][1] == "l"
    freed = scenario.now
    scenario.squeeze(20_000_000)
    scenario.run(20 * SECOND)
    assert scenario.viewer.pictures[-1][1] == "h"
    print(
        "small after",
        scenario.first("l", squeezed),
        "large after",
        scenario.first("h", freed),
        "pause",
        scenario.longest_pause(),
    )
    assert scenario.first("l", squeezed) <= 2.0
    assert scenario.first("h", freed) <= 15.0
    assert scenario.longest_pause() < 2.0
    assert not scenario.sound_only
    assert scenario.sent_large(squeezed, freed) > 0
    # It stands in the queue, before the small one's key frame: so once the line is known there is no more of it.
    known = next(now for now, layer in scenario.line.sent if now > squeezed and layer != "h")
    assert scenario.sent_large(known, freed) == 0
    last = max(now for now, layer in scenario.line.sent if squeezed < now < freed and layer == "h")
    assert known - last >= 100 * MS


def test_where_not_even_the_small_layer_fits_the_sound_stays_and_the_picture_comes_back_by_itself() -> None:
    scenario = Scenario(viewer())
    scenario.run(8 * SECOND)
    scenario.squeeze(60_000)
    scenario.run(12 * SECOND)
    assert scenario.sound_only
    narrow_since = scenario.sound_only[0]
    scenario.run(20 * SECOND)
    assert scenario.sent_large(narrow_since, scenario.now) == 0  # not even to begin again with what is cached
    scenario.squeeze(20_000_000)
    scenario.run(70 * SECOND)
    assert scenario.viewer.pictures[-1][1] == "h"
    assert scenario.viewer.pictures[-1][0] > scenario.now - SECOND


@pytest.mark.parametrize("rtx", [True, False])
def test_a_line_that_carries_the_middle_layer_shows_it_nearly_always(rtx: bool) -> None:
    scenario = Scenario(viewer(rtx=rtx))
    scenario.run(4 * SECOND)
    scenario.squeeze(700_000)
    scenario.run(60 * SECOND)
    late = [layer for now, layer in scenario.viewer.pictures if now > scenario.now - 40 * SECOND]
    print({rid: late.count(rid) for rid in "hml?"}, scenario.longest_pause())
    assert late.count("m") > 0.8 * len(late)
    assert late.count("h") == 0
