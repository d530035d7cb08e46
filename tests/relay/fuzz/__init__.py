"""A fuzz target for each parser that reads the network: a module with its invariant in the first sentence.

`check(data)` raises when the invariant is broken; `SEEDS` are what mutation starts from. What broke one once lies
under kept/TARGET/ and is checked in every test run.

    python -m tests.relay.fuzz TARGET --minutes 10
"""

from pathlib import Path

TARGETS = ("codecs", "engine", "extensions", "framing", "rtcp", "rtp", "sdp", "srtp", "stun", "wire")
KEPT = Path(__file__).parent / "kept"


def kept(target: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((KEPT / target).glob("*"))]
