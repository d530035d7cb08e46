"""Figures of sessions on /metrics: they parse, tell of whoever is there, and go with him."""

from prometheus_client.parser import text_string_to_metric_families

from media_server.bus import unpacked
from media_server.engine import rtcp
from media_server.engine.relay import EngineSettings
from media_server.fanout.python import PythonFanout
from media_server.session_metrics import FAMILIES, families, snapshot
from tests.relay.client import publisher_lines, viewer_lines
from tests.relay.conftest import Running
from tests.relay.crowd import Crowd
from tests.relay.engine import SECOND
from tests.relay.outlets import Kept, Open
from tests.relay.test_layers import Village


async def series(relay: Running) -> dict[str, dict[str, float]]:
    """By name and session."""
    text = unpacked(await relay.bus.request("huilu.metrics.relay", {}))
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if "session" in sample.labels:
                found.setdefault(sample.name, {})[sample.labels["session"]] = sample.value
    return found


async def test_a_live_session_has_series_and_takes_them_with_it(relay: Running) -> None:
    await relay.join(session="v1", media=viewer_lines(), publisher="site2.device02")
    await relay.join(session="p1", media=publisher_lines())
    before = await series(relay)
    assert {"v1", "p1"} <= set(before["huilu_relay_session_sent_bytes_total"])
    assert before["huilu_relay_session_received_bytes_total"]["p1"] == 0
    for session in ("v1", "p1"):
        await relay.bus.request("huilu.relay.close", {"session": session})
    assert all(not {"v1", "p1"} & set(each) for each in (await series(relay)).values())


async def test_what_a_viewer_reports_of_a_slot_stands_in_its_series() -> None:
    crowd = Crowd()
    crowd.site("p")
    crowd.viewer("v")
    crowd.bench.pass_time(SECOND)
    slot = crowd.bench.relay.sessions["v"].slots[0]
    assert slot.shown is not None
    block = rtcp.ReportBlock(slot.ssrc, 64, 7, 200, 900, 0, 0)
    crowd.arrive("v", rtcp.receiver_report(rtcp.ReceiverReport(1, (block,))))
    crowd.arrive("v", rtcp.receiver_report(rtcp.ReceiverReport(1)) + rtcp.nack(1, slot.ssrc, [1]))
    taken = await snapshot(crowd.bench.relay, crowd.bench.now)
    told = {
        (sample.name.removeprefix("huilu_relay_"), sample.labels.get("session")): sample
        for family in families(taken)
        for sample in family.samples
        if sample.labels.get("slot") in (None, slot.mid)
    }
    assert told["slot_loss_ratio", "v"].value == 0.25
    assert told["slot_jitter_seconds", "v"].value == 0.01
    assert told["slot_shows", "v"].labels["source"] == slot.shown.note.id
    assert told["session_drops_total", "v"].labels["reason"] == "not-in-history"
    assert told["session_received_bytes_total", "p"].value > 0
    assert told["source_loss_ratio", "p"].value == 0.0


async def test_a_camera_in_layers_has_figures_of_each_and_a_slot_says_which_it_shows() -> None:
    village = Village("h", "l")
    village.watch()
    village.relay.sized("w", {"v0": (320, 180)})
    village.play(3 * SECOND)
    taken = await snapshot(village.relay, village.now)
    received = {labels[3]: value for labels, value in taken.rows["source_received_bytes"]}
    assert received.keys() == {"h", "l"}
    assert received["h"] > received["l"] > 0
    assert [labels[4] for labels, _ in taken.rows["slot_shows"] if labels[2] == "video"] == ["l"]


async def test_what_could_not_be_sent_to_a_viewer_stands_among_its_drops() -> None:
    crowd = Crowd()
    crowd.site("p")
    crowd.viewer("v")
    fanout = PythonFanout(crowd.bench.relay.drops)
    way = Kept()
    way.full = True
    viewer = crowd.bench.relay.sessions["v"].viewer
    fanout.set_viewer(viewer, way, Open())
    fanout.again(viewer, bytes(40))
    taken = await snapshot(crowd.bench.relay, crowd.bench.now, fanout.dropped)
    told = {labels[1]: (labels[2], value) for labels, value in taken.rows["session_drops"]}
    assert told == {"v": ("send-blocked", 1)}


async def test_series_of_slots_have_a_bound() -> None:
    crowd = Crowd(sites=11, viewers=230)
    crowd.bench.pass_time(2 * SECOND)
    taken = await snapshot(crowd.bench.relay, crowd.bench.now)
    assert taken.slots == 2_000
    assert taken.left_out > 0
    assert len(taken.rows["session_sent_bytes"]) == 241
    assert EngineSettings("e", 0).max_sessions <= 1_000, "the bound of series of sessions"
    assert set(taken.rows) <= set(FAMILIES)
