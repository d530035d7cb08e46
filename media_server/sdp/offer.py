"""An offer becomes a SessionRequest: which m-lines the relay takes, as what, and the client's side of ICE and DTLS.

What a client offers beyond what its mode allows is refused line by line (port 0 in the answer), not as a whole:
    room   one camera, one screen, one microphone; VIDEO_SLOTS and AUDIO_SLOTS receive-only lines
    whip   one camera and one microphone (RFC 9725 §4.2)
    whep   one video and one audio slot
"""

import re
from collections.abc import Collection
from typing import Literal

from pydantic import ValidationError

from media_server.errors import BadOffer, NoCommonCodec
from media_server.records import Fingerprint, Ice, Kind, MediaLine, Mode, SessionRequest
from media_server.sdp.formats import TRANSPORT_WIDE, choose, counts_packets
from media_server.sdp.sections import Description, Section, is_token, number, read

VIDEO_SLOTS = 16
AUDIO_SLOTS = 3

LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
# Answered with. Orientation is left out on purpose: a phone whose offer isn't answered with it turns the picture
# itself, so every viewer and the archive have it upright.
EXTENSIONS = (LEVEL, SEND_TIME, MID)
LAYERED = (RID, REPAIRED_RID)  # where a camera comes in layers
MAX_LAYERS = 3

_PROTOCOLS = ("UDP/TLS/RTP/SAVPF", "TCP/TLS/RTP/SAVPF", "RTP/SAVPF")
_HASHES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
# RFC 8839 §5.4 knows letters, digits, "+" and "/"; "_", "-" and "=" are seen in the field and harmless.
_ICE_CHARS = re.compile(r"[A-Za-z0-9+/_\-=]+")

Direction = Literal["sendonly", "recvonly", "inactive"]


def read_offer(
    sdp: str, *, sources: dict[str, Kind] | None, mode: Mode, session: str, room: str, publisher: str
) -> SessionRequest:
    """`sources` says what each sending mid of a page is; without it the first video is the camera, the second the
    screen. Raises BadOffer, and NoCommonCodec when a line that would be taken has no format that the relay knows."""
    description = read(sdp)
    if not description.media:
        raise BadOffer("no media")
    mids = [section.value("mid") or "" for section in description.media]
    if not all(is_token(mid) and len(mid) <= 16 for mid in mids) or len(set(mids)) != len(mids):
        raise BadOffer("missing, repeated or malformed mid")  # 16: what one header extension holds (RFC 8285 §4.2)
    bundled = _bundled(description, mids)
    places = _Places(mode, sources or {})
    lines: list[MediaLine] = []
    taken: list[Section] = []
    for mid, section in zip(mids, description.media, strict=True):
        if section.media not in ("audio", "video"):
            continue  # data channels and the like: answered with port 0, of no interest to the relay
        line = _line(section, mid, places, mid in bundled)
        lines.append(line)
        if not line.rejected:
            taken.append(section)
    if not taken:
        raise BadOffer("nothing that the relay takes in this mode")
    try:
        return SessionRequest(
            session=session,
            room=room,
            publisher=publisher,
            mode=mode,
            ice=read_ice(description, taken[0]),
            fingerprint=_fingerprint(description, taken[0]),
            setup=_setup(description, taken[0]),
            media=lines,
        )
    except ValidationError as error:
        raise BadOffer("values out of range") from error


def _bundled(description: Description, mids: list[str]) -> set[str]:
    """Everything runs over one transport (RFC 9143); an offer of a single section needs no group."""
    for group in description.session.values("group"):
        members = group.split()
        if members[:1] == ["BUNDLE"]:
            return set(members[1:])
    return set(mids) if len(mids) == 1 else set()


class _Places:
    """What is still free in this session."""

    def __init__(self, mode: Mode, sources: dict[str, Kind]) -> None:
        self.sources = sources
        room = mode == "room"
        self.kinds: list[Kind] = ["camera", "screen", "microphone"] if room else ["camera", "microphone"]
        if mode == "whep":
            self.kinds = []
        self.slots = {"whip": (0, 0), "whep": (1, 1), "room": (VIDEO_SLOTS, AUDIO_SLOTS)}[mode]

    def source(self, mid: str, media: str) -> Kind | None:
        fitting: list[Kind] = [kind for kind in self.kinds if (kind == "microphone") == (media == "audio")]
        named = self.sources.get(mid)
        unnamed = [kind for kind in fitting if kind not in self.sources.values()]
        kind = named if named in fitting else unnamed[0] if named is None and unnamed else None
        if kind is not None:
            self.kinds.remove(kind)
        return kind

    def slot(self, media: str) -> bool:
        video, audio = self.slots
        free = video if media == "video" else audio
        if free:
            self.slots = (video - 1, audio) if media == "video" else (video, audio - 1)
        return free > 0


