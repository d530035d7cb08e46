"""A source that sends VP8 is archived as it came: WebM that others read, resumed, sealed, decoded without an error."""

import asyncio
import itertools
import time
from pathlib import Path

import av
from hypothesis import given
from hypothesis import strategies as st

from media_server.engine.wrap import ntp_of
from ops.sender.packetizer import Stream, vp8_payloads
from recorder import containers, mp4, viewing, webm
from recorder.mp4 import Sample
from recorder.names import OpenName
from recorder.notes import SegmentNote, Source, TrackNote
from recorder.track import Writer
from recorder.units import Unit, pictures
from recorder.worker import Worker, WorkerConfig
from storage.objects import Objects
from tests.recorder import hub
from tests.recorder.hall import Hall
from tests.recorder.relay_socket import RelaySocket
from tests.vp8_film import frames

S = 1_000_000_000
TRACK = TrackNote("trk_v", "rec", "site.device", "camera", "vp8")
SOURCE = Source("e1", "s1")

CLUSTERS = st.lists(
    st.tuples(st.integers(0, 2**40), st.integers(0, 2**50), st.integers(1, 10**6), st.binary(min_size=1, max_size=40)),
    max_size=5,
)


@given(CLUSTERS, st.data())
def test_clusters_are_found_again_also_in_a_file_cut_off_anywhere(
    written: list[tuple[int, int, int, bytes]], data: st.DataObject
) -> None:
    head = webm.video_head(640, 360)
    parts = [webm.fragment(number, start, [Sample(length, body)]) for number, start, length, body in written]
    whole = head + b"".join(parts)
    cut = data.draw(st.integers(0, len(whole)))
    found = list(webm.fragments(whole[:cut]))
    ends = [len(head) + sum(map(len, parts[: n + 1])) for n in range(len(parts))]
    assert [each.end for each in found] == [end for end in ends if end <= cut]
    assert webm.head_length(whole[:cut]) == (len(head) if cut >= len(head) else 0)
    for fragment, (number, start, length, body) in zip(found, written, strict=False):
        assert (fragment.sequence, fragment.start) == (number & 0xFFFFFFFF, start)
        assert (fragment.durations, fragment.sizes, fragment.fillers) == ((length,), (len(body),), ("",))
    assert list(webm.frames(whole)) == [(start, length, body) for _, start, length, body in written]


@given(st.binary(max_size=300), st.integers(0, 300))
def test_no_bytes_upset_the_reading(data: bytes, cut: int) -> None:
    """Invariant: reading gives what is whole and never raises."""
    for each in (data, webm.MAGIC + data, webm.video_head(320, 180)[:cut] + data):
        webm.head_length(each)
        list(webm.fragments(each))
        webm.picture_size(each)


def test_a_head_says_what_it_is() -> None:
    head = webm.video_head(1282, 722)
    assert webm.picture_size(head) == (1282, 722)
    assert (containers.of(head), containers.suffix(head)) == (webm, "webm")
    assert (containers.of(mp4.sound_head(2)), containers.suffix(mp4.sound_head(2))) == (mp4, "mp4")
    assert containers.is_webm("r/t/1.h0.webm")
    assert webm.picture_size(mp4.sound_head(2)) is None


def units_of(film: tuple[bytes, ...]) -> list[Unit]:
    units, index = [], 0
    made = pictures("vp8")
    for number, frame in enumerate(film):
        payloads = vp8_payloads(frame, number + vp8_start, number)
        for at, payload in enumerate(payloads):
            units += made.push(index, number * 3600, at == len(payloads) - 1, payload)
            index += 1
    return units


vp8_start = 32_760  # picture ids wrap around on the way


