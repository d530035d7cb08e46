"""`huilu bench relay`: short forms of its scenarios at a real relay, and the parts by which it counts."""

import json
import os
import random
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.codecs import h264
from ops.bench.figures import quantile, targets, turns
from ops.bench.load import stamp
from ops.bench.load.flows import FRAME_STEP, Flows
from ops.bench.load.many import EACH, SLOT, Many
from ops.bench.scenarios import SCENARIOS
from ops.bench.usage import usage
from ops.errors import BenchFailed
from ops.sender.packetizer import h264_payloads
from ops.sender.viewer import Incoming, Seen

ROOT = Path(__file__).parents[2]
# A network of its own, to which it may add devices: where they come and go, Chromium drops its connections.
APART = ("unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")


def bench_relay(cache: Path, *words: str) -> str:
    """What it printed."""
    command = [sys.executable, "-m", "ops.cli", "bench", "relay", *words, "--cache", str(cache)]
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode == 0:
        command = [*APART, *command]  # where it can't be made, the benchmark can add none either
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=570, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_relay_that_has_ended_is_no_cheap_one() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert usage(process.pid).rss_bytes > 0
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(BenchFailed, match="has ended"):
            usage(process.pid)
        process.wait()
        with pytest.raises(BenchFailed, match="is gone"):
            usage(process.pid)


def test_a_hole_is_passed_over_when_the_key_frame_behind_it_is_due() -> None:
    def packet(number: int) -> bytes:
        return rtp(7, number, 0, False)

    def waiting(key_at: float | None) -> tuple[Incoming, Seen, list[int]]:
        came: list[int] = []
        stream, seen = Incoming(7, lambda index, _: came.append(index & 0xFFFF), give_up_s=1.0), Seen()
        stream.push(packet(1), 10.0, seen)
        stream.push(packet(3), 10.0, seen)
        if key_at is not None:
            stream.key, stream.key_at = stream.index(packet(4)), key_at
            stream.push(packet(4), key_at, seen)
        return stream, seen, came

    for key_at, until in ((10.3, 10.5), (None, 11.0)):
        stream, seen, came = waiting(key_at)
        stream.drain(until - 0.01, seen)
        assert (came, seen.missing) == ([1], 0)
        stream.drain(until + 0.01, seen)
        assert (came[:2], seen.missing) == ([1, 3], 1)
    stream, seen, came = waiting(10.95)  # what is too old anyway does not wait for it
    stream.drain(11.01, seen)
    assert (came, seen.missing) == ([1, 3, 4], 1)


@pytest.mark.timeout(600)
def test_short_forms_of_a_broadcast_and_a_storm_lose_nothing(tmp_path: Path) -> None:
    words = ("broadcast", "join-storm", "--viewers", "6", "--seconds", "1", "--decrypting", "3")
    printed = bench_relay(tmp_path, *words)
    results = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    assert [result["scenario"] for result in results] == ["broadcast", "join-storm"]
    broadcast, storm = results
    assert broadcast["viewers"] == 6
    assert broadcast["decrypting"] == 3
    assert storm["viewers"] == 26, "six come to twenty"
    for result in results:
        assert result["failed"] == result["gaps"] == result["missing"] == result["undecrypted"] == 0
        assert result["packets"] > 0
        assert result["latencies"] > 0
        assert result["join_p99_ms"] > 0
        assert result["complete_percent"] == result["shown_percent"] == 100.0
        assert result["relay_us_per_packet"] > 0
        assert result["rss_kb_per_session"] > 0
    assert "must hold" in printed


@pytest.mark.timeout(600)
def test_short_forms_of_a_squeeze_and_of_strokes_of_loss_show_nothing_broken(tmp_path: Path) -> None:
    printed = bench_relay(tmp_path, "layers", "burst", "--viewers", "2", "--seconds", "32")
    results = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    layers, burst = results
    print({name: layers[name] for name in ("small_s", "large_s", "longest_pause_ms")}, burst["longest_pause_ms"])
    for result in results:
        assert result["decrypting"] == 2
        assert result["failed"] == result["broken"] == 0
        assert result["frames"] > 0
        assert result["longest_pause_ms"] > 0
    assert layers["small_s"] is not None
    assert "large_s" in layers
    assert burst["nacked"] > 0
    assert "freed → large layer" in printed


