"""Offers to records: real ones, refused ones, and any text at all."""

import contextlib

import pytest
import sdp_transform
from aiortc import RTCPeerConnection
from hypothesis import example, given, settings
from hypothesis import strategies as st

from media_server.errors import BadOffer, NoCommonCodec
from media_server.sdp import MAX_BYTES, read_restart, write_answer, write_restart
from media_server.sdp.formats import TRANSPORT_WIDE
from media_server.sdp.offer import LEVEL, MID, REPAIRED_RID, RID, SEND_TIME
from media_server.sdp.sections import read
from tests.sdp.offers import NAMES, answering, offer, reading


def test_a_room_offer():
    request = reading(offer("chromium-room"), sources={"0": "camera", "1": "microphone", "2": "screen"})
    assert [line.source for line in request.media[:3]] == ["camera", "microphone", "screen"]
    assert [line.direction for line in request.media] == ["sendonly"] * 3 + ["recvonly"] * 19
    camera = request.media[0]
    assert [(f.codec, f.payload_type, f.parameters.get("profile-level-id")) for f in camera.formats] == [
        ("h264", 108, "42e01f"),
        ("vp8", 96, None),
    ]
    assert all([f.codec for f in line.formats] == ["h264", "vp8"] for line in request.media if line.kind == "video")
    assert camera.formats[0].feedback == ["nack", "nack pli", "ccm fir", "transport-cc"]
    assert set(camera.extensions.values()) >= {SEND_TIME, MID, TRANSPORT_WIDE}
    slot = request.media[3]
    assert slot.formats[0].feedback == ["nack", "nack pli", "ccm fir", "goog-remb"]
    assert TRANSPORT_WIDE not in slot.extensions.values()
    microphone = request.media[1]
    assert microphone.formats[0].feedback == ["nack", "transport-cc"]
    assert microphone.formats[0].parameters == {"minptime": "10", "useinbandfec": "1"}
    assert LEVEL in microphone.extensions.values()
    assert len(camera.ssrcs) == len(microphone.ssrcs) == 1
    assert camera.msid
    assert camera.cname
    assert request.setup == "actpass"
    assert request.fingerprint.algorithm == "sha-256"


def test_the_constrained_profile_is_found_among_all():
    camera = reading(offer("chromium-all-codecs")).media[1]
    assert [(f.codec, f.parameters.get("profile-level-id")) for f in camera.formats] == [
        ("h264", "42e01f"),
        ("vp8", None),
        ("rtx", None),
        ("rtx", None),
    ]
    assert [f.feedback for f in camera.formats[:2]] == [["nack", "nack pli", "ccm fir", "transport-cc"]] * 2
    assert camera.formats[0].parameters["packetization-mode"] == "1"
    assert [f.apt for f in camera.formats[2:]] == [f.payload_type for f in camera.formats[:2]]
    assert len(camera.ssrcs) == 1  # the other of the FID group is RTX
    assert camera.ssrc_groups[0][0] == "FID"
    assert camera.ssrcs[0] == camera.ssrc_groups[0][1][0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=rtpmap:109 rtx/90000", "a=rtpmap:109 rtx/48000"),
        ("a=rtpmap:109 rtx/90000", "a=rtpmap:109 ulpfec/90000"),
        ("a=fmtp:109 apt=108", "a=fmtp:109 apt=-8"),
        ("a=fmtp:109 apt=108", "a=fmtp:109 apt=109"),
        ("a=fmtp:109 apt=108", "a=fmtp:109 apt"),
        (" 109 ", " "),
    ],
)
def test_a_repair_of_nothing_that_is_taken_is_left_out(old, new):
    text = offer("chromium-all-codecs")
    assert old in text
    formats = reading(text.replace(old, new)).media[1].formats
    assert [f.codec for f in formats] == ["h264", "vp8", "rtx"]
    assert formats[2].apt == formats[1].payload_type


def test_what_an_offer_says_of_opus_is_kept_letter_for_letter():
    text = offer("chromium-sendrecv").replace("minptime=10;useinbandfec=1", "minptime=10;useinbandfec=1;usedtx=1")
    request = reading(text)
    sound = next(line for line in request.media if line.kind == "audio")
    assert sound.formats[0].parameters == {"minptime": "10", "useinbandfec": "1", "usedtx": "1"}
    assert "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1" in write_answer(text, request, answering(request))


