"""Which RTP payloads begin a key frame, by codec: the one place where the engine meets codecs."""

from media_server.codecs import h264, vp8


def starts_key_frame(codec: str, payload: bytes) -> bool:
    if codec == "h264":
        return h264.is_key_frame_start(payload)
    return codec == "vp8" and vp8.is_key_frame_start(payload)
