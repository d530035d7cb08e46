"""Which source goes into which slot of a viewer: pure; by what is pinned, what must be seen, what is there already."""

from collections.abc import Callable, Sequence

from media_server.engine.slot import Slot
from media_server.engine.source import Source


def seat_videos(
    slots: Sequence[Slot],
    sources: Sequence[Source],
    urgent: Sequence[Source],
    spoke_at: Callable[[Source], int],
) -> dict[int, Source | None]:
    """Source by slot entry. `sources` in the order of joining; `urgent` (most urgent first) must be seen if need be
    in place of whoever has not spoken for longest. A pinned slot shows its source and nothing else."""
    by_id = {source.note.id: source for source in sources}
    seats: dict[int, Source | None] = {}
    free: list[Slot] = []
    for slot in slots:
        if slot.pinned is not None and slot.pinned in by_id:
            seats[slot.entry] = by_id[slot.pinned]
        else:
            free.append(slot)
    seated = {id(source) for source in seats.values()}
    open_slots: list[Slot] = []
    for slot in free:
        kept = slot.wanted
        if kept is not None and kept.note.id in by_id and id(kept) not in seated and _fits(slot, kept):
            seats[slot.entry] = kept
            seated.add(id(kept))
        else:
            seats[slot.entry] = None
            open_slots.append(slot)
    urgent_ids = {id(source) for source in urgent}
    for source in [*urgent, *(source for source in sources if id(source) not in urgent_ids)]:
        if id(source) in seated:
            continue
        place = next((slot for slot in open_slots if _fits(slot, source)), None)
        if place is not None:
            open_slots.remove(place)
        elif id(source) in urgent_ids:
            candidates = [
                (spoke_at(held), slot)
                for slot in free
                if (held := seats[slot.entry]) is not None and id(held) not in urgent_ids and _fits(slot, source)
            ]
            if not candidates:
                continue
            place = min(candidates, key=lambda candidate: candidate[0])[1]
        else:
            continue
        seats[place.entry] = source
        seated.add(id(source))
    return seats


def seat_sounds(slots: Sequence[Slot], loudest: Sequence[Source]) -> dict[int, Source | None]:
    """The first of `loudest`, each staying where it is already."""
    chosen = list(loudest[: len(slots)])
    seats: dict[int, Source | None] = {}
    for slot in slots:
        seats[slot.entry] = slot.wanted if slot.wanted in chosen else None
    missing = [source for source in chosen if all(source is not seat for seat in seats.values())]
    for slot in slots:
        if seats[slot.entry] is None and missing:
            seats[slot.entry] = missing.pop(0)
    return seats


def _fits(slot: Slot, source: Source) -> bool:
    return slot.format_for(source.note.codec) is not None
