"""Photographs as telephones make them are read, and what is no photograph is refused before it is unpacked."""

import io
import struct
import time
import zlib

import pytest
from PIL import Image

from api.acts.page_photos import MAX_BYTES, PagePhotos, looked_at
from api.errors.papers import PhotoUnfit
from tests.photographed import photo, sheet

CODE = "https://huilu.example.gov.cn/papers/minutes/mtg_01kb3v7q9x2m4n6p8r0s2t4v6w?p=2-3-7KQ4"
TAKEN: dict[str, dict[str, float]] = {
    "straight": {},
    "tilted": {"tilt": 7},
    "turned on the table": {"tilt": 38},
    "aslant": {"aslant": 0.25, "tilt": -4},
    "dim": {"light": 0.25, "noise": 40},
    "blurred": {"blur": 2.5},
    "noisy": {"noise": 120},
    "all at once": {"tilt": -9, "aslant": 0.15, "light": 0.45, "blur": 1.5, "noise": 60},
    "held on its side": {"upside": 6},
    "held upside down": {"upside": 3, "tilt": 3},
    "small": {"size": (1200, 1600)},  # type: ignore[dict-item]
}


@pytest.mark.parametrize("how", sorted(TAKEN))
def test_a_page_is_told_by_a_photograph_of_it(how: str) -> None:
    data = photo(sheet(CODE), **TAKEN[how])  # type: ignore[arg-type]
    begun = time.monotonic()
    found = looked_at(data)
    print(f"{how}: {len(data) / 1e6:.1f} MB, {time.monotonic() - begun:.2f} s")
    assert (found.mime, found.codes) == ("image/jpeg", (CODE,))


def test_fifty_million_pixels_are_read_and_a_page_without_a_code_ends_in_time() -> None:
    assert looked_at(photo(sheet(CODE), size=(6120, 8160))).codes == (CODE,)
    begun = time.monotonic()
    assert looked_at(photo(sheet(None), noise=60)).codes == ()
    print(f"without a code: {time.monotonic() - begun:.2f} s")


def _png(wide: int, high: int, packed: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def _saved(form: str, size: tuple[int, int] = (800, 1000)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size).save(out, form)
    return out.getvalue()


UNFIT = {
    "nothing of a picture": b"hello",
    "a bomb": _png(50_000, 50_000, zlib.compress(bytes(10_000_000))),
    "a bomb within the sides": _png(20_000, 20_000, zlib.compress(bytes(10_000_000))),
    "a strip": _png(19_000, 20, zlib.compress(bytes(1000))),
    "a film": _saved("GIF"),
    "another kind": _saved("TIFF"),
    "cut off": photo(sheet(CODE))[:200_000],
    "a PNG cut off": _saved("PNG")[:-200],
    "a stamp": _saved("JPEG", (50, 50)),
}


@pytest.mark.parametrize("what", sorted(UNFIT))
def test_what_is_no_photograph_is_refused(what: str) -> None:
    with pytest.raises(PhotoUnfit):
        looked_at(UNFIT[what])


async def test_too_many_bytes_are_refused_unread() -> None:
    photos = PagePhotos()
    with pytest.raises(PhotoUnfit):
        await photos.look(bytes(MAX_BYTES + 1))
    with pytest.raises(PhotoUnfit):
        await photos.look(b"")
    photos.close()
