"""A listener that wants only what is shown: whose cameras it gets, from where on, and what senders are asked for."""

import asyncio

import pytest

from media_server.engine import keeping
from media_server.engine.keeping import LINGER_NS
from media_server.engine.outputs import Aside, Kept
from tests.relay.client import CAMERA_SSRC, MICROPHONE_SSRC, Camera, Microphone, sending
from tests.relay.conftest import Running
from tests.relay.engine import SECOND, packet
from tests.relay.test_layers import Village
from tests.relay.test_listeners import Ear, ear
from tests.relay.test_relay import camera


async def site(relay: Running, number: int) -> tuple[Camera, Microphone]:
    """It has sent one picture."""
    camera, microphone = CAMERA_SSRC + number, MICROPHONE_SSRC + number
    client = await relay.join(
        session=f"p{number}", publisher=f"site{number}.device01",
        media=[sending("0", "camera", camera), sending("1", "microphone", microphone)],
    )  # fmt: skip
    sent = Camera(client, camera)
    sent.picture(key=True)
    return sent, Microphone(client, microphone)


def heard(it: Ear, number: int, kind: str = "camera") -> int:
    """The handle under which it was named last."""
    handles = [
        note["handle"]
        for note in it.notes("A")
        if (note["source"]["session"], note["source"]["kind"]) == (f"p{number}", kind)
    ]
    return handles[-1] if handles else 0


async def test_cameras_are_heard_while_they_are_the_main_picture_or_speak_microphones_while_they_are_open(
    relay: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LINGER_NS", SECOND)
    first, second, third = [await site(relay, number) for number in (1, 2, 3)]
    async with ear(relay) as it:
        await it.say("S", room="m1", after={}, pictures="shown")
        await it.until(lambda: len(it.packets(heard(it, 1))) == 2)  # nobody speaks: the first that publishes
        assert it.notes("A")[0]["aside"] is False
        await relay.bus.request("huilu.relay.picture", {"room": "m1", "publisher": "site2.device01"})
        second[0].picture()
        await it.until(lambda: len(it.packets(heard(it, 2))) == 4)  # with the key frame that it began with
        for _ in range(40):
            third[1].say(level=10)
            await asyncio.sleep(0.02)
        first[0].picture(parts=1)
        await it.until(lambda: len(it.packets(heard(it, 3, "microphone"))) == 40)
        await it.until(lambda: len(it.packets(heard(it, 3))) == 2)
        await relay.bus.request(
            "huilu.relay.muted", {"session": "p1", "kind": "microphone", "muted": True, "cause": "muted"}
        )
        first[1].say(level=120)
        await it.until(lambda: any(note["cause"] == "aside" for note in it.notes("E")))
        (gone,) = it.notes("E")
        assert gone["handle"] == heard(it, 1)
        assert heard(it, 1, "microphone") == 0  # shut since before it sent
        first[0].picture(parts=1)
        await relay.bus.request("huilu.relay.picture", {"room": "m1", "publisher": "site1.device01"})
        before = heard(it, 1)
        await it.until(lambda: heard(it, 1) != before)
        again = it.notes("A")[-1]
        assert again["aside"] is True
        first[0].picture(key=True)
        await it.until(lambda: len(it.packets(heard(it, 1))) == 2)
        assert it.packets(heard(it, 1))[0].index == again["from"]
        await relay.bus.request(
            "huilu.relay.muted", {"session": "p1", "kind": "microphone", "muted": False, "cause": "muted"}
        )
        first[1].say(level=120)
        await it.until(lambda: heard(it, 1, "microphone") != 0)


async def test_one_that_comes_back_while_it_is_shown_goes_on_by_index_without_a_hole(relay: Running) -> None:
    sent, _ = await site(relay, 1)
    async with ear(relay) as it:
        await it.say("S", room="m1", after={}, pictures="shown")
        await it.until(lambda: len(it.packets(heard(it, 1))) == 2)
        name, last = it.notes("A")[0]["source"]["id"], it.packets(1)[-1].index
        epoch = it.notes("H")[0]["epoch"]
    sent.picture()
    async with ear(relay) as it:
        await it.say("S", room="m1", after={f"{epoch}/{name}": last}, pictures="shown")
        await it.until(lambda: len(it.packets(heard(it, 1))) == 2)
        assert it.notes("A")[0]["aside"] is False
        assert [packet.index for packet in it.packets(1)] == [last + 1, last + 2]


async def test_what_is_wanted_may_change_while_it_is_heard(relay: Running) -> None:
    await site(relay, 1)
    await site(relay, 2)
    async with ear(relay) as it:
        await it.say("S", room="m1", after={})
        await it.until(lambda: bool(it.packets(heard(it, 1)) and it.packets(heard(it, 2))))
        await it.say("S", room="m1", after={}, pictures="shown")
        await it.until(lambda: bool(it.notes("E")))
        assert [note["handle"] for note in it.notes("E")] == [heard(it, 2)]
        await it.say("S", room="m1", after={}, pictures="all")
        before = heard(it, 2)
        await it.until(lambda: heard(it, 2) != before)
        assert len(it.notes("E")) == 1


def test_a_camera_that_nobody_is_shown_and_nobody_records_sends_its_least_layer_only() -> None:
    village = Village("h", "m", "l")
    for name in "qr":
        way = village.join(name, [camera()])
        village.arrive(way, packet(1, key=True, ssrc=CAMERA_SSRC).data)
    village.watch()
    village.play(SECOND)
    village.relay.sized("w", {"v0": (0, 0)})
    village.relay.listen(village.now, "m", True, "shown")
    village.play(SECOND)
    village.relay.picture(village.now, "m", "q.device")
    village.play(20 * SECOND)
    (source,) = village.relay.sessions["p"].sources
    assert source.kept_from is None
    assert village.asked()[-1] == ["l"]
    at = village.now
    village.relay.picture(village.now, "m", "p.device")
    village.play(SECOND)
    assert village.asked()[-1] == ["h", "l"]
    assert source.kept_from is not None
    assert source.history.get(source.kept_from).starts_key_frame  # type: ignore[union-attr]
    assert source.history.get(source.kept_from).arrival >= at - 3 * SECOND  # type: ignore[union-attr]
    village.relay.picture(village.now, "m", "q.device")
    village.play(LINGER_NS - SECOND)
    assert source.kept_from is not None
    village.play(2 * SECOND)
    assert source.kept_from is None
    kept, gone = [[each for each in village.of(kind) if each.source is source] for kind in (Kept, Aside)]
    assert len(kept) == len(gone)
