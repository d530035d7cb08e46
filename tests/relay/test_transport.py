"""The port itself: several addresses, strangers on TCP, a port that is taken, and a relay that goes."""

import asyncio
from pathlib import Path

import pytest

from media_server.bus import Bus
from media_server.dtls import Certificate
from media_server.engine.drops import DropReason, Drops
from media_server.engine.framing import frame
from media_server.engine.outputs import Path as Way
from media_server.process import RelayConfig, run
from media_server.transport import MediaTransport
from tests.relay.client import Client, publisher_lines
from tests.relay.conftest import Running


def transport(drops: Drops) -> MediaTransport:
    return MediaTransport(lambda _: None, lambda _: None, lambda _: False, drops)


async def test_every_address_is_announced_udp_before_tcp_on_one_port() -> None:
    it = transport(Drops())
    await it.open(("127.0.0.1", "127.0.0.2", "::1"), 0)
    announced = [(candidate.address, candidate.transport) for candidate in it.candidates]
    assert announced == [(a, t) for t in ("udp", "tcp") for a in ("127.0.0.1", "127.0.0.2", "::1")]
    assert len({candidate.port for candidate in it.candidates}) == 1
    taken = it.candidates[0].port
    other = transport(Drops())
    with pytest.raises(OSError):
        await other.open(("127.0.0.1",), taken)
    await it.close()
    await other.open(("127.0.0.1",), taken)
    await other.close()


async def test_an_address_that_is_gone_is_left_out_while_there_is_another() -> None:
    it = transport(Drops())
    await it.open(("203.0.113.77", "127.0.0.1", "198.51.100.77"), 0)  # RFC 5737: nobody's addresses
    assert [candidate.address for candidate in it.candidates] == ["127.0.0.1", "127.0.0.1"]
    await it.close()
    with pytest.raises(OSError):
        await transport(Drops()).open(("203.0.113.77", "198.51.100.77"), 0)


async def test_a_stranger_on_tcp_is_sent_away(relay: Running) -> None:
    client = await relay.join(session="p1", media=publisher_lines())
    way = client.answer.candidates[-1]
    reader, writer = await asyncio.open_connection(way.address, way.port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    await relay.dropped("tcp-framing")


async def test_one_who_shows_no_session_on_tcp_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media_server.transport.TCP_UNKNOWN_S", 0.05)
    drops = Drops()
    it = transport(drops)
    await it.open(("127.0.0.1",), 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", it.candidates[0].port)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    assert drops[DropReason.TCP_UNKNOWN] == 1
    await it.close()


async def test_strangers_on_tcp_take_nobodys_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("media_server.transport.MAX_TCP", 20)
    drops, shown = Drops(), set[Way]()
    arrived: asyncio.Queue[bytes] = asyncio.Queue()

    def deliver(datagrams: list[tuple[Way, bytes]]) -> None:
        for way, data in datagrams:
            shown.add(way)
            arrived.put_nowait(data)

    it = MediaTransport(deliver, lambda _: None, shown.__contains__, drops)
    await it.open(("127.0.0.1",), 0)
    strangers, clients = [], []
    async with asyncio.timeout(30):
        for number in range(60):
            reader, writer = await asyncio.open_connection("127.0.0.1", it.candidates[0].port)
            if number % 10 == 9:
                clients.append(writer)
                writer.write(frame(b"check"))
                assert await arrived.get() == b"check"
            else:
                strangers.append((reader, writer))
        for reader, _ in strangers[:40]:
            assert await reader.read() == b""
        for writer in clients:
            writer.write(frame(b"media"))
            assert await arrived.get() == b"media"
    assert drops[DropReason.RELAY_FULL] == 40
    assert not any(reader.at_eof() for reader, _ in strangers[40:])
    for writer in (*clients, *(writer for _, writer in strangers)):
        writer.close()
    await it.close()


async def test_a_relay_that_stops_says_good_bye_and_one_that_cannot_have_its_port_fails(
    bus: Bus, bus_url: str, tmp_path: Path
) -> None:
    config = RelayConfig(
        bus_url=bus_url, bus_token=None, media_port=0, addresses=("127.0.0.1", "::1"),
        socket_path=tmp_path / "relay.sock", certificate_dir=tmp_path,
    )  # fmt: skip
    up = asyncio.Event()

    async def heard(_: str, __: object) -> None:
        up.set()

    await bus.listen("huilu.event.relay.up", heard)
    stop = asyncio.Event()
    task = asyncio.create_task(run(config, stop))
    await asyncio.wait_for(up.wait(), 10)
    client = await Client.join(bus, Certificate.load_or_create(tmp_path / "c"), session="p", media=publisher_lines())
    port = client.answer.candidates[0].port
    taken = RelayConfig(**{**config.__dict__, "media_port": port, "socket_path": tmp_path / "other.sock"})
    with pytest.raises(OSError):
        await asyncio.wait_for(run(taken, asyncio.Event()), 5)
    stop.set()
    await client.until(client.closed.is_set)
    await asyncio.wait_for(task, 5)
    assert not config.socket_path.exists()
    await client.leave()
