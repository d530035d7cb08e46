"""RFC 4571: packets on a TCP stream, each behind a 16-bit length. Bytes in as they come, packets out."""

MAX_PACKET_BYTES = 1_500


class FramingError(Exception):
    """The stream is not ours; the connection ends."""


class Framing:
    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The packets that are whole now; raises FramingError at a length that no packet of ours has."""
        self._rest += data
        packets = []
        position = 0
        while len(self._rest) - position >= 2:
            length = int.from_bytes(self._rest[position : position + 2], "big")
            if not 1 <= length <= MAX_PACKET_BYTES:
                raise FramingError(f"a packet of {length} bytes")
            if len(self._rest) - position - 2 < length:
                break
            packets.append(bytes(self._rest[position + 2 : position + 2 + length]))
            position += 2 + length
        del self._rest[:position]
        return packets


def frame(packet: bytes) -> bytes:
    return len(packet).to_bytes(2, "big") + packet
