"""A telephone: it films with its rear camera, stays awake in a meeting, and a locked screen is a gap with that name."""

import pytest

from tests.browser.conftest import Window
from tests.browser.steps import archived, begin_meeting, press_end, until_encoded
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

SPY = """
window.asked = []; window.lent = []; window.awake = []
if (navigator.mediaDevices) {
  const media = navigator.mediaDevices, ask = media.getUserMedia.bind(media)
  media.getUserMedia = async (wish) => {
    window.asked.push(wish)
    const stream = await ask(wish)
    window.lent.push(...stream.getTracks())
    return stream
  }
}
if (navigator.wakeLock) {
  const lock = navigator.wakeLock, request = lock.request.bind(lock)
  lock.request = (kind) => { window.awake.push(kind); return request(kind) }
}
"""
# As a phone does it: the devices are taken from a page that is out of sight, without an event.
HIDE = """() => {
  Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => 'hidden'})
  document.dispatchEvent(new Event('visibilitychange'))
  for (const track of window.lent) track.stop()
}"""
SHOW = """() => {
  delete document.visibilityState
  document.dispatchEvent(new Event('visibilitychange'))
}"""
TELL = "(what) => window.lent.filter((t) => t.kind === 'audio').at(-1).dispatchEvent(new Event(what))"
HIDDEN_MS = 4000


def test_a_phone_in_a_meeting(hub: RunningHub, window: Window) -> None:
    phone = {"is_mobile": True, "has_touch": True, "screen": {"width": 360, "height": 780}}
    page = window(width=360, height=780, **phone)
    page.context.add_init_script(SPY)
    account = hub.account("secretary")
    page.goto("/signin")
    page.fill("#username", account.username)
    page.fill("#password", account.password)
    page.click("button[type=submit]")
    page.wait_for_url(hub.url + "/")

    meeting = begin_meeting(page)
    assert page.evaluate("window.asked[0].video.facingMode") == {"ideal": "environment"}
    assert page.evaluate("window.awake") == ["screen"]

    # A call takes the microphone of a page that stays in sight.
    page.evaluate(TELL, "mute")
    page.wait_for_selector("text=来电占用了话筒或摄像头")
    page.evaluate(TELL, "unmute")
    page.wait_for_selector("text=来电占用了话筒或摄像头", state="detached")

    until_encoded(page, 50)
    asked = page.evaluate("window.asked.length")
    page.evaluate(HIDE)
    page.wait_for_selector("text=刚才锁屏或切到了别的应用")
    page.wait_for_timeout(HIDDEN_MS)
    page.evaluate(SHOW)
    page.wait_for_selector("text=刚才锁屏或切到了别的应用", state="detached")
    assert page.evaluate("window.asked.length") == asked + 1
    assert page.evaluate("window.awake.length") == 2
    until_encoded(page, 100)
    press_end(page)

    recording = archived(page, meeting)
    locked = [gap for gap in recording["coverage"]["gaps"] if gap["cause"] == "locked"]
    assert locked, recording["coverage"]["gaps"]
    page.click("text=看录像")
    page.wait_for_selector("text=锁屏 >> visible=true")
