"""The offers of a sender and of a viewer: what a browser would say, without what isn't used here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from media_server.records import Fingerprint, Ice
from media_server.sdp.offer import LEVEL, MID, RID, SEND_TIME
from media_server.sdp.sections import Description
from ops.sender.packetizer import LEVEL_ID, MID_ID, RID_ID, SEND_TIME_ID

OPUS = 111
H264 = 108
VP8 = 96
RTX = 109  # of H.264
Codec = Literal["h264", "vp8"]
_PICTURES = {"h264": (H264, "H264"), "vp8": (VP8, "VP8")}


@dataclass(frozen=True, slots=True)
class Line:
    kind: Literal["audio", "video"]
    direction: Literal["sendonly", "recvonly"]
    ssrc: int = 0
    codec: Codec = "h264"  # of a picture
    rids: Sequence[str] = ()  # of a picture in layers, which names no SSRC; the first alone is sent at once
    rtx: bool = False  # what is sent again comes under an SSRC of its own (RFC 4588)


def write(lines: Iterable[Line], ice: Ice, fingerprint: Fingerprint, cname: str) -> str:
    lines = list(lines)
    mids = " ".join(str(at) for at in range(len(lines)))
    out = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}", "a=msid-semantic: WMS *"]
    for at, line in enumerate(lines):
        payload, name = (OPUS, "opus") if line.kind == "audio" else _PICTURES[line.codec]
        out += [
            f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {payload}" + (f" {RTX}" if line.rtx else ""),
            "c=IN IP4 0.0.0.0",
            f"a=ice-ufrag:{ice.ufrag}",
            f"a=ice-pwd:{ice.pwd}",
            f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}",
            "a=setup:actpass",
            f"a=mid:{at}",
            f"a={line.direction}",
            "a=rtcp-mux",
            "a=rtcp-rsize",
            f"a=extmap:{SEND_TIME_ID} {SEND_TIME}",
        ]
        if line.kind == "audio":
            out += [
                f"a=extmap:{LEVEL_ID} {LEVEL}",
                f"a=rtpmap:{OPUS} opus/48000/2",
                f"a=rtcp-fb:{OPUS} nack",
                f"a=fmtp:{OPUS} minptime=10;useinbandfec=1;stereo=1",
            ]
        else:
            out.append(f"a=rtpmap:{payload} {name}/90000")
            out += [f"a=rtcp-fb:{payload} {feedback}" for feedback in ("nack", "nack pli", "ccm fir", "goog-remb")]
            if line.codec == "h264":
                out.append(f"a=fmtp:{H264} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f")
        if line.rtx:
            out += [f"a=rtpmap:{RTX} rtx/90000", f"a=fmtp:{RTX} apt={payload}"]
        if line.rids:
            out += [f"a=extmap:{MID_ID} {MID}", f"a=extmap:{RID_ID} {RID}", f"a=msid:{cname} {line.kind}"]
            out += [f"a=rid:{rid} send" for rid in line.rids]
            out.append("a=simulcast:send " + ";~".join(line.rids))
        if line.ssrc:
            out += [f"a=msid:{cname} {line.kind}", f"a=ssrc:{line.ssrc} cname:{cname}"]
    return "\r\n".join([*out, ""])


def sending_ssrcs(answer: Description) -> dict[int, str]:
    """SSRC → kind of what the answerer will send."""
    found: dict[int, str] = {}
    repairs = repair_ssrcs(answer)
    for section in answer.media:
        if section.port and section.has("sendonly"):
            for line in section.values("ssrc"):
                head = line.partition(" ")[0]
                if head.isascii() and head.isdigit() and int(head) not in repairs:
                    found.setdefault(int(head), section.media)
    return found


def repair_ssrcs(answer: Description) -> dict[int, int]:
    """SSRC of retransmissions → the SSRC that they repair (RFC 4588 §8.1)."""
    found: dict[int, int] = {}
    for section in answer.media:
        for line in section.values("ssrc-group"):
            semantics, *numbers = line.split()
            if semantics == "FID" and len(numbers) == 2 and all(n.isascii() and n.isdigit() for n in numbers):
                found[int(numbers[1])] = int(numbers[0])
    return found
