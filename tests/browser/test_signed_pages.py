"""Pages are printed by Chromium, photographed as a telephone does it, handed in, and found in their places."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.browser.conftest import Window
from tests.browser.steps import ask, begin_meeting, post, press_end
from tests.fixtures_hub import RunningHub
from tests.photographed import A4, photo

pytestmark = pytest.mark.browser

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LONG = "关于村内主干道路硬化、排水沟清理、路灯安装及后续养护的筹资筹劳方案（含三组、五组延伸路段）"
VOTE = {"way": "hands", "due": 15, "present": 12, "in_favour": 10, "against": 1, "abstained": 1}


def test_a_printed_page_is_photographed_handed_in_and_seen_in_its_place(
    hub: RunningHub, window: Window, tmp_path: Path
) -> None:
    page = window(hub.account("secretary"))
    meeting = begin_meeting(page)
    item = post(page, f"/api/meetings/{meeting}/items", {"title": LONG, "matter": "b1", "decision": "new"})
    post(page, f"/api/meetings/{meeting}/items/{item['id']}/start", {})
    post(page, f"/api/meetings/{meeting}/items/{item['id']}/votes", VOTE)
    press_end(page)

    printed = window(hub.account("secretary"), 643, 900, device_scale_factor=3)
    pages = {kind: _printed(printed, kind, subject, tmp_path) for kind, subject in (
        ("roster", meeting), ("minutes", meeting), ("record", item["decision"]["id"]), ("tally", item["id"])
    )}  # fmt: skip

    phone = window(hub.account("secretary"), 360, 740)
    phone.wait_for_selector(f"[data-awaited=roster][data-subject={meeting}]")
    phone.screenshot(path=tmp_path / "desk-360.png", full_page=True)
    phone.goto(f"/meetings/{meeting}")
    phone.click("[data-press=signed-pages]")
    phone.wait_for_selector("[data-signed=roster]")
    first, *others = pages["roster"]
    taken = [
        _file("IMG_1.jpg", photo(first, tilt=6, aslant=0.12, light=0.6, noise=40, blur=1.2)),
        _file("IMG_2.jpg", photo(pages["minutes"][-1], tilt=-11, upside=6)),
        _file("IMG_3.jpg", photo(pages["tally"][0], tilt=3, aslant=0.2, noise=60, light=0.4)),
        _file("IMG_4.jpg", photo(pages["record"][0], tilt=184, blur=1.5)),
    ]
    phone.set_input_files("[data-photos]", taken)  # type: ignore[arg-type]
    phone.wait_for_selector("[data-photo-state=placed] >> nth=3")
    rows = {each["kind"]: each for each in ask(phone, f"/api/meetings/{meeting}/signed-papers")}
    assert {kind: [each["number"] for each in row["pages"]] for kind, row in rows.items()} == {
        "roster": [1], "minutes": [len(pages["minutes"])], "tally": [1], "record": [1]
    }  # fmt: skip
    assert rows["roster"]["missing"] == list(range(2, len(pages["roster"]) + 1)) != []
    told = phone.inner_text(f"[data-signed=roster][data-subject={meeting}] [data-missing]")
    assert told == f"还差 第 {'、'.join(map(str, rows['roster']['missing']))} 页"

    # Where the code is covered the page asks which one it is.
    blind = others[0].copy()
    blind.paste(255, (0, 0, blind.width, 700))
    phone.set_input_files("[data-photos]", [_file("IMG_5.jpg", photo(blind))])  # type: ignore[list-item]
    phone.wait_for_selector("[data-which]")
    assert phone.input_value("[data-number]") == "2"
    _look(phone, tmp_path, "by-hand")
    phone.click("[data-press=place]")
    phone.wait_for_selector("[data-photo-state=placed] >> nth=4")
    assert [each["number"] for each in ask(phone, f"/api/papers/roster/{meeting}/signed")["pages"]] == [1, 2]
    _look(phone, tmp_path, "handed-in")

    # The photograph itself, from its place.
    phone.click(f"[data-signed=roster][data-subject={meeting}] [data-page='1'] [data-press=look-at-page]")
    phone.wait_for_selector("[data-photo]")
    phone.wait_for_function("() => document.querySelector('[data-photo]').naturalWidth > 1000")
    phone.screenshot(path=tmp_path / "photo.png")


def _printed(page: Page, kind: str, subject: str, folder: Path) -> list[Image.Image]:
    """Each page of the paper as it comes out of the printer; on none of them is more than one page's worth."""
    page.goto(f"/papers/{kind}/{subject}")
    page.wait_for_selector("article h1")
    page.emulate_media(media="print")
    pdf = page.pdf(path=folder / f"{kind}.pdf", prefer_css_page_size=True)
    leaves = page.locator("[data-leaf]")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == leaves.count(), kind
    found = []
    for at in range(leaves.count()):
        shot = Image.open(io.BytesIO(leaves.nth(at).screenshot())).convert("L")
        wide = round(A4[0] * 170 / 210)
        sheet = Image.new("L", A4, 255)
        sheet.paste(shot.resize((wide, round(shot.height * wide / shot.width))), (236, 236))
        sheet.save(folder / f"{kind}-{at + 1}.png")
        found.append(sheet)
    page.emulate_media(media="screen")
    return found


