"""The clock's offset, from a real server over a real socket: what it is, what is refused, and what is stated."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import ledger, sntp
from storage.chained import NOT_VERIFIED, read_checkpoint
from storage.clock_watch import ClockWatch
from storage.database import Database
from storage.errors import TimeSourceAway, TimeSourceRefused
from storage.notary import Notary
from tests.fixtures_storage import free_ports
from tests.time_server import PACKET, running_time_server, stamp

SECOND = 10**9
Fields = list[object]


@pytest.mark.parametrize("ahead_s", [0, 3, -86_400])
async def test_how_far_the_clock_is_off(ahead_s: int) -> None:
    with running_time_server(ahead_s * SECOND) as server:
        found = await sntp.ask("127.0.0.1", server.port, 2.0)
    off = found.wall_ns - time.time_ns() + (time.monotonic_ns() - found.monotonic_ns)
    # The bound holds: the way on loopback, half the root delay of 1/64 s, and the dispersion of 1/256 s.
    assert abs(off - ahead_s * SECOND) <= found.within_ns
    assert 11_000_000 < found.within_ns < 2 * SECOND
    [question] = server.asked
    assert question[:1] == b"\x23"
    assert question[1:40] == bytes(39)  # nothing of this machine, its clock least of all


def at(number: int, value: object) -> Callable[[Fields], Fields]:
    return lambda fields: [*fields[:number], value, *fields[number + 1 :]]


BAD = {
    "not synchronised": at(0, 3 << 6 | 4 << 3 | 4),
    "a client's": at(0, 4 << 3 | 3),
    "version 7": at(0, 7 << 3 | 4),
    "kiss-o'-death": lambda fields: at(6, b"RATE")(at(1, 0)(fields)),
    "stratum 16": at(1, 16),
    "root delay": at(4, 2 << 16),
    "root dispersion": at(5, 2 << 16),
    "no time": at(10, 0),
    "backwards": at(10, stamp(SECOND)),
}


@pytest.mark.parametrize("how", sorted(BAD))
async def test_what_is_no_time_is_refused(how: str) -> None:
    with running_time_server(spoil=BAD[how]) as server, pytest.raises(TimeSourceRefused):
        await sntp.ask("127.0.0.1", server.port, 2.0)


async def test_silence_closed_ports_and_answers_to_others() -> None:
    with pytest.raises(TimeSourceAway):
        await sntp.ask("127.0.0.1", free_ports(1)[0], 1.0)
    with running_time_server(spoil=at(8, 5)) as server, pytest.raises(TimeSourceAway):  # it repeats another nonce
        await sntp.ask("127.0.0.1", server.port, 0.3)


@given(st.binary(max_size=80), st.integers(1, 2**64 - 1))
def test_any_bytes_get_an_answer(answer: bytes, nonce: int) -> None:
    try:
        found = sntp.read_answer(answer, nonce, 0, 1000)
    except TimeSourceRefused:
        return
    assert PACKET.unpack_from(answer)[8] == nonce
    assert found.within_ns >= 0


def test_time_stamps_of_the_next_era() -> None:
    """From 7 February 2036 on the seconds begin anew (RFC 4330 §3)."""
    later = 2_085_978_496 + 5  # since 1970
    now = stamp(later * SECOND)
    answer = PACKET.pack(4 << 3 | 4, 1, 0, 0, 0, 0, b"GPS\0", 0, 7, now, now)
    assert sntp.read_answer(answer, 7, 0, 0).wall_ns == later * SECOND


@pytest.mark.parametrize(
    ("source", "expected"),
    [("ntp.cn", ("ntp.cn", 123)), ("ntp.cn:1123", ("ntp.cn", 1123)), ("[::1]:5", ("::1", 5)), ("::1", ("::1", 123))],
)
def test_addresses(source: str, expected: tuple[str, int]) -> None:
    assert sntp.address(source) == expected


async def test_what_a_checkpoint_states(sqlite_database: Database, tmp_path: Path) -> None:
    """Nothing vouches before the first answer; then the offset, in signed bytes."""
    with running_time_server(2 * SECOND) as server:
        notary = Notary(tmp_path / "signing.pem", ClockWatch(f"127.0.0.1:{server.port}", between_s=0.0))
        async with sqlite_database.writing() as session:
            chain = await ledger.open_chain(session, "recording", "rec_1")
            await ledger.append(session, chain, "opened", {})
            first = await notary.checkpoint(session, chain)
        assert first.clock == NOT_VERIFIED
        assert await notary.clock.measure()
        assert len(server.asked) == 3
        server.silent = True
        async with sqlite_database.writing() as session:
            await ledger.append(session, chain, "segment", {})
            second = await notary.checkpoint(session, chain)
    assert isinstance(second.clock, dict)
    assert second.clock["source"] == f"127.0.0.1:{server.port}"
    assert abs(second.clock["offset_us"] - 2_000_000) <= second.clock["within_us"]
    assert b'"offset_us":' in second.signed_bytes()
    assert read_checkpoint(second.line()) == second
    async with sqlite_database.reading() as session:
        assert await ledger.checkpoints(session, chain) == [first, second]


async def test_an_old_answer_vouches_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_time_server() as server:
        watch = ClockWatch(f"127.0.0.1:{server.port}", between_s=0.0)
        assert await watch.measure()
    assert watch.state() != NOT_VERIFIED
    assert not await watch.measure()  # it is gone; what is known holds for a while
    assert watch.state() != NOT_VERIFIED
    later = time.monotonic_ns() + 16 * 60 * SECOND
    monkeypatch.setattr(time, "monotonic_ns", lambda: later)
    assert watch.state() == NOT_VERIFIED
