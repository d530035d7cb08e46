"""Which RTP payloads begin a key frame, and how large its picture is, by codec: where the engine meets codecs."""

from media_server.codecs import h264, vp8
from media_server.codecs.errors import Malformed


def starts_key_frame(codec: str, payload: bytes) -> bool:
    if codec == "h264":
        return h264.is_key_frame_start(payload)
    return codec == "vp8" and vp8.is_key_frame_start(payload)


def picture_size(codec: str, payload: bytes) -> tuple[int, int] | None:
    """Width and height, when this payload begins a key frame and says so."""
    if codec == "vp8":
        return vp8.picture_size(payload)
    if codec != "h264" or not payload:
        return None
    try:
        nals = h264.split_stap(payload) if payload[0] & 0x1F == h264.STAP_A else [payload]
        sets, _ = h264.parameter_sets(nals)
        picture = h264.parse_sps(sets[0]) if sets else None
    except Malformed:
        return None
    return (picture.width, picture.height) if picture else None
