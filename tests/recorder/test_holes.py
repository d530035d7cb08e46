"""Loss, silence, a dead relay, a muted microphone: what is missing becomes a gap with its cause, the rest decodes."""

import asyncio
import itertools
from pathlib import Path

import pytest

from ops.sender.film import TICKS, Frame
from recorder.ending import Ending
from recorder.notes import RecordingNote, TrackNote
from recorder.spans import difference, union
from storage.ids import new_id
from tests.recorder import hub
from tests.recorder.hall import Hall
from tests.recorder.relay_socket import Publisher, RelaySocket

MS = 1_000_000


def whole(found: hub.Archive, end_ns: int) -> None:
    """Every file decodes, no track has a hole for a player, none overlaps another."""
    for kind, segments in found.segments.items():
        for piece in [*segments, *found.fillers[kind]]:
            assert hub.decode_errors(found.spool / piece.name) == ""
        pieces = [*segments, *found.fillers[kind]]
        spans = union((each.start_ns, each.end_ns) for each in pieces)
        assert [(a, b) for a, b in difference([(0, end_ns)], spans) if b - a > MS] == []
        for before, after in itertools.pairwise(segments):
            assert before.end_ns <= after.start_ns


async def test_a_lost_packet_costs_its_picture_until_the_next_key_frame(hall: Hall) -> None:
    # One packet of a picture in the third second, and five of sound.
    def lose(frame: Frame, number: int) -> bool:
        return number == 130 if frame.is_video else 150 <= number < 155

    async with hall.recorded() as opened:
        publisher = hall.publisher(opened, lose=lose)
        await publisher.play(6.0)
        await asyncio.sleep(0.2)
        end_ns = await hall.finish(opened)
    found = await hall.archive(opened)
    whole(found, end_ns)
    sent = hub.pictures([frame for _, frame in publisher.sent])
    kept = found.samples("camera")
    cut = next(n for n, (one, other) in enumerate(zip(sent, kept, strict=False)) if one != other)
    back = len(sent) - (len(kept) - cut)
    assert kept == sent[:cut] + sent[back:]
    assert 0 < back - cut <= 25
    assert back % 25 == 0, "a key frame a second"
    by_kind = {found.kind_of(gap.track_id): gap for gap in found.gaps if gap.track_id}
    assert (by_kind["camera"].cause, by_kind["camera"].packets) == ("network", 1)
    assert abs(by_kind["camera"].end_ns - by_kind["camera"].start_ns - (back - cut) * 40 * MS) < 10 * MS
    assert (by_kind["microphone"].cause, by_kind["microphone"].packets) == ("network", 5)
    assert by_kind["microphone"].end_ns - by_kind["microphone"].start_ns == 100 * MS
    assert sum(segment.fillers for segment in found.segments["microphone"]) == 5
    assert hall.socket.asked


async def test_a_key_frame_is_asked_for_where_none_comes_within_the_wait_for_late_packets(hall: Hall) -> None:
    # Of the picture at 2.2 s and of the key frame at 3 s, every packet.
    async with hall.recorded() as opened:
        publisher = hall.publisher(
            opened, lose=lambda frame, _: frame.is_video and round(frame.at * 25 / TICKS) in (55, 75)
        )
        await publisher.play(3.8)
        assert hall.socket.keys_asked
        await hall.finish(opened)


async def test_a_relay_that_dies_leaves_a_gap_and_the_same_tracks(hall: Hall) -> None:
    async with hall.recorded() as opened:
        first = hall.publisher(opened)
        await first.play(3.0)
        await hall.socket.stop()
        again = RelaySocket(hall.socket.path, epoch="e2")
        await asyncio.sleep(0.5)
        await again.start()
        await asyncio.sleep(0.5)
        second = hall.publisher(opened, again, session="s2")
        await second.play(3.0)
        await asyncio.sleep(0.2)
        end_ns = await hall.finish(opened)
        await again.stop()
        await hall.socket.start()
    found = await hall.archive(opened)
    whole(found, end_ns)
    assert set(found.tracks) == {"camera", "microphone"}
    sent = [frame for _, frame in [*first.sent, *second.sent]]
    assert found.samples("camera") == hub.pictures(sent)
    assert found.samples("microphone") == hub.sounds(sent)
    causes = [(found.kind_of(gap.track_id), gap.cause) for gap in found.gaps if gap.track_id]
    assert sorted(causes) == [("camera", "relay"), ("microphone", "relay")]
    assert {segment.relay_epoch for segment in found.segments["camera"]} == {"e1", "e2"}


