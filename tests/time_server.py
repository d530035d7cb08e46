"""An NTP server of one's own on loopback: right, wrong by a given time, or bad in a given way."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

EPOCH_S = 2_208_988_800
PACKET = struct.Struct("!BBbbII4sQQQQ")
Spoil = Callable[[list[object]], list[object]]


@dataclass
class TimeServer:
    """`ahead_ns`: by how much its clock is ahead of this machine's. `spoil` changes an answer's fields."""

    port: int
    ahead_ns: int = 0
    spoil: Spoil | None = None
    silent: bool = False
    asked: list[bytes] = field(default_factory=list)

    def answer(self, question: bytes) -> bytes:
        now = stamp(time.time_ns() + self.ahead_ns)
        nonce = PACKET.unpack_from(question)[-1]
        fields: list[object] = [0 << 6 | 4 << 3 | 4, 2, 6, -20, 1 << 10, 1 << 8, b"GPS\0", now, nonce, now, now]
        return PACKET.pack(*(self.spoil(fields) if self.spoil else fields))


def stamp(wall_ns: int) -> int:
    seconds, rest = divmod(wall_ns, 10**9)
    return ((seconds + EPOCH_S) % (1 << 32)) << 32 | (rest << 32) // 10**9


@contextmanager
def running_time_server(ahead_ns: int = 0, spoil: Spoil | None = None) -> Iterator[TimeServer]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", 0))
        server = TimeServer(own.getsockname()[1], ahead_ns, spoil)

        def serve() -> None:
            while True:
                question, asker = own.recvfrom(512)
                if question == b"end":
                    return
                server.asked.append(question)
                if not server.silent:
                    own.sendto(server.answer(question), asker)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"end", ("127.0.0.1", server.port))
            thread.join(5)
