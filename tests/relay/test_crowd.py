"""Hundreds in one room: what joins and key frame requests ask of a publisher, and whom a change concerns."""

from media_server.engine import rtcp, rtp
from media_server.engine.drops import Drops
from media_server.engine.outputs import Forward, RemoveViewer, SetEntry, SetViewer
from media_server.engine.seating import SEATED_AT_ONCE
from media_server.fanout.python import PythonFanout
from media_server.records import MediaLine
from tests.relay.client import CAMERA_SSRC, IDR, SLICE, sending
from tests.relay.crowd import Crowd
from tests.relay.engine import MS, SECOND

PICTURE = 3_600  # ticks


class Hall(Crowd):
    """One camera and those who watch it; what the relay sends each is kept."""

    def __init__(self) -> None:
        super().__init__()
        lines: list[MediaLine] = [sending("0", "camera", CAMERA_SSRC)]
        self.ways["camera"] = self.bench.join("camera", lines)
        self.sequence, self.stamp = 100, 0
        self.fanout = PythonFanout(Drops())

    def picture(self, key: bool = False, lose: bool = False) -> None:
        """Of two packets; the first can be lost on its way to the relay."""
        self.bench.now += 40 * MS
        for part in (0, 1):
            if not (lose and part == 0):
                payload = (IDR if key else SLICE) + self.sequence.to_bytes(4, "big")
                data = rtp.build(102, self.sequence, self.stamp, CAMERA_SSRC, payload, part == 1)
                self.arrive("camera", data)
            self.sequence += 1
        self.stamp += PICTURE
        self.run()

    def ask(self, viewer: str) -> None:
        """The viewer's PLI."""
        slot = self.bench.relay.sessions[viewer].slots[0]
        self.arrive(viewer, rtcp.receiver_report(rtcp.ReceiverReport(1)) + rtcp.pli(1, slot.ssrc))
        self.run()

    def run(self) -> None:
        """The fan-out does what the engine wants."""
        for output in self.bench.outputs[getattr(self, "done", 0) :]:
            if isinstance(output, SetViewer):
                self.fanout.set_viewer(output.viewer, output.path, output.tx)  # type: ignore[arg-type]
            elif isinstance(output, SetEntry):
                self.fanout.set_entry(output)
            elif isinstance(output, Forward):
                self.fanout.forward([output])
            elif isinstance(output, RemoveViewer):
                self.fanout.remove_viewer(output.viewer)
        self.done = len(self.bench.outputs)

    def key_frames_asked(self, name: str) -> int:
        self.run()
        self.done = 0
        return super().key_frames_asked(name)

    def came(self, viewer: str) -> list[rtp.Rtp]:
        """The packets that went to a viewer since last asked."""
        sent = self.ways[viewer].sent
        found = [each for data in sent if not 192 <= data[1] <= 223 and (each := rtp.read(data)) is not None]
        sent.clear()
        return found


def test_hundred_who_join_ask_their_speaker_for_one_key_frame_a_second() -> None:
    hall = Hall()
    hall.picture()  # no key frame yet: nothing to begin with
    hall.key_frames_asked("camera")
    for number in range(100):
        hall.viewer(f"v{number}")
        hall.bench.pass_time(20 * MS)
    assert hall.key_frames_asked("camera") <= 2
    hall.picture(key=True)
    hall.run()
    assert all(len(hall.came(f"v{number}")) == 2 for number in range(100))


def test_who_joins_later_begins_with_the_cached_pictures_and_asks_for_none() -> None:
    hall = Hall()
    for key in (True, False, False):
        hall.picture(key)
    hall.bench.pass_time(SECOND)
    hall.key_frames_asked("camera")
    for number in range(50):
        hall.viewer(f"v{number}")
    hall.bench.pass_time(SECOND)
    assert hall.key_frames_asked("camera") == 0
    assert all(len(hall.came(f"v{number}")) == 6 for number in range(50))


def test_a_viewers_request_is_answered_from_the_cache_where_nothing_is_missing() -> None:
    hall = Hall()
    hall.viewer("v")
    for key in (True, False, False):
        hall.picture(key)
    hall.bench.pass_time(SECOND)
    hall.key_frames_asked("camera")
    live = hall.came("v")
    hall.ask("v")
    again = hall.came("v")
    hall.picture()
    after = hall.came("v")
    hall.bench.pass_time(SECOND)
    assert hall.key_frames_asked("camera") == 0, "the publisher was not needed"
    assert [each.payload for each in again] == [each.payload for each in live]
    numbers = [each.sequence for each in [*live, *again, *after]]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), "no number twice, none left out"
    stamps = [each.timestamp for each in [*live, *again, *after]]
    assert stamps == sorted(stamps)
    assert after[0].timestamp - live[-1].timestamp == PICTURE, "live goes on on its own clock"


