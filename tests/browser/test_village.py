"""A village meeting by its secretary's hands: how little there is to press, and what is there afterwards."""

import os
import re
import signal
import time

import pytest

from tests.browser import presses
from tests.browser.conftest import Window
from tests.browser.steps import (
    archived,
    ask,
    begin_meeting,
    figures,
    press_end,
    press_leave,
    until,
    until_encoded,
    until_seen,
)
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

PLAYED = """() => {
  const video = document.querySelector('video[data-replay]')
  if (!video) return {at: 0, frames: 0, width: 0}
  return {at: video.currentTime, frames: video.getVideoPlaybackQuality().totalVideoFrames, width: video.videoWidth}
}"""


FIRST_PICTURE = """() => new Promise((resolve) => {
  const look = () => {
    const video = document.querySelector('video[data-replay]')
    if (!video) return requestAnimationFrame(look)
    video.requestVideoFrameCallback(() => resolve(performance.now()))
  }
  look()
})"""
SOUGHT = """(to) => new Promise((resolve) => {
  const video = document.querySelector('video[data-replay]')
  const began = performance.now()
  const look = (now, frame) => {
    if (Math.abs(frame.mediaTime - to) < 1) resolve(performance.now() - began)
    else video.requestVideoFrameCallback(look)
  }
  video.requestVideoFrameCallback(look)
  video.currentTime = to
})"""


def test_a_meeting_from_the_button_to_the_replay(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"))

    presses.begin(page)
    meeting = begin_meeting(page)
    started = presses.effort(page)
    assert started.pressed <= 3, started
    assert started.typed == 0, started

    presses.begin(page)
    page.click("[data-press=item-start]")
    page.wait_for_selector("[data-press=item-end]")
    opened = presses.effort(page)

    presses.begin(page)
    page.click("[data-press=vote]")
    page.wait_for_selector("[data-vote] input[name=in_favour]:focus")
    page.select_option("#vote-matter", label="工程招投标")
    page.keyboard.type("5")
    page.click("input[name=against]")
    page.keyboard.type("1")
    page.click("input[name=abstained]")
    page.keyboard.type("1")
    page.click("#vote-present")
    page.keyboard.type("10")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-vote]", state="detached")
    voted = presses.effort(page)
    # Neither was the matter chosen beforehand nor anybody ticked: even then seven, and four figures.
    assert voted.pressed <= 7, voted
    assert voted.typed == 5, voted

    presses.begin(page)
    page.click("[data-press=item-end]")
    page.wait_for_selector("[data-press=item-end]", state="detached")
    closed = presses.effort(page)
    assert opened.pressed + closed.pressed <= 2
    assert opened.typed + closed.typed == 0

    until_encoded(page, 40)
    presses.begin(page)
    page.click("[data-press=end]")
    page.click("[data-press=end-sure]")
    page.wait_for_selector("text=看录像")
    ended = presses.effort(page)
    assert ended.pressed <= 2, ended
    assert ended.typed == 0, ended
    print(f"\npresses and characters: {started=} {opened=} {voted=} {closed=} {ended=}")

    # The picture was there when the meeting was opened; what is missing before its first frame has a name.
    recording = archived(page, meeting)
    first = {track["kind"]: track["start_ms"] for track in recording["tracks"]}
    print(f"first sealed frame after the opening, ms: {first}; gaps: {recording['gaps']}")
    assert ask(page, f"/api/meetings/{meeting}")["coverage"] == recording["coverage"]
    assert first.keys() == {"camera", "microphone"}
    assert all(gap["cause"] != "unknown" for gap in recording["coverage"]["gaps"] if gap["start_ms"] == 0)

    # What was decided, and the minute of film in which it was.
    page.click("text=议事记录 >> nth=0")
    page.wait_for_selector("[data-watch]")
    start_ms = int(re.findall(r"t=(\d+)", page.get_attribute("[data-watch]", "href") or "")[0])
    page.click("[data-watch]")
    page.wait_for_function(f"() => ({PLAYED})().frames > 5")
    played = page.evaluate(PLAYED)
    assert start_ms / 1000 - 0.1 <= played["at"] <= start_ms / 1000 + 15
    assert played["width"] == 1280
    assert meeting in page.evaluate("fetch('/api/meetings').then((r) => r.text())")


