"""One page's channel: a bounded queue. A page that does not read is cut off, and comes back for the whole."""

import asyncio
import json
from typing import Any

from api.acts.actor import Actor
from api.live.people import Told

MAX_QUEUED = 256


class Channel:
    def __init__(self, actor: Actor, meeting_id: str, session_id: str | None) -> None:
        self.actor = actor
        self.meeting_id = meeting_id
        self.session_id = session_id
        self.told = Told()  # of who is here
        self.chairs = False
        self._queue: asyncio.Queue[str | None] = asyncio.Queue(MAX_QUEUED)
        self.overrun = False
        self.ending: tuple[int, str] | None = None  # why the hub closes it: code (RFC 6455 §7.4.2), our stable code

    def put(self, message: dict[str, Any]) -> None:
        self.put_text(json.dumps(message, ensure_ascii=False))

    def put_text(self, text: str) -> None:
        if self.ending is None:
            self._put(text)

    def end(self, code: int, reason: str) -> None:
        """Nothing follows; what waits is dropped: who is put out hears no more of the meeting."""
        self.ending = (code, reason)
        while not self._queue.empty():
            self._queue.get_nowait()
        self._put(None)

    def _put(self, text: str | None) -> None:
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            self.overrun = True

    async def next(self, timeout: float) -> str | None:
        """The next message, or None when there was none for so long or the channel ends."""
        try:
            async with asyncio.timeout(timeout):
                return await self._queue.get()
        except TimeoutError:
            return None
