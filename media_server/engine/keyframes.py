"""Which RTP payloads begin a key frame, by codec: the one place where the engine meets codecs."""

from media_server.codecs import h264


def starts_key_frame(codec: str, payload: bytes) -> bool:
    if codec == "h264":
        return h264.is_key_frame_start(payload)
    return codec == "vp8" and _vp8_key_frame_start(payload)


def _vp8_key_frame_start(payload: bytes) -> bool:
    """RFC 7741 §4.2: start of partition 0, and the inverse key frame bit of its first byte is 0."""
    if not payload or payload[0] & 0x17 != 0x10:
        return False
    position = 1
    if payload[0] & 0x80:
        if len(payload) < 2:
            return False
        bits = payload[1]
        position = 2
        if bits & 0x80:
            position += 2 if len(payload) > 2 and payload[2] & 0x80 else 1
        position += bool(bits & 0x40) + bool(bits & 0x30)
    return len(payload) > position and payload[position] & 1 == 0
