"""What hangs in public, as a telephone shows it: no script, large type, an objection by touches; and the sheet."""

import json
import re
import time
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser

from api.domain.day import day_of
from tests.browser.conftest import Window
from tests.browser.steps import ask, post, until
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

TODAY = day_of(time.time_ns())
CODE = "371599101201"
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SMALLEST = """Math.min(...[...document.body.querySelectorAll('*')].filter((each) => each.textContent.trim())
  .map((each) => parseFloat(getComputedStyle(each).fontSize)))"""
ROAD = {
    "project": "中心街道路硬化",
    "content": "长 800 米、宽 5 米，C25 混凝土，含路沿石和排水沟。\n工期 45 天，质保两年。",
    "money": 48650000, "levy": "每人 20 元，五保户、低保户免", "decided_by": "村民代表会议", "decided_on": TODAY,
    "votes": "应到 36 人，实到 32 人，赞成 31，反对 0，弃权 1",
}  # fmt: skip


def test_an_outsider_reads_and_objects_and_the_sheet_leads_here(
    hub: RunningHub, window: Window, browser: Browser, tmp_path: Path
) -> None:
    secretary = window(hub.account("secretary"))
    unit = ask(secretary, "/api/me")["home"]["id"]
    road = {
        "matter": "b1",
        "title": "村内中心街道路硬化决议公示",
        "step": "publication",
        "fields": ROAD,
        "from_on": TODAY,
    }
    relief = {"matter": "g1", "title": "低保申请公示", "step": "posting", "from_on": TODAY,
              "fields": {"household": ["王建国"], "persons": 3, "income": 480000, "amount": 62000}}  # fmt: skip
    notice = post(secretary, f"/api/units/{unit}/notices", road)
    post(secretary, f"/api/units/{unit}/notices", relief)

    # As WeChat's scanner opens it, but with scripts off: nothing of the page needs one.
    phone = browser.new_context(base_url=hub.url, ignore_https_errors=True, java_script_enabled=False, is_mobile=True,
                                viewport={"width": 360, "height": 740}, device_scale_factor=2)  # fmt: skip
    page = phone.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/public/{CODE}")
    assert asked == [f"{hub.url}/public/{CODE}"], "one request is the whole page"
    page.screenshot(path=tmp_path / "page-360.png", full_page=True)
    page.click(f"#{notice['id']} >> text=我有异议")
    page.fill("#name", "李四")
    page.fill("#text", "路宽应为 6 米，与图纸不符")
    page.screenshot(path=tmp_path / "form-360.png", full_page=True)
    page.click("button")
    page.wait_for_selector("text=已收到您的异议")
    page.screenshot(path=tmp_path / "taken-360.png", full_page=True)
    assert phone.cookies() == []
    phone.close()
    found = ask(secretary, f"/api/units/{unit}/objections")
    assert [each["name"] for each in found if each["notice"] == notice["id"]] == ["李四"]

    wide = window(None)
    for width in (360, 1366, 1920):
        wide.set_viewport_size({"width": width, "height": 900})
        for path in (f"/public/{CODE}", f"/public/{CODE}/object?notice={notice['id']}", "/public"):
            wide.goto(path)
            assert wide.evaluate(WIDE) <= 0, path
            assert wide.evaluate(SMALLEST) >= 18, path
        wide.goto(f"/public/{CODE}")
        wide.screenshot(path=tmp_path / f"page-{width}.png", full_page=True)

    supervisor = window(hub.account("supervisor"))
    supervisor.goto(f"/notices/{notice['id']}/paper")
    supervisor.wait_for_selector("article h1")
    supervisor.click("[data-press=seen]")
    supervisor.wait_for_selector(".seen li")
    supervisor.evaluate("() => { window.print = () => { window.printed = true } }")
    supervisor.click("[data-press=print]")
    until(supervisor, "() => window.printed === true")
    for width in (360, 1366, 1920):
        supervisor.set_viewport_size({"width": width, "height": 900})
        assert supervisor.evaluate(WIDE) <= 0
        supervisor.screenshot(path=tmp_path / f"sheet-{width}.png", full_page=True)
    supervisor.emulate_media(media="print")
    pdf = supervisor.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert {(round(float(width)), round(float(height))) for width, height in sizes} == {(595, 842)}, "A4 in points"
    assert len(sizes) == 1
    supervisor.set_viewport_size({"width": 643, "height": 900})  # 170 mm between the margins
    supervisor.screenshot(path=tmp_path / "sheet-print.png", full_page=True)
    read = [code.text for code in zxingcpp.read_barcodes(Image.open(tmp_path / "sheet-print.png"))]
    # The large one leads villagers here, the small one the photograph of the board to its place.
    public, own = sorted(read, key=lambda each: "/papers/" in each)
    assert public.endswith(f"/public/{CODE}")
    assert f"/papers/notice/{notice['id']}?p=1-1-" in own


