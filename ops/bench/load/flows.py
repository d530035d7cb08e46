"""What came, judged by clear headers alone (RFC 3711 §3.1): numbers, gaps, and which frames are complete.

A flow is one SSRC of one reader. Whole tables are judged at once with numpy; only flows in which a number is out of
line are looked at one packet after another.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ops.bench.load.watch import Counts
from ops.sender import rtcp
from ops.sender.film import FRAMES_PER_SECOND

FRAME_STEP = 90_000 // FRAMES_PER_SECOND  # RTP time between two pictures


@dataclass(slots=True)
class _Odd:
    """A flow in which something was out of line."""

    missing: set[int] = field(default_factory=set)  # numbers
    broken: set[int] = field(default_factory=set)  # RTP times of frames


class Flows:
    def __init__(self) -> None:
        self.counts = Counts()
        self._sorted: NDArray[np.int64] = np.zeros(0, np.int64)  # reader and SSRC as one number
        self._next: NDArray[np.int64] = np.zeros(0, np.int64)  # −1: none came yet
        self._begun: NDArray[np.int64] = np.zeros(0, np.int64)
        self._cycles: NDArray[np.int64] = np.zeros(0, np.int64)
        self._received: NDArray[np.int64] = np.zeros(0, np.int64)
        self._stamp: NDArray[np.int64] = np.zeros(0, np.int64)  # of the last packet; −1: none came yet
        self._ended: NDArray[np.bool_] = np.zeros(0, np.bool_)  # the last packet had the marker
        self._picture: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._odd: dict[int, _Odd] = {}

    def add(self, reader: int, numbers: dict[int, tuple[int | None, bool]]) -> None:
        """A reader's flows: per SSRC the number that comes next, where it is known, and whether it is a picture's."""
        order = sorted(numbers)
        keys = np.array([reader << 32 | ssrc for ssrc in order], np.int64)
        places = np.searchsorted(self._sorted, keys)
        following = np.array([-1 if (next_ := numbers[ssrc][0]) is None else next_ for ssrc in order], np.int64)
        pictures = np.array([numbers[ssrc][1] for ssrc in order], np.bool_)
        before = self._sorted
        self._sorted = np.insert(before, places, keys)
        self._next = np.insert(self._next, places, following)
        self._begun = np.insert(self._begun, places, following)
        self._cycles = np.insert(self._cycles, places, 0)
        self._received = np.insert(self._received, places, 0)
        self._stamp = np.insert(self._stamp, places, -1)
        self._ended = np.insert(self._ended, places, True)
        self._picture = np.insert(self._picture, places, pictures)
        self._odd = {int(np.searchsorted(self._sorted, before[flow])): odd for flow, odd in self._odd.items()}

    def take(self, header: NDArray[np.uint8], length: NDArray[np.uint32], reader: NDArray[np.int64]) -> None:
        """RTP packets of a table, in order of arrival within each reader."""
        if not len(self._sorted):
            return
        wide = header[:, :12].astype(np.int64)
        sequence = wide[:, 2] << 8 | wide[:, 3]
        stamp = wide[:, 4] << 24 | wide[:, 5] << 16 | wide[:, 6] << 8 | wide[:, 7]
        ssrc = wide[:, 8] << 24 | wide[:, 9] << 16 | wide[:, 10] << 8 | wide[:, 11]
        marker = wide[:, 1] >= 128
        key = reader << 32 | ssrc
        flow = np.minimum(np.searchsorted(self._sorted, key), len(self._sorted) - 1)
        ours = self._sorted[flow] == key
        order = np.argsort(flow, kind="stable")
        order = order[ours[order]]
        if not len(order):
            return
        flow, sequence, stamp, marker = flow[order], sequence[order], stamp[order], marker[order]
        first = np.ones(len(flow), np.bool_)
        first[1:] = flow[1:] != flow[:-1]
        last = np.ones(len(flow), np.bool_)
        last[:-1] = first[1:]
        expected = np.empty_like(sequence)
        expected[1:] = sequence[:-1] + 1 & 0xFFFF
        known = self._next[flow[first]]
        expected[first] = np.where(known < 0, sequence[first], known)
        fresh = flow[first][known < 0]
        self._begun[fresh] = sequence[first][known < 0]
        self._next[fresh] = self._begun[fresh]

        counts = self.counts
        counts.packets += len(flow)
        counts.octets += int(length[order].sum())
        picture = self._picture[flow]
        counts.sounds += int((~picture).sum())
        ends = int((picture & marker).sum())
        counts.frames += ends
        counts.complete += ends
        self._received += np.bincount(flow, minlength=len(self._sorted))

        wrong = sequence != expected
        for each in np.unique(flow[wrong]):
            rows = flow == each
            self._one_by_one(int(each), sequence[rows], stamp[rows], marker[rows])
        right = last & ~np.isin(flow, flow[wrong])
        self._move(flow[right], sequence[right], stamp[right], marker[right])

    def _move(
        self,
        flow: NDArray[np.int64],
        sequence: NDArray[np.int64],
        stamp: NDArray[np.int64],
        marker: NDArray[np.bool_],
    ) -> None:
        following = sequence + 1 & 0xFFFF
        self._cycles[flow] += following < self._next[flow]
        self._next[flow], self._stamp[flow], self._ended[flow] = following, stamp, marker

    def _one_by_one(
        self, flow: int, sequence: NDArray[np.int64], stamp: NDArray[np.int64], marker: NDArray[np.bool_]
    ) -> None:
        odd = self._odd.setdefault(flow, _Odd())
        for number, time, ended in zip(sequence.tolist(), stamp.tolist(), marker.tolist(), strict=True):
            ahead = ((number - int(self._next[flow]) + 0x8000) & 0xFFFF) - 0x8000
            if ahead < 0:
                self.counts.late += 1
                if number in odd.missing:  # its frame stays counted as broken
                    odd.missing.discard(number)
                    self.counts.missing -= 1
                    self.counts.sounds_missing -= not self._picture[flow]
                if self._picture[flow] and ended:  # this frame's end was counted before
                    self.counts.frames -= 1
                    self.counts.complete -= 1
                continue
            if ahead:
                self._hole(flow, odd, ahead, time)
            at = np.array([flow], np.int64)
            self._move(at, np.array([number]), np.array([time]), np.array([ended]))

    def _hole(self, flow: int, odd: _Odd, count: int, time: int) -> None:
        """`count` numbers before a packet of RTP time `time` are missing. Counted against us where it is unclear: the
        packet's own frame is held to have lost its beginning."""
        counts = self.counts
        counts.holes += count
        counts.missing += count
        odd.missing |= {(int(self._next[flow]) + step) & 0xFFFF for step in range(count)}
        if not self._picture[flow]:
            counts.sounds_missing += count
            return
        before = int(self._stamp[flow])
        before = time if before < 0 else before
        broken = {time}
        if time != before:
            frames_between = min(max(0, ((time - before) & 0xFFFFFFFF) // FRAME_STEP - 1), count)
            whole_lost = {(before + FRAME_STEP * step) & 0xFFFFFFFF for step in range(1, frames_between + 1)}
            counts.frames += len(whole_lost)
            counts.complete += len(whole_lost)  # taken off below, with the others
            broken |= whole_lost
            if not self._ended[flow]:  # its marker is among what is missing
                counts.frames += 1
                counts.complete += 1
                broken.add(before)
        counts.complete -= len(broken - odd.broken)
        odd.broken |= broken

    def blocks(self, reader: int) -> list[rtcp.Block]:
        """For a receiver report; no jitter and no round trip, which would need what isn't decrypted."""
        begin, end = np.searchsorted(self._sorted, [reader << 32, (reader + 1) << 32])
        out = []
        for flow in range(int(begin), int(end)):
            if self._received[flow]:
                highest = int(self._next[flow]) - 1 + (int(self._cycles[flow]) << 16)
                lost = max(0, highest - int(self._begun[flow]) + 1 - int(self._received[flow]))
                ssrc = int(self._sorted[flow]) & 0xFFFFFFFF
                out.append(rtcp.Block(ssrc, 0, lost, highest & 0xFFFFFFFF, 0, 0, 0))
        return out
