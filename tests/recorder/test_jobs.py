"""Who waits for the next job stops when he is told to, also in the moment in which one comes."""

import asyncio

import pytest
from nats.aio.msg import Msg

from media_server.bus import Bus
from recorder import jobs


async def test_a_cancellation_is_not_lost_with_the_job_that_comes(
    bus_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = await Bus.connect(bus_url, "test")
    queue = await jobs.subscribe(bus)
    task = asyncio.create_task(jobs.take(queue, 5.0))
    waiting = queue._sub._pending_queue
    put = waiting.put_nowait

    def put_and_cancel(msg: Msg) -> None:
        put(msg)
        asyncio.get_running_loop().call_soon(task.cancel)  # before the wait has noticed

    monkeypatch.setattr(waiting, "put_nowait", put_and_cancel)
    await asyncio.sleep(0.1)  # it waits
    await jobs.order(bus, {"job": "none"})
    with pytest.raises(asyncio.CancelledError):
        await task
    await bus.jetstream.purge_stream(jobs.STREAM)
    await bus.close()
