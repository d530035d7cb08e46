"""How long packets wait for the rest of their frame."""

import asyncio

from media_server.batch import MAX_HELD, Batch
from media_server.engine import rtp
from media_server.engine.history import Packet
from media_server.engine.outputs import Forward


def item(number: int, marker: bool = False, video: bool = True, ssrc: int = 1) -> Forward:
    read = rtp.read(rtp.build(102, number, 0, ssrc, b"x", marker))
    assert read is not None
    return Forward(Packet(number, 0, 0, read), (1,), video)


class Sent:
    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.came = asyncio.Event()

    def __call__(self, items: object) -> None:
        self.batches.append([each.packet.index for each in items])  # type: ignore[attr-defined]
        self.came.set()


def wake_up(batch: Batch, *items: Forward) -> None:
    for each in items:
        batch.add(each)
    batch.settle()


async def test_a_frame_is_held_until_its_end() -> None:
    sent = Sent()
    batch = Batch(sent)
    wake_up(batch, item(1), item(2))
    assert sent.batches == []
    wake_up(batch, item(3, marker=True))
    assert sent.batches == [[1, 2, 3]]
    wake_up(batch)
    assert len(sent.batches) == 1


async def test_a_frame_whose_end_does_not_come_leaves_soon() -> None:
    sent = Sent()
    wake_up(Batch(sent), item(1))
    await asyncio.wait_for(sent.came.wait(), 30)
    assert sent.batches == [[1]]


async def test_sound_is_never_held_and_takes_along_what_waits() -> None:
    sent = Sent()
    batch = Batch(sent)
    wake_up(batch, item(1))
    wake_up(batch, item(7, video=False))
    assert sent.batches == [[1, 7]]


async def test_one_sources_frame_waits_for_anothers() -> None:
    sent = Sent()
    batch = Batch(sent)
    wake_up(batch, item(1), item(2, marker=True, ssrc=2))
    assert sent.batches == []
    wake_up(batch, item(3, marker=True))
    assert sent.batches == [[1, 2, 3]]


async def test_what_is_held_has_a_bound_and_a_flush_leaves_nothing_behind() -> None:
    sent = Sent()
    batch = Batch(sent)
    wake_up(batch, *(item(number) for number in range(MAX_HELD)))
    assert [len(each) for each in sent.batches] == [MAX_HELD]
    batch.add(item(1))
    batch.flush()
    batch.flush()
    assert [len(each) for each in sent.batches] == [MAX_HELD, 1]
