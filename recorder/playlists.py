"""HLS playlists (RFC 8216) of a recording's tracks; pure, from rows.

Every file carries its own initialisation, so a piece names its file twice: the head by EXT-X-MAP with a BYTERANGE,
the rest by EXT-X-BYTERANGE. A map line stands only where the head's bytes change (a new picture size, another
device): segment names end with a tag of the head (`head_tag`), so this needs no look into files. There is no
discontinuity anywhere: all tracks run on the meeting's time line, and a discontinuity in one playlist alone puts
players out of step (MEDIA.md). All playlists begin at the recording's start and have no holes: fillers stand there.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

# Fixed: a live playlist's target duration must not change (RFC 8216 §6.2.1); segments are up to 6 s.
TARGET_DURATION_S = 6
# What ends longer ago than this before the last piece may be left out for a player that has it already; at least six
# target durations (RFC 8216bis §4.4.3.8).
SKIP_UNTIL_S = 6 * TARGET_DURATION_S
# Rounding of track time scales; a hole below this is none.
TOLERANCE_NS = 1_000_000
DEFAULT_PICTURE_CODEC = "avc1.42e01f"  # constrained baseline 3.1, what we ask for
DEFAULT_BANDWIDTH = 2_500_000


class PieceRow(Protocol):
    """A Segment's or a Filler's row."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def start_ns(self) -> int: ...
    @property
    def end_ns(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def head_bytes(self) -> int: ...


@dataclass(frozen=True, slots=True)
class MasterTrack:
    id: str
    kind: str  # camera | screen | microphone
    name: str
    width: int | None = None
    height: int | None = None
    codec: str | None = None  # RFC 6381; none: what we ask browsers for
    bandwidth: int = DEFAULT_BANDWIDTH  # bit/s


def head_tag(name: str) -> str:
    """The tag of the initialisation's bytes in a file name such as `…/000007-120-398.h5e1f00aa.mp4`."""
    tag = name.removesuffix(".mp4").removesuffix(".webm").rpartition(".h")[2]
    return tag if "/" not in tag else name


def in_step(segments: Iterable[PieceRow], fillers: Iterable[PieceRow]) -> list[PieceRow]:
    """Segments with the fillers between them; where both exist (a filler was made too early) the segment stands."""
    sealed = sorted(segments, key=lambda piece: piece.start_ns)
    spare = sorted(fillers, key=lambda piece: piece.start_ns)
    out: list[PieceRow] = []
    at = 0
    for piece in [*sealed, None]:
        until = piece.start_ns if piece else None
        while at < len(spare) and (until is None or spare[at].start_ns < until - TOLERANCE_NS):
            filler = spare[at]
            at += 1
            begins_late_enough = not out or filler.start_ns >= out[-1].end_ns - TOLERANCE_NS
            ends_early_enough = until is None or filler.end_ns <= until + TOLERANCE_NS
            if begins_late_enough and ends_early_enough:
                out.append(filler)
        if piece:
            out.append(piece)
    return out


def media_playlist(
    segments: Iterable[PieceRow],
    fillers: Iterable[PieceRow],
    ended: bool,
    uri: Callable[[PieceRow], str],
    refused: Callable[[PieceRow], bool] = lambda _: False,
    delta: bool = False,
) -> str:
    """One track. While the meeting runs (`ended` false) it stops before the first hole: the filler is on its way.

    Pieces that the reader will be refused keep their place, as a gap that no player asks for (RFC 8216bis §4.4.4.7).
    With `delta` a running one counts its older pieces instead of naming them (§4.4.5.2, §6.2.5.1): at 2 s a piece the
    third hour is 18 lines for some 16,000.
    """
    pieces: Sequence[PieceRow] = in_step(segments, fillers)
    if not ended:
        pieces = _until_hole(pieces)
    skipped = _skippable(pieces) if delta and not ended else 0
    longest = max((piece.end_ns - piece.start_ns for piece in pieces), default=0)
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{9 if skipped else 7}",
        f"#EXT-X-TARGETDURATION:{max(TARGET_DURATION_S, round(longest / 1e9))}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if ended else 'EVENT'}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    if not ended:
        lines.append(f"#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL={SKIP_UNTIL_S}")
    if skipped:
        lines.append(f"#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}")
    head = None
    pieces = pieces[skipped:]
    for piece, shown in zip(pieces, _next_shown(pieces, refused), strict=True):
        # A refused file gives no head either. A gap at the beginning stands under the head of what comes after it.
        if shown is not None and head != (head := head_tag(shown.name)):
            lines.append(f'#EXT-X-MAP:URI="{uri(shown)}",BYTERANGE="{shown.head_bytes}@0"')
        if shown is not piece:
            lines.append("#EXT-X-GAP")
        lines.append(f"#EXTINF:{(piece.end_ns - piece.start_ns) / 1e9:.6f},")
        lines.append(f"#EXT-X-BYTERANGE:{piece.bytes - piece.head_bytes}@{piece.head_bytes}")
        lines.append(uri(piece))
    if ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def _next_shown(pieces: Sequence[PieceRow], refused: Callable[[PieceRow], bool]) -> list[PieceRow | None]:
    """For each piece itself, or the next one that is not refused."""
    out: list[PieceRow | None] = []
    for piece in reversed(pieces):
        out.append(piece if not refused(piece) else out[-1] if out else None)
    return out[::-1]


def _skippable(pieces: Sequence[PieceRow]) -> int:
    """How many pieces from the beginning end before the boundary."""
    boundary = pieces[-1].end_ns - SKIP_UNTIL_S * 1_000_000_000 if pieces else 0
    return sum(piece.end_ns < boundary for piece in pieces)


def _until_hole(pieces: Sequence[PieceRow]) -> Sequence[PieceRow]:
    for number, (before, after) in enumerate(pairwise(pieces), 1):
        if after.start_ns - before.end_ns > TOLERANCE_NS:
            return pieces[:number]
    return pieces


def master_playlist(tracks: Sequence[MasterTrack], picture: str | None = None) -> str:
    """One sound group with every microphone, the pictures as variants; `picture` leaves only that one of them.

    Variants are meant as choices of bandwidth: a player left alone with several cameras would change between them,
    so pages always name their picture.
    """
    sounds = [track for track in tracks if track.kind == "microphone"]
    pictures = [track for track in tracks if track.kind != "microphone" and picture in (None, track.id)]
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for number, track in enumerate(sounds):
        default = "YES" if number == 0 else "NO"
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="{_quoted(track.name, number, sounds)}",'
            f'DEFAULT={default},AUTOSELECT=YES,URI="{track.id}.m3u8"'
        )
    for track in pictures:
        codecs = [track.codec or DEFAULT_PICTURE_CODEC] + (["opus"] if sounds else [])
        line = f'#EXT-X-STREAM-INF:BANDWIDTH={track.bandwidth},CODECS="{",".join(codecs)}"'
        if track.width and track.height:
            line += f",RESOLUTION={track.width}x{track.height}"
        if sounds:
            line += ',AUDIO="sound"'
        lines += [line, f"{track.id}.m3u8"]
    if not pictures:  # sound alone is a variant of its own (RFC 8216 §4.3.4.2)
        for track in sounds[:1]:
            lines += ['#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="opus",AUDIO="sound"', f"{track.id}.m3u8"]
    return "\n".join(lines) + "\n"


def _quoted(name: str, number: int, sounds: Sequence[MasterTrack]) -> str:
    """A quoted-string takes no quotes or line breaks (RFC 8216 §4.2); names in a group differ (§4.3.4.1.1)."""
    name = "".join(c for c in name if c not in '"\r\n')
    return f"{name} {number + 1}" if sum(track.name == sounds[number].name for track in sounds) > 1 else name
