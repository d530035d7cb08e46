"""Which source goes into which slot of a viewer: pure; by what is pinned, what must be seen, what is there already.

Called for every viewer when anything changes, so it looks at no more sources than there are slots to fill.
"""

from collections.abc import Callable, Sequence

from media_server.engine.slot import Slot
from media_server.engine.source import Source


def seat_videos(
    slots: Sequence[Slot],
    sources: Sequence[Source],
    urgent: Sequence[Source],
    session: str,
    spoke_at: Callable[[Source], int],
) -> dict[int, Source | None]:
    """Source by slot entry. `sources` in the order of joining; `urgent` (most urgent first) must be seen, if need be
    in place of whoever has not spoken for longest. A pinned slot shows its source and nothing else. Nobody is shown
    what his own `session` sends."""
    seats: dict[int, Source | None] = {}
    pinned = {slot.pinned: slot.entry for slot in slots if slot.pinned is not None}
    if pinned:
        seats = {pinned[source.note.id]: source for source in sources if source.note.id in pinned}
    seated = set(seats.values())
    empty: list[Slot] = []
    free = [slot for slot in slots if slot.entry not in seats]
    for slot in free:
        kept = slot.wanted
        if kept is not None and kept.ended_at is None and kept not in seated and _fits(slot, kept):
            seats[slot.entry] = kept
            seated.add(kept)
        else:
            seats[slot.entry] = None
            empty.append(slot)
    for source in urgent:
        if source in seated or source.note.session == session:
            continue
        place = next((slot for slot in empty if _fits(slot, source)), None)
        if place is not None:
            empty.remove(place)
        else:
            candidates = [
                (spoke_at(held), slot.entry, slot)
                for slot in free
                if (held := seats[slot.entry]) is not None and held not in urgent and _fits(slot, source)
            ]
            if not candidates:
                continue
            place = min(candidates)[2]
        seats[place.entry] = source
        seated.add(source)
    for source in sources:
        if not empty:
            break
        if source in seated or source.note.session == session:
            continue
        place = next((slot for slot in empty if _fits(slot, source)), None)
        if place is not None:
            empty.remove(place)
            seats[place.entry] = source
            seated.add(source)
    return seats


def seat_sounds(slots: Sequence[Slot], loudest: Sequence[Source]) -> dict[int, Source | None]:
    """The first of `loudest`, each staying where it is already."""
    chosen = list(loudest[: len(slots)])
    seats = {slot.entry: slot.wanted if slot.wanted in chosen else None for slot in slots}
    missing = [source for source in chosen if source not in seats.values()]
    for slot in slots:
        if seats[slot.entry] is None and missing and _fits(slot, missing[0]):
            seats[slot.entry] = missing.pop(0)
    return seats


def _fits(slot: Slot, source: Source) -> bool:
    return slot.format_for(source.note.codec) is not None
