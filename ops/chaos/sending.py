"""A site that numbers what it sends, writes down when each frame was captured, and may lose packets on the way."""

import random
from pathlib import Path

from ops.chaos import numbered
from ops.sender.film import TICKS, Film, Frame
from ops.sender.packetizer import h264_payloads
from ops.sender.sender import Sender


class NumberedSender(Sender):
    def __init__(
        self,
        film: Film,
        url: str,
        token: str,
        *,
        authority: Path | None = None,
        loops: int | None = None,
        lose: float = 0.0,
        dice: random.Random | None = None,
    ) -> None:
        """`lose`: the share of packets that never leave; the relay asks for them again."""
        super().__init__(film, url, token, authority=authority, loops=loops)
        self.pictures: list[int] = []  # CLOCK_MONOTONIC in ns, by number
        self.sounds: list[int] = []
        self.lost_packets = 0
        self._lose = lose
        self._dice = dice or random.Random(0)

    def times(self, video: bool) -> list[int]:
        return self.pictures if video else self.sounds

    def _payloads_of(self, frame: Frame) -> list[bytes]:
        captured = self._zero_ns + (self._began + frame.at) * 1_000_000_000 // TICKS
        if frame.is_video:
            self.pictures.append(captured)
            return h264_payloads(numbered.picture(frame.nals, len(self.pictures) - 1))
        self.sounds.append(captured)
        return [numbered.sound(frame.sound, len(self.sounds) - 1)]

    def _leaves(self) -> bool:
        if self._lose and self._dice.random() < self._lose:
            self.lost_packets += 1
            return False
        return True
