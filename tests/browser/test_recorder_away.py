"""A recorder that does not answer: the room says so in words, the meeting is held, and the words go when it is back."""

import pytest

from tests.browser.conftest import Window
from tests.browser.steps import archived, ask, press_end, until_encoded
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser


def test_a_meeting_is_opened_while_the_recorder_is_stopped(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"))
    page.click("[data-press=begin]")
    page.wait_for_selector("[data-press=start]")
    with hub.halted("recorder"):
        page.click("[data-press=start]")
        page.wait_for_selector("[data-unwell]")
        assert "录制服务没有应答" in page.inner_text("[data-unwell]")
        assert "会议可以照开" in page.inner_text("[data-unwell]")
        page.wait_for_selector("[data-rec].unwell")
        meeting = page.url.rsplit("/", 1)[-1]
        until_encoded(page, 10)
        assert ask(page, f"/api/meetings/{meeting}")["state"] == "open"
    page.wait_for_selector("[data-unwell]", state="detached")
    page.wait_for_selector("[data-rec].on")
    until_encoded(page, 60)
    press_end(page)
    recording = archived(page, meeting)
    assert {track["kind"] for track in recording["tracks"]} == {"camera", "microphone"}
