"""Coverage: seconds whose main picture and sound were sealed, of the seconds from opening to end without the breaks.

Pure; rows of the tables can be passed as they are. A gap takes its span away from its track even inside a segment
(a lost second of sound is bridged there by fillers). `device` and `later` are the two other figures of DESIGN §2:
what a device's own copy adds to what was sealed live, and what films handed in add to both; None where nothing came.
So the three make up what there is of the meeting, and no second counts twice.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from media_server.records import Pictures
from recorder.notes import GAP_MS
from recorder.spans import Spans, difference, intersection, length, union

# While a meeting runs, its last moments can't be sealed yet: 1 s for late packets and a segment of up to 6 s.
LIVE_EDGE_NS = 8_000_000_000
# A device's picture and sound don't begin in one moment; that much apart nothing was switched off.
STARTING_NS = 1_000_000_000
# Its tracks stop with the press that ends the meeting; the end is when the press reaches the hub.
ENDING_NS = 1_000_000_000


class SealedRow(Protocol):
    @property
    def track_id(self) -> str: ...
    @property
    def start_ns(self) -> int: ...
    @property
    def end_ns(self) -> int: ...


class GapRow(Protocol):
    @property
    def track_id(self) -> str | None: ...
    @property
    def start_ns(self) -> int: ...
    @property
    def end_ns(self) -> int: ...
    @property
    def cause(self) -> str: ...


class BreakRow(Protocol):
    @property
    def start_ns(self) -> int: ...
    @property
    def end_ns(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file that was recorded elsewhere: where on the meeting's time line it plays, and what is in it."""

    origin: str  # device | handed-in
    start_ns: int
    end_ns: int
    picture: bool
    sound: bool


class TrackRow(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def site_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Main:
    """The tracks any of which counts as main picture, and as main sound."""

    pictures: frozenset[str]
    sounds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hole:
    start_ns: int
    end_ns: int
    cause: str | None  # none: nothing is known of it (yet)


@dataclass(frozen=True, slots=True)
class Coverage:
    live: float  # 0 to 1; 1 while nothing is due
    device: float | None
    later: float | None
    sealed_ns: int
    due_ns: int
    holes: list[Hole]
    device_ns: int = 0
    later_ns: int = 0


def main_tracks(tracks: Iterable[TrackRow], main_sites: Iterable[str], pictures: Pictures = "all") -> Main:
    """Cameras and microphones of the main site; of every site while the main one has none of its own. Where only what
    is shown was kept, that is the main picture, and what was heard its sound."""
    tracks, sites = list(tracks), set(main_sites)
    if pictures == "shown":
        sounds = frozenset(track.id for track in tracks if track.kind == "microphone")
        return Main(frozenset(track.id for track in tracks) - sounds, sounds)
    found: dict[str, frozenset[str]] = {}
    for kind in ("camera", "microphone"):
        every = {track.id for track in tracks if track.kind == kind}
        own = {track.id for track in tracks if track.kind == kind and track.site_id in sites}
        found[kind] = frozenset(own or every)
    return Main(found["camera"], found["microphone"])


def coverage(
    segments: Iterable[SealedRow],
    gaps: Iterable[GapRow],
    breaks: Iterable[BreakRow],
    start_ns: int,
    end_ns: int,
    main: Main,
    *,
    live: bool = False,
    delivered: Iterable[Delivered] = (),
) -> Coverage:
    """With `live`, `end_ns` is now, and the last LIVE_EDGE_NS are not due yet. `delivered`: of the main sites."""
    delivered = list(delivered)
    if live:
        end_ns = max(start_ns, end_ns - LIVE_EDGE_NS)
    whole = union([(start_ns, end_ns)])
    pauses = union((b.start_ns, end_ns if b.end_ns is None else b.end_ns) for b in breaks)
    due = difference(whole, pauses)
    gaps = list(gaps)
    by_track: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for segment in segments:
        by_track[segment.track_id].append((segment.start_ns, segment.end_ns))
    missing: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for gap in gaps:
        if gap.track_id is not None:
            missing[gap.track_id].append((gap.start_ns, gap.end_ns))

    def kept(tracks: frozenset[str]) -> Spans:
        return union(
            span for track in tracks for span in difference(union(by_track[track]), union(missing[track]))
        )  # fmt: skip

    pictures, sounds = kept(main.pictures), kept(main.sounds)
    sealed = intersection(due, intersection(pictures, sounds))
    relevant = [g for g in gaps if g.track_id is None or g.track_id in main.pictures | main.sounds]
    edges = _before(pictures, sounds, start_ns, end_ns, live) + ([] if live else _after(pictures, sounds, end_ns))
    holes = [hole for span in difference(due, sealed) for hole in _named(span, relevant, edges)]
    due_ns, sealed_ns = length(due), length(sealed)

    def added(origins: tuple[str, ...]) -> int:
        """What there is with these as well, in ns: a picture from here and the sound from there make a second whole."""
        own = [each for each in delivered if each.origin in origins]
        seen = union([*pictures, *((each.start_ns, each.end_ns) for each in own if each.picture)])
        heard = union([*sounds, *((each.start_ns, each.end_ns) for each in own if each.sound)])
        return length(intersection(due, intersection(seen, heard)))

    with_device = added(("device",))
    device_ns, later_ns = with_device - sealed_ns, added(("device", "handed-in")) - with_device

    def share(ns: int, origin: str) -> float | None:
        return ns / due_ns if due_ns and any(each.origin == origin for each in delivered) else None

    return Coverage(
        sealed_ns / due_ns if due_ns else 1.0, share(device_ns, "device"), share(later_ns, "handed-in"), sealed_ns,
        due_ns, holes, device_ns, later_ns,
    )  # fmt: skip


def _before(pictures: Spans, sounds: Spans, start_ns: int, end_ns: int, live: bool) -> list[Hole]:
    """Why there was nothing before the first picture or sound: a track that hasn't begun can have no gap. One that
    never began is known to be missing only at the end."""
    if not pictures and not sounds:
        return []
    came = min(spans[0][0] for spans in (pictures, sounds) if spans)
    never = came if live else end_ns
    picture = pictures[0][0] if pictures else never
    sound = sounds[0][0] if sounds else never
    return [
        # As recorder.ending has it in rows: a hole so short is no gap.
        Hole(start_ns, came, "left" if came - start_ns >= GAP_MS * 1_000_000 else "starting"),
        Hole(came, picture, "starting" if picture - came < STARTING_NS else "camera"),
        Hole(came, sound, "starting" if sound - came < STARTING_NS else "muted"),
    ]


def _after(pictures: Spans, sounds: Spans, end_ns: int) -> list[Hole]:
    """The last moment, in which nothing was sent any more and no gap has begun."""
    if not pictures or not sounds:
        return []
    last = min(pictures[-1][1], sounds[-1][1])
    return [Hole(last, end_ns, "ending")] if end_ns - last < ENDING_NS else []


def _named(span: tuple[int, int], gaps: list[GapRow], edges: list[Hole]) -> list[Hole]:
    """A hole cut where its causes change; where gaps overlap, the one that began first gives the cause."""
    holes: list[Hole] = []
    rest: Spans = [span]
    known: list[GapRow | Hole] = [*sorted(gaps, key=lambda g: g.start_ns), *edges]
    for each in known:
        own = intersection(rest, union([(each.start_ns, each.end_ns)]))
        holes += [Hole(start, end, each.cause) for start, end in own]
        rest = difference(rest, own)
    holes += [Hole(start, end, None) for start, end in rest]
    return sorted(holes, key=lambda h: h.start_ns)
