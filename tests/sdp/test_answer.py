"""Answers as a strict reader sees them; that a browser takes them is the relay's end-to-end test."""

import sdp_transform
from aiortc.sdp import SessionDescription

from media_server.records import Candidate, Ice
from media_server.sdp import read_restart, write_answer, write_restart
from tests.sdp.offers import NAMES, answering, offer, reading


def sections(text: str) -> tuple[list[str], list[list[str]]]:
    head, *media = text.split("\r\nm=")
    return head.split("\r\n"), [("m=" + part).rstrip("\r\n").split("\r\n") for part in media]


def answer_to(name: str, mode="room"):
    text = offer(name)
    request = reading(text, mode)
    return request, write_answer(text, request, answering(request))


def test_a_room_answer():
    request, text = answer_to("chromium-room")
    head, media = sections(text)
    assert "a=ice-lite" in head
    assert "a=group:BUNDLE " + " ".join(str(n) for n in range(22)) in head
    assert len(media) == 22
    for section, line in zip(media, request.media, strict=True):
        assert "a=setup:passive" in section
        assert "a=rtcp-mux" in section
        assert f"a=mid:{line.mid}" in section
        assert ("a=recvonly" if line.source else "a=sendonly") in section
        assert not any("rtx" in entry for entry in section)
        counted = any("transport-cc" in entry for entry in section)
        assert counted == bool(line.source) == any("transport-wide" in entry for entry in section)
        assert not (counted and any("goog-remb" in entry for entry in section))
    assert "a=rtcp-fb:111 nack" in media[1]
    assert "a=fmtp:111 minptime=10;useinbandfec=1" in media[1]
    assert media[0][0] == "m=video 9 UDP/TLS/RTP/SAVPF 108 96"  # H.264 first
    assert "a=rtcp-fb:96 nack pli" in media[0]
    assert any(entry.startswith("a=ssrc:1003 cname:relay") for entry in media[3])
    assert "a=msid:slot3 track3" in media[3]


def test_a_slot_with_repair_names_both_ssrcs_as_a_group():
    text = offer("chromium-whep")
    request = reading(text, "whep")
    (line,) = [line for line in request.media if line.kind == "video"]
    media, repair = line.formats[0], next(fmt for fmt in line.formats if fmt.codec == "rtx")
    answer = answering(request)
    slots = [slot.model_copy(update={"rtx_ssrc": 5}) if slot.mid == line.mid else slot for slot in answer.slots]
    _, parts = sections(write_answer(text, request, answer.model_copy(update={"slots": slots})))
    section = next(part for part in parts if part[0].startswith("m=video"))
    (slot,) = [slot for slot in slots if slot.rtx_ssrc]
    assert section[0].split()[3:] == [str(fmt.payload_type) for fmt in line.formats]
    assert f"a=rtpmap:{repair.payload_type} rtx/90000" in section
    assert f"a=fmtp:{repair.payload_type} apt={media.payload_type}" in section
    assert f"a=ssrc-group:FID {slot.ssrc} 5" in section
    assert [entry for entry in section if entry.startswith("a=ssrc:5 ")] == [
        "a=ssrc:5 cname:relay", f"a=ssrc:5 msid:{slot.msid} {slot.track}",
    ]  # fmt: skip


def test_candidates_udp_before_tcp_in_the_first_section_only():
    _, text = answer_to("chromium-whep", "whep")
    _, media = sections(text)
    lines = [entry.split() for entry in media[0] if entry.startswith("a=candidate")]
    assert [(fields[2], fields[4]) for fields in lines] == [
        ("udp", "127.0.0.1"), ("udp", "10.0.0.7"), ("tcp", "127.0.0.1"), ("tcp", "10.0.0.7"),
    ]  # fmt: skip
    priorities = [int(fields[3]) for fields in lines]
    assert priorities == sorted(priorities, reverse=True)
    assert len({fields[0] for fields in lines}) == 4
    assert all(fields[8:] == ["tcptype", "passive"] for fields in lines[2:])
    assert media[0][-1] == "a=end-of-candidates"
    assert not any("candidate" in entry for entry in media[1])


def test_what_is_refused_gets_port_zero_and_stays_out_of_the_bundle():
    _, text = answer_to("chromium-sendrecv", "whip")
    head, media = sections(text)
    assert media[2][0].startswith("m=application 0 UDP/DTLS/SCTP webrtc-datachannel")
    assert "a=group:BUNDLE 0 1" in head
    _, text = answer_to("chromium-room", "whip")
    head, media = sections(text)
    assert "a=group:BUNDLE 0 1" in head
    assert all(section[0].split()[1] == "0" for section in media[2:])


def test_layers_are_taken_in_the_camera_only():
    _, text = answer_to("chromium-simulcast")
    _, media = sections(text)
    lines = [entry for entry in media[0] if "rid" in entry or "simulcast" in entry]
    assert lines == ["a=rid:q recv", "a=rid:h recv", "a=rid:f recv", "a=simulcast:recv q;h;f"]
    assert sum("rtp-stream-id" in entry for entry in media[0]) == 2
    assert not any("rid" in entry or "simulcast" in entry for section in media[1:] for entry in section)
    assert "rid" not in answer_to("chromium-room")[1]
    offered = offer("chromium-simulcast").replace("a=simulcast:send q;h;f", "a=simulcast:send ~q;h;~f")
    request = reading(offered)
    assert "a=simulcast:recv ~q;h;~f\r\n" in write_answer(offered, request, answering(request))


def test_other_readers_take_every_answer():
    for name in NAMES:
        request, text = answer_to(name)
        parsed = SessionDescription.parse(text)
        assert len(parsed.media) == text.count("\r\nm=")
        assert parsed.media[0].ice.usernameFragment == "relayufrag"
        assert parsed.media[0].dtls.role == "server"
        assert [m["mid"] for m in sdp_transform.parse(text)["media"]][: len(request.media)]


def test_restart_goes_round():
    ice = Ice(ufrag="abcd", pwd="p" * 22)
    candidates = [Candidate(address="::1", port=1, transport="tcp"), Candidate(address="::1", port=1, transport="udp")]
    frag = "a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:EsAw\r\n"
    frag += "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"
    assert read_restart(frag) == Ice(ufrag="EsAw", pwd="P2uYro0UCOQ4zxjKXaWCBui1")
    text = write_restart(ice, candidates, frag)
    assert read_restart(text) == ice
    assert text.splitlines()[:4] == [
        "a=ice-lite", "a=group:BUNDLE 0 1", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0",
    ]  # fmt: skip
    assert read_restart(write_restart(ice, candidates)) == ice
    assert read_restart("a=ice-ufrag:EsAw\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1").ufrag == "EsAw"
