"""A camera in three layers, as a browser sends it, for tests of the engine."""

from media_server.engine import rtp
from media_server.records import MediaLine
from tests.relay.client import H264, SLICE, sending

MID_ID, RID_ID, REPAIRED_ID = 3, 4, 5
EXTENSIONS = {MID_ID: rtp.MID, RID_ID: rtp.RID, REPAIRED_ID: rtp.REPAIRED_RID}
SIZES = {"h": (1280, 720), "m": (640, 360), "l": (320, 180)}
BPS = {"h": 1_500_000, "m": 450_000, "l": 130_000}
SSRCS = {"h": 301, "m": 302, "l": 303}
RTX_SSRCS = {"h": 401, "m": 402, "l": 403}


def layered_line(**changes: object) -> MediaLine:
    return sending("0", "camera", 0).model_copy(
        update={"ssrcs": [], "extensions": EXTENSIONS, "rids": list(SIZES), **changes}
    )


def _code(value: int) -> str:
    digits = f"{value + 1:b}"
    return "0" * (len(digits) - 1) + digits


def sps(width: int, height: int) -> bytes:
    """Rec. ITU-T H.264 §7.3.2.1.1 of a constrained baseline picture of even size."""
    across, down = -(-width // 16), -(-height // 16)
    bits = "010000101110000000011111" + _code(0) + _code(0) + _code(2) + _code(1) + "0"
    bits += _code(across - 1) + _code(down - 1) + "11"
    bits += "1" + _code(0) + _code((across * 16 - width) // 2) + _code(0) + _code((down * 16 - height) // 2)
    bits += "0" + "1"
    bits += "0" * (-len(bits) % 8)
    return b"\x67" + int(bits, 2).to_bytes(len(bits) // 8, "big")


class Layer:
    """The packets of one layer: 25 pictures a second at its rate."""

    def __init__(self, rid: str, first_stamp: int = 0, first_sequence: int = 100) -> None:
        self.rid = rid
        self.size = SIZES[rid]
        self.ssrc = SSRCS[rid]
        self.sequence = first_sequence
        self.first_stamp = first_stamp
        self.count = 0

    def picture(self, captured_ms: int, key: bool = False, bps: int | None = None) -> list[bytes]:
        """One picture captured then, in packets of at most 1,000 octets; a key frame is three times as large. A slice
        says its layer in its third octet."""
        left = (bps or BPS[self.rid]) // 25 // 8 * (3 if key else 1)
        stamp = self.first_stamp + 90 * captured_ms
        packets = []
        while left > 0:
            if key and not packets:
                body = sps(*self.size)
            else:
                body = SLICE + self.rid.encode() + self.count.to_bytes(4, "big") + bytes(min(left, 1_000))
                left -= 1_000
            marker = left <= 0
            elements = {MID_ID: b"0", RID_ID: self.rid.encode()}
            packets.append(
                rtp.build(H264.payload_type, self.sequence, stamp, self.ssrc, body, marker, extensions=elements)
            )
            self.sequence += 1
            self.count += 1
        return packets
