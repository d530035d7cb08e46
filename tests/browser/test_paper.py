"""A decision record on A4: printed by Chromium, its codes read back from the picture by a reader of others."""

import re
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from storage.paper import read_qr, short_code
from tests.browser.conftest import Window
from tests.browser.steps import ask, begin_meeting, post, press_end, until
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_a_printed_record_bears_codes_that_a_reader_reads(hub: RunningHub, window: Window, tmp_path: Path) -> None:
    page = window(hub.account("secretary"))
    meeting = begin_meeting(page)
    item = post(page, f"/api/meetings/{meeting}/items", {"title": "道路硬化", "matter": "d1", "decision": "new"})
    post(page, f"/api/meetings/{meeting}/items/{item['id']}/start", {})
    vote = {"way": "hands", "in_favour": 10, "against": 1, "abstained": 1, "due": 15, "present": 12}
    post(page, f"/api/meetings/{meeting}/items/{item['id']}/votes", vote)
    press_end(page)
    decision = item["decision"]["id"]
    # What the closed recording shows is the last entry before the printing.
    until(page, "async (path) => (await (await fetch(path)).json()).entries.some((one) => one.kind === 'sealed')",
          f"/api/decisions/{decision}")  # fmt: skip

    page.goto(f"/decisions/{decision}")
    page.click("[data-paper]")
    page.wait_for_selector("article h1")
    page.evaluate("() => { window.print = () => { window.printed = true } }")
    page.click("[data-press=print]")
    until(page, "() => window.printed === true")
    assert ask(page, f"/api/decisions/{decision}")["entries"][-1]["kind"] == "printed"
    expect(page.locator("article").get_by_text("已记为本议事记录第")).to_have_count(1)

    page.emulate_media(media="print")
    pdf = page.pdf(path=tmp_path / "paper.pdf", prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert {(round(float(width)), round(float(height))) for width, height in sizes} == {(595, 842)}, "A4 in points"
    assert not page.locator(".no-print").first.is_visible()
    page.set_viewport_size({"width": 643, "height": 900})  # 170 mm between the margins
    page.screenshot(path=tmp_path / "paper.png", full_page=True)
    texts = [code.text for code in zxingcpp.read_barcodes(Image.open(tmp_path / "paper.png"))]
    read = [read_qr(text) for text in texts if text.startswith("HUILU1 ")]
    assert [text for text in texts if f"/papers/record/{decision}?p=1-" in text], "where its pages belong"
    assert [text for text in texts if "/recordings/" in text and "?t=" in text], "the second of the vote"
    typed = page.locator(".code").all_inner_texts()
    assert len(typed) == 2, "the record's own and its recording's"
    assert {short_code(each) for each in read} == set(typed)
    page.emulate_media(media="screen")
    for width in (360, 1366, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDE) <= 0
        page.screenshot(path=tmp_path / f"{width}.png", full_page=True)
