"""The codes on a paper: where on the recording something is, the archive's checkpoint, which paper a page is of."""

import segno

from api.domain.page_codes import address, written
from api.domain.paper_words import moment, span
from api.domain.papers import Kind
from api.records.paper import PaperPoint
from api.records.sheets import SheetCode

BEFORE_MS = 5000  # the film opens a little before the figures were typed


def picture(holds: str, error: str = "m") -> str:
    # Level M survives a fold or a stamp over 15% of it; the quiet zone is the border of four modules.
    drawn: str = segno.make(holds, error=error, micro=False).svg_data_uri(border=4, light="#fff", omitsize=True)
    return drawn


def video(site: str, recording: str, at_ms: int, title: str) -> SheetCode:
    """Opens the second of the recording, for who may see it."""
    start = max(0, at_ms - BEFORE_MS)
    holds = f"{site}/recordings/{recording}?t={start}"
    return SheetCode(
        key="video", title=title, text=f"扫码看录像 {span(start)}", code=None, holds=holds, qr=picture(holds)
    )


def checkpoint(point: PaperPoint) -> SheetCode | None:
    found = point.checkpoint
    if found is None:
        return None
    later = f"；其后还有 {point.later} 条尚未覆盖" if point.later else ""
    title = f"{'议事记录' if point.of == 'decision' else '录像'}：{point.title}"
    text = f"{moment(found.at)} 签名，覆盖第 1 至 {found.entries} 条{later}。"
    return SheetCode(key=point.of, title=title, text=text, code=found.code, holds=found.holds, qr=found.qr)


def page(site: str, kind: Kind, subject: str) -> SheetCode:
    """Of the paper; of each page `page_code`."""
    holds = address(site, kind, subject)
    return SheetCode(
        key="page", title="本页出处", text="扫码打开此页所属的文书", code=None, holds=holds,
        qr=picture(holds, "q"),
    )  # fmt: skip


def page_code(of_paper: SheetCode, kind: Kind, subject: str, number: int, of: int) -> SheetCode:
    """By it a photograph of the signed page finds its place."""
    holds = written(of_paper.holds, kind, subject, number, of)
    return SheetCode(
        key="page", title="本页出处", text=f"第 {number} 页，共 {of} 页　签字后拍照交回", code=None, holds=holds,
        qr=picture(holds),
    )  # fmt: skip
