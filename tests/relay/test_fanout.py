"""The native fan-out gives the same bytes as its Python twin, and takes what the kernel gives it."""

import errno
import gc
import socket
import sys
import threading
import weakref
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pylibsrtp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_server.engine import rtcp, rtp
from media_server.engine.drops import DropReason, Drops
from media_server.engine.history import Packet
from media_server.engine.leaving import PADDED_FROM, PADDED_TO, leaving
from media_server.engine.outputs import Forward, SetEntry
from media_server.transport import UdpPath
from tests.relay.outlets import KINDS, Outlet, keys, needs_native

RULE = SetEntry(
    entry=1, viewer=1, ssrc=0xDEADBEEF, payload_type=97, first_index=0, number_offset=-5, stamp_offset=1_000,
    send_time_id=0,
)  # fmt: skip
SOUND = replace(RULE, entry=2, ssrc=77, payload_type=111)


def packet(index: int, size: int = 100, stamp: int = 0, marker: bool = False, arrival: int = 0) -> Packet:
    payload = (index.to_bytes(4, "big") * (size // 4 + 1))[:size]
    read = rtp.read(rtp.build(102, index, stamp, 1, payload, marker, {1: b"x", 5: b"yy"}))
    assert read is not None
    return Packet(index, arrival, stamp, read)


def picture(*sizes: int, index: int = 0, stamp: int = 0, entries: tuple[int, ...] = (1,)) -> list[Forward]:
    last = len(sizes) - 1
    return [Forward(packet(index + n, size, stamp, n == last), entries, True) for n, size in enumerate(sizes)]


# -- the same bytes


packets = st.builds(
    packet,
    st.integers(0, 300),
    st.integers(0, 1_400) | st.integers(500, 530),
    st.sampled_from([0, 3_600, 7_200]),
    st.booleans(),
    st.integers(0, 2**40),
)
forwards = st.builds(Forward, packets, st.lists(st.integers(1, 9), max_size=6).map(tuple), st.just(True))
rules = st.builds(
    SetEntry,
    entry=st.integers(1, 9),
    viewer=st.integers(1, 4),
    ssrc=st.integers(1, 3),
    payload_type=st.integers(0, 127),
    first_index=st.integers(0, 100),
    number_offset=st.integers(-70_000, 70_000),
    stamp_offset=st.integers(-(2**40), 2**40),
    send_time_id=st.integers(0, 14),
)
steps = st.lists(
    st.one_of(
        st.lists(forwards, max_size=12),
        rules,
        st.tuples(st.just("remove"), st.integers(1, 4)),
        st.tuples(st.just("full"), st.booleans()),
        st.tuples(st.just("again"), st.integers(1, 5)),
        st.tuples(st.just("rtcp"), st.integers(1, 5)),
        st.tuples(st.just("connection"), st.integers(1, 4)),
    ),
    max_size=20,
)


def by_kind(each: Forward) -> Iterator[Forward]:
    """To entries of all viewers; a slot's entry has pictures (up to 5) or sounds."""
    for video in (True, False):
        numbers = tuple(10 * viewer + n for n in each.entries if (n <= 5) == video for viewer in (1, 2, 3, 4))
        yield replace(each, entries=numbers, video=video)


def play(outlet: Outlet, steps: list[Any], profile: int) -> dict[tuple[int, int], list[bytes]]:
    """Everything that left, by viewer and SSRC."""
    here: set[int] = set()
    for step in steps:
        if isinstance(step, SetEntry):
            if step.viewer not in here:
                outlet.add(step.viewer, keys(profile))
                here.add(step.viewer)
            # A number of one viewer belongs to one SSRC, as the engine has it: else its meaning would change with it.
            outlet.fanout.set_entry(replace(step, entry=10 * step.viewer + step.entry, ssrc=step.entry))
        elif isinstance(step, list):
            outlet.fanout.forward([split for each in step for split in by_kind(each)])
        elif step[0] == "remove":
            outlet.fanout.remove_viewer(step[1])
            here.discard(step[1])
        elif step[0] == "full":
            outlet.full = step[1]
        elif step[0] == "again":
            outlet.fanout.again(step[1], leaving(packet(3), 97, 3, 3, 9, 0))
        elif step[0] == "rtcp":
            outlet.fanout.rtcp(step[1], rtcp.receiver_report(rtcp.ReceiverReport(9)))
        elif step[1] in here:  # one more SetViewer with the same keys, over another kind of way
            outlet.move(step[1])
    by_stream: dict[tuple[int, int], list[bytes]] = {}
    for viewer, data in outlet.sent:
        by_stream.setdefault((viewer, int.from_bytes(data[8:12], "big")), []).append(data)
    return by_stream


@needs_native
@pytest.mark.parametrize(
    "profile", [pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_256_GCM, pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80]
)
@settings(max_examples=100, deadline=None)
@given(steps=steps)
def test_both_give_the_same_bytes_and_the_same_counts(profile: int, steps: list[Any]) -> None:
    twin, native = Outlet("python", hidden=True), Outlet("native", hidden=True)
    assert play(native, steps, profile) == play(twin, steps, profile)
    assert native.drops == twin.drops
    assert native.fanout.sent == twin.fanout.sent
    for viewer in (1, 2, 3, 4, 5):
        assert +Drops(native.fanout.dropped(viewer)) == twin.fanout.dropped(viewer)


@settings(deadline=None)
@given(packets, st.integers(0, 14))
def test_what_leaves_is_read_as_what_came(it: Packet, send_time_id: int) -> None:
    read = rtp.read(leaving(it, 97, 70_000, 2**33 + 5, 9, send_time_id))
    assert read is not None
    assert (read.payload, read.marker) == (it.rtp.payload, it.rtp.marker)
    assert (read.payload_type, read.sequence, read.timestamp, read.ssrc) == (97, 70_000 - 65_536, 5, 9)
    elements = read.extensions()
    assert set(elements) == ({send_time_id} if send_time_id else set())
    if send_time_id:
        sixty_fourths = int.from_bytes(elements[send_time_id], "big") / 2**18
        assert abs(sixty_fourths - it.arrival / 1e9 % 64) < 1e-5 or abs(sixty_fourths - it.arrival / 1e9 % 64) > 63.9


def test_payloads_that_differ_by_little_leave_in_one_size() -> None:
    sizes = {len(leaving(packet(n, size), 97, n, 0, 9, 0)) for n, size in enumerate((1_037, 1_037, 1_038, 1_038))}
    assert len(sizes) == 1
    assert len(leaving(packet(1, PADDED_FROM - 1), 97, 1, 0, 9, 0)) == 12 + PADDED_FROM - 1
    assert len(leaving(packet(1, 1_344 - PADDED_TO + 1), 97, 1, 0, 9, 0)) == 12 + 1_344
    assert len(leaving(packet(1, 1_341), 97, 1, 0, 9, 3)) == 20 + 1_341  # padded it would be too long


# -- runs


def native_outlet(viewers: int = 1, hidden: bool = True) -> Outlet:
    outlet = Outlet("native", hidden)
    for viewer in range(1, viewers + 1):
        outlet.add(viewer)
        outlet.fanout.set_entry(replace(RULE, entry=10 * viewer + 1, viewer=viewer))
        outlet.fanout.set_entry(replace(SOUND, entry=10 * viewer + 2, viewer=viewer))
    return outlet


@needs_native
def test_a_viewers_frame_and_sound_leave_as_one_message() -> None:
    outlet = native_outlet(2)
    sound = Forward(packet(50, 80), (12, 22), False)
    outlet.fanout.forward([sound, *picture(1_037, 1_037, 1_038, 1_038, entries=(11, 21))])
    assert outlet.kernel.calls == 1
    assert [(port, len(segments)) for port, segments in outlet.kernel.taken] == [(1, 5), (2, 5)]
    assert [len(data) for data in outlet.sent_to(2)] == [12 + 1_040 + 16] * 4 + [12 + 80 + 16]


@needs_native
def test_a_run_ends_with_a_shorter_packet_and_never_takes_a_longer_one() -> None:
    outlet = native_outlet()
    outlet.fanout.forward(picture(600, 900, 900, 100, 100, 900, entries=(11,)))
    assert [len(segments) for _, segments in outlet.kernel.taken] == [1, 3, 1, 1]


@needs_native
def test_a_key_frame_leaves_in_runs_that_the_kernel_takes() -> None:
    outlet = native_outlet()
    outlet.fanout.forward(picture(*[1_200] * 300, entries=(11,)))
    assert len(outlet.sent) == 300
    assert max(len(segments) for _, segments in outlet.kernel.taken) > 50
    by_number = [int.from_bytes(data[2:4], "big") for data in outlet.sent_to(1)]
    assert by_number == list(range(5, 305))


@needs_native
@pytest.mark.parametrize(("error", "asked"), [(errno.EIO, 1), (errno.EINVAL, 2)])
def test_a_kernel_that_refuses_runs_gets_single_packets(error: int, asked: int) -> None:
    """EIO: no runs at all here; EINVAL: not on this viewer's way."""
    outlet = native_outlet(2)
    refused = []

    def verdict(port: int, segments: int) -> int:
        if segments > 1:
            refused.append(port)
        return error if segments > 1 else 0

    outlet.kernel.verdict = verdict
    for number in range(3):
        outlet.fanout.forward(picture(900, 900, index=10 * number, entries=(11,)))
        outlet.fanout.forward(picture(900, 900, index=10 * number, entries=(21,)))
    assert len(outlet.sent) == 12
    assert len(refused) == asked
    assert not outlet.drops


# -- a kernel that takes less


@needs_native
def test_what_is_taken_in_part_is_sent_on_from_there() -> None:
    outlet = native_outlet(9)
    outlet.kernel.at_once = 2
    entries = tuple(10 * viewer + 1 for viewer in range(1, 10))
    outlet.fanout.forward(picture(900, 900, 900, entries=entries))
    assert [port for port, _ in outlet.kernel.taken] == list(range(1, 10))
    assert outlet.kernel.calls == 5
    assert outlet.fanout.sent == 27


@needs_native
def test_one_address_that_cannot_be_reached_costs_the_others_nothing() -> None:
    outlet = native_outlet(3)
    outlet.kernel.verdict = lambda port, _: errno.ENETUNREACH if port == 2 else 0
    outlet.fanout.forward(picture(900, 900, entries=(11, 21, 31)))
    assert [port for port, _ in outlet.kernel.taken] == [1, 3]
    assert outlet.drops == {DropReason.SEND_FAILED: 2}


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_way_loses_the_picture_to_its_end_and_sound_is_tried_once_more(kind: str) -> None:
    outlet = Outlet(kind, hidden=True)
    outlet.add(1)
    outlet.fanout.set_entry(RULE)
    outlet.fanout.set_entry(SOUND)
    outlet.full = 2  # tries: one packet of the picture, then the sound
    outlet.kernel.verdict = lambda _, segments: errno.EAGAIN if segments > 1 else 0
    sound = Forward(packet(50, 80), (2,), False)
    outlet.fanout.forward([*picture(900, 900), sound])
    outlet.fanout.forward([Forward(packet(2, 900, 0, True), (1,), True)])
    assert outlet.drops == {DropReason.SEND_BLOCKED: 3}
    outlet.kernel.verdict = lambda _port, _segments: 0
    outlet.fanout.forward(picture(900, 900, index=3, stamp=3_600))
    assert [data[1] & 0x7F for data in outlet.sent_to(1)] == [111, 97, 97]


@pytest.mark.parametrize("kind", KINDS)
def test_a_way_that_stays_full_loses_sound_too_and_counts_it(kind: str) -> None:
    outlet = Outlet(kind, hidden=True)
    outlet.add(1)
    outlet.fanout.set_entry(SOUND)
    outlet.full = True
    outlet.fanout.forward([Forward(packet(n, 80), (2,), False) for n in range(100)])
    assert outlet.drops == {DropReason.SEND_BLOCKED: 100}
    outlet.fanout.again(1, leaving(packet(1), 97, 1, 1, 1, 0))
    assert outlet.drops == {DropReason.SEND_BLOCKED: 101}
    outlet.fanout.rtcp(1, rtcp.receiver_report(rtcp.ReceiverReport(9)))
    assert outlet.drops == {DropReason.SEND_BLOCKED: 102}
    outlet.add(2)
    assert (+Drops(outlet.fanout.dropped(1)), +Drops(outlet.fanout.dropped(2))) == (outlet.drops, {})
    outlet.fanout.remove_viewer(1)
    assert not +Drops(outlet.fanout.dropped(1))
    assert outlet.sent == []


@pytest.mark.parametrize("kind", KINDS)
def test_rtcp_is_protected_as_rtcp_and_counted_for_itself(kind: str) -> None:
    outlet = Outlet(kind, hidden=True)
    outlet.add(1)
    report = rtcp.receiver_report(rtcp.ReceiverReport(9)) + rtcp.description(9, "relay")
    outlet.fanout.rtcp(1, report)
    outlet.fanout.rtcp(2, report)  # nobody
    [(viewer, data)] = outlet.sent
    assert viewer == 1
    assert keys(inbound=True).unprotect_rtcp(data) == report
    assert outlet.fanout.sent == 0
    outlet.fanout.rtcp(1, bytes(3_000))
    assert outlet.drops == {DropReason.TOO_LONG: 1}


# -- who owns what


@needs_native
def test_the_table_owns_a_viewers_session_until_the_viewer_is_removed() -> None:
    outlet = Outlet("native", hidden=True)
    session = keys()
    seen = weakref.ref(session)
    outlet.fanout.set_viewer(1, outlet.way(1), session)
    outlet.fanout.set_entry(RULE)
    del session
    gc.collect()
    assert seen() is not None
    outlet.fanout.forward(picture(900))
    assert len(outlet.sent) == 1
    outlet.fanout.remove_viewer(1)
    gc.collect()
    assert seen() is None
    outlet.fanout.forward(picture(900))
    outlet.fanout.remove_viewer(1)
    assert len(outlet.sent) == 1


@needs_native
def test_new_keys_replace_the_old_ones() -> None:
    outlet = Outlet("native", hidden=True)
    first, second = keys(), keys(pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80)
    seen = weakref.ref(first)
    outlet.fanout.set_viewer(1, outlet.way(1), first)
    outlet.fanout.set_entry(RULE)
    del first
    outlet.fanout.set_viewer(1, outlet.way(1), second)
    gc.collect()
    assert seen() is None
    outlet.fanout.forward(picture(100))
    assert len(outlet.sent[0][1]) == 12 + 100 + 10


@needs_native
def test_nobody_changes_the_table_while_a_batch_is_out() -> None:
    outlet = native_outlet()
    refused: list[str] = []

    def inside() -> None:
        for act in (
            lambda: outlet.fanout.remove_viewer(1),
            lambda: outlet.add(1),
            lambda: outlet.fanout.set_entry(replace(RULE, entry=11)),
            lambda: outlet.fanout.forward(picture(100, entries=(11,))),
            lambda: outlet.fanout.again(1, bytes(12)),
            lambda: outlet.fanout.rtcp(1, bytes(12)),
        ):
            try:
                act()
            except RuntimeError as error:
                refused.append(str(error))

    outlet.kernel.inside = inside
    outlet.fanout.forward(picture(900, entries=(11,)))
    assert len(refused) == 6


@needs_native
def test_what_is_no_batch_is_refused_and_leaves_the_table_well() -> None:
    outlet = native_outlet()
    torn = packet(1)
    torn.rtp.end = 5_000
    no_batches: list[Any] = [
        [Forward(torn, (11,), True)],
        [*picture(900, entries=(11,)), object()],
        [Forward(packet(1), 5, True)],  # type: ignore[arg-type]
        3,
    ]
    for batch in no_batches:
        with pytest.raises((ValueError, AttributeError, TypeError)):
            outlet.fanout.forward(batch)
    with pytest.raises(KeyError):
        outlet.fanout._table.set_entry(5, 99, 1, 97, 0, 0, 0, 0)  # type: ignore[attr-defined]
    with pytest.raises(ValueError):
        outlet.fanout._table.set_viewer(9, keys(), 0, 1, "no address", 1)  # type: ignore[attr-defined]
    assert outlet.sent == []
    outlet.fanout.forward(picture(900, entries=(11,)))
    assert len(outlet.sent) == 1


# -- the real kernel


class Relay:
    """A bound socket of ours in place of transport.UdpSocket."""

    def __init__(self, host: str) -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))

    def fileno(self) -> int:
        return self.socket.fileno()