def test_a_sender_that_counts_no_packets_gets_remb():
    text = offer("chromium-room").replace("transport-wide-cc-extensions-01", "transport-wide-cc-extensions-02")
    camera, microphone = reading(text).media[:2]
    assert camera.formats[0].feedback == ["nack", "nack pli", "ccm fir", "goog-remb"]
    assert microphone.formats[0].feedback == ["nack"]


def test_layers_are_taken():
    camera = reading(offer("chromium-simulcast")).media[0]
    assert camera.rids == ["q", "h", "f"]
    assert camera.ssrcs == []
    assert {RID, REPAIRED_RID} <= set(camera.extensions.values())


@pytest.mark.parametrize(
    ("said", "rids"),
    [
        ("send q,h;~f", ["q", "f"]),
        ("recv q;h send f;q", ["f", "q"]),
        ("send q;q;h", ["q", "h"]),
        ("send q", []),
        ("send", []),
        ("recv q;h;f", []),
        ("send q;x;../h;f", ["q", "f"]),
    ],
)
def test_layers_as_the_offer_lists_them(said: str, rids: list[str]) -> None:
    text = offer("chromium-simulcast").replace("a=simulcast:send q;h;f", f"a=simulcast:{said}")
    camera = reading(text).media[0]
    assert camera.rids == rids
    assert (RID in camera.extensions.values()) == bool(rids)


def test_layers_of_packets_that_nothing_marks_are_none():
    text = offer("chromium-simulcast").replace("sdes:rtp-stream-id", "sdes:other")
    assert reading(text).media[0].rids == []


def test_a_viewer_has_one_slot_of_each():
    text = offer("chromium-room").replace("a=sendonly", "a=recvonly")
    request = reading(text, mode="whep")
    taken = [line for line in request.media if not line.rejected]
    assert [(line.kind, line.direction, line.source) for line in taken] == [
        ("video", "recvonly", None),
        ("audio", "recvonly", None),
    ]


def test_whip_sends_only():
    taken = [line for line in reading(offer("chromium-room"), mode="whip").media if not line.rejected]
    assert [line.source for line in taken] == ["camera", "microphone"]


def test_sources_say_what_is_what():
    text = offer("chromium-room")
    request = reading(text, sources={"0": "screen", "2": "camera", "1": "microphone"})
    assert [line.source for line in request.media[:3]] == ["screen", "microphone", "camera"]
    twice = reading(text, sources={"0": "camera", "2": "camera"})
    assert [line.rejected for line in twice.media[:3]] == [False, False, True]
    wrong = reading(text, sources={"0": "microphone"})
    assert [line.rejected for line in wrong.media[:3]] == [True, True, False]


def test_sendrecv_is_the_clients_own_track():
    request = reading(offer("chromium-sendrecv"))
    assert [(line.source, line.direction) for line in request.media] == [
        ("microphone", "sendonly"),
        ("camera", "sendonly"),
    ]


def test_vp8_alone_is_taken():
    camera = reading(offer("chromium-vp8-only"), mode="whip").media[0]
    assert [(f.codec, f.payload_type) for f in camera.formats] == [("vp8", 96)]


def test_neither_h264_nor_vp8_is_told_in_words():
    with pytest.raises(NoCommonCodec) as raised:
        reading(offer("chromium-vp8-only").replace("VP8/90000", "VP9/90000"), mode="whip")
    assert "H.264" in raised.value.zh
    assert "VP8" in raised.value.zh


