"""The desks by their people's hands: a village sees what is next, a reviewer answers from the list, a county opens a
figure; nothing is cut off from 360 px to 1920."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import presses
from tests.browser.conftest import Window
from tests.browser.steps import ask, post
from tests.browser.test_pages import look_at
from tests.fixtures_hub import Account, RunningHub

pytestmark = pytest.mark.browser
PLAIN = {"width": 1366, "height": 900}


def at_three_widths(page: Page, axe: str, folder: Path, name: str) -> None:
    for width in (360, 1366, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        look_at(page, axe)
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size(PLAIN)


def test_a_review_is_asked_for_and_answered_from_the_desks(
    hub: RunningHub, window: Window, axe: str, tmp_path: Path
) -> None:
    secretary = window(hub.account("secretary"))
    unit = ask(secretary, "/api/me")["home"]["id"]
    road = post(secretary, "/api/decisions", {"unit": unit, "matter": "b1", "title": "村内中心街道路硬化"})["id"]
    lamps = post(secretary, "/api/decisions", {"unit": unit, "matter": "d1", "title": "路灯采购"})["id"]
    talk = {"title": "村民代表会议：讨论路灯", "kind": "representatives_meeting", "unit": unit}
    meeting = post(secretary, "/api/meetings", talk)["id"]
    post(secretary, f"/api/meetings/{meeting}/open", {})

    secretary.goto("/")
    asking = f"[data-desk=village] [data-due=ask][data-of='{road}']"
    secretary.wait_for_selector(asking)
    at_three_widths(secretary, axe, tmp_path, "village")
    # Where a meeting is next, the press plans it with the record already taken up.
    secretary.click(f"[data-due=sitting][data-of='{lamps}'] [data-press=plan]")
    secretary.wait_for_selector(f"[data-waiting='{lamps}'] button[aria-pressed=true]")
    secretary.goto("/")
    presses.begin(secretary)
    secretary.click(f"{asking} a")
    secretary.click("[data-go]")
    secretary.wait_for_selector("[data-step=review][data-state=due]")
    asked = presses.effort(secretary)
    assert (asked.pressed, asked.typed) == (2, 0), asked

    reviewer = window(hub.account("reviewer"))
    presses.begin(reviewer)
    reviewer.click("nav a[href='/desk']")
    waits = f"[data-part=reviews] [data-due=opinion][data-of='{road}']"
    reviewer.wait_for_selector(waits)
    assert "村内中心街道路硬化" in reviewer.inner_text(waits)
    reviewer.wait_for_selector(f"[data-part=meetings] a[href='/meetings/{meeting}'] >> text=视频参加")
    reviewer.click(f"{waits} a")
    reviewer.click("[data-go]")
    reviewer.wait_for_selector("[data-step=review][data-state=done]")
    answered = presses.effort(reviewer)
    assert (answered.pressed, answered.typed) == (3, 0), answered
    print(f"\npresses and characters: {asked=} {answered=}")
    reviewer.goto("/desk")
    reviewer.wait_for_selector("[data-part=reviews]")
    expect(reviewer.locator(waits)).to_have_count(0)
    at_three_widths(reviewer, axe, tmp_path, "town")
    reviewer.click(f"a[href='/meetings/{meeting}']")
    reviewer.wait_for_selector("[data-press=enter]")
    post(secretary, f"/api/meetings/{meeting}/end", {})


def test_a_figure_opens_the_affairs_behind_it(hub: RunningHub, window: Window, axe: str, tmp_path: Path) -> None:
    secretary = window(hub.account("secretary"))
    unit = ask(secretary, "/api/me")["home"]["id"]
    road = post(secretary, "/api/decisions", {"unit": unit, "matter": "b1", "title": "村西水渠清淤"})["id"]
    post(secretary, f"/api/decisions/{road}/acts", {"act": "ask", "step": "review"})

    inspector = window(hub.account("inspector"))
    inspector.goto("/county")
    inspector.click("[data-press=outside]")
    inspector.click("[data-outside] .el-select")
    inspector.keyboard.type("张庄")
    inspector.click(".el-select-dropdown__item:has-text('张庄村')")
    inspector.select_option("#outside-matter", value="c1")
    inspector.fill("#outside-title", "卖树款分配")
    inspector.fill("#outside-found", "查账发现，没有开会")
    at_three_widths(inspector, axe, tmp_path, "outside")
    inspector.click("[data-outside] [data-go]")
    inspector.wait_for_selector("[data-outside] form", state="detached")
    inspector.click("[data-part=total] [data-figure=outside]")
    inspector.wait_for_selector("[data-affair] >> text=卖树款分配")
    inspector.click("[data-press=found]")
    inspector.wait_for_selector("[data-found] >> text=查账发现，没有开会")

    username, password = hub.admin
    admin = window(Account("admin", "", username, password, ""))
    admin.click("nav a[href='/county']")
    admin.wait_for_selector("[data-part=total]")
    figures = ask(admin, "/api/desk/county")
    at_three_widths(admin, axe, tmp_path, "county")
    admin.click("[data-part=total] [data-figure=all]")
    admin.wait_for_selector("[data-affair]")
    total = figures["total"]["all"]
    assert f"全部事项：{total} 件" in admin.inner_text("h1")
    expect(admin.locator("[data-affair]")).to_have_count(min(50, total))
    at_three_widths(admin, axe, tmp_path, "affairs")
    admin.click(f"[data-affair='{road}'] a")
    admin.wait_for_selector("h1:has-text('村西水渠清淤')")
    # Back at the figures of the same period, narrowed to one town.
    admin.go_back()
    admin.go_back()
    admin.select_option("#town", index=1)
    admin.wait_for_selector("[data-part=towns]", state="detached")
    admin.click("[data-part=categories] [data-figure=all] >> nth=0")
    admin.wait_for_selector("[data-affair]")
    assert "unit=" in admin.url
    assert "category=" in admin.url