def test_a_viewer_who_asks_again_is_asked_for_and_not_sent_the_same_again_and_again() -> None:
    hall = Hall()
    hall.viewer("v")
    hall.picture(key=True)
    hall.picture()
    hall.bench.pass_time(SECOND)
    hall.key_frames_asked("camera")
    for _ in range(5):
        hall.ask("v")
    hall.came("v")
    hall.bench.pass_time(100 * MS)
    assert hall.key_frames_asked("camera") == 0
    hall.bench.pass_time(SECOND)
    hall.ask("v")
    assert hall.came("v") == []
    hall.bench.pass_time(SECOND)
    assert hall.key_frames_asked("camera") == 1


def test_a_publisher_is_asked_where_the_relay_itself_lacks_something() -> None:
    hall = Hall()
    hall.viewer("v")
    hall.picture(key=True)
    hall.picture(lose=True)
    hall.picture()
    hall.bench.pass_time(1_200 * MS)
    hall.key_frames_asked("camera")
    hall.came("v")
    hall.ask("v")
    assert hall.came("v") == []
    hall.bench.pass_time(SECOND)
    assert hall.key_frames_asked("camera") >= 1


def test_a_site_more_moves_nothing_for_those_whose_slots_are_filled() -> None:
    crowd = Crowd(sites=15)
    crowd.bench.pass_time(SECOND)
    crowd.bench.outputs.clear()
    crowd.site("late")
    crowd.bench.pass_time(SECOND)
    late = crowd.bench.relay.sessions["late"].viewer
    assert {output.viewer for output in crowd.bench.of(SetEntry)} <= {late}


def test_hundreds_turn_to_a_new_speaker_in_portions_and_all_of_them_do() -> None:
    crowd = Crowd(sites=12, viewers=2 * SEATED_AT_ONCE)
    crowd.bench.pass_time(SECOND)
    crowd.bench.outputs.clear()
    crowd.speaks("site11")
    crowd.seat()
    assert len({output.viewer for output in crowd.bench.of(SetEntry)}) <= SEATED_AT_ONCE
    crowd.bench.pass_time(200 * MS)
    room = crowd.bench.relay.rooms["m"]
    for session in room.sessions.values():
        shown = {slot.wanted.note.publisher for slot in session.slots if slot.wanted is not None}
        assert "site11.device" in shown or session.id == "site11"


def test_layers_of_hundreds_are_chosen_in_portions_too() -> None:
    crowd = Crowd(sites=2, viewers=3 * SEATED_AT_ONCE)
    crowd.bench.pass_time(SECOND)
    room = crowd.bench.relay.rooms["m"]
    assert not room.seating.unaimed
    crowd.bench.relay.picture(crowd.bench.now, "m", "site1.device")
    assert len(room.seating.unaimed) >= SEATED_AT_ONCE
    crowd.viewer("late")
    assert all(slot.aim is not None for slot in crowd.bench.relay.sessions["late"].slots if slot.wanted is not None)
    crowd.bench.pass_time(100 * MS)
    assert not room.seating.unaimed


def test_a_crowd_that_turns_at_once_is_sent_no_more_of_the_cache_than_the_line_takes() -> None:
    hall = Hall()
    hall.picture(key=True)
    room = hall.bench.relay.rooms["m"]
    source = next(iter(room.sources.values()))
    for _ in range(40):
        payload = SLICE + bytes(9_000)
        hall.arrive("camera", rtp.build(102, hall.sequence, hall.stamp, CAMERA_SSRC, payload, True))
        hall.sequence += 1
    octets = 41 * 9_000
    hall.bench.outputs.clear()
    for number in range(20):
        hall.viewer(f"v{number}")
    begun = [output for output in hall.bench.of(SetEntry)]
    assert 1 <= len(begun) <= 4_000_000 // octets + 1
    hall.bench.pass_time(SECOND)
    hall.picture(key=True)
    shown = [session.slots[0].shown for session in room.sessions.values() if session.slots]
    assert all(each is source for each in shown)
