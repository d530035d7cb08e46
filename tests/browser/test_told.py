"""What people are told in words: by the sheet on the door, and by the page of a browser that is too old."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Window
from tests.browser.steps import begin_meeting, press_end
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser


def test_the_sheet_for_the_door_names_keeper_term_and_contact(hub: RunningHub, window: Window) -> None:
    account = hub.account("secretary")
    page = window(account)
    meeting = begin_meeting(page)
    sheet = page.context.new_page()
    sheet.goto(f"/meetings/{meeting}/sheet")
    text = sheet.inner_text(".sheet article .text")
    assert "全程录音录像" in text
    assert f"由{account.unit}保管" in text
    assert "期限十年" in text
    contact = text.rsplit("请联系", 1)[1]
    assert len(contact.strip("。 ")) > 1, text
    whole = sheet.inner_text(".sheet article")
    assert not set(whole) & set("{}"), whole
    assert account.unit in sheet.inner_text(".sheet dl")
    # On paper stands the notice, and no button.
    sheet.emulate_media(media="print")
    assert sheet.is_visible(".sheet article .text")
    assert not sheet.is_visible(".sheet button")
    sheet.close()
    press_end(page)


@pytest.mark.parametrize("lacks", ["delete String.prototype.replaceAll", "delete window.WebSocket"])
def test_an_old_browser_is_told_what_to_use(window: Window, lacks: str) -> None:
    page = window()
    page.wait_for_selector("#username")
    page.context.add_init_script(lacks)
    page.goto("/signin")
    page.wait_for_load_state("networkidle")
    assert page.inner_text("h1") == "这个浏览器太旧，打不开会录"
    told = page.inner_text("#app")
    assert "极速模式" in told
    assert "Chrome, Edge (87 or later)" in told
    expect(page.locator("#username")).to_have_count(0)
