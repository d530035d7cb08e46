"""Every page: axe-core finds nothing serious, nothing is cut off from 360 px to a wall, targets are large enough."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Window
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LEAST_PX = 48
# Everything that is pressed alone; a box or a dot is pressed with its whole label.
SMALL = """(least) => [...document.querySelectorAll('button, a, select, label:has(> input), [role=tab]')]
  .filter((e) => e.offsetParent && !e.matches('.skip, .hidden-word') && !e.closest('.el-select, .el-date-editor'))
  .filter((e) => e.getBoundingClientRect().height < least - 0.5)
  .map((e) => `${e.tagName} ${e.className} ${Math.round(e.getBoundingClientRect().height)} ${e.textContent.trim()}`)"""
TIGHT = """() => [...document.querySelectorAll('body *')]
  .filter((e) => e.offsetParent && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
  .filter((e) => parseFloat(getComputedStyle(e).lineHeight) / parseFloat(getComputedStyle(e).fontSize) < 1.29)
  .map((e) => `${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 30)}`)"""

ROOMS = {
    "secretary": ["/", "/start", "/plan", "/recordings", "/decisions", "/notices", "/nothing-here"],
    "inspector": ["/", "/recordings", "/decisions", "/keeping", "/desk", "/county", "/county/affairs"],
    "security": ["/users"],
}


# A dialog that is still fading in has no contrast yet.
STILL = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  const ending = document.getAnimations().filter((one) => one.effect.getComputedTiming().iterations !== Infinity)
  await Promise.allSettled(ending.map((one) => one.finished))
}"""


def serious(page: Page, axe: str) -> list[Any]:
    page.evaluate(STILL)
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (one["id"], [node["html"][:160] for node in one["nodes"]])
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def look_at(page: Page, axe: str) -> None:
    page.wait_for_selector("h1, [role=status], [role=alert]")
    page.wait_for_load_state("networkidle")
    where = f"{page.url} at {page.viewport_size}"
    assert serious(page, axe) == [], where
    assert page.evaluate(OVERFLOW) <= 0, where
    assert page.evaluate(SMALL, LEAST_PX) == [], where
    assert page.evaluate(TIGHT) == [], where
    assert "非涉密" in page.inner_text("footer") or "not classified" in page.inner_text("footer"), where
    assert page.locator("footer button:has-text('意见反馈'), footer button:has-text('Feedback')").count() == 1, where


@pytest.mark.parametrize("width", [360, 1366, 2560])
@pytest.mark.parametrize("role", ROOMS)
def test_pages_of_a_role(hub: RunningHub, window: Window, axe: str, role: str, width: int) -> None:
    page = window(hub.account(role), width=width)
    for path in ROOMS[role]:
        page.goto(path)
        look_at(page, axe)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_room_in_large_text_on_a_phone(hub: RunningHub, window: Window, axe: str, language: str) -> None:
    page = window(hub.account("secretary"), width=360, height=740, language=language)
    page.evaluate("localStorage.setItem('huilu.text', '24')")
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "24px"
    page.click("[data-press=begin]")
    page.click("[data-press=start]")
    page.wait_for_selector("[data-rec].on")
    look_at(page, axe)
    page.click("#tab-people")
    look_at(page, axe)
    page.click("[data-press=end]")
    page.wait_for_selector("[data-press=end-sure]")
    assert serious(page, axe) == []
    page.click("[data-press=end-sure]")
    page.wait_for_selector("[data-rec]", state="detached")
    look_at(page, axe)


def test_signing_in(hub: RunningHub, window: Window, axe: str) -> None:
    page = window()
    look_at(page, axe)
    assert page.evaluate("document.activeElement.id") == "username"
    page.keyboard.type("nobody")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert]")
    assert page.evaluate("getComputedStyle(document.querySelector('[role=alert]')).display") != "none"
    page.goto("/recordings")
    page.wait_for_url("**/signin?next=/recordings")
    account = hub.account("inspector")
    page.fill("#username", account.username)
    page.fill("#password", account.password)
    page.keyboard.press("Enter")
    page.wait_for_url(hub.url + "/recordings")


def test_a_code_from_the_telephone_opens_and_is_used_up(hub: RunningHub, window: Window) -> None:
    security = window(hub.account("security"))
    # Nobody else here signs in as the auditor, who has another password from now on.
    auditor = hub.account("auditor")
    security.goto("/users")
    security.click(f".user:has-text('{auditor.username}') button >> nth=-1")  # before it: his sign-ins
    security.click(".el-dialog__footer .primary >> visible=true")
    code = security.inner_text(".code").replace(" ", "")
    page = window()
    page.click("text=忘了密码")
    page.fill("#username", auditor.username)
    page.fill("#code", code)
    for field in ("#fresh", "#again"):
        page.fill(field, "four words of a village")
    page.click("button[type=submit]")
    page.wait_for_url(hub.url + "/")
    again = window()
    again.click("text=忘了密码")
    again.fill("#username", auditor.username)
    again.fill("#code", code)
    for field in ("#fresh", "#again"):
        again.fill(field, "four words of another")
    again.click("button[type=submit]")
    again.wait_for_selector("[role=alert]")


def test_a_person_who_signed_in_is_told_no_more_than_the_role_allows(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("inspector"))
    expect(page.locator("[data-press=begin]")).to_have_count(0)
    hrefs = page.locator("nav a").evaluate_all("all => all.map((each) => each.getAttribute('href'))")
    assert sorted(hrefs) == ["/", "/branches", "/county", "/decisions", "/desk", "/keeping", "/recordings"]


def test_english_is_behind_a_switch_and_stays(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"))
    page.click(".tools button:has-text('English')")
    page.wait_for_selector("text=Meet now")
    assert page.get_attribute("html", "lang") == "en"


def test_feedback_is_sent_and_answered(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("inspector"))
    page.click("footer button")
    page.fill("#feedback-text", "字再大一点就好了")
    page.click(".el-dialog button[type=submit]")
    page.wait_for_selector(".el-dialog", state="hidden")
    username, password = hub.admin
    admin = window()
    admin.fill("#username", username)
    admin.fill("#password", password)
    admin.keyboard.press("Enter")
    admin.wait_for_url(hub.url + "/")
    admin.goto("/feedback")
    admin.fill("article:has-text('字再大一点就好了') textarea", "页面上方有“大字”")
    with admin.expect_response(lambda answer: answer.request.method == "POST" and "/feedback/" in answer.url):
        admin.click("article:has-text('字再大一点就好了') button")
    page.click("footer button")
    page.wait_for_selector("text=页面上方有“大字”")