class Client:
    def __init__(self, host: str) -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        self.socket.bind((host, 0))
        self.socket.settimeout(30)
        self.keys = keys(inbound=True)

    def way(self, relay: Relay) -> UdpPath:
        return UdpPath(relay, self.socket.getsockname()[:2])  # type: ignore[arg-type]

    def next(self) -> rtp.Rtp:
        read = rtp.read(self.keys.unprotect(self.socket.recv(2_048)))
        assert read is not None
        return read


@pytest.fixture
def sockets() -> Any:
    made: list[Relay | Client] = []
    yield made
    for each in made:
        each.socket.close()


@needs_native
def test_viewers_at_several_addresses_get_their_packets_from_the_address_that_they_asked(sockets: Any) -> None:
    from media_server.fanout.native import NativeFanout

    relays = [Relay("127.0.0.1"), Relay("127.0.0.2"), Relay("::1")]
    clients = [Client("::1" if number % 3 == 2 else "127.0.0.1") for number in range(9)]
    sockets += [*relays, *clients]
    drops = Drops()
    fanout = NativeFanout(drops)
    for number, client in enumerate(clients):
        fanout.set_viewer(number, client.way(relays[number % 3]), keys())
        fanout.set_entry(replace(RULE, entry=number, viewer=number))
    sent = picture(1_037, 1_037, 1_038, 1_038, 700, entries=tuple(range(9)))
    fanout.forward(sent)
    for number, client in enumerate(clients):
        data, address = client.socket.recvfrom(2_048)
        assert address[:2] == relays[number % 3].socket.getsockname()[:2]
        first = rtp.read(client.keys.unprotect(data))
        assert first is not None
        came = [first, *(client.next() for _ in sent[1:])]
        assert [each.payload for each in came] == [each.packet.rtp.payload for each in sent]
        assert [each.sequence for each in came] == [5, 6, 7, 8, 9]
    assert not drops


