"""A browser that sends VP8 alone, from the meeting to the verified export; and one without any picture format."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Window
from tests.browser.steps import ask, begin_meeting, figures, press_end, until, until_seen
from tests.browser.test_archive import files_of, huilu, tracks_of
from tests.fixtures_hub import RunningHub
from tests.recorder.hub import decode_errors, demuxed

pytestmark = pytest.mark.browser

# As a telephone's whose H.264 encoder a browser may not use.
VP8_ALONE = """
const known = RTCRtpSender.getCapabilities.bind(RTCRtpSender)
RTCRtpSender.getCapabilities = (kind) => {
  const found = known(kind)
  return {...found, codecs: found.codecs.filter((codec) => codec.mimeType !== 'video/H264')}
}
"""
NEITHER = """
const made = RTCPeerConnection.prototype.createOffer
RTCPeerConnection.prototype.createOffer = async function (...given) {
  const {type, sdp} = await made.apply(this, given)
  return {type, sdp: sdp.replace(/ (VP8|H264)\\/90000/g, ' X$1/90000')}
}
"""
CODEC = """
async () => {
  const seen = []
  for (const connection of window.connections) {
    const rows = await connection.getStats()
    rows.forEach((row) => {
      if (row.kind !== 'video' || row.type !== 'inbound-rtp' || !row.framesDecoded) return
      seen.push(rows.get(row.codecId).mimeType)
    })
  }
  return seen
}
"""
CONNECTIONS = """
window.connections = []
window.RTCPeerConnection = class extends RTCPeerConnection {
  constructor(...given) { super(...given); window.connections.push(this) }
}
"""


def again_with(page: Page, script: str) -> None:
    page.context.add_init_script(script)
    page.reload()
    page.wait_for_selector("h1")


@pytest.mark.timeout(400)  # the longest of the walks; the hub's start counts with the first test
def test_a_vp8_browser_is_seen_archived_and_verified(hub: RunningHub, window: Window, tmp_path: Path) -> None:
    secretary = window(hub.account("secretary"))
    again_with(secretary, VP8_ALONE)
    meeting = begin_meeting(secretary)
    organiser = window(hub.account("organiser"))
    again_with(organiser, CONNECTIONS)
    organiser.goto(f"/meetings/{meeting}")
    organiser.click("[data-press=enter]")
    until_seen(organiser, 30)
    assert set(organiser.evaluate(CODEC)) == {"video/VP8"}
    until_seen(secretary, 10)  # the organiser's picture, in H.264
    sent = figures(secretary)["publisher"]
    press_end(secretary)
    recording = ask(secretary, f"/api/meetings/{meeting}")["recording"]
    until(
        secretary, "async (id) => (await (await fetch('/api/recordings/' + id)).json()).state === 'closed'", recording
    )

    track = tracks_of(hub, recording, "camera")[sent]
    files = files_of(hub, track)
    assert {path.suffix for path in files} == {".webm"}
    assert [errors for path in files if (errors := decode_errors(path))] == []
    print(f"\n{sum(len(demuxed(path)) for path in files)} frames of VP8 in {len(files)} segments")
    folder = tmp_path / "export"
    huilu("export", meeting, folder, "--data", hub.data)
    print(huilu("verify", folder).strip().splitlines()[-1])
    assert list(folder.rglob("*.webm"))


def test_a_browser_without_a_picture_format_is_told_before_the_meeting(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"))
    page.click("[data-press=begin]")
    page.wait_for_selector(".check")
    assert page.locator("[data-unfit]").count() == 0
    again_with(page, NEITHER)
    page.wait_for_selector("[data-unfit]:has-text('Edge')")
    assert "H.264" in page.inner_text("[data-unfit]")
