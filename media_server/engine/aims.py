"""Which layer each of a viewer's slots is to show: by its size on screen, what the line carries, what must be seen.

Pure. The sound has its share first, then every picture its least layer in the order of urgency, then the most urgent
ones grow. Where not even the least layers fit, pictures go and the sound stays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from media_server.engine.slot import Slot
from media_server.engine.source import Source, nominal_bps

SOUND_BPS = 48_000  # Opus as browsers send it, with its headers
ENOUGH = 1.34  # a picture is enlarged so much, and not more, before the next layer is worth its bits
SLACK = 1.3  # what is shown already may swell by so much before it is cut: a line is judged by loss and delay
UNSAID = (640, 360)  # of several pictures, until the page has said how large each is
START_NS = 3_000_000_000  # a layer that the publisher was asked for so long ago, and that does not flow, does not come


@dataclass(frozen=True, slots=True)
class Aims:
    layers: dict[int, Source | None]  # by slot entry; None: not even the least fits
    bps: int  # what they come to, the sound included
    least_bps: int  # what it would be with the least of each
    next_bps: int | None  # … with one more step, where the line alone stands in its way


def aims(now: int, slots: Sequence[Slot], sounds: int, budget: int | None, urgent: Sequence[str]) -> Aims:
    """`slots` with something wanted; `budget` in bit/s, None without a limit; `urgent` publishers, most urgent first.
    The first of them is everybody's picture, and large."""
    order = {publisher: place for place, publisher in enumerate(urgent)}

    def urgency(slot: Slot) -> tuple[int, int, int]:
        assert slot.wanted is not None
        note = slot.wanted.note
        width, height = slot.size or (0, 0)
        return (0 if note.kind == "screen" else 1 + order.get(note.publisher, len(order)), -width * height, slot.entry)

    ranked = sorted(slots, key=urgency)
    unsaid = UNSAID if len(slots) > 1 else None
    ladders = [
        ladder(now, slot, slot.size or unsaid, everybodys=slot.wanted.note.publisher in urgent[:1])
        for slot in ranked
        if slot.wanted
    ]
    rates = [[bps_of(layer) for layer in rungs] for rungs in ladders]
    spoken_for = sounds * SOUND_BPS
    left = None if budget is None else budget - spoken_for
    if left is not None:
        shown = sum(bps_of(slot.aim) for slot in ranked if slot.aim is not None)
        if left < shown <= left * SLACK:
            left = shown
    chosen, step = allot(rates, left)
    total = spoken_for + sum(rungs[place] for rungs, place in zip(rates, chosen, strict=True) if place is not None)
    layers = {
        slot.entry: None if place is None else rungs[place]
        for slot, rungs, place in zip(ranked, ladders, chosen, strict=True)
    }
    least = spoken_for + sum(rungs[0] for rungs in rates)
    return Aims(layers, total, least, None if step is None else total + step)


def allot(rates: Sequence[Sequence[int]], left: int | None) -> tuple[list[int | None], int | None]:
    """For each ladder of rates (bit/s, the least first; the most urgent ladder first) its place, None: nothing; and
    what one more step would take on top, None when all are as high as they may."""
    if left is None:
        return [len(ladder) - 1 for ladder in rates], None
    chosen: list[int | None] = []
    for ladder_ in rates:
        fits = ladder_[0] <= left
        chosen.append(0 if fits else None)
        left -= ladder_[0] if fits else 0
    for number, ladder_ in enumerate(rates):
        place = chosen[number]
        if place is None:
            continue
        while place + 1 < len(ladder_) and ladder_[place + 1] - ladder_[place] <= left:
            left -= ladder_[place + 1] - ladder_[place]
            place += 1
        chosen[number] = place
    for ladder_, place in zip(rates, chosen, strict=True):
        if place is None:
            return chosen, ladder_[0]
        if place + 1 < len(ladder_):
            return chosen, ladder_[place + 1] - ladder_[place]
    return chosen, None


def ladder(now: int, slot: Slot, size: tuple[int, int] | None, *, everybodys: bool) -> list[Source]:
    """The layers that this slot may show, the least first, up to the one that `size` asks for."""
    assert slot.wanted is not None
    rising = sorted(slot.wanted.layers, key=lambda layer: layer.pixels)
    top = len(rising) - 1
    if size is not None and not everybodys:
        top = next((place for place, layer in enumerate(rising) if suffices(layer, size)), top)
    there = [layer for layer in rising[: top + 1] if comes(now, layer)]
    return there or [layer for layer in rising[top + 1 :] if comes(now, layer)][:1] or [rising[top]]


def suffices(layer: Source, size: tuple[int, int]) -> bool:
    """Whether a layer fills so many pixels of a screen, fitted into them, without being enlarged too much."""
    if layer.size is not None:
        width, height = layer.size
    else:
        height = int((layer.pixels * 9 / 16) ** 0.5)
        width = height * 16 // 9
    return min(size[0] / max(width, 1), size[1] / max(height, 1)) <= ENOUGH


def comes(now: int, layer: Source) -> bool:
    """It flows, or may yet: it was not asked for, or just now."""
    if layer.flows(now):
        return True
    return not layer.barred and (layer.asked_at is None or now - layer.asked_at < START_NS)


def bps_of(layer: Source) -> int:
    return layer.rate.bps or nominal_bps(layer.pixels)
