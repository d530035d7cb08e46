"""What several people ask for in the same moments is read once for all of them.

Nobody gets an answer that was being read already when he asked: what he did a moment ago must be in it. He waits for
the next reading, with all who ask until that one begins.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Read = TypeVar("Read")


class SharedAnswers(Generic[Read]):
    """`at_once`: so many are read at a time; there are never more than people who wait for them."""

    def __init__(self, at_once: int) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._next: dict[Hashable, asyncio.Task[Read]] = {}

    async def ask(self, what: Hashable, read: Callable[[], Awaitable[Read]]) -> Read:
        """`what` names all that the answer depends on beside the data. Raises what `read` raises, to all who wait."""
        reading = self._next.get(what)
        if reading is None:
            reading = self._next[what] = asyncio.create_task(self._read(what, read))
        # One who goes away (a page that is closed) takes the answer from nobody else.
        return await asyncio.shield(reading)

    async def _read(self, what: Hashable, read: Callable[[], Awaitable[Read]]) -> Read:
        async with self._turn:
            del self._next[what]
            return await read()
