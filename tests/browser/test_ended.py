"""After the end: the page says that the recording is being closed, follows it by itself, and then shows the figures."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Window
from tests.browser.steps import archived, begin_meeting, until_encoded
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

WATCH_FOR_LOBBY = """() => {
  window.lobby = false
  const look = () => { window.lobby = window.lobby || document.querySelector('[data-press=enter]') !== null }
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true})
}"""


def test_the_ended_page_follows_the_closing_of_the_recording(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"))
    meeting = begin_meeting(page)
    until_encoded(page, 60)
    page.click("[data-press=end]")
    page.wait_for_selector("[data-press=end-sure]")
    with hub.halted("recorder"):  # it can close nothing while we look
        page.evaluate(WATCH_FOR_LOBBY)
        page.click("[data-press=end-sure]")
        page.wait_for_selector("[data-archiving]")
        assert not page.evaluate("window.lobby"), "who was in the meeting was asked in once more"
        assert "录像正在归档…" in page.inner_text("[data-archiving]")
        shown = page.inner_text("main")
        assert "%" not in shown, "a coverage that is not final"
        assert "断点" not in shown
    # Nothing is pressed and nothing reloaded.
    page.wait_for_selector("[data-archived]")
    expect(page.locator("[data-archiving]")).to_have_count(0)
    recording = archived(page, meeting)
    share = int(recording["coverage"]["live"] * 1000 + 1e-9) / 10
    figures = page.locator("dl.three").inner_text()
    assert ("100%" if share >= 100 else f"{share:.1f}%") in figures
    assert page.locator("dl.facts dd").nth(2).inner_text() != "00:00"
    assert page.get_attribute("a:has-text('看录像')", "href") == f"/recordings/{recording['id']}"
    expect(page.locator(".gap")).to_have_count(len(recording["coverage"]["gaps"]))


def test_the_notice_is_explained_to_whoever_reads_english(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"), language="en")
    page.click("[data-press=begin]")
    notice = page.locator("section.notice")
    assert "本次会议全程录音录像" in notice.locator("[lang=zh-CN]").inner_text()
    english = notice.locator("[lang=en]").inner_text()
    assert "This meeting is recorded" in english
    assert not set(english) & set("{}")
    page.click(".tools button:has-text('中文')")
    notice.locator("[lang=en]").wait_for(state="detached")
