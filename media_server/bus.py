"""The line to the bus: answer requests, ask, publish, listen; JSON objects on NATS subjects.

A refusal travels as {"error": {"code", "zh", "en", "status", "detail"}} and is raised again at the asker's as
`Refused`. The line reconnects by itself, every 0.2 s and without limit, because a bus that was killed is back
within milliseconds (MEDIA.md) and nats-py's default waits 2 s.
"""

import asyncio
import base64
import json
import logging
import os
import zlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from prometheus_client import generate_latest

from media_server.errors import NoAnswer, RelayError

Message = dict[str, Any]
Answer = Callable[[Message], Awaitable[Message]]
Listener = Callable[[str, Message], Awaitable[None]]
T = TypeVar("T")

log = logging.getLogger(__name__)


class Refused(RelayError):
    """The other side's refusal, with its own code and sentences."""

    def __init__(self, error: Message) -> None:
        super().__init__(str(error.get("detail", "")))
        self.code = str(error.get("code", RelayError.code))
        self.zh = str(error.get("zh", RelayError.zh))
        self.en = str(error.get("en", RelayError.en))
        self.status = int(error.get("status", 500))


class Bus:
    """One connection to the bus under a process's name."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    async def connect(cls, url: str, name: str, token: str | None = None) -> "Bus":
        """Raises NoAnswer when there is no bus within 10 s; later losses are repaired silently."""
        client = Client()

        async def on_error(error: Exception) -> None:
            log.warning("bus: %s", error or type(error).__name__)

        try:
            await client.connect(
                servers=[url],
                name=name,
                token=token,
                connect_timeout=2,
                max_reconnect_attempts=50,
                reconnect_time_wait=0.2,  # type: ignore[arg-type]  # typed int, slept on as a float
                error_cb=on_error,
            )
        except (NatsError, OSError, TimeoutError) as error:
            raise NoAnswer(f"bus at {url}: {error}") from error
        client.options["max_reconnect_attempts"] = -1
        return cls(client)

    @property
    def connected(self) -> bool:
        return bool(self._client.is_connected)

    @property
    def jetstream(self) -> JetStreamContext:
        return self._client.jetstream()

    async def request(self, subject: str, message: Message, timeout: float = 2.0) -> Message:
        """The answer of who serves `subject`; raises NoAnswer, or Refused with the other side's code."""
        try:
            reply = await heeding(self._client.request(subject, json.dumps(message).encode(), timeout=timeout))
        except (NatsError, TimeoutError, OSError) as error:
            raise NoAnswer(f"{subject}: {type(error).__name__}") from error
        answer: Message = json.loads(reply.data)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer

    async def serve(self, subject: str, answer: Answer) -> None:
        """Answer requests on `subject`; one at a time, in order. A failure of ours is logged and refused."""

        async def take(msg: Msg) -> None:
            try:
                message = json.loads(msg.data)
                if not isinstance(message, dict):
                    raise TypeError("not an object")
                reply = await answer(message)
            except RelayError as error:
                reply = refusal(error)
            except Exception as error:
                log.exception("answering %s", msg.subject)
                reply = refusal(RelayError(type(error).__name__))
            if msg.reply:
                await msg.respond(json.dumps(reply).encode())

        await self._client.subscribe(subject, cb=take)

    async def publish(self, subject: str, message: Message) -> None:
        """Tell whoever listens; while the bus is away this is dropped with a line in the log."""
        try:
            await self._client.publish(subject, json.dumps(message).encode())
        except (NatsError, OSError) as error:
            log.warning("not published on %s: %s", subject, type(error).__name__)

    async def listen(self, subject: str, listener: Listener) -> None:
        async def take(msg: Msg) -> None:
            try:
                await listener(msg.subject, json.loads(msg.data))
            except Exception:
                log.exception("listening on %s", msg.subject)

        await self._client.subscribe(subject, cb=take)

    async def present(
        self, name: str, health: Callable[[], Message], count: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Answer huilu.health.NAME with what `health` says and the pid, and huilu.metrics.NAME with this process's
        counters as Prometheus text, after `count` has read what changes on the event loop. The text is packed: that of
        a relay with 600 sessions is a megabyte, which is what the bus takes."""

        async def tell_health(_: Message) -> Message:
            return {"pid": os.getpid(), "ok": True, "detail": "", **health()}

        async def tell_metrics(_: Message) -> Message:
            if count is not None:
                await count()
            return {"packed": await asyncio.to_thread(_packed)}

        await self.serve(f"huilu.health.{name}", tell_health)
        await self.serve(f"huilu.metrics.{name}", tell_metrics)

    async def close(self) -> None:
        await self._client.close()


async def heeding(waits: Coroutine[Any, Any, T]) -> T:
    """What nats-py waits for. It does so by `asyncio.wait_for`, which on Python 3.11 loses a cancellation that comes
    with the answer or the end of the wait: whoever was to stop would go on for ever. `asyncio.wait` loses none."""
    task = asyncio.create_task(waits)
    try:
        await asyncio.wait((task,))
    except asyncio.CancelledError:
        task.cancel()
        raise
    return task.result()


def _packed() -> str:
    return base64.b64encode(zlib.compress(generate_latest(), 1)).decode()


def unpacked(reply: Message) -> str:
    """The text of a reply to huilu.metrics.NAME."""
    return zlib.decompress(base64.b64decode(reply["packed"])).decode()


def refusal(error: RelayError) -> Message:
    return {
        "error": {
            "code": error.code, "zh": error.zh, "en": error.en, "status": error.status, "detail": error.detail,
        }
    }  # fmt: skip


__all__ = ["Answer", "Bus", "Listener", "Message", "Refused", "refusal", "unpacked"]
