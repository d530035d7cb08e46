"""Opus packets as far as their first bytes tell (RFC 6716 §3.1): how long they sound, and the filler for a lost one."""

from media_server.codecs.errors import Malformed

CLOCK_RATE = 48_000
FRAME_SAMPLES = 960  # the 20 ms that every browser sends
MAX_SAMPLES = 5760  # 120 ms (§3.2.5)

# Table 2: samples of one frame at 48 kHz, by configuration number.
_SILK = (480, 960, 1920, 2880)
_HYBRID = (480, 960)
_CELT = (120, 240, 480, 960)
_FRAME = (*_SILK * 3, *_HYBRID * 2, *_CELT * 4)


def frame_samples(toc: int) -> int:
    return _FRAME[(toc & 0xFF) >> 3]


def channels(packet: bytes) -> int:
    if not packet:
        raise Malformed("empty Opus packet")
    return 2 if packet[0] & 0x04 else 1


def duration(packet: bytes) -> int:
    """Samples at 48 kHz. Raises Malformed on no bytes at all, no frames, or more than 120 ms (§3.2.5, §3.4)."""
    if not packet:
        raise Malformed("empty Opus packet")
    code = packet[0] & 0x03
    if code == 3:
        if len(packet) < 2:
            raise Malformed("Opus packet without its frame count")
        count = packet[1] & 0x3F
    else:
        count = 1 if code == 0 else 2
    samples = count * frame_samples(packet[0])
    if not 0 < samples <= MAX_SAMPLES:
        raise Malformed("Opus packet of no or too long duration")
    return samples


def filler(packet: bytes) -> bytes:
    """The one-byte packet that stands for 20 ms of nothing after `packet`: its mode, bandwidth and channels, one
    empty frame (§3.1; §3.2.1: a frame of zero bytes was lost or not sent, the decoder conceals it)."""
    if not packet:
        raise Malformed("empty Opus packet")
    configuration = packet[0] >> 3
    if configuration < 12:
        configuration = configuration & ~3 | 1
    elif configuration < 16:
        configuration |= 1
    else:
        configuration |= 3
    return bytes([configuration << 3 | packet[0] & 0x04])


# Digital silence in full band, stereo: for a span before any packet came.
SILENCE = bytes([31 << 3 | 0x04])