def test_a_replay_is_sought_by_keyboard(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"))
    begin_meeting(page)
    until_encoded(page, 150)
    page.click("[data-press=end]")
    page.click("[data-press=end-sure]")
    page.click("text=看录像")
    page.wait_for_function(f"() => ({PLAYED})().width > 0")
    slider = page.locator("[role=slider]")
    slider.focus()
    slider.press("Home")
    slider.press("ArrowRight")
    page.wait_for_function(f"() => Math.abs(({PLAYED})().at - 5) < 0.2")
    page.wait_for_function("() => !document.querySelector('video[data-replay]').seeking")
    slider.press("ArrowLeft")
    page.wait_for_function(f"() => ({PLAYED})().at < 0.2")
    assert re.fullmatch(r"\d\d:\d\d:\d\d", page.inner_text("[data-wall-clock]"))
    before = page.evaluate(PLAYED)["frames"]
    page.keyboard.press("Tab")
    page.click("[data-play]")
    page.wait_for_function(f"() => ({PLAYED})().frames > {before} + 10")
    # Timings are told, not asserted: 1 s for the first picture, 500 ms for a seek on a calm machine.
    page.reload(wait_until="commit")
    first = page.evaluate(FIRST_PICTURE)
    sought = [page.evaluate(SOUGHT, to) for to in (4, 0.5, 3)]
    print(f"\nreplay: first picture {first:.0f} ms after opening the page; seeks {[round(each) for each in sought]} ms")


def test_two_windows_see_and_hear_each_other_and_come_back(hub: RunningHub, window: Window) -> None:
    secretary = window(hub.account("secretary"))
    meeting = begin_meeting(secretary)
    organiser = window(hub.account("organiser"))
    organiser.goto(f"/meetings/{meeting}")
    organiser.click("[data-press=enter]")
    for page in (secretary, organiser):
        until_seen(page, 20)
        page.wait_for_selector(".strip .tile video >> nth=1")
    assert figures(secretary)["sentSize"]["camera"] == "1280x720"

    # A page that was reloaded goes straight back in, without a press.
    organiser.reload()
    organiser.wait_for_selector("[data-rec]")
    until_seen(organiser, 5)
    until_encoded(organiser, 1)

    # A changed network: new ICE credentials over the channel; the session goes on.
    before = figures(organiser)
    organiser.evaluate("window.dispatchEvent(new Event('online'))")
    until(
        organiser,
        """async (least) => {
          const now = await window.huilu.stats()
          return now.restarts > 0 && now.phase === 'connected' && now.slots.some((slot) => slot.framesDecoded > least)
        }""",
        max(slot["framesDecoded"] for slot in before["slots"]) + 10,
    )
    assert figures(organiser)["session"] == before["session"]

    # The relay dies: pages are told, make a new session and see again.
    sessions = [figures(page)["session"] for page in (organiser, secretary)]
    os.kill(hub.pid("relay"), signal.SIGKILL)
    killed = time.monotonic()
    for page, session in zip((organiser, secretary), sessions, strict=True):
        until(
            page,
            """async (old) => {
              const now = await window.huilu.stats()
              return now.session && now.session !== old && now.phase === 'connected'
            }""",
            session,
        )
        until_seen(page, 1)
        print(f"\npicture again {time.monotonic() - killed:.1f} s after the relay's death")

    left = press_leave(organiser, hub.url + "/")
    assert left["framesEncoded"]["camera"] > 0
    press_end(secretary)


def test_a_lost_sign_in_is_given_again_inside_the_meeting(hub: RunningHub, window: Window) -> None:
    account = hub.account("secretary")
    page = window(account)
    begin_meeting(page)
    session = figures(page)["session"]
    page.context.clear_cookies()
    page.click("[data-press=item-start]")
    page.fill("[data-sign-in-again] input[name=password]", account.password)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-sign-in-again]", state="detached")
    page.click("[data-press=item-start]")
    page.wait_for_selector("[data-press=item-end]")
    until_encoded(page, figures(page)["framesEncoded"]["camera"] + 10)
    assert figures(page)["session"] == session
    press_end(page)
