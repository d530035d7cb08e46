"""The durable work queue on JetStream: orders survive every process; each job is done by one worker, tried 5 times."""

import json
from typing import Any

from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeout
from nats.js.api import ConsumerConfig, RetentionPolicy, StreamConfig
from nats.js.client import JetStreamContext

from media_server.bus import Bus, heeding

STREAM = "HUILU_JOBS"
SUBJECT = "huilu.jobs"
DURABLE = "worker"
MAX_JOBS = 100_000
MAX_TRIES = 5
ACK_WAIT_S = 120.0


async def ensure(bus: Bus) -> JetStreamContext:
    """The stream, made when there is none."""
    stream = bus.jetstream
    await stream.add_stream(
        StreamConfig(name=STREAM, subjects=[SUBJECT], retention=RetentionPolicy.WORK_QUEUE, max_msgs=MAX_JOBS)
    )
    return stream


async def order(bus: Bus, job: dict[str, Any], name: str | None = None) -> None:
    """With a `name`, the same job of several who order it within two minutes is done once."""
    stream = await ensure(bus)
    headers = {"Nats-Msg-Id": name} if name else None
    await stream.publish(SUBJECT, json.dumps(job).encode(), timeout=2.0, headers=headers)


async def subscribe(bus: Bus) -> JetStreamContext.PullSubscription:
    stream = await ensure(bus)
    config = ConsumerConfig(durable_name=DURABLE, ack_wait=ACK_WAIT_S, max_deliver=MAX_TRIES)
    return await stream.pull_subscribe(SUBJECT, durable=DURABLE, config=config)


async def take(queue: JetStreamContext.PullSubscription, wait_s: float) -> list[Msg]:
    """The next job, or none."""
    try:
        return await heeding(queue.fetch(1, timeout=wait_s))
    except (NatsTimeout, TimeoutError):
        return []