async def test_what_aiortc_offers():
    peer = RTCPeerConnection()
    peer.addTransceiver("audio", direction="sendonly")
    peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    request = reading(peer.localDescription.sdp)
    await peer.close()
    assert request.fingerprint.algorithm == "sha-256"
    assert request.media[1].formats[0].parameters["profile-level-id"] == "42e01f"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=ice-ufrag", "a=x-ufrag"),
        ("a=ice-pwd:", "a=ice-pwd:!"),
        ("a=fingerprint:sha-256 ", "a=fingerprint:sha-256 0"),
        ("a=fingerprint:sha-256", "a=fingerprint:md5"),
        ("a=setup:actpass", "a=setup:passive"),
        ("a=rtcp-mux", "a=rtcp-nomux"),
        ("a=mid:1\r", "a=mid:0\r"),
        ("a=mid:1\r", "a=mid:\r"),
        ("a=mid:0\r", "a=mid:0123456789abcdefg\r"),
        ("a=group:BUNDLE 0 1", "a=group:LS 0 1"),
        ("m=video 9", "m=video x"),
        ("m=video", "m=vidéo"),
        ("a=sendonly", "a=inactive"),
        ("a=sendonly", "a=send\x00only"),
        ("a=sendonly", "a=" + "x" * 5000),
        ("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
        ("v=0", "v=0\r\n" + "m=audio 9 RTP/AVP 0\r\n" * 65),
        ("v=0", "v=0\r\n" * (MAX_BYTES // 5)),
        ("v=0", "v=0\r\na=\ud800"),
    ],
)
def test_bad_offers(old, new):
    text = offer("chromium-simulcast")
    assert old in text
    with pytest.raises(BadOffer):
        reading(text.replace(old, new))


def test_credentials_that_look_like_numbers_stay_as_they_are():
    text = offer("chromium-simulcast")
    ufrag, pwd = reading(text).ice.ufrag, reading(text).ice.pwd
    for odd in ("0012", "1e10", "+123", "1234567890123456789012"):
        other = reading(text.replace(f"a=ice-ufrag:{ufrag}", f"a=ice-ufrag:{odd}"))
        assert other.ice.ufrag == odd
    assert reading(text.replace(pwd, "0" * 24)).ice.pwd == "0" * 24
    mids = reading(text.replace("a=mid:0", "a=mid:00").replace("BUNDLE 0 ", "BUNDLE 00 ")).media
    assert mids[0].mid == "00"
    rids = reading(text.replace("a=rid:q", "a=rid:01").replace("send q;", "send 01;")).media[0].rids
    assert rids[0] == "01"


def whatever(text: str, mode) -> None:
    """The invariant: a record and then an answer, or one of the two refusals."""
    try:
        request = reading(text, mode)
    except (BadOffer, NoCommonCodec):
        return
    assert write_answer(text, request, answering(request)).count("\r\nm=") == text.count("\nm=")


ATTRIBUTES = [
    "a=group:", "a=ssrc-group:", "a=ssrc-group:FID", "a=ssrc:", "a=ssrc:1", "a=rtpmap:", "a=rtpmap:96 H264/90000/x",
    "a=fmtp:", "a=fmtp:96", "a=fmtp:96 ;;=;", "a=extmap:0 x", "a=extmap:999999999999999999999 x", "a=rid:", "a=mid:",
    "a=fingerprint:", "a=setup:", "a=simulcast:send ;", "a=ice-ufrag:", "a=rtcp-fb:* nack", "a=candidate:", "a=msid:",
    "a=rtpmap:" + "9" * 4000 + " H264/90000", "a=imageattr:1 send [[[[[[[[[[[", "a=ptime:1.1.1.1.1", "m=", "m=video",
    "m=video 9 UDP/TLS/RTP/SAVPF", "m=audio 0 RTP/SAVPF 0", "a=bundle-only", "o=x", "c=IN IP4", "b=AS:x", "t=", "s=",
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(NAMES), st.sampled_from(["room", "whip", "whep"]), st.data())
def test_mutated_real_offers(name, mode, data):
    lines = offer(name).split("\r\n")[:60]
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(lines) - 1))
        match data.draw(st.sampled_from(["drop", "double", "insert", "cut", "bytes", "swap", "move"])):
            case "drop":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "insert":
                lines.insert(at, data.draw(st.sampled_from(ATTRIBUTES)))
            case "cut":
                lines[at] = lines[at][: data.draw(st.integers(0, 40))]
            case "bytes":
                spot = data.draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:spot] + data.draw(st.text(max_size=4)) + lines[at][spot + 1 :]
            case "swap":
                other = data.draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "move":
                lines = lines[at:] + lines[:at]
        if not lines:
            break
    text = "\r\n".join(lines)
    with contextlib.suppress(BadOffer):
        read_restart(text)
    try:
        request = reading(text, mode)
    except (BadOffer, NoCommonCodec):
        return
    answer = write_answer(text, request, answering(request))
    assert answer.startswith("v=0\r\n")
    write_restart(request.ice, [], text)


@given(st.text(max_size=300))
@example("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\n")
@example("")
def test_any_text(text):
    with pytest.raises((BadOffer, NoCommonCodec)):
        reading(text)
    with contextlib.suppress(BadOffer):
        read_restart(text)


@pytest.mark.parametrize("name", NAMES)
def test_the_library_reads_the_same_of_the_lines_that_it_is_given(name: str) -> None:
    whole = sdp_transform.parse(offer(name))["media"]
    for section, expected in zip(read(offer(name)).media, whole, strict=True):
        assert section.rows("rtp") == expected["rtp"]
        assert section.rows("ext") == expected.get("ext", [])
        assert section.media == "application" or (section.rows("rtp") and section.rows("ext"))
