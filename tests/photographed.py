"""A page of paper as a telephone takes it: on a table, tilted, seen aslant, dim, blurred, with the sensor's noise."""

import io
import random

import segno
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

A4 = (2480, 3508)  # at 300 dots an inch
TWELVE = (3024, 4032)  # of a telephone's camera, upright


def sheet(holds: str | None, seed: int = 1) -> Image.Image:
    """A page with a code of 26 mm on top, and lines that look like writing."""
    page = Image.new("L", A4, 255)
    draw, chance = ImageDraw.Draw(page), random.Random(seed)
    for row in range(700, 3300, 80):
        for at in range(260, 2200, 50):
            draw.rectangle((at, row, at + chance.randrange(8, 40), row + chance.randrange(8, 40)), fill=30)
    if holds is not None:
        out = io.BytesIO()
        segno.make(holds, error="m", micro=False).save(out, kind="png", scale=8, border=4)
        page.paste(Image.open(out).convert("L").resize((307, 307)), (1930, 240))
    return page


def photo(
    page: Image.Image,
    *,
    tilt: float = 0.0,
    aslant: float = 0.0,
    light: float = 1.0,
    blur: float = 0.0,
    noise: float = 0.0,
    upside: int = 1,
    size: tuple[int, int] = TWELVE,
    quality: int = 80,
) -> bytes:
    """A JPEG. `aslant`: by which part of its width the far edge is narrower; `upside`: EXIF's orientation."""
    wide, high = size
    table = Image.new("RGB", size, (96, 84, 70))
    paper = page.convert("RGB")
    scale = min(wide * 0.86 / paper.width, high * 0.86 / paper.height)
    paper = paper.resize((round(paper.width * scale), round(paper.height * scale)), Image.Resampling.LANCZOS)
    table.paste(paper, ((wide - paper.width) // 2, (high - paper.height) // 2))
    if aslant:
        off = aslant * wide / 2
        corners: list[tuple[float, float]] = [(0, 0), (wide, 0), (wide, high), (0, high)]
        seen = _seen_from([(off, 0), (wide - off, 0), *corners[2:]], corners)
        table = table.transform(size, Image.Transform.PERSPECTIVE, seen, Image.Resampling.BICUBIC)
    table = table.rotate(tilt, Image.Resampling.BICUBIC, fillcolor=(96, 84, 70))
    if blur:
        table = table.filter(ImageFilter.GaussianBlur(blur))
    if light != 1:
        table = ImageEnhance.Brightness(table).enhance(light)
    if noise:
        grain = Image.merge("RGB", [Image.effect_noise(size, noise)] * 3)
        table = Image.blend(table, grain, 0.15)
    turned = {1: 0, 3: 180, 6: 90, 8: 270}[upside]
    table = table.rotate(turned, expand=True)
    exif = Image.Exif()
    exif[0x0112] = upside
    out = io.BytesIO()
    table.save(out, "JPEG", quality=quality, exif=exif)
    return out.getvalue()


def _seen_from(to: list[tuple[float, float]], of: list[tuple[float, float]]) -> list[float]:
    """The eight figures by which each point of the picture is found in the one before (Pillow's `PERSPECTIVE`)."""
    rows = []
    for (x, y), (u, v) in zip(to, of, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for at in range(8):  # Gauss and Jordan
        pivot = max(range(at, 8), key=lambda row: abs(rows[row][at]))
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [each / rows[at][at] for each in rows[at]]
        for row in range(8):
            if row != at:
                rows[row] = [each - rows[row][at] * own for each, own in zip(rows[row], rows[at], strict=True)]
    return [row[8] for row in rows]
