"""Whatever text comes, reading SDP gives a record, which is answered line for line, or BadOffer or NoCommonCodec.

The first byte chooses the mode; the rest is the text.
"""

import contextlib

from media_server.errors import BadOffer, NoCommonCodec
from media_server.records import Mode
from media_server.sdp import read_restart, write_answer, write_restart
from tests.sdp.offers import NAMES, answering, offer, reading

_MODES: tuple[Mode, ...] = ("room", "whip", "whep")
SEEDS = [bytes((at,)) + offer(name).encode()[:6_000] for at, name in enumerate(NAMES)]
SEEDS += [
    b"\1a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:EsAw\r\na=ice-pwd:" + b"p" * 24
]


def check(data: bytes) -> None:
    mode = _MODES[data[0] % 3] if data else "room"
    text = data[1:].decode("utf-8", "surrogateescape")
    with contextlib.suppress(BadOffer):
        write_restart(read_restart(text), [], text)
    try:
        request = reading(text, mode)
    except (BadOffer, NoCommonCodec):
        return
    answer = write_answer(text, request, answering(request))
    assert answer.isprintable() or set(answer) - set("\r\n") <= set(filter(str.isprintable, answer))
    answered = [line.partition("a=mid:")[2] for line in answer.split("\r\n") if line.startswith("a=mid:")]
    assert set(answered) >= {line.mid for line in request.media}
    assert answer.count("\r\nm=") == len(answered)