def _line(section: Section, mid: str, places: _Places, bundled: bool) -> MediaLine:
    media: Literal["audio", "video"] = "audio" if section.media == "audio" else "video"
    wanted = next((d for d in ("sendonly", "recvonly", "inactive", "sendrecv") if section.has(d)), "sendrecv")
    refused = MediaLine(mid=mid, kind=media, direction="inactive", formats=[], rejected=True)
    if not bundled or section.protocol not in _PROTOCOLS or (section.port == 0 and not section.has("bundle-only")):
        return refused
    if not section.has("rtcp-mux"):
        raise BadOffer("without rtcp-mux")
    source: Kind | None = None
    direction: Direction = "inactive"
    if wanted in ("sendonly", "sendrecv"):
        source = places.source(mid, media)
    if source is not None:
        direction = "sendonly"
    elif wanted in ("recvonly", "sendrecv") and places.slot(media):
        direction = "recvonly"
    else:
        return refused
    formats = choose(section, sends=source is not None)
    if not formats:
        raise NoCommonCodec(f"{media} {mid}")
    ssrcs, groups, cname = _ssrcs(section) if source else ([], [], None)
    rids = _rids(section) if source == "camera" else []
    uris = [*EXTENSIONS, *(LAYERED if rids else ()), *([TRANSPORT_WIDE] if source and counts_packets(section) else [])]
    return MediaLine(
        mid=mid,
        kind=media,
        direction=direction,
        source=source,
        formats=formats,
        extensions=_extensions(section, uris),
        ssrcs=ssrcs,
        ssrc_groups=groups,
        rids=rids,
        msid=section.value("msid") if source else None,
        cname=cname,
    )


def _rids(section: Section) -> list[str]:
    """The layers that the client sends (RFC 8853 §5.1), in its order; none unless it marks packets with them. Of
    alternatives the first; "~" says that a layer is switched off for now."""
    offered = {row.get("uri") for row in section.rows("ext")}
    if MID not in offered or RID not in offered:
        return []
    named = {rid.split(" ")[0] for rid in section.values("rid") if rid.split(" ")[1:2] == ["send"]}
    words = (section.value("simulcast") or "").split(" ")
    if "send" not in words[:-1]:
        return []
    listed = words[words.index("send") + 1].split(";")
    rids = [alternatives.split(",")[0].removeprefix("~") for alternatives in listed]
    # 16 letters: what one header extension holds (RFC 8285 §4.2).
    rids = [rid for rid in dict.fromkeys(rids) if rid in named and rid.isascii() and rid.isalnum() and len(rid) <= 16]
    return rids[:MAX_LAYERS] if len(rids) > 1 else []


def _extensions(section: Section, uris: Collection[str]) -> dict[int, str]:
    """Ids 1 to 14 only: the relay writes one-byte headers (RFC 8285 §4.2)."""
    extensions: dict[int, str] = {}
    for row in section.rows("ext"):
        number_ = number(row.get("value"), 14)
        uri = row.get("uri")
        if number_ and uri in uris and row.get("direction") is None and not row.get("encrypt-uri"):
            extensions.setdefault(number_, str(uri))
    return extensions


def _ssrcs(section: Section) -> tuple[list[int], list[tuple[str, list[int]]], str | None]:
    """The SSRCs of the media themselves (an RTX one is named only in its FID group), the groups, the CNAME."""
    named: list[int] = []
    cname = None
    for line in section.values("ssrc"):
        head, _, attribute = line.partition(" ")
        ssrc = _ssrc(head)
        if ssrc is None:
            raise BadOffer("malformed SSRC")
        if ssrc not in named:
            named.append(ssrc)
        if attribute.startswith("cname:"):
            cname = cname or attribute[6:]
    groups: list[tuple[str, list[int]]] = []
    for line in section.values("ssrc-group"):
        semantics, _, rest = line.partition(" ")
        members = rest.split()
        numbers = [ssrc for ssrc in map(_ssrc, members) if ssrc is not None]
        if len(numbers) != len(members) or not numbers or not is_token(semantics):
            raise BadOffer("malformed SSRC group")
        groups.append((semantics, numbers))
    repairs = {ssrc for semantics, members in groups if semantics in ("FID", "FEC-FR") for ssrc in members[1:]}
    if len(named) > 16 or len(groups) > 16:
        raise BadOffer("too many SSRCs")
    return [ssrc for ssrc in named if ssrc not in repairs], groups, cname


def _ssrc(text: str) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return None
    return number(int(text), 0xFFFFFFFF)


def read_ice(description: Description, section: Section) -> Ice:
    ufrag = description.inherited(section, "ice-ufrag")
    pwd = description.inherited(section, "ice-pwd")
    if not ufrag or not pwd:
        raise BadOffer("without ICE credentials")
    if not _ICE_CHARS.fullmatch(ufrag[0]) or not _ICE_CHARS.fullmatch(pwd[0]):
        raise BadOffer("malformed ICE credentials")
    try:
        return Ice(ufrag=ufrag[0], pwd=pwd[0])
    except ValidationError as error:
        raise BadOffer("ICE credentials of a wrong length") from error


def _fingerprint(description: Description, section: Section) -> Fingerprint:
    """RFC 8122 §5; sha-256 first, because every DTLS stack has it."""
    found: dict[str, str] = {}
    for line in description.inherited(section, "fingerprint"):
        algorithm, _, value = line.partition(" ")
        size = _HASHES.get(algorithm.lower())
        if size and re.fullmatch(rf"(?:[0-9A-Fa-f]{{2}}:){{{size - 1}}}[0-9A-Fa-f]{{2}}", value):
            found[algorithm.lower()] = value.upper()
    for algorithm in _HASHES:
        if algorithm in found:
            return Fingerprint(algorithm=algorithm, value=found[algorithm])
    raise BadOffer("without a fingerprint")


def _setup(description: Description, section: Section) -> Literal["actpass", "active"]:
    """The relay is the DTLS server always (RFC 8842 §5.2), so a client that insists on that part can't be served."""
    setup = description.inherited(section, "setup")
    if setup[:1] == ["active"]:
        return "active"
    if setup[:1] == ["actpass"]:
        return "actpass"
    raise BadOffer("setup must be actpass or active")
