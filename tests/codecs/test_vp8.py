"""RTP payloads of VP8: what a real encoder writes comes through whole, and no bytes at all raise anything unplanned."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_server.codecs import vp8
from media_server.codecs.access_units import Assembler
from ops.sender.packetizer import vp8_payloads
from tests.vp8_film import frames

descriptors = st.builds(
    vp8.Descriptor,
    st.booleans(), st.integers(0, 7), st.booleans(),
    st.none() | st.integers(0, 127), st.just(False),
    st.none() | st.integers(0, 255), st.none() | st.integers(0, 3), st.just(False), st.none() | st.integers(0, 31),
    st.just(0),
)  # fmt: skip


@given(descriptors, st.integers(0, vp8.PICTURE_IDS - 1), st.booleans(), st.binary(max_size=20))
def test_a_descriptor_is_read_as_it_was_written(descriptor, long_id, sync, rest):
    for one in (
        descriptor,
        descriptor._replace(picture_id=long_id, long_picture_id=True),
        descriptor._replace(layer=2, layer_sync=sync),
    ):
        written = vp8.write_descriptor(one)
        assert vp8.read_descriptor(written + rest) == one._replace(size=len(written))
        for cut in range(len(written)):
            with pytest.raises(vp8.Malformed):
                vp8.read_descriptor(written[:cut])


def test_the_examples_of_the_rfc():
    assert vp8.read_descriptor(b"\x10\xaa")[:4] == (True, 0, False, None)  # §4.6.1 without extension
    assert vp8.read_descriptor(b"\x90\x80\x11\xaa").picture_id == 0x11  # one byte
    long = vp8.read_descriptor(b"\x90\x80\x92\x34\xaa")
    assert (long.picture_id, long.long_picture_id, long.size) == (0x1234, True, 4)
    every = vp8.read_descriptor(b"\xb0\xf0\x92\x34\x07\x63\xaa")
    assert every == vp8.Descriptor(True, 0, True, 0x1234, True, 7, 1, True, 3, 6)


def test_an_encoders_frames_come_through():
    film = frames(640, 360, 12)
    assert [vp8.read_tag(frame).key for frame in film] == [True] + [False] * 11
    assert vp8.read_tag(film[0]) == vp8.FrameTag(True, True, 640, 360)
    for number, frame in enumerate(film):
        payloads = vp8_payloads(frame, number, number)
        assert vp8.depacketize(payloads) == frame
        assert [vp8.starts_frame(each) for each in payloads] == [True] + [False] * (len(payloads) - 1)
        assert [vp8.is_key_frame_start(each) for each in payloads] == [number == 0] + [False] * (len(payloads) - 1)
        assert vp8.picture_size(payloads[0]) == ((640, 360) if number == 0 else None)


def test_what_is_no_frame_is_malformed():
    one, other = frames(640, 360, 2)
    payloads, next_ones = vp8_payloads(one, 5, 5), vp8_payloads(other, 6, 6)
    assert len(payloads) > 2
    for wrong in ([], payloads[1:], payloads + next_ones, [*payloads[:1], *next_ones], [payloads[0][:6], b"\x90\x80"]):
        with pytest.raises(vp8.Malformed):
            vp8.depacketize(wrong)
    with pytest.raises(vp8.Malformed):
        vp8.read_tag(one[:3] + b"\0\0\0" + one[6:])
    with pytest.raises(vp8.Malformed):
        vp8.read_tag(one[:6] + bytes(4) + one[10:])


def test_units_are_whole_only_without_a_hole():
    film = frames(640, 360, 6)
    packets, index = [], 0
    for number, frame in enumerate(film):
        payloads = vp8_payloads(frame, number, number)
        for at, payload in enumerate(payloads):
            packets.append((index, number * 3000, at == len(payloads) - 1, payload))
            index += 1
    assembler = Assembler(vp8.is_key_frame_start)
    units = [unit for packet in packets for unit in assembler.push(*packet)]
    assert [vp8.depacketize(unit.payloads) for unit in units] == list(film)
    assert [(unit.whole, unit.key) for unit in units] == [(True, True)] + [(True, False)] * 5
    assembler = Assembler(vp8.is_key_frame_start)
    lost = next(at for at, packet in enumerate(packets) if packet[1] == 6000)
    units = [unit for packet in packets[:lost] + packets[lost + 1 :] for unit in assembler.push(*packet)]
    assert [unit.timestamp for unit in units if not unit.whole] in ([6000], [9000])


noise = st.binary(max_size=40) | st.builds(
    lambda head, tail: bytes(head) + tail,
    st.lists(st.sampled_from([0x90, 0x10, 0x80, 0xF0, 0x9D, 0x01, 0x2A, 0xFF, 0]), max_size=8), st.binary(max_size=30),
)  # fmt: skip


@given(st.lists(noise, max_size=8))
def test_any_payloads_give_a_frame_or_malformed(payloads):
    """Invariant: reading never raises anything but Malformed, and a frame that comes out has a readable tag."""
    for payload in payloads:
        assert isinstance(vp8.is_key_frame_start(payload), bool)
        with contextlib.suppress(vp8.Malformed):
            assert 0 < vp8.read_descriptor(payload).size <= len(payload)
    with contextlib.suppress(vp8.Malformed):
        vp8.read_tag(vp8.depacketize(payloads))
