"""What hands do in several walks: begin a meeting, wait for pictures, look at what was archived."""

import time
from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import PATIENCE_MS


def figures(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("window.huilu.stats()")
    return found


def until(page: Page, holds: str, argument: Any = None, patience_s: float = PATIENCE_MS / 1000) -> None:
    """Asks a promise again and again; `wait_for_function` would take the promise itself for the answer."""
    limit = time.monotonic() + patience_s
    while not page.evaluate(holds, argument):
        assert time.monotonic() < limit, f"never: {holds} with {argument}: {figures(page)}"
        page.wait_for_timeout(100)


def until_encoded(page: Page, frames: int) -> None:
    until(page, "async (least) => ((await window.huilu.stats())?.framesEncoded.camera ?? 0) >= least", frames)


def until_seen(page: Page, frames: int) -> None:
    until(
        page,
        """async (least) => {
          const slots = (await window.huilu.stats())?.slots ?? []
          const seen = slots.some((slot) => slot.kind === 'video' && slot.framesDecoded >= least)
          return seen && slots.some((slot) => slot.kind === 'audio' && slot.packetsReceived >= least)
        }""",
        frames,
    )


def ask(page: Page, path: str) -> Any:
    return page.evaluate("(path) => fetch(path).then((answer) => answer.json())", path)


def post(page: Page, path: str, body: dict[str, Any]) -> Any:
    """What the page's own account may do; fails on a refusal."""
    return page.evaluate(
        """async ([path, body]) => {
          const headers = {'Content-Type': 'application/json'}
          const answer = await fetch(path, {method: 'POST', headers, body: JSON.stringify(body)})
          if (!answer.ok) throw new Error(await answer.text())
          return answer.json()
        }""",
        [path, body],
    )


def archived(page: Page, meeting: str) -> dict[str, Any]:
    """The meeting's recording, when it is closed."""
    recording = ask(page, f"/api/meetings/{meeting}")["recording"]
    until(page, "async (id) => (await (await fetch('/api/recordings/' + id)).json()).state === 'closed'", recording)
    found: dict[str, Any] = ask(page, f"/api/recordings/{recording}")
    return found


def begin_meeting(page: Page) -> str:
    page.click("[data-press=begin]")
    page.click("[data-press=start]")
    page.wait_for_selector("[data-rec].on")
    until_encoded(page, 1)
    return page.url.rsplit("/", 1)[-1]


def press_end(page: Page) -> None:
    page.click("[data-press=end]")
    page.click("[data-press=end-sure]")
    page.wait_for_selector("text=看录像")


def press_leave(page: Page, home: str) -> dict[str, Any]:
    """The page stops its tracks, waits for the last frames and takes its session down; the last figures."""
    page.click(".control:has-text('离开')")
    page.wait_for_url(home)
    left = figures(page)
    assert left["phase"] == "closed"
    return left