@needs_native
def test_viewers_come_and_go_under_load_while_other_threads_work(sockets: Any) -> None:
    """What crashed in the trials: sessions that are freed, and SRTP of others beside a batch that is out."""
    from media_server.fanout.native import NativeFanout

    relay, clients = Relay("127.0.0.1"), [Client("127.0.0.1") for _ in range(8)]
    sockets += [relay, *clients]
    fanout = NativeFanout(Drops())
    over = threading.Event()
    report = b"\x80\xc9\x00\x01\x00\x00\x00\x01"

    def disturb() -> None:
        mine = keys()
        while not over.is_set():
            mine.protect_rtcp(report)
            gc.collect(0)
            bytearray(100_000)

    threads = [threading.Thread(target=disturb) for _ in range(2)]
    for thread in threads:
        thread.start()
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for turn in range(150):
            for number, client in enumerate(clients):
                viewer = 1_000 * (turn // (3 + number)) + number  # each leaves and comes back at a pace of its own
                if turn % (3 + number) == 0:
                    fanout.remove_viewer(1_000 * (turn // (3 + number) - 1) + number)
                    session = keys()
                    fanout.set_viewer(viewer, client.way(relay), session)
                    fanout.set_entry(replace(RULE, entry=viewer, viewer=viewer, ssrc=1 + viewer))
                    session.protect_rtcp(report)
            here = tuple(1_000 * (turn // (3 + number)) + number for number in range(8))
            fanout.forward(picture(*[1_100] * 12, index=20 * turn, stamp=turn, entries=here))
    finally:
        sys.setswitchinterval(before)
        over.set()
        for thread in threads:
            thread.join()
    assert fanout.sent == 150 * 8 * 12
