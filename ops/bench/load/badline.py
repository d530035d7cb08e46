"""A bad line between one client and the relay, made here where the kernel has no `netem`: random loss and a delay.

Like `netem` it treats all datagrams alike, checks and handshakes too, and keeps their order.
"""

import random
from collections import deque


class BadLine:
    """One direction. `loss` is a share, `delay_ns` the time that every datagram takes."""

    def __init__(self, loss: float, delay_ns: int, seed: int) -> None:
        self._loss = loss
        self._delay_ns = delay_ns
        self._random = random.Random(seed)
        self._under_way: deque[tuple[int, bytes]] = deque()

    def put(self, now: int, datagram: bytes) -> None:
        if self._random.random() >= self._loss:
            self._under_way.append((now + self._delay_ns, datagram))

    def due(self, now: int) -> list[tuple[int, bytes]]:
        """What has come through by now, each with the moment of its arrival."""
        out = []
        while self._under_way and self._under_way[0][0] <= now:
            out.append(self._under_way.popleft())
        return out
