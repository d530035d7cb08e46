"""A camera in layers: what slots show of it, what listeners hear, what its sender is asked for."""

import itertools

import pytest

from media_server.engine import rtcp, rtp
from media_server.engine.outputs import Event, Forward, Heard, Reported, Rtcp, SetEntry, Started
from media_server.engine.wrap import distance32, ntp_ns, ntp_of
from media_server.records import PayloadFormat
from tests.relay.client import H264, viewer_lines
from tests.relay.engine import MS, SECOND
from tests.relay.layers import MID_ID, REPAIRED_ID, RTX_SSRCS, SSRCS, Layer, layered_line
from tests.relay.outlets import Kept
from tests.relay.test_relay import Bench

RTX = PayloadFormat(payload_type=103, codec="rtx", clock_rate=90_000, apt=102)


class Village(Bench):
    """A publisher "p" whose camera comes in layers, each with stamps of its own; it answers key frame requests."""

    def __init__(self, *sent: str) -> None:
        super().__init__()
        self.now = 5 * SECOND
        self.way = self.join("p", [layered_line()])
        self.layers = {rid: Layer(rid, first_stamp=7_000 * number) for number, rid in enumerate("hml")}
        self.sent = set(sent)  # the layers that flow
        self.keys = set("hml")  # the layers whose next picture is a key frame
        self.reported = False
        self.looked = 0

    def play(self, span: int) -> None:
        """Pictures of 40 ms each."""
        for _ in range(span // (40 * MS)):
            captured = self.now // MS
            for rid, layer in self.layers.items():
                if rid in self.sent:
                    self.arrive(self.way, *layer.picture(captured, key=rid in self.keys))
                    self.keys.discard(rid)
                else:
                    self.keys.add(rid)
            self.pass_time(40 * MS)
            for output in self.outputs[self.looked :]:
                if isinstance(output, Rtcp) and output.viewer == self.relay.sessions["p"].viewer:
                    for report in rtcp.read(output.data).reports:
                        if isinstance(report, rtcp.KeyFrameRequest):
                            self.keys |= {rid for rid, ssrc in SSRCS.items() if ssrc == report.media}
            self.looked = len(self.outputs)

    def report(self) -> None:
        """Sender reports of all layers that pair the same clock with each one's stamps."""
        for rid, layer in self.layers.items():
            stamp = layer.first_stamp + 90 * (self.now // MS)
            report = rtcp.SenderReport(SSRCS[rid], ntp_of(self.now + 1_000 * SECOND), stamp, 0, 0)
            self.arrive(self.way, rtcp.sender_report(report))

    def watch(self, name: str = "w", mode: str = "room", videos: int = 1) -> Kept:
        return self.join(name, viewer_lines(videos), mode)

    def shown(self, name: str = "w") -> str | None:
        slot = next(slot for slot in self.relay.sessions[name].slots if slot.kind == "video")
        return slot.shown.rid if slot.shown else None

    def asked(self) -> list[list[str]]:
        return [output.body["layers"] for output in self.of(Event) if output.subject.endswith(".layers")]


def test_the_layers_of_one_camera_are_one_source() -> None:
    village = Village("h", "m", "l")
    village.play(SECOND)
    (started,) = village.of(Started)
    assert [(layer.rid, layer.size) for layer in started.source.layers] == [
        ("h", (1280, 720)), ("m", (640, 360)), ("l", (320, 180)),
    ]  # fmt: skip
    assert {output.source for output in village.of(Heard)} == {started.source}


def test_a_retransmission_of_a_layer_is_told_by_the_repaired_rid() -> None:
    village = Village()
    village.relay.close(village.now, "p")
    village.way = village.join("p", [layered_line(formats=[H264, RTX])])
    first, lost, last = (village.layers["m"].picture(40 * number, bps=8_000)[0] for number in range(3))
    read = rtp.read(lost)
    assert read is not None
    village.arrive(village.way, first, last)
    elements = {MID_ID: b"0", REPAIRED_ID: b"m"}
    body = read.sequence.to_bytes(2, "big") + read.payload
    repair = rtp.build(103, 9, read.timestamp, RTX_SSRCS["m"], body, read.marker, extensions=elements)
    village.arrive(village.way, repair)
    (source,) = village.relay.sessions["p"].sources
    layer = source.layer("m")
    assert layer is not None
    assert len(layer.history) == 3
    assert layer.history.get(layer.newest - 1).rtp.payload == read.payload  # type: ignore[union-attr]


def test_a_slot_shows_the_layer_that_its_size_asks_for_and_turns_at_key_frames_only() -> None:
    village = Village("h", "m", "l")
    village.play(SECOND)
    village.watch()
    village.play(SECOND)
    assert village.shown() == "h"
    for size, rid in [((320, 180), "l"), ((700, 500), "m"), ((1366, 768), "h"), ((0, 0), "l"), ((480, 240), "l")]:
        before = len(village.of(SetEntry))
        village.relay.sized("w", {"v0": size})
        village.pass_time(100 * MS)
        assert len(village.of(SetEntry)) == before
        village.play(2 * SECOND)
        assert village.shown() == rid, size
    turned = [place for place, output in enumerate(village.outputs) if isinstance(output, SetEntry)]
    for place in turned:
        first = next(output for output in village.outputs[place:] if isinstance(output, Forward) and output.entries)
        assert first.packet.starts_key_frame


def test_the_picture_for_everybody_comes_in_its_best_layer() -> None:
    village = Village("h", "m", "l")
    village.play(SECOND)
    village.watch()
    village.relay.sized("w", {"v0": (300, 200)})
    village.play(2 * SECOND)
    assert village.shown() == "l"
    village.relay.picture(village.now, "m", "p.device")
    village.play(2 * SECOND)
    assert village.shown() == "h"


def test_a_switch_of_layers_moves_neither_numbers_nor_the_pair_of_clock_and_stamp() -> None:
    village = Village("h", "m", "l")
    village.play(SECOND)
    village.report()
    village.watch()
    for size in [(320, 180), (1280, 720), (640, 360), (1280, 720)]:
        village.relay.sized("w", {"v0": size})
        village.play(2 * SECOND)
        village.report()
    entries = {entry.entry: entry for entry in village.of(SetEntry)}
    (entry,) = entries
    numbers: list[int] = []
    stamps: dict[int, int] = {}
    pairs: list[float] = []
    current: SetEntry | None = None
    for output in village.outputs:
        if isinstance(output, SetEntry):
            current = output
        elif isinstance(output, Forward) and entry in output.entries:
            assert current is not None
            numbers.append(output.packet.index - current.number_offset)
            stamps[output.packet.stamp + current.stamp_offset] = output.packet.arrival
        elif isinstance(output, Rtcp) and output.viewer != village.relay.sessions["p"].viewer:
            for report in rtcp.read(output.data).reports:
                if isinstance(report, rtcp.SenderReport):
                    pairs.append(distance32(report.rtp_time, 0) - ntp_ns(report.ntp) * 90_000 / SECOND)
    assert len(village.of(SetEntry)) == 5
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert list(stamps) == sorted(stamps)
    # What was captured 40 ms apart is shown 40 ms apart, across switches too; one picture may be shown in two sizes.
    captured = sorted(stamps)
    assert {b - a for a, b in itertools.pairwise(captured)} <= {1, 3_599, 3_600, 3_601}
    assert max(pairs) - min(pairs) <= 5  # of 90 a millisecond


def test_listeners_hear_the_best_layer_that_flows_as_one_track() -> None:
    village = Village("h", "m", "l")
    village.play(2 * SECOND)
    village.report()
    village.sent = {"m", "l"}
    village.play(2 * SECOND)
    village.report()
    village.sent = {"h", "m", "l"}
    village.play(2 * SECOND)
    village.report()
    heard = [output.packet for output in village.of(Heard)]
    (source,) = {output.source for output in village.of(Heard)}
    assert [packet.index for packet in heard] == list(range(heard[0].index, heard[0].index + len(heard)))
    assert all(packet.index in source.history for packet in heard)
    sizes = [packet.rtp.ssrc for packet in heard if packet.starts_key_frame]
    runs = [ssrc for place, ssrc in enumerate(sizes) if place == 0 or sizes[place - 1] != ssrc]
    assert runs == [SSRCS["h"], SSRCS["m"], SSRCS["h"]]
    stamps = list(dict.fromkeys(packet.stamp for packet in heard))
    steps = [(b - a) / 90 for a, b in itertools.pairwise(stamps)]
    assert all(step == pytest.approx(40, abs=0.1) for step in steps if step < 100)
    (hole,) = [step for step in steps if step >= 100]  # 500 ms of silence, and the wait for a key frame
    assert 500 < hole <= 1_000
    # As RTP it is of one SSRC whose numbers and stamps are those of the whole, and so are the reports.
    last = rtp.read(source.bytes_of(heard[-1]))
    assert last is not None
    assert (last.ssrc, last.sequence, last.timestamp) == (source.ssrc, heard[-1].index & 0xFFFF, heard[-1].stamp)
    assert last.payload == heard[-1].rtp.payload
    assert village.of(Reported)
    assert source.last_report is not None
    _, ntp, stamp = source.last_report
    ahead = (heard[-1].stamp - stamp) / 90_000
    assert ntp_ns(ntp) / SECOND - 1_000 + ahead == pytest.approx(heard[-1].arrival / SECOND, abs=0.001)


def test_late_packets_of_the_layer_before_keep_their_numbers_for_listeners() -> None:
    village = Village("l")
    village.play(SECOND)
    late = village.layers["l"].picture(village.now // MS)
    village.play(80 * MS)
    village.sent = {"l", "h"}
    village.play(SECOND)
    (source,) = village.relay.sessions["p"].sources
    before = len(village.of(Heard))
    village.arrive(village.way, *late)
    heard = village.of(Heard)[before].packet
    indices = [output.packet.index for output in village.of(Heard)]
    assert sorted(indices) == list(range(min(indices), max(indices) + 1))
    assert heard.index < source.newest
    lacking = source.newest + 5
    source.wanted(village.now, lacking)
    top = source.layer("h")
    assert top is not None
    assert len(top.losses) == 0  # not sent yet: nothing to ask for


def test_a_publisher_is_asked_for_what_is_seen_or_recorded_and_the_rest_is_switched_off_later() -> None:
    village = Village("h", "m", "l")
    village.join("q", [layered_line()])
    village.join("r", [layered_line()])
    village.play(SECOND)
    assert village.asked() == [["h"]]  # nobody looks yet, and one who comes, or a recorder, gets the best at once
    village.watch()
    village.relay.sized("w", {"v0": (320, 180)})
    village.play(2 * SECOND)
    assert village.asked()[-1] == ["h", "l"]
    village.relay.sized("w", {"v0": (640, 360)})
    village.play(2 * SECOND)
    assert village.asked()[-1] == ["h", "m", "l"]
    village.play(12 * SECOND)
    assert village.asked()[-1] == ["m"]
    village.relay.listen(village.now, "m", True)
    village.play(SECOND)
    assert village.asked()[-1] == ["h", "m"]
    village.relay.listen(village.now, "m", False)
    village.play(12 * SECOND)
    assert village.asked()[-1] == ["m"]


def test_a_line_too_narrow_for_two_layers_carries_the_recorded_one() -> None:
    village = Village("h")
    village.relay.listen(village.now, "m", True)
    village.watch()
    village.play(SECOND)
    village.relay.sized("w", {"v0": (320, 180)})
    village.play(SECOND)
    assert village.asked()[-1] == ["h", "l"]
    village.sent = {"l"}  # the browser gives the small one what there is
    village.play(4 * SECOND)
    assert village.asked()[-1] == ["h"]
    village.sent = {"h"}
    village.play(2 * SECOND)
    assert village.shown() == "h"


def test_a_viewer_sees_another_layer_until_the_right_one_is_switched_on() -> None:
    village = Village("h")
    village.watch()
    village.relay.sized("w", {"v0": (320, 180)})
    village.play(SECOND)
    assert village.shown() == "h"
    village.sent = {"h", "l"}
    village.play(SECOND)
    assert village.shown() == "l"


def test_a_layer_that_stops_gives_way_to_one_that_flows() -> None:
    village = Village("h", "m", "l")
    village.watch()
    village.play(5 * SECOND)
    assert village.shown() == "h"
    village.sent = {"m", "l"}
    village.play(2 * SECOND)
    assert village.shown() == "m"
    village.sent = {"h", "m", "l"}
    village.play(2 * SECOND)
    assert village.shown() == "h"
