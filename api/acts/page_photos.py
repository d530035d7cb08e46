"""A photograph of a page: whether it is a sound picture within bounds, and what the codes on it say.

One at a time and off the loop. A picture's size is read before its pixels are, so one that unpacks to more than a
camera makes is refused unread; a large JPEG is read at half its size. A code that isn't seen at once is looked for in
smaller and clearer copies, for a few seconds.
"""

import asyncio
import io
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api.errors.papers import PhotoBusy, PhotoUnfit

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 20 << 20
MAX_PIXELS = 50_000_000  # telephones make 12 to 50 million
LEAST, MOST = 200, 20_000  # of a side
LOOKED = 4200  # of the longer side: a page fills it, so a module of its code has some six pixels
WAIT_S, LOOK_S = 20.0, 6.0
MIMES = {"JPEG": "image/jpeg", "PNG": "image/png"}


@dataclass(frozen=True, slots=True)
class Photo:
    mime: str
    codes: tuple[str, ...]


class PagePhotos:
    """Of one api process."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._thread = ThreadPoolExecutor(1, "page-photos")

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def look(self, data: bytes) -> Photo:
        """Raises PhotoUnfit, PhotoBusy."""
        if not 0 < len(data) <= MAX_BYTES:
            raise PhotoUnfit("size")
        try:
            async with asyncio.timeout(WAIT_S):
                await self._turn.acquire()
        except TimeoutError:
            raise PhotoBusy from None
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, looked_at, data)
        finally:
            self._turn.release()


def looked_at(data: bytes) -> Photo:
    """Raises PhotoUnfit."""
    # Read by few processes, and not quickly.
    import zxingcpp
    from PIL import Image

    until = time.monotonic() + LOOK_S
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Pillow calls a bomb is none of ours
            with Image.open(io.BytesIO(data), formats=tuple(MIMES)) as picture:
                wide, high = picture.size
                if wide * high > MAX_PIXELS or not (min(wide, high) >= LEAST and max(wide, high) <= MOST):
                    raise PhotoUnfit(f"{wide} × {high}")
                mime = MIMES[str(picture.format)]
                picture.draft("L", (LOOKED // 2, LOOKED // 2))
                grey = picture.convert("L")
    except (OSError, SyntaxError, ValueError, ArithmeticError, Warning, Image.DecompressionBombError) as error:
        raise PhotoUnfit(type(error).__name__) from error
    for copy in _copies(grey):
        found = zxingcpp.read_barcodes(copy, formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode))
        if texts := tuple(dict.fromkeys(each.text for each in found)):
            return Photo(mime, texts)
        if time.monotonic() > until:
            break
    return Photo(mime, ())


def _copies(grey: "Image.Image") -> "Iterator[Image.Image]":
    from PIL import ImageFilter, ImageOps

    longer = max(grey.size)
    for side in (LOOKED, 2400, 1600):
        if side < longer or side == LOOKED:
            copy = grey.copy()
            copy.thumbnail((side, side))
            yield copy
            yield ImageOps.autocontrast(copy, cutoff=1)
            yield ImageOps.autocontrast(copy.filter(ImageFilter.MedianFilter(3)), cutoff=2)
            yield copy.filter(ImageFilter.UnsharpMask(3, 200, 2))
    if longer < LOOKED:
        yield grey.resize((grey.width * 2, grey.height * 2))
