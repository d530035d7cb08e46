"""The answer: an ice-lite, DTLS-passive side with every candidate in it, one m-line for each of the offer's.

The lines are written here and not by the library, whose writer knows `tcpfield` where RFC 6544 §4.5 says `tcptype`.
Transport attributes stand in every accepted m-section, because clients differ in where they look; candidates in the
first only, the one that stands for the bundle (RFC 9143 §7.3).
"""

import re
from collections.abc import Iterable

from media_server.records import Candidate, MediaLine, PayloadFormat, SessionAnswer, SessionRequest, SlotAnswer
from media_server.sdp.sections import Section, cut

_NAMES = {"h264": "H264", "vp8": "VP8", "opus": "opus", "rtx": "rtx"}


def write_answer(sdp_offer: str, request: SessionRequest, answer: SessionAnswer) -> str:
    """`request` is what `read_offer` made of `sdp_offer`; lines that it rejects or leaves out get port 0."""
    description = cut(sdp_offer)
    taken = {line.mid: line for line in request.media if not line.rejected}
    slots = {slot.mid: slot for slot in answer.slots}
    order = [section.value("mid") or "" for section in description.media]
    bundle = [mid for mid in order if mid in taken]
    out = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
    if any(group.split()[:1] == ["BUNDLE"] for group in description.session.values("group")):
        out.append("a=group:BUNDLE " + " ".join(bundle))
    out += ["a=ice-lite", "a=msid-semantic: WMS *"]
    for mid, section in zip(order, description.media, strict=True):
        line = taken.get(mid)
        if line is None:
            out += _refused(section, mid)
        else:
            out += _accepted(section, line, slots.get(mid), answer, first=mid == bundle[0])
    return "\r\n".join([*out, ""])


def _refused(section: Section, mid: str) -> list[str]:
    """RFC 3264 §6: port zero, and at least one of the offered formats."""
    return [
        f"m={section.media} 0 {section.protocol} {section.payloads[0]}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{mid}",
        "a=inactive",
    ]


def _accepted(
    section: Section, line: MediaLine, slot: SlotAnswer | None, answer: SessionAnswer, *, first: bool
) -> list[str]:
    payloads = " ".join(str(format_.payload_type) for format_ in line.formats)
    out = [
        f"m={line.kind} 9 {section.protocol} {payloads}",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        f"a=ice-ufrag:{answer.ice.ufrag}",
        f"a=ice-pwd:{answer.ice.pwd}",
        f"a=fingerprint:{answer.fingerprint.algorithm} {answer.fingerprint.value}",
        "a=setup:passive",
        f"a=mid:{line.mid}",
    ]
    out += [f"a=extmap:{number} {uri}" for number, uri in sorted(line.extensions.items())]
    sending = line.direction == "recvonly" and slot is not None
    receiving = line.direction == "sendonly"
    out.append("a=sendonly" if sending else "a=recvonly" if receiving else "a=inactive")
    if sending and slot is not None:
        out.append(f"a=msid:{slot.msid} {slot.track}")
    out.append("a=rtcp-mux")
    if section.has("rtcp-rsize"):
        out.append("a=rtcp-rsize")  # RFC 5506: the relay's feedback packets go alone
    for format_ in line.formats:
        out += _format(format_)
    if line.rids:  # RFC 8851 §6.3, RFC 8853 §5.3.2
        out += [f"a=rid:{rid} recv" for rid in line.rids]
        # What is switched off for now ("~") stays so: a browser takes a layer without it for one that we want.
        resting = re.findall(r"~([A-Za-z0-9]+)", section.value("simulcast") or "")
        out.append("a=simulcast:recv " + ";".join(f"~{rid}" if rid in resting else rid for rid in line.rids))
    if sending and slot is not None:
        ssrcs = [slot.ssrc]
        if slot.rtx_ssrc is not None and any(format_.codec == "rtx" for format_ in line.formats):
            ssrcs.append(slot.rtx_ssrc)
            out.append(f"a=ssrc-group:FID {slot.ssrc} {slot.rtx_ssrc}")
        for ssrc in ssrcs:
            out += [f"a=ssrc:{ssrc} cname:{slot.cname}", f"a=ssrc:{ssrc} msid:{slot.msid} {slot.track}"]
    if first:
        out += candidate_lines(answer.candidates)
    return out


def _format(format_: PayloadFormat) -> list[str]:
    number = format_.payload_type
    channels = f"/{format_.channels}" if format_.codec == "opus" else ""
    out = [f"a=rtpmap:{number} {_NAMES[format_.codec]}/{format_.clock_rate}{channels}"]
    out += [f"a=rtcp-fb:{number} {feedback}" for feedback in format_.feedback]
    if format_.codec == "rtx":
        out.append(f"a=fmtp:{number} apt={format_.apt}")
    elif format_.parameters:
        out.append(f"a=fmtp:{number} " + ";".join(f"{name}={value}" for name, value in format_.parameters.items()))
    return out


def candidate_lines(candidates: Iterable[Candidate]) -> list[str]:
    """RFC 8839 §5.1, RFC 6544 §4.5: every address over UDP, then over TCP, with falling priority."""
    udp = [candidate for candidate in candidates if candidate.transport == "udp"]
    tcp = [candidate for candidate in candidates if candidate.transport == "tcp"]
    out = []
    for place, candidate in enumerate(udp + tcp):
        # RFC 8445 §5.1.2.1; type preference 126 for a host, 90 where it is TCP, as libwebrtc has it.
        preference = 126 if candidate.transport == "udp" else 90
        priority = (preference << 24) + ((65535 - place) << 8) + 255
        line = (
            f"a=candidate:{place + 1} 1 {candidate.transport} {priority} {candidate.address} {candidate.port} typ host"
        )
        out.append(line + (" tcptype passive" if candidate.transport == "tcp" else ""))
    return [*out, "a=end-of-candidates"]
