"""An ICE restart over HTTP: sdpfrag in, sdpfrag out (RFC 8840 §9, RFC 9725 §4.3.3). Keys, DTLS and slots go on."""

from collections.abc import Iterable

from media_server.errors import BadOffer
from media_server.records import Candidate, Ice
from media_server.sdp.answer import candidate_lines
from media_server.sdp.offer import read_ice
from media_server.sdp.sections import Section, cut, is_token


def read_restart(sdpfrag: str) -> Ice:
    """The client's credentials. Its candidates aren't needed: the relay answers whoever knows the password."""
    description = cut(sdpfrag)
    for section in (*description.media, description.session):
        if section.value("ice-ufrag") or section.value("ice-pwd"):
            return read_ice(description, section)
    return read_ice(description, Section())


def write_restart(ice: Ice, candidates: Iterable[Candidate], sdpfrag: str = "") -> str:
    """The relay's new credentials and its candidates, under the m-line and mid of `sdpfrag` where it has one
    (RFC 8840 §9.1: candidates belong to an m-line whose port and formats mean nothing)."""
    media, mid, group = "audio 9 UDP/TLS/RTP/SAVPF 0", "0", ""
    try:
        description = cut(sdpfrag)
    except BadOffer:
        description = cut("")
    for section in description.media[:1]:
        media = f"{section.media} 9 {section.protocol} {' '.join(section.payloads)}"
        named = section.value("mid") or ""
        mid = named if is_token(named) else mid
    for value in description.session.values("group")[:1]:
        group = value
    out = ["a=ice-lite"]
    if group:
        out.append(f"a=group:{group}")
    out += [f"m={media}", f"a=mid:{mid}", f"a=ice-ufrag:{ice.ufrag}", f"a=ice-pwd:{ice.pwd}"]
    return "\r\n".join([*out, *candidate_lines(candidates), ""])
