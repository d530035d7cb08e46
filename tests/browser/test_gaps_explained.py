"""A relay that dies leaves a real hole: the secretary explains it in writing, the supervisor countersigns it, and both
stay beside the gap."""

import os
import signal
import time
from contextlib import suppress

import pytest

from tests.browser.conftest import Window
from tests.browser.steps import archived, ask, begin_meeting, press_end, until_encoded
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

WHY = "村里停电，媒体中继跟着断了；来电后接着开，没有重新表决。"


def test_a_gap_is_explained_and_countersigned(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"))
    meeting = begin_meeting(page)
    until_encoded(page, 60)
    session = page.evaluate("async () => (await window.huilu.stats()).session")
    began = time.monotonic()
    while time.monotonic() - began < 5:  # a single death may be mended within the three seconds that need no word
        with suppress(ProcessLookupError, KeyError):
            os.kill(hub.pid("relay"), signal.SIGKILL)
        time.sleep(0.5)
    page.wait_for_function(
        """async (old) => {
          const now = await window.huilu.stats()
          return now.session && now.session !== old && now.phase === 'connected' && now.framesEncoded.camera > 30
        }""",
        arg=session,
        timeout=90_000,
    )
    press_end(page)
    recording = archived(page, meeting)
    found = ask(page, f"/api/recordings/{recording['id']}/gaps")["gaps"]
    print(f"\ngaps: {[(gap['cause'], gap['end_ms'] - gap['start_ms']) for gap in recording['gaps']]}")
    assert found
    assert {gap["cause"] for gap in found} <= {"relay", "network", "recorder", "camera", "microphone"}

    # On the meeting's own page, as soon as its recording is closed; one text for all of them.
    page.wait_for_selector("[data-gaps-explained] [data-waiting]")
    assert page.locator("[data-unexplained]").count() == len(found)
    page.fill("#explanation", WHY)
    page.click("[data-press=explain]")
    page.wait_for_selector("[data-explanation]")
    assert not page.is_visible("[data-press=countersign-gap]")

    supervisor = window(hub.account("supervisor"))
    supervisor.click("[data-waiting-gaps] [data-press=to-gaps]")
    supervisor.click("[data-press=countersign-gap]")
    supervisor.wait_for_selector("[data-gaps-explained] [data-countersigned]")
    beside = supervisor.inner_text("[data-why] >> nth=0")
    assert WHY in beside
    assert "村务监督员" in beside
    assert supervisor.locator("[data-why]").count() == len(found)
    supervisor.goto("/")
    supervisor.wait_for_selector("h1")
    supervisor.wait_for_load_state("networkidle")
    assert not supervisor.is_visible("[data-waiting-gaps]")
