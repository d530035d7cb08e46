"""What is on its way to viewers, held so that a frame leaves in one call.

A batch is what one wake-up of a socket brought. It is held until the end of the frame, because a browser sends a frame
in one burst and the relay wakes up before all of it is there; but at most about 2 ms. Sound is never held, and takes
along what is waiting.
"""

import asyncio
from collections.abc import Callable, Sequence

from media_server.engine.outputs import Forward

HOLD_S = 0.0015  # the loop's timers are rounded up to whole milliseconds
MAX_HELD = 512


class Batch:
    def __init__(self, forward: Callable[[Sequence[Forward]], None]) -> None:
        self._forward = forward
        self._items: list[Forward] = []
        self._begun: set[int] = set()  # SSRCs of frames whose end is not here yet
        self._urgent = False
        self._timer: asyncio.TimerHandle | None = None

    def add(self, item: Forward) -> None:
        self._items.append(item)
        rtp = item.packet.rtp
        if not item.video:
            self._urgent = True
        elif rtp.marker:
            self._begun.discard(rtp.ssrc)
        else:
            self._begun.add(rtp.ssrc)

    def settle(self) -> None:
        """The wake-up is over: send what is whole, or wait for the rest."""
        if not self._items:
            return
        if self._urgent or not self._begun or len(self._items) >= MAX_HELD:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(HOLD_S, self.flush)

    def flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        items, self._items = self._items, []
        self._begun.clear()
        self._urgent = False
        if items:
            self._forward(items)