def test_a_squeeze_is_told_by_its_slowest_viewer() -> None:
    def viewer(*turns: tuple[float, int]) -> dict[str, list[tuple[float, int]]]:
        return {"turns": list(turns)}

    quick = viewer((0.0, 720), (6.5, 180), (16.0, 360), (21.0, 720))
    slow = viewer((0.0, 720), (5.5, 360), (7.0, 180), (17.0, 360), (25.0, 720))
    told = [{"turned_s": [5.0, 15.0], "pictures": [quick]}, {"turned_s": [5.0, 15.0], "pictures": [slow]}]
    assert turns(told, 720, 180) == {"small_s": 2.0, "large_s": 10.0}
    told[1]["pictures"] = [viewer((0.0, 720), (7.0, 180))]
    assert turns(told, 720, 180) == {"small_s": 2.0, "large_s": None}
    assert not targets("layers", 1, "native", 40)[1].holds(None)


def test_an_unknown_scenario_is_said() -> None:
    command = [sys.executable, "-m", "ops.cli", "bench", "relay", "carnival"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "carnival" in done.stderr


def rtp(ssrc: int, sequence: int, time: int, marker: bool) -> bytes:
    second = 0x60 | marker << 7
    header = bytes([0x80, second]) + (sequence & 0xFFFF).to_bytes(2, "big") + (time & 0xFFFFFFFF).to_bytes(4, "big")
    return header + ssrc.to_bytes(4, "big")


def feed(flows: Flows, packets: list[tuple[int, bytes]]) -> None:
    """Packets of readers as one table."""
    header = np.zeros((len(packets), SLOT), np.uint8)
    for row, (_, packet) in enumerate(packets):
        header[row, : len(packet)] = np.frombuffer(packet, np.uint8)
    length = np.full(len(packets), 1000, np.uint32)
    flows.take(header, length, np.array([reader for reader, _ in packets], np.int64))


@given(
    sizes=st.lists(st.integers(1, 6), min_size=2, max_size=40),
    first=st.integers(0, 0xFFFF),
    loss=st.sampled_from([0.0, 0.05, 0.5]),
    readers=st.integers(1, 3),
    seed=st.integers(0, 1000),
)
def test_clear_headers_tell_what_is_missing(sizes: list[int], first: int, loss: float, readers: int, seed: int) -> None:
    """Numbers exactly; of the frames none too many is called complete, and none whose neighbour is whole too few."""
    dice, flows = random.Random(seed), Flows()
    sent = [(frame, place == size - 1) for frame, size in enumerate(sizes) for place in range(size)]
    streams: list[list[tuple[int, bytes]]] = []
    missing = truly = holes = received = 0
    for reader in range(readers):
        flows.add(reader, {7: (first, True), 9: (None, False)})
        lost = {at for at in range(1, len(sent) - 1) if dice.random() < loss}
        missing += len(lost)
        received += len(sent) - len(lost)
        holes += sum(at - 1 not in lost for at in lost)
        truly += len(sizes) - len({sent[at][0] for at in lost})
        stream = []
        for at, (frame, last) in enumerate(sent):
            if at not in lost:
                stream.append((reader, rtp(7, first + at, 0xFFFFF000 + frame * FRAME_STEP, last)))
        streams.append(stream)
    while any(streams):
        table = []
        for stream in streams:
            count = dice.randint(0, len(stream))
            table += stream[:count]
            del stream[:count]
        feed(flows, [*table, (0, rtp(8, 1, 1, True))])  # and one of nobody's
    counts = flows.counts
    assert counts.packets == received
    assert counts.missing == counts.holes == missing
    assert counts.frames <= len(sizes) * readers
    assert truly - holes <= counts.complete <= truly
    if not loss:
        assert counts.complete == counts.frames == len(sizes) * readers


def test_what_comes_late_is_missing_no_more() -> None:
    flows = Flows()
    flows.add(0, {7: (None, False)})
    feed(flows, [(0, rtp(7, number, 0, False)) for number in (65534, 0, 65535, 1, 1)])
    counts = flows.counts
    assert (counts.holes, counts.missing, counts.sounds_missing, counts.late) == (1, 0, 0, 2)
    (block,) = flows.blocks(0)
    assert (block.ssrc, block.lost, block.highest) == (7, 0, 0x10001)


def test_datagrams_of_many_sockets_are_read_at_once() -> None:
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(3)]
    try:
        for at, (near, _) in enumerate(pairs[:2]):
            for number in range(EACH + 3 if at else 2):
                near.send(bytes([at, number]) + bytes(1000))
        many = Many()
        sockets = [(at * 10, far.fileno()) for at, (_, far) in enumerate(pairs)]
        (table,) = many.read(sockets)
        assert table.reader.tolist() == [0, 0] + [10] * EACH
        assert table.bytes[:, 1].tolist() == [0, 1, *range(EACH)]
        assert set(table.length.tolist()) == {1002}, "the datagram's own length, though less of it is kept"
        (rest,) = many.read(sockets)
        assert rest.bytes[:, :2].tolist() == [[1, EACH + number] for number in range(3)]
        assert list(many.read(sockets)) == []
    finally:
        for near, far in pairs:
            near.close()
            far.close()