def _file(name: str, data: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def _look(page: Page, folder: Path, name: str) -> None:
    for width in (360, 1366, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDE) <= 0, (name, width)
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 360, "height": 740})


def test_minutes_are_signed_on_the_screen(hub: RunningHub, window: Window, tmp_path: Path) -> None:
    page = window(hub.account("secretary"))
    meeting = begin_meeting(page)
    item = post(page, f"/api/meetings/{meeting}/items", {"title": "村内道路硬化", "matter": "b1", "decision": "new"})
    post(page, f"/api/meetings/{meeting}/items/{item['id']}/start", {})
    post(page, f"/api/meetings/{meeting}/items/{item['id']}/votes", VOTE)
    press_end(page)
    page.click("[data-paper-of=minutes]")
    page.click("[data-press=sign]")
    page.wait_for_selector("[data-pad]")
    person = page.locator("[data-signer] option").nth(3).get_attribute("value")
    page.select_option("[data-signer]", person)
    page.check("[data-place=监督人员]")
    _write(page)
    page.click("[data-press=clear]")
    assert page.is_disabled("[data-press=confirm-signature]")
    _write(page)
    for name in ("clear", "confirm-signature"):
        box = page.locator(f"[data-press={name}]").bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    for width in (360, 1366, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDE) <= 0, width
        page.screenshot(path=tmp_path / f"sign-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1366, "height": 900})
    page.click("[data-press=confirm-signature]")
    page.wait_for_selector("[data-signature]")
    (signature,) = ask(page, f"/api/papers/minutes/{meeting}/signed")["signatures"]
    assert (signature["place"], signature["own"], signature["stands"]) == ("监督人员", False, True)
    page.goto(f"/decisions/{item['decision']['id']}")
    page.wait_for_selector(f"[data-signed-papers] [data-signature='{signature['signer']}']")
    page.screenshot(path=tmp_path / "record-1366.png", full_page=True)
    page.click("[data-signed-papers] [data-press=look-at-signature]")
    page.wait_for_function("() => document.querySelector('[data-photo]')?.naturalWidth > 100")
    page.screenshot(path=tmp_path / "strokes.png")


def _write(page: Page) -> None:
    page.locator("[data-pad]").scroll_into_view_if_needed()
    box = page.locator("[data-pad]").bounding_box()
    assert box is not None
    for points in ([(40, 60), (120, 30), (90, 120), (180, 80)], [(200, 40), (210, 130), (280, 60)]):
        page.mouse.move(box["x"] + points[0][0], box["y"] + points[0][1])
        page.mouse.down()
        for x, y in points[1:]:
            page.mouse.move(box["x"] + x, box["y"] + y, steps=6)
        page.mouse.up()
