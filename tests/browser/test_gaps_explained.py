"""A relay that dies leaves a real hole: the secretary explains it in writing, the supervisor countersigns it, and both
stay beside the gap."""

import os
import signal
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Window
from tests.browser.steps import archived, ask, begin_meeting, post, press_end, until_encoded
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
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
    expect(page.locator("[data-unexplained]")).to_have_count(len(found))
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
    expect(supervisor.locator("[data-why]")).to_have_count(len(found))
    supervisor.goto("/")
    supervisor.wait_for_selector("h1")
    supervisor.wait_for_load_state("networkidle")
    assert not supervisor.is_visible("[data-waiting-gaps]")


def holes(hub: RunningHub, recording: str, *spans: tuple[int, int]) -> None:
    """As a recorder would have left them."""
    with closing(sqlite3.connect(hub.data / "database" / "huilu.sqlite", timeout=10)) as rows, rows:
        for start_ms, end_ms in spans:
            rows.execute(
                "INSERT INTO gaps (id, recording_id, start_ns, end_ns, cause) VALUES (?, ?, ?, ?, 'relay')",
                (f"gap_{recording}_{start_ms}", recording, start_ms * 1_000_000, end_ms * 1_000_000),
            )


def test_on_a_records_own_page_they_stand_beside_its_step(hub: RunningHub, window: Window, tmp_path: Path) -> None:
    secretary = window(hub.account("secretary"))
    unit = ask(secretary, "/api/me")["home"]["id"]
    plan = {"title": "十一月村民代表会议", "kind": "representatives_meeting", "unit": unit,
            "items": [{"title": "修水渠", "matter": "b1", "decision": "new"}]}  # fmt: skip
    meeting = post(secretary, "/api/meetings", plan)
    url, item = f"/api/meetings/{meeting['id']}", meeting["items"][0]
    recording = post(secretary, f"{url}/open", {})["recording"]
    for row in ask(secretary, f"{url}/roster"):
        secretary.evaluate(
            """([url, person]) => fetch(`${url}/roster/${person}`, {method: 'PUT',
              headers: {'Content-Type': 'application/json'}, body: '{"present": true}'})""",
            [url, row["person"]["id"]],
        )
    post(secretary, f"{url}/items/{item['id']}/start", {})
    secretary.wait_for_timeout(1000)
    post(secretary, f"{url}/items/{item['id']}/end", {})
    post(secretary, f"{url}/end", {})
    archived(secretary, meeting["id"])
    span = ask(secretary, f"/api/decisions/{item['decision']['id']}")["spans"][0]
    assert span["step"] == "resolution"
    holes(hub, recording, (span["start_ms"], span["start_ms"] + 4_000), (90_000, 95_000))

    record = f"/decisions/{item['decision']['id']}"
    secretary.goto(record)
    beside = "[data-step=resolution] [data-step-gaps]"
    secretary.wait_for_selector(f"{beside} [data-waiting]")
    expect(secretary.locator("[data-step-gaps]")).to_have_count(1)
    expect(secretary.locator(f"{beside} [data-unexplained]")).to_have_count(2)
    for width in (360, 1366, 1920):
        secretary.set_viewport_size({"width": width, "height": 900})
        assert secretary.evaluate(WIDE) <= 0
        secretary.screenshot(path=tmp_path / f"waits-{width}.png", full_page=True)
    secretary.fill(f"{beside} textarea", WHY)
    secretary.click(f"{beside} [data-press=explain]")
    secretary.wait_for_selector(f"{beside} [data-explanation]")
    assert not secretary.is_visible("[data-press=countersign-gap]")

    supervisor = window(hub.account("supervisor"))
    supervisor.goto(record)
    supervisor.click(f"{beside} [data-press=countersign-gap]")
    supervisor.wait_for_selector(f"{beside} [data-countersigned]")
    reviewer = window(hub.account("reviewer"))
    reviewer.goto(record)
    said = reviewer.locator(f"{beside} [data-explanation]")
    said.wait_for()
    assert WHY in said.inner_text()
    assert "村务监督员" in said.inner_text()
    expect(reviewer.locator("[data-press=explain], [data-press=countersign-gap]")).to_have_count(0)
    for width in (360, 1366, 1920):
        reviewer.set_viewport_size({"width": width, "height": 900})
        assert reviewer.evaluate(WIDE) <= 0
        reviewer.screenshot(path=tmp_path / f"signed-{width}.png", full_page=True)
