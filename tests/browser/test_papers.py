"""A recorded meeting's papers: on A4 with codes that a reader reads, and as documents that say the same."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from docx import Document
from PIL import Image
from playwright.sync_api import Page

from tests.browser.conftest import Window
from tests.browser.steps import archived, ask, begin_meeting, post, press_end, until
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
VOTE = {"way": "secret", "due": 15, "present": 12, "issued": 12, "returned": 12, "invalid": 1, "in_favour": 9,
        "against": 1, "abstained": 1}  # fmt: skip


def test_every_paper_is_one_press_away_and_its_document_says_the_same(
    hub: RunningHub, window: Window, tmp_path: Path
) -> None:
    page = window(hub.account("secretary"))
    meeting = begin_meeting(page)
    item = post(page, f"/api/meetings/{meeting}/items", {"title": "村内道路硬化", "matter": "b1", "decision": "new"})
    post(page, f"/api/meetings/{meeting}/items/{item['id']}/start", {})
    post(page, f"/api/meetings/{meeting}/items/{item['id']}/votes", VOTE)
    press_end(page)
    recording = archived(page, meeting)["id"]
    items = {each["id"]: each for each in ask(page, f"/api/meetings/{meeting}")["items"]}
    at_ms = items[item["id"]]["votes"][0]["at_ms"]

    papers = {"minutes": meeting, "roster": meeting, "tally": item["id"], "ballot": item["id"]}
    for kind, subject in papers.items():
        page.goto(f"/meetings/{meeting}")
        page.click(f"[data-paper-of={kind}]")
        _look(page, tmp_path, kind)
        codes = _codes(page, tmp_path / f"{kind}.png")
        if kind == "ballot":
            assert codes == []
            continue
        assert [each for each in codes if f"/papers/{kind}/{subject}?p=1-" in each]
        if kind in ("minutes", "tally"):
            assert [each for each in codes if each.endswith(f"/recordings/{recording}?t={max(0, at_ms - 5000)}")]
        _same(page, kind)

    page.goto(f"/decisions/{item['decision']['id']}")
    page.click("[data-dossier]")
    _look(page, tmp_path, "dossier")
    _same(page, "dossier")
    before = len(ask(page, f"/api/decisions/{item['decision']['id']}")["entries"])
    page.evaluate("() => { window.print = () => { window.printed = true } }")
    page.click("[data-press=print]")
    until(page, "() => window.printed === true")
    entries = ask(page, f"/api/decisions/{item['decision']['id']}")["entries"]
    assert [each["kind"] for each in entries[before:]] == ["printed"]

    # Where the code of the vote leads: the film opens at its second.
    page.goto(f"/recordings/{recording}?t={max(0, at_ms - 5000)}")
    page.wait_for_selector("video")


def _look(page: Page, folder: Path, kind: str) -> None:
    page.wait_for_selector("article h1")
    page.emulate_media(media="print")
    pdf = page.pdf(path=folder / f"{kind}.pdf", prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert {(round(float(width)), round(float(height))) for width, height in sizes} == {(595, 842)}, "A4 in points"
    assert not page.locator(".no-print").first.is_visible()
    page.emulate_media(media="screen")
    for width in (360, 1366, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDE) <= 0, (kind, width)
        page.screenshot(path=folder / f"{kind}-{width}.png", full_page=True)


def _codes(page: Page, path: Path) -> list[str]:
    page.set_viewport_size({"width": 800, "height": 900})
    page.screenshot(path=path, full_page=True)
    return [code.text for code in zxingcpp.read_barcodes(Image.open(path))]


def _same(page: Page, kind: str) -> None:
    """Each grid of the page is a table of the document, cell by cell."""
    with page.expect_download() as taken:
        page.click("[data-press=docx]")
    assert taken.value.suggested_filename.endswith(".docx")
    document = Document(io.BytesIO(Path(taken.value.path()).read_bytes()))
    found = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    shown: list[Any] = page.eval_on_selector_all(
        "table.grid", "(all) => all.map((one) => [...one.rows].map((row) => [...row.cells].map((c) => c.textContent)))"
    )
    assert shown
    for grid in shown:
        assert grid in found, (kind, grid)
