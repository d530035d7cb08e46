"""What a room of hundreds costs the engine: seating by speaker changes and joins, key frame requests.

    python -m tests.relay.crowd --sites 600 --viewers 0

Every site sends a camera and a microphone and has nine picture slots and three for sound, as a room's page has. No
socket, no SRTP: what is measured is the engine's Python on its one thread. Prints milliseconds of CPU, asserts nothing.
"""

import argparse
import json
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from media_server.engine import rtcp, rtp
from media_server.engine.outputs import Event, Rtcp
from media_server.records import MediaLine
from tests.relay.client import CAMERA_SSRC, MICROPHONE_SSRC, publisher_lines, viewer_lines
from tests.relay.engine import MS, SECOND, packet
from tests.relay.test_relay import Bench

PICTURES, SOUNDS = 9, 3


class Crowd:
    def __init__(self, sites: int = 0, viewers: int = 0) -> None:
        self.bench = Bench(max_sessions=5_000)
        self.ways: dict[str, Any] = {}
        for number in range(sites):
            self.site(f"site{number}")
        for number in range(viewers):
            self.viewer(f"viewer{number}")

    def site(self, name: str) -> None:
        self.bench.pass_time(20 * MS)
        lines: list[MediaLine] = publisher_lines() + viewer_lines(PICTURES, SOUNDS)
        self.ways[name] = self.bench.join(name, lines)
        sound = rtp.build(111, 50, 0, MICROPHONE_SSRC, bytes(20), True)
        self.arrive(name, packet(100, key=True, ssrc=CAMERA_SSRC).data, sound)

    def viewer(self, name: str) -> None:
        self.ways[name] = self.bench.join(name, viewer_lines(PICTURES, SOUNDS))

    def arrive(self, name: str, *datagrams: bytes) -> None:
        self.bench.arrive(self.ways[name], *datagrams)

    def speaks(self, name: str) -> None:
        """The room's active speaker is another one, without the second that its voice would take."""
        room = self.bench.relay.rooms["m"]
        source = next(s for s in room.sources.values() if s.note.publisher == f"{name}.device" and not s.video)
        room.speakers.speaker = source.note.id
        room.speakers.selected = [source.note.id, *room.speakers.selected][:4]

    def seat(self) -> None:
        self.bench.relay.rooms["m"].seat(self.bench.now)
        self.bench.outputs += self.bench.relay.drain()

    def others(self) -> int:
        """Those whose turn comes with the next ticks; how many ticks it took."""
        for ticks in range(100):
            before = len(self.bench.outputs)
            self.bench.relay.rooms["m"].seat_more(self.bench.now)
            self.bench.outputs += self.bench.relay.drain()
            if len(self.bench.outputs) == before:
                return ticks
        raise AssertionError("seating does not end")

    def key_frames_asked(self, name: str) -> int:
        """By PLI, of this publisher, since last asked."""
        viewer, asked = self.bench.relay.sessions[name].viewer, 0
        for output in self.bench.outputs:
            if isinstance(output, Rtcp) and output.viewer == viewer:
                asked += sum(isinstance(each, rtcp.KeyFrameRequest) for each in rtcp.read(output.data).reports)
        self.bench.outputs.clear()
        return asked


def took(act: Callable[[], object]) -> float:
    begun = time.process_time()
    act()
    return (time.process_time() - begun) * 1_000


def measure(sites: int, viewers: int) -> dict[str, Any]:
    begun = time.process_time()
    crowd = Crowd(sites, viewers)
    built = (time.process_time() - begun) * 1_000
    unchanged = median(took(crowd.seat) for _ in range(5))
    changes, whole, told = [], [], []
    for number in range(sites - 1, sites - 11, -1):
        crowd.bench.now += 2 * SECOND
        crowd.bench.outputs.clear()
        crowd.speaks(f"site{number}")
        changes.append(took(crowd.seat))
        whole.append(changes[-1] + took(crowd.others))
        told.append(sum(isinstance(output, Event) for output in crowd.bench.outputs))
    late = iter(f"late{number}" for number in range(20))
    joins = [took(lambda: crowd.viewer(next(late))) for _ in range(20)]
    crowd.bench.outputs.clear()
    ticks = []
    for _ in range(10):
        crowd.bench.now += 20 * MS
        ticks.append(took(lambda: crowd.bench.relay.tick(crowd.bench.now)))
    return {
        "sites": sites, "viewers": viewers, "built_ms": round(built), "seat_unchanged_ms": round(unchanged, 2),
        "new_speaker_longest_ms": round(median(changes), 2), "new_speaker_ms": round(median(whole), 2),
        "events_a_change": max(told),
        "join_viewer_ms": round(median(joins), 2), "tick_ms": round(max(ticks), 2),
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=600)
    parser.add_argument("--viewers", type=int, default=0)
    options = parser.parse_args()
    print(json.dumps(measure(options.sites, options.viewers)))