async def test_a_short_pause_of_sound_is_bridged_and_a_muted_one_is_a_gap(hall: Hall) -> None:
    async with hall.recorded() as opened:
        publisher = hall.publisher(opened)
        playing = asyncio.create_task(publisher.play(9.0))
        await asyncio.sleep(1.5)
        publisher.pause_sound = True  # as discontinuous transmission does
        await asyncio.sleep(0.6)
        publisher.pause_sound = False
        await asyncio.sleep(0.6)
        hall.socket.mute(publisher.audio, True, "call")
        publisher.pause_sound = True
        await asyncio.sleep(3.5)
        publisher.pause_sound = False
        hall.socket.mute(publisher.audio, False, "")
        await playing
        await asyncio.sleep(0.2)
        end_ns = await hall.finish(opened)
    found = await hall.archive(opened)
    whole(found, end_ns)
    assert found.samples("camera") == hub.pictures([frame for _, frame in publisher.sent])
    sound = found.segments["microphone"]
    assert 25 <= sum(segment.fillers for segment in sound) <= 35
    assert sum(segment.frames for segment in sound) == len(hub.sounds([frame for _, frame in publisher.sent]))
    gaps = [gap for gap in found.gaps if found.kind_of(gap.track_id) == "microphone"]
    assert [gap.cause for gap in gaps] == ["call"]
    assert 3_300 * MS < gaps[0].end_ns - gaps[0].start_ns < 3_800 * MS


async def test_a_meeting_without_any_source_is_recorded_as_that(hall: Hall) -> None:
    async with hall.recorded() as opened:
        await hall.bus.request("huilu.recorder.begin", {"recording": opened.recording}, 2.0)
        await asyncio.sleep(1.0)
        assert (await hall.bus.request("huilu.recorder.state", {}))["well"]
        end_ns = await hall.finish(opened)
    found = await hall.archive(opened)
    assert [(gap.start_ns, gap.end_ns, gap.cause) for gap in found.gaps] == [(0, end_ns, "left")]
    assert found.recording.state == "closed"


