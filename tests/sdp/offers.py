"""Real offers of Chromium 156, and what aiortc offers; a relay's answer to them."""

from pathlib import Path

from media_server.records import Candidate, Fingerprint, Ice, Mode, SessionAnswer, SessionRequest, SlotAnswer
from media_server.sdp import read_offer

FOLDER = Path(__file__).parent.parent / "data" / "offers"
NAMES = sorted(path.stem for path in FOLDER.glob("*.sdp"))


def offer(name: str) -> str:
    return (FOLDER / f"{name}.sdp").read_bytes().decode()


def reading(text: str, mode: Mode = "room", sources=None) -> SessionRequest:
    return read_offer(text, sources=sources, mode=mode, session="s1", room="m1", publisher="site.device1")


def answering(request: SessionRequest) -> SessionAnswer:
    slots = [
        SlotAnswer(mid=line.mid, ssrc=1000 + at, cname="relay", msid=f"slot{at}", track=f"track{at}")
        for at, line in enumerate(request.media)
        if line.direction == "recvonly" and not line.rejected
    ]
    return SessionAnswer(
        session="s1",
        epoch="e",
        ice=Ice(ufrag="relayufrag", pwd="r" * 24),
        fingerprint=Fingerprint(algorithm="sha-256", value=":".join(["AB"] * 32)),
        candidates=[
            Candidate(address="127.0.0.1", port=8444, transport="udp"),
            Candidate(address="127.0.0.1", port=8444, transport="tcp"),
            Candidate(address="10.0.0.7", port=8444, transport="udp"),
            Candidate(address="10.0.0.7", port=8444, transport="tcp"),
        ],
        slots=slots,
    )
