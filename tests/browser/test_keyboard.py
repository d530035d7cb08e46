"""A whole meeting with the keyboard alone, and what the page does by itself before it: five seconds, a voice."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Window
from tests.browser.steps import archived, until_encoded
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

MOST_TABS = 80  # more stops than any page has
SPOKEN = "() => { window.spoken = []; speechSynthesis.speak = (said) => window.spoken.push(said.text) }"

PLAYED_BACK = "() => [...document.querySelectorAll('video')].some((video) => video.src && video.currentTime > 1)"


def reach(page: Page, selector: str) -> None:
    """By Tab, as somebody without a mouse; what has the focus must show it."""
    page.wait_for_selector(selector)
    for _ in range(MOST_TABS):
        if page.evaluate("(selector) => document.activeElement?.closest(selector) !== null", selector):
            seen = page.evaluate("document.activeElement.matches(':focus-visible')")
            assert seen, f"{selector} has the focus and does not show it"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"not reached by Tab: {selector}")


def press(page: Page, selector: str) -> None:
    reach(page, selector)
    page.keyboard.press("Enter")


def test_a_meeting_needs_no_mouse(hub: RunningHub, window: Window) -> None:
    account = hub.account("secretary")
    page = window()
    reach(page, "#username")
    page.keyboard.type(account.username)
    reach(page, "#password")
    page.keyboard.type(account.password)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-press=begin]")
    press(page, "[data-press=begin]")
    press(page, "[data-press=start]")
    page.wait_for_selector("[data-rec].on")
    until_encoded(page, 1)
    meeting = page.url.rsplit("/", 1)[-1]
    press(page, "[data-press=item-start]")
    press(page, "[data-press=item-end]")
    press(page, "[data-press=end]")
    press(page, "[data-press=end-sure]")
    page.wait_for_selector("text=看录像")
    recording = archived(page, meeting)
    assert recording["meeting"]["items"][0]["end_ms"] is not None
    assert {track["kind"] for track in recording["tracks"]} == {"camera", "microphone"}


def test_five_seconds_are_played_back_and_the_notice_is_read_aloud(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"))
    page.evaluate(SPOKEN)
    page.click("[data-press=begin]")
    page.wait_for_selector("[data-press=start]")
    page.wait_for_function(
        "() => [...document.querySelectorAll('video')].some((video) => video.src && video.currentTime > 1)"
    )
    page.click("text=大声念出来")
    page.wait_for_function("() => window.spoken.length > 0")
    assert "本次会议全程录音录像" in page.evaluate("window.spoken.join('')")
    assert "{" not in page.evaluate("window.spoken.join('')")


def test_type_is_18_px_and_24_by_a_switch(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"))
    size = "getComputedStyle(document.querySelector('main')).fontSize"
    assert page.evaluate(size) == "18px"
    page.click("text=大字")
    assert page.evaluate(size) == "24px"