async def test_a_recording_is_closed_once_its_last_fillers_have_their_rows(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    unfilled = Ending.unfilled

    async def late(ending: Ending, recording: RecordingNote) -> list[tuple[TrackNote, int, int]]:
        await asyncio.sleep(0.6)  # twice as long as `finish` waits before it looks again
        return await unfilled(ending, recording)

    monkeypatch.setattr(Ending, "unfilled", late)
    async with hall.recorded() as opened:
        await hall.publisher(opened).play(2.5)
        await asyncio.sleep(0.3)
        end_ns = await hall.finish(opened)
        found = await hall.archive(opened)
    whole(found, end_ns)


async def test_what_comes_before_the_opening_is_not_kept(hall: Hall) -> None:
    async with hub.recording(hall.config()):
        meeting = new_id("mtg")
        publisher = Publisher(hall.socket, meeting, hall.film, publisher="early.device")
        # The first report comes late, as Chromium's does: the key frame is asked for without waiting for it.
        playing = asyncio.create_task(publisher.play(5.0, report_after_s=3.5))
        await asyncio.sleep(1.7)
        opened = await hub.open_meeting(hall.database, meeting)
        await hall.bus.request("huilu.recorder.begin", {"recording": opened.recording}, 2.0)
        while not hall.socket.keys_asked:
            assert not publisher.video.report
            await asyncio.sleep(0.01)
        await playing
        await asyncio.sleep(0.2)
        await hub.ready(hall.bus, opened)
        await hall.finish(opened)
    found = await hall.archive(opened)
    after = [(due, frame) for due, frame in publisher.sent if opened.origin.meeting_ns(due) >= -20 * MS]
    kept = found.samples("camera")
    assert kept == hub.pictures([frame for _, frame in publisher.sent])[-len(kept) :]
    assert len(hub.pictures([frame for _, frame in after])) - len(kept) <= 25
    assert found.segments["camera"][0].start_ns >= 0
    # Sound begins with the first packet after the opening, and no later one is missing.
    sounds = hub.sounds([frame for _, frame in publisher.sent])
    heard = found.samples("microphone")
    assert heard == sounds[-len(heard) :]
    assert 0 <= found.segments["microphone"][0].start_ns < 21 * MS
    # What is missing until then is said, with its cause.
    assert [(gap.start_ns, gap.end_ns, gap.cause) for gap in found.gaps if found.kind_of(gap.track_id) == "camera"] == [
        (0, found.segments["camera"][0].start_ns, "starting")
    ]


async def test_a_reopened_meeting_gets_a_part_of_its_own(hall: Hall) -> None:
    async with hall.recorded() as opened:
        publisher = hall.publisher(opened)
        playing = asyncio.create_task(publisher.play(9.0))
        await asyncio.sleep(2.5)
        await hub.end_meeting(hall.database, opened)
        await asyncio.sleep(0.3)  # the first part isn't closed yet
        again, start_ns = await hub.reopen_meeting(hall.database, opened)
        await hall.bus.request("huilu.recorder.begin", {"recording": again.recording}, 3.0)
        await playing
        await asyncio.sleep(0.2)
        end_ns = await hall.finish(again)
    first = await hall.archive(opened)
    second = await hall.archive(again)
    assert first.recording.state == second.recording.state == "closed"
    sent = hub.pictures([frame for _, frame in publisher.sent])
    assert first.samples("camera") == sent[: len(first.samples("camera"))]
    kept = second.samples("camera")
    assert kept == sent[-len(kept) :]
    assert start_ns <= second.segments["camera"][0].start_ns < start_ns + 1_100 * MS
    assert second.fillers["camera"][0].start_ns == start_ns
    assert end_ns > second.segments["camera"][-1].end_ns > end_ns - 600 * MS


async def test_a_device_that_came_back_is_not_doubled_by_a_new_connection_or_a_restart(hall: Hall) -> None:
    opened = await hub.open_meeting(hall.database)
    settings = hall.config()
    async with hub.recording(settings):
        await hub.ready(hall.bus, opened)
        first = hall.publisher(opened)
        await first.play(2.5)
        first.end("replaced")
        second = hall.publisher(opened, session="s2")
        playing = asyncio.create_task(second.play(6.0))
        await asyncio.sleep(0.3)
        hall.socket.cut()
        await asyncio.sleep(1.7)
        hall.socket.cut()
        await asyncio.sleep(0.7)
    async with hub.recording(settings):
        await hub.ready(hall.bus, opened)
        await playing
        await asyncio.sleep(0.2)
        await hall.finish(opened)
    found = await hall.archive(opened)
    sent = [frame for _, frame in [*first.sent, *second.sent]]
    assert found.samples("camera") == hub.pictures(sent)
    assert found.samples("microphone") == hub.sounds(sent)


async def test_a_recorder_that_ends_after_its_relay_seals_what_is_open(hall: Hall) -> None:
    async with hall.recorded() as opened:
        publisher = hall.publisher(opened)
        await publisher.play(2.5)
        await asyncio.sleep(0.2)
        await hall.socket.stop()
        await asyncio.sleep(0.3)
    await hall.socket.start()
    assert open_files(hall.spool) == []
    found = await hall.archive(opened)
    assert found.samples("camera") == hub.pictures([frame for _, frame in publisher.sent])
    assert found.recording.state == "recording", "it goes on when the hub is back"


def open_files(spool: Path) -> list[Path]:
    return list(spool.rglob("*.open"))
