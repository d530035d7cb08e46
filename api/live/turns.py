"""At once, then after a pause at the soonest: what changes all the time is told to hundreds of pages in one piece."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from storage.errors import StorageError

log = logging.getLogger(__name__)


class Turns:
    """By name (a meeting's id): `due` does `act` now, or when the pause after the last time is over."""

    def __init__(
        self,
        act: Callable[[str], Awaitable[None]],
        spawn: Callable[[Coroutine[Any, Any, None], str], None],
        pause_s: float,
    ) -> None:
        self._act = act
        self._spawn = spawn
        self._pause_s = pause_s
        self._again: dict[str, bool] = {}  # by name: whether it is due once more

    def due(self, name: str) -> None:
        if name in self._again:
            self._again[name] = True
        else:
            self._again[name] = True
            self._spawn(self._run(name), f"{getattr(self._act, '__qualname__', self._act)} {name}")

    async def _run(self, name: str) -> None:
        try:
            while self._again[name]:
                self._again[name] = False
                try:
                    await self._act(name)
                except StorageError as error:
                    log.warning("%s waits: %s", name, error.code)
                    self._again[name] = True
                await asyncio.sleep(self._pause_s)
        finally:
            del self._again[name]