# What WeChat's own browser says of itself, which its scanner opens pages in.
WECHAT = {
    "Android": "Mozilla/5.0 (Linux; Android 10; HLK-AL00 Build/HONORHLK-AL00; wv) AppleWebKit/537.36 "
    "(KHTML, like Gecko) Version/4.0 Chrome/86.0.4240.99 XWEB/3210 MMWEBSDK/20220505 Mobile Safari/537.36 MMWEBID/1234 "
    "MicroMessenger/8.0.23.2160(0x28001757) WeChat/arm64 Weixin NetType/4G Language/zh_CN ABI/arm64",
    "iOS": "Mozilla/5.0 (iPhone; CPU iPhone OS 15_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 MicroMessenger/8.0.22(0x18001628) NetType/4G Language/zh_CN",
}


@pytest.mark.parametrize("script", [False, True], ids=["scripts off", "scripts on"])
@pytest.mark.parametrize("kind", list(WECHAT))
def test_wechats_scanner_opens_it_reads_saves_and_objects(
    hub: RunningHub, window: Window, browser: Browser, tmp_path: Path, kind: str, script: bool
) -> None:
    secretary = window(hub.account("secretary"))
    unit = ask(secretary, "/api/me")["home"]["id"]
    road = {"matter": "b1", "title": "村内中心街道路硬化决议公示", "step": "publication", "fields": ROAD,
            "from_on": TODAY}  # fmt: skip
    table = "户主,人数,金额（元）\n王建国,3,60\n李秀英,2,40\n".encode()
    answer = secretary.request.post(
        f"{hub.url}/api/units/{unit}/notices/with-tables", headers={"Origin": hub.url},
        multipart={"notice": json.dumps(road),
                   "files": {"name": "筹资明细.csv", "mimeType": "text/csv", "buffer": table}},
    )  # fmt: skip
    assert answer.status == 201, answer.text()
    notice = answer.json()
    phone = browser.new_context(
        base_url=hub.url, ignore_https_errors=True, java_script_enabled=script, is_mobile=True, has_touch=True,
        user_agent=WECHAT[kind], viewport={"width": 360, "height": 740}, device_scale_factor=2, accept_downloads=True,
    )  # fmt: skip
    page = phone.new_page()
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    opened = page.goto(f"/public/{CODE}")
    assert opened is not None
    size = len(opened.body())
    print(f"{kind}: {size} bytes")
    assert size <= 50_000
    assert asked == [f"{hub.url}/public/{CODE}"], "one request is the whole page"
    mine = page.locator(f"#{notice['id']}")
    assert mine.locator("h2").inner_text() == road["title"]
    box = mine.locator("li a").bounding_box()
    assert box is not None
    assert box["height"] >= 44, "a thumb's"
    assert box["x"] + box["width"] <= 360
    page.screenshot(path=tmp_path / "wechat-360.png", full_page=True)
    with page.expect_download() as waiting:
        mine.locator("li a").tap()
    assert waiting.value.suggested_filename == "筹资明细.csv"
    assert Path(waiting.value.path()).read_bytes() == table
    mine.locator("text=我有异议").tap()
    page.fill("#name", "李四")
    page.fill("#text", "人数不对")
    page.tap("button")
    page.wait_for_selector("text=已收到您的异议")
    if script:
        assert page.evaluate("document.scripts.length") == 0
        assert page.evaluate(WIDE) <= 0
    assert (phone.cookies(), problems) == ([], [])
    phone.close()
    post(secretary, f"/api/notices/{notice['id']}/off", {"on": TODAY, "reason": "测试"})
    gone = window(None)
    gone.goto(f"/public/{CODE}")
    assert gone.locator(f"#{notice['id']}").count() == 0
