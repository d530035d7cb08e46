"""Which of an m-section's payload formats the relay takes, and with which feedback.

A codec is one row of ACCEPTED; an m-section gets the rows that it offers, in the table's order. Only feedback that
the relay really gives is accepted: with an unanswered transport-cc Chromium falls to 30 kbit/s. Where the client sends
and counts its packets (transport-wide feedback), that takes the place of REMB.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from media_server.records import PayloadFormat
from media_server.sdp.sections import Section, number

Parameters = dict[str, str]

# draft-holmer-rmcat-transport-wide-cc-extensions-01: the header extension and the feedback that belongs to it.
TRANSPORT_WIDE = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
TRANSPORT_FEEDBACK = "transport-cc"


@dataclass(frozen=True, slots=True)
class Accepted:
    codec: Literal["h264", "vp8", "opus"]
    kind: Literal["video", "audio"]
    names: tuple[str, ...]  # encoding names, lower case
    clock_rate: int
    rank: Callable[[Parameters], int | None]  # None: not this one; else the lower the better
    feedback: tuple[str, ...]  # given where offered
    always: tuple[str, ...] = ()  # given though not offered


def h264_rank(parameters: Parameters) -> int | None:
    """Constrained baseline in packetization-mode 1, by profile (RFC 6184 §8.1, table 5); plain baseline where a client
    names nothing better: what it may do more than constrained baseline (FMO, ASO, redundant slices) no encoder does."""
    if parameters.get("packetization-mode", "0") != "1":
        return None
    profile = parameters.get("profile-level-id", "42000a")  # §8.1: baseline, level 1, where nothing is said
    if len(profile) != 6:
        return None
    try:
        idc, constraints = int(profile[:2], 16), int(profile[2:4], 16)
        int(profile[4:], 16)
    except ValueError:
        return None
    if idc == 0x42:
        return 0 if constraints & 0x40 else 1
    if (idc == 0x4D and constraints & 0x80) or (idc == 0x58 and constraints & 0xC0 == 0xC0):
        return 0
    return None


# H.264 first: every TV box plays it, and a copy of VP8 is to be made before it can be replayed everywhere.
_PICTURE_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")
ACCEPTED = (
    Accepted("h264", "video", ("h264",), 90_000, h264_rank, _PICTURE_FEEDBACK),
    Accepted("vp8", "video", ("vp8",), 90_000, lambda _: 0, _PICTURE_FEEDBACK),
    # Chromium offers no nack for sound and yet sends and answers it when the answer has it (RFC 4585 §4.2 bent).
    Accepted("opus", "audio", ("opus",), 48_000, lambda _: 0, (), ("nack",)),
)


def parameters_of(config: str) -> Parameters:
    """fmtp parameters (RFC 4566 §6) letter for letter; what has no "=" is kept out."""
    pairs = (part.strip().partition("=") for part in config.split(";"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals and name.strip()}


def counts_packets(section: Section) -> bool:
    """Whether the client, where it sends, offers transport-wide feedback for all of what we would take."""
    offered = any(row.get("uri") == TRANSPORT_WIDE for row in section.rows("ext"))
    return offered and any(line.partition(" ")[2].strip() == TRANSPORT_FEEDBACK for line in section.values("rtcp-fb"))


def choose(section: Section, *, sends: bool) -> list[PayloadFormat]:
    """The formats that we answer with: one a codec, the best that the section has. `sends`: the client does."""
    offered = {text for text in section.payloads if len(text) <= 3}
    parameters: dict[int, Parameters] = {}
    for line in section.values("fmtp"):
        head, _, config = line.partition(" ")
        if head.isascii() and head.isdigit() and len(head) <= 3:
            parameters.setdefault(int(head), parameters_of(config))
    chosen = []
    for accepted in ACCEPTED:
        if accepted.kind != section.media:
            continue
        best: tuple[int, int, int] | None = None  # rank, place, payload type
        for place, row in enumerate(section.rows("rtp")):
            payload_type = number(row.get("payload"), 127)
            if payload_type is None or str(payload_type) not in offered:
                continue
            if str(row.get("codec", "")).lower() not in accepted.names or row.get("rate") != accepted.clock_rate:
                continue
            rank = accepted.rank(parameters.get(payload_type, {}))
            if rank is not None and (best is None or (rank, place) < best[:2]):
                best = (rank, place, payload_type)
        if best is not None:
            payload_type = best[2]
            chosen.append(
                PayloadFormat(
                    payload_type=payload_type,
                    codec=accepted.codec,
                    clock_rate=accepted.clock_rate,
                    channels=2 if accepted.codec == "opus" else 1,  # RFC 7587 §7: always 2 in the rtpmap
                    parameters=parameters.get(payload_type, {}),
                    feedback=_feedback(section, accepted, payload_type, sends and counts_packets(section)),
                )
            )
    return chosen + _repairs(section, parameters, chosen)


def _repairs(section: Section, parameters: dict[int, Parameters], chosen: list[PayloadFormat]) -> list[PayloadFormat]:
    """Retransmission formats (RFC 4588 §8.6) of the video formats that were chosen, one each."""
    repairs: dict[int, PayloadFormat] = {}  # by what they repair
    videos = {fmt.payload_type: fmt for fmt in chosen if section.media == "video"}
    for row in section.rows("rtp"):
        payload_type = number(row.get("payload"), 127)
        if payload_type is None or payload_type in videos or str(payload_type) not in section.payloads:
            continue
        apt = parameters.get(payload_type, {}).get("apt", "")
        repaired = videos.get(int(apt)) if apt.isascii() and apt.isdigit() and len(apt) <= 3 else None
        if repaired is None or str(row.get("codec", "")).lower() != "rtx" or row.get("rate") != repaired.clock_rate:
            continue
        repairs.setdefault(
            repaired.payload_type,
            PayloadFormat(
                payload_type=payload_type, codec="rtx", clock_rate=repaired.clock_rate, apt=repaired.payload_type
            ),
        )
    return [repairs[payload_type] for payload_type in videos if payload_type in repairs]


def _feedback(section: Section, accepted: Accepted, payload_type: int, counted: bool) -> list[str]:
    offered = set()
    for line in section.values("rtcp-fb"):
        target, _, what = line.partition(" ")
        if target in ("*", str(payload_type)):
            offered.add(what.strip())
    ours = [what for what in accepted.feedback if what in offered] + list(accepted.always)
    if counted and TRANSPORT_FEEDBACK in offered:
        ours = [what for what in ours if what != "goog-remb"] + [TRANSPORT_FEEDBACK]
    return ours
