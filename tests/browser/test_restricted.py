"""The replay of a meeting with a restricted part: passed over and shown on the time line to whoever may not see it."""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Window
from tests.browser.steps import archived, begin_meeting, press_end, until_encoded
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

POST = """async ([path, body]) => {
  const answer = await fetch(path, {
    method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.status === 204 ? null : answer.json()
}"""
AT = "() => document.querySelector('video[data-replay]').currentTime"
# Every moment that was really shown.
WATCH = """() => {
  const video = document.querySelector('video[data-replay]')
  window.shown = []
  const look = (now, frame) => { window.shown.push(frame.mediaTime); video.requestVideoFrameCallback(look) }
  video.requestVideoFrameCallback(look)
}"""

# The mean of the green channel of what is shown, 0 to 255: the fake camera is green, filler is black.
BRIGHT = """() => {
  const video = document.querySelector('video[data-replay]')
  const canvas = document.createElement('canvas')
  canvas.width = 64
  canvas.height = 36
  const context = canvas.getContext('2d')
  context.drawImage(video, 0, 0, 64, 36)
  const pixels = context.getImageData(0, 0, 64, 36).data
  let sum = 0
  for (let at = 1; at < pixels.length; at += 4) sum += pixels[at]
  return sum / (pixels.length / 4)
}"""
FIRST_SHOWN = """() => new Promise((resolve) => {
  const look = () => {
    const video = document.querySelector('video[data-replay]')
    if (!video) return requestAnimationFrame(look)
    video.requestVideoFrameCallback((now, frame) => resolve(frame.mediaTime))
  }
  look()
})"""


def encoded_more(page: Page, frames: int) -> None:
    until_encoded(page, page.evaluate("window.huilu.stats().then((s) => s.framesEncoded.camera)") + frames)


def test_a_part_that_may_not_be_seen_is_passed_over(hub: RunningHub, window: Window) -> None:
    secretary = window(hub.account("secretary"))
    meeting = begin_meeting(secretary)
    items = f"/api/meetings/{meeting}/items"
    # What is hidden is widened to whole pieces of the picture, of up to 5 s: one more has to lie before and behind it.
    encoded_more(secretary, 180)
    hidden = secretary.evaluate(POST, [items, {"title": "评议张三", "access_class": "restricted"}])["id"]
    secretary.evaluate(POST, [f"{items}/{hidden}/start", {}])
    encoded_more(secretary, 80)
    secretary.evaluate(POST, [f"{items}/{hidden}/end", {}])
    encoded_more(secretary, 180)
    press_end(secretary)
    recording = archived(secretary, meeting)
    assert recording["restricted"] == []

    page = window(hub.account("organiser"))
    refused: list[str] = []
    page.on("response", lambda answer: refused.append(answer.url) if answer.status == 403 else None)
    page.goto(f"/recordings/{recording['id']}")
    page.wait_for_selector("[data-held]")
    assert "限制查看" in page.inner_text("[data-held]")
    assert "评议张三" not in page.content()
    seen = page.evaluate("(path) => fetch(path).then((a) => a.json())", f"/api/recordings/{recording['id']}")
    (part,) = seen["restricted"]
    end = seen["duration_ms"] / 1000
    assert 0 < part["start_ms"] < part["end_ms"] < seen["duration_ms"] - 1000

    page.evaluate(WATCH)
    page.click("[data-play]")
    page.wait_for_selector("[data-passed]")
    page.wait_for_function(f"() => ({AT})() > {part['end_ms'] / 1000 + 0.5}")
    start, behind = part["start_ms"] / 1000, part["end_ms"] / 1000
    shown = page.evaluate("window.shown")
    print(f"\nrestricted {start:.1f} to {behind:.1f} of {end:.1f} s; shown {min(shown):.2f} to {max(shown):.2f} s")
    assert [at for at in shown if start + 0.05 < at < behind - 0.05] == []
    # Both sides of it are played, nearly to its edges; a busy machine drops frames.
    assert min(shown) < start
    assert max(at for at in shown if at <= start + 0.05) > start - 2
    # By hand one lands behind it, and on the way back before it.
    slider = page.locator("[role=slider]")
    slider.focus()
    slider.press("Home")
    page.wait_for_function(f"() => ({AT})() < 1")
    page.locator("[data-held]").click(force=True)
    page.wait_for_function(f"() => ({AT})() >= {behind}")
    slider.focus()
    slider.press("ArrowLeft")
    page.wait_for_function(f"() => ({AT})() < {start}")
    assert refused == []
    assert page.locator(".banner.bad").count() == 0


def test_a_replay_begins_with_a_picture_and_an_address_with_its_moment(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"))
    meeting = begin_meeting(page)
    encoded_more(page, 60)
    press_end(page)
    recording = archived(page, meeting)
    (first,) = [track["start_ms"] for track in recording["tracks"] if track["kind"] == "camera"]
    page.goto(f"/recordings/{recording['id']}")
    page.wait_for_function("() => document.querySelector('video[data-replay]')?.readyState >= 2")
    at = page.evaluate(AT)
    print(f"\nfirst picture at {first} ms, the replay begins at {at * 1000:.0f} ms")
    if 0 < first < 1000:
        assert first / 1000 <= at <= first / 1000 + 0.02
        assert page.evaluate(BRIGHT) > 20
    else:
        assert at == 0
    page.goto(f"/recordings/{recording['id']}?t=0", wait_until="commit")
    assert page.evaluate(FIRST_SHOWN) < max(0.001, first / 1000)