def test_segments_that_others_decode(tmp_path: Path) -> None:
    film = frames(320, 180, 225, 25)
    out: list[SegmentNote] = []
    writer = Writer(tmp_path, TRACK, 1, 0, out.append)
    for number, unit in enumerate(units_of(film)):
        assert writer.put(unit, 3600 * S + number * S // 25, SOURCE, "network")
    writer.seal()
    assert (out[0].start_ns, out[0].end_ns, out[-1].end_ns) == (3600 * S, 3604 * S, 3609 * S)
    assert all(before.end_ns == after.start_ns for before, after in itertools.pairwise(out))
    assert {(note.width, note.height) for note in out} == {(320, 180)}
    assert all(note.name.endswith(".webm") for note in out)
    assert [data for note in out for data in hub.demuxed(tmp_path / note.name)] == list(film)
    for note in out:
        path = tmp_path / note.name
        assert hub.decode_errors(path) == ""
        assert note.head_bytes == webm.head_length(path.read_bytes())
        with av.open(str(path)) as container:
            times = [float(frame.time) for frame in container.decode(video=0)]  # type: ignore[arg-type]
        assert [round(at * 1000) for at in times] == [note.start_ns // 1_000_000 + 40 * n for n in range(note.frames)]


def test_an_open_file_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    film = frames(320, 180, 50, 25)
    units = units_of(film)
    writer = Writer(tmp_path, TRACK, 1, 0, lambda note: None)
    for number, unit in enumerate(units[:20]):
        writer.put(unit, number * S // 25, SOURCE, "network")
    path = writer.flush()
    assert path is not None
    data = path.read_bytes()
    path.write_bytes(data[:-7])  # the last cluster is torn
    out: list[SegmentNote] = []
    after = Writer(tmp_path, TRACK, 1, 0, out.append)
    assert after.resume(OpenName("rec", "trk_v", 1, SOURCE, 0, 0))
    assert after.open_index == units[17].last
    assert after.open_head() == webm.video_head(320, 180)
    for number, unit in enumerate(units[18:], 18):
        assert after.put(unit, number * S // 25, SOURCE, "network")
    after.seal()
    (note,) = out
    assert (note.frames, note.start_ns, note.end_ns, note.gaps) == (50, 0, 2 * S, [])
    assert hub.demuxed(tmp_path / note.name) == list(film)


def test_a_lost_packet_costs_the_pictures_up_to_the_next_key_frame() -> None:
    film = frames(640, 360, 20, 10)
    made, units, index = pictures("vp8"), [], 0
    for number, frame in enumerate(film):
        payloads = vp8_payloads(frame, number, number)
        for at, payload in enumerate(payloads):
            if number == 3 and at == 0:
                made.lose(1)
            else:
                units += made.push(index, number * 3600, at == len(payloads) - 1, payload)
            index += 1
    assert [unit.data for unit in units] == [*film[:3], *film[10:]]
    assert (units[3].key, units[3].lost, units[3].broken) == (True, 1, True)


class Camera:
    """Sends frames of VP8 in real time, with exact report pairs."""

    def __init__(self, relay: RelaySocket, room: str, publisher: str, film: tuple[bytes, ...], codec: str = "vp8"):
        self.stream = Stream(21, 97, 90_000, 77_000, 65_500)
        self.relay, self.film = relay, film
        self.source = relay.begin(room, publisher, "camera", self.stream, "s-vp8", codec)
        self.sent = 0

    async def play(self, count: int) -> None:
        zero, wall, first = time.monotonic_ns(), time.time_ns(), self.sent
        for number in range(first, first + count):
            due = zero + (number - first) * S // 25
            await asyncio.sleep(max(0.0, (due - time.monotonic_ns()) / S))
            stamp = (self.stream.base + number * 3600) & 0xFFFFFFFF
            if number == first + 5:
                self.relay.report(self.source, ntp_of(wall + 5 * S // 25), stamp)
            payloads = vp8_payloads(self.film[number], number, number)
            for at, payload in enumerate(payloads):
                self.relay.send(self.source, payload, stamp, at == len(payloads) - 1)
            self.sent += 1


async def test_a_vp8_camera_is_recorded_across_a_killed_recorder_and_copied(hall: Hall) -> None:
    film = frames(320, 180, 150, 25)
    opened = await hub.open_meeting(hall.database)
    child = hub.Child(hall.config(), hall.folder)
    await child.start()
    await hub.ready(hall.bus, opened)
    camera = Camera(hall.socket, opened.meeting, opened.publisher, film)
    await camera.play(70)
    await child.kill()
    await child.start()
    await camera.play(80)
    await hub.ready(hall.bus, opened)
    hall.socket.end(camera.source, "closed")
    await hall.finish(opened)
    await child.end()
    found = await hall.archive(opened)
    assert found.tracks["camera"].codec == "vp8"
    assert found.samples("camera") == list(film)
    for segment in found.segments["camera"]:
        assert segment.name.endswith(".webm")
        assert hub.decode_errors(hall.spool / segment.name) == ""
    for filler in found.fillers["camera"]:  # players want them beside the H.264 copies
        assert filler.name.endswith(".mp4")

    derived = hall.folder / "derived"
    settings = WorkerConfig(hall.bus_url, None, hall.url, hall.spool, hub.NO_STORE, derived)
    working = Worker(settings, hall.bus, hall.database, Objects(hub.NO_STORE))
    tasks = [asyncio.create_task(each) for each in (working.work(), working.look(), working.copies())]
    segments = {segment.id: segment for segment in found.segments["camera"]}

    async def copied() -> bool:
        poster = derived / opened.recording / "poster.jpg"
        return set(viewing.made(derived, opened.recording)) == set(segments) and poster.exists()

    await hub.until(copied, 60)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for name, copy in viewing.made(derived, opened.recording).items():
        path, segment = derived / copy.name, segments[name]
        assert hub.decode_errors(path) == ""
        assert len(hub.demuxed(path)) == segment.frames
        (whole,) = mp4.fragments(path.read_bytes())
        assert whole.start == TRACK.ticks(segment.start_ns)
        assert whole.start + sum(whole.durations) == TRACK.ticks(segment.end_ns)
