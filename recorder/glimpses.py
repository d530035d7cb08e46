"""What was made of a track's segments as they came, as files: tiles for the time line, sheets of them, measures of the
picture, loudness. Derived, outside ledger and export; to be made again from the segments at any time.

    DERIVED/RECORDING/glimpses/TRACK/000012.jpg               tile of the slot of 10 s with this number
    DERIVED/RECORDING/glimpses/TRACK/sheet-000000-1ffffff.jpg 25 slots' tiles; the bits say which slots are on it
    DERIVED/RECORDING/glimpses/TRACK/pictures                 4 bytes a slot: seen, brightness, spread, change
    DERIVED/RECORDING/glimpses/TRACK/loudness                 a byte each 100 ms (recorder.loudness)
    DERIVED/RECORDING/glimpses/TRACK/done                     the number of the last segment that was looked at

Slots and bytes count from the recording's start.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from recorder.loudness import STEP_MS
from recorder.spans import Spans, union
from recorder.stills import COLUMNS, TILE_HEIGHT, TILE_WIDTH

FOLDER = "glimpses"
SLOT_NS = 10_000_000_000
STEP_NS = STEP_MS * 1_000_000
ON_A_SHEET = COLUMNS * COLUMNS
CHANGE_UNIT = 0.02  # of 255, that a byte's steps stand for
UNKNOWN_CHANGE = 255
# What a slot is taken for. A room at night has shapes; a camera that is covered or unplugged has none.
DARK = 16  # brightness, of 255
PLAIN = 6  # spread, of 255
# As freezedetect's usual -60 dB; noise of a camera that runs is above it.
STILL = 0.25  # change, of 255


def folder(derived: Path, recording: str, track: str) -> Path:
    return derived / recording / FOLDER / track


@dataclass(frozen=True, slots=True)
class Slot:
    """What one key frame of ten seconds measured."""

    number: int
    brightness: int
    spread: int
    change: float | None  # to the slot before; none where that has no picture

    @property
    def dark(self) -> bool:
        return self.brightness <= DARK and self.spread <= 4 * PLAIN

    @property
    def plain(self) -> bool:
        """One colour all over, and not black."""
        return not self.dark and self.spread <= PLAIN

    @property
    def still(self) -> bool:
        return self.change is not None and self.change <= STILL


@dataclass(frozen=True, slots=True)
class Sheet:
    number: int
    slots: tuple[int, ...]  # in the order of their places

    @property
    def name(self) -> str:
        bits = sum(1 << slot - self.number * ON_A_SHEET for slot in self.slots)
        return f"sheet-{self.number:06d}-{bits:07x}.jpg"

    def place(self, slot: int) -> tuple[int, int]:
        """Left and top, pixels."""
        row, column = divmod(self.slots.index(slot), COLUMNS)
        return column * TILE_WIDTH, row * TILE_HEIGHT


def read_sheet(name: str) -> Sheet | None:
    try:
        word, number, rest = name.split("-")
        bits, suffix = rest.split(".")
        if (word, suffix) != ("sheet", "jpg"):
            return None
        first, mask = int(number) * ON_A_SHEET, int(bits, 16)
        return Sheet(int(number), tuple(first + n for n in range(ON_A_SHEET) if mask >> n & 1))
    except ValueError:
        return None


def tile_name(slot: int) -> str:
    return f"{slot:06d}.jpg"


def listed(own: Path) -> tuple[list[int], list[Sheet]]:
    """The slots that have a tile, and the sheets."""
    try:
        names = sorted(os.listdir(own))
    except FileNotFoundError:
        return [], []
    tiles = [int(name[:-4]) for name in names if name.endswith(".jpg") and name[:-4].isdecimal()]
    return tiles, [each for name in names if (each := read_sheet(name)) is not None]


def slots(own: Path) -> list[Slot]:
    """Those that have a picture, in their order."""
    data = _read(own / "pictures")
    return [
        Slot(
            at // 4,
            data[at + 1],
            data[at + 2],
            None if data[at + 3] == UNKNOWN_CHANGE else data[at + 3] * CHANGE_UNIT,
        )
        for at in range(0, len(data) - 3, 4)
        if data[at]
    ]


def loudness(own: Path) -> bytes:
    return _read(own / "loudness")


def done(own: Path) -> int:
    try:
        return int(_read(own / "done") or b"0")
    except ValueError:
        return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def without(levels: bytes, start_ns: int, hidden: Spans) -> bytes:
    """Loudness with nothing in the hidden spans (meeting time); `start_ns`: the recording's start."""
    out = bytearray(levels)
    for start, end in hidden:
        first = max(0, (start - start_ns) // STEP_NS)
        last = min(len(out), -(-(end - start_ns) // STEP_NS))
        if first < last:
            out[first:last] = bytes(last - first)
    return bytes(out)


def touches(slot_numbers: Iterable[int], start_ns: int, hidden: Spans) -> bool:
    """Whether one of the slots has anything of a hidden span in it."""
    begins = [start_ns + slot * SLOT_NS for slot in slot_numbers]
    return any(begin < end and start < begin + SLOT_NS for begin in begins for start, end in hidden)


def vtt(track: str, own: Path, start_ns: int, hidden: Spans) -> str:
    """WebVTT whose cues name pictures (`URL#xywh=…`), on the recording's own time line. A sheet with anything hidden on
    it is left out; its other tiles are named singly, as are those that are on no sheet yet."""
    tiles, sheets = listed(own)
    on = {slot: each for each in sheets if not touches(each.slots, start_ns, hidden) for slot in each.slots}
    lines = ["WEBVTT", ""]
    for slot in tiles:
        if touches([slot], start_ns, hidden):
            continue
        if slot in on:
            left, top = on[slot].place(slot)
            url = f"{track}/{on[slot].name}#xywh={left},{top},{TILE_WIDTH},{TILE_HEIGHT}"
        else:
            url = f"{track}/{tile_name(slot)}"
        lines += [f"{_clock(slot * SLOT_NS)} --> {_clock((slot + 1) * SLOT_NS)}", url, ""]
    return "\n".join(lines) + "\n"


def _clock(ns: int) -> str:
    seconds, ms = divmod(ns // 1_000_000, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{ms:03d}"


def spans_of(found: Sequence[Slot], start_ns: int) -> dict[str, Spans]:
    """Dark, plain and still spans (meeting time): first guesses, ten seconds rough."""

    def spans(chosen: Iterable[Slot], back: int = 0) -> Spans:
        return union(
            (start_ns + (each.number - back) * SLOT_NS, start_ns + (each.number + 1) * SLOT_NS) for each in chosen
        )

    return {
        "black": spans(each for each in found if each.dark),
        "plain": spans(each for each in found if each.plain),
        # Still from the picture before on, with which it was compared.
        "frozen": spans((each for each in found if each.still and not each.dark and not each.plain), back=1),
    }
