"""How files of a recording are called below the spool; what a crash leaves behind is understood by its name alone.

RECORDING/TRACK/000012~EPOCH~SOURCE~FIRST~STAMP.open    being written; STAMP: RTP time at its start
RECORDING/TRACK/000012~FIRST~LAST.hTAG.mp4              sealed; TAG: of the head's bytes (recorder.playlists)
RECORDING/TRACK/000013~FIRST~LAST.hTAG.webm             the same of a source that sends VP8
RECORDING/TRACK/filler~STARTMS~ENDMS.hTAG.mp4           keeps players in step over a hole
"""

from dataclasses import dataclass
from urllib.parse import quote, unquote

from recorder.notes import Source

_SUFFIX = ".open"


@dataclass(frozen=True, slots=True)
class OpenName:
    recording: str
    track: str
    number: int
    source: Source
    first: int
    stamp: int  # RTP time, 32 bits, at the start of the first packet's unit


def open_name(name: OpenName) -> str:
    """Without the suffix that the ritual adds. Epoch and source are the relay's: any text, quoted."""
    epoch, source = (quote(text, safe="").replace("~", "%7E") for text in (name.source.epoch, name.source.id))
    return f"{name.recording}/{name.track}/{name.number:06d}~{epoch}~{source}~{name.first}~{name.stamp}"


def read_open_name(path: str) -> OpenName | None:
    """From the path below the spool, with its suffix; None for any other file."""
    if not path.endswith(_SUFFIX):
        return None
    try:
        recording, track, file = path.removesuffix(_SUFFIX).split("/")
        number, epoch, source, first, stamp = file.split("~")
        return OpenName(recording, track, int(number), Source(unquote(epoch), unquote(source)), int(first), int(stamp))
    except ValueError:
        return None


def sealed_name(name: OpenName, last: int, tag: str, suffix: str) -> str:
    return f"{name.recording}/{name.track}/{name.number:06d}~{name.first}~{last}.h{tag}.{suffix}"


@dataclass(frozen=True, slots=True)
class SealedName:
    track: str
    number: int
    first: int
    last: int


def read_sealed_name(path: str) -> SealedName | None:
    """From the path below the spool; None for any other file."""
    try:
        _, track, file = path.split("/")
        numbers, tag, _ = file.split(".")
        number, first, last = numbers.split("~")
        return SealedName(track, int(number), int(first), int(last)) if tag.startswith("h") else None
    except ValueError:
        return None


def filler_name(recording: str, track: str, start_ns: int, end_ns: int, tag: str) -> str:
    return f"{recording}/{track}/filler~{start_ns // 1_000_000}~{end_ns // 1_000_000}.h{tag}.mp4"
