"""Whatever profile and bytes come, header extensions give elements of legal id and size, which read again as written.

The first two bytes are the profile (RFC 8285 §4.2, §4.3), the rest the block.
"""

from media_server.engine import rtp

SEEDS = [
    b"\xbe\xde\x10\x9e\x32abc\0",
    b"\xbe\xde\x00\x00\xf0\x01\x22xyz",
    b"\x10\x00\x01\x00\x05\x03abc\0\0",
    b"\x10\x0f\xff\xff" + bytes(255),
]


def check(data: bytes) -> None:
    profile, block = int.from_bytes(data[:2], "big"), data[2:]
    elements = rtp.read_extensions(profile, block)
    for number, value in elements.items():
        assert value in block
        if profile == rtp.ONE_BYTE_PROFILE:
            assert 1 <= number <= 14
            assert 1 <= len(value) <= 16
        else:
            assert profile & 0xFFF0 == rtp.TWO_BYTE_PROFILE
            assert 1 <= number <= 255
            assert len(value) <= 255
    if elements:
        written = rtp.write_extensions(elements)
        assert len(written) % 4 == 0
        assert rtp.read_extensions(int.from_bytes(written[:2], "big"), written[4:]) == elements