def test_a_stamp_spoils_nothing_that_tells_frames_apart() -> None:
    sets = [bytes([0x67, *range(20)]), bytes([0x68, 1, 2])]
    for payload in h264_payloads([*sets, bytes([0x65]) * 3000]):
        stamped = stamp.front(payload, video=True) + stamp.tail(12345678901234, 7)
        assert stamp.read(stamped) == (12345678901234, 7)
        assert h264.is_key_frame_start(stamped) == h264.is_key_frame_start(payload)
        if payload[0] & 0x1F == h264.STAP_A:
            assert h264.split_stap(stamped)[:2] == sets
    assert stamp.front(b"\x78short", video=False) == b"\x78short"


def test_a_picture_stands_behind_the_one_before_it_in_its_own_layer_only() -> None:
    assert stamp.follows(stamp.name(2, 8), stamp.name(2, 7))
    assert stamp.follows(stamp.name(2, 1 << 24), stamp.name(2, (1 << 24) - 1)), "numbers begin anew"
    assert not stamp.follows(stamp.name(2, 9), stamp.name(2, 7))
    assert not stamp.follows(stamp.name(1, 8), stamp.name(2, 7))


def test_targets_are_of_figures_that_there_are() -> None:
    assert {each.figure for each in targets("broadcast", 100, "native", 20)} >= {
        "relay_us_per_packet",
        "latency_p99_ms",
    }
    assert "relay_us_per_packet" not in {each.figure for each in targets("broadcast", 100, "python", 20)}
    assert targets("join-storm", 320, "native", 12)[1].holds(1000)
    assert not targets("broadcast", 400, "native", 20)[1].holds(1)
    assert [each.figure for each in targets("village", 3, "native", 3600)] == ["rss_grown_mb"]
    assert quantile(Counter({10: 99, 20: 1}), 0.99) == 10
    assert quantile(Counter({10: 98, 20: 2}), 0.99) == 20


def test_numbers_of_viewers_go_where_the_scenario_has_them() -> None:
    assert SCENARIOS["broadcast"].of(7, 3).viewers.count == 7
    assert SCENARIOS["village"].of(4, None).sites.count == 4
    storm = SCENARIOS["join-storm"].of(30, 6)
    assert (storm.viewers.count, storm.comers.count, storm.comers.over_s) == (20, 30, 5.0)
