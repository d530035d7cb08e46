"""The offers of a sender and of a viewer: what a browser would say, without what isn't used here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from media_server.records import Fingerprint, Ice
from media_server.sdp.offer import LEVEL, SEND_TIME
from media_server.sdp.sections import Description
from ops.sender.packetizer import LEVEL_ID, SEND_TIME_ID

OPUS = 111
H264 = 108
VP8 = 96
Codec = Literal["h264", "vp8"]
_PICTURES = {"h264": (H264, "H264"), "vp8": (VP8, "VP8")}


@dataclass(frozen=True, slots=True)
class Line:
    kind: Literal["audio", "video"]
    direction: Literal["sendonly", "recvonly"]
    ssrc: int = 0
    codec: Codec = "h264"  # of a picture


def write(lines: Iterable[Line], ice: Ice, fingerprint: Fingerprint, cname: str) -> str:
    lines = list(lines)
    mids = " ".join(str(at) for at in range(len(lines)))
    out = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}", "a=msid-semantic: WMS *"]
    for at, line in enumerate(lines):
        payload, name = (OPUS, "opus") if line.kind == "audio" else _PICTURES[line.codec]
        out += [
            f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {payload}",
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
        if line.ssrc:
            out += [f"a=msid:{cname} {line.kind}", f"a=ssrc:{line.ssrc} cname:{cname}"]
    return "\r\n".join([*out, ""])


def sending_ssrcs(answer: Description) -> dict[int, str]:
    """SSRC → kind of what the answerer will send."""
    found: dict[int, str] = {}
    for section in answer.media:
        if section.port and section.has("sendonly"):
            for line in section.values("ssrc"):
                head = line.partition(" ")[0]
                if head.isascii() and head.isdigit():
                    found.setdefault(int(head), section.media)
    return found
