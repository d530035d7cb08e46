"""保管 on the pages: an inspector's hold; what was recorded by mistake, closed off by two persons, seen by a third."""

import sqlite3
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Window, sign_in
from tests.browser.steps import archived, ask, begin_meeting, press_end, until
from tests.fixtures_hub import Account, RunningHub

pytestmark = pytest.mark.browser

REASON = "散会后话筒没有关"


def give_reason(page: Page, reason: str) -> None:
    page.fill("#keeping-reason", reason)
    page.click("[data-go]")
    page.wait_for_selector("#keeping-reason", state="hidden")


def term_is_over(hub: RunningHub, recording: str) -> None:
    """As if it had been held thirty years ago."""
    with sqlite3.connect(hub.data / "database" / "huilu.sqlite", timeout=10) as rows:
        over = (time.time_ns() - 86_400 * 10**9) // 10**9 * 10**9
        rows.execute("UPDATE terms SET until_wall = ? WHERE recording_id = ?", (over, recording))


@pytest.mark.timeout(400)  # three people's pages, and the worker's turn
def test_a_hold_and_two_persons_words(hub: RunningHub, window: Window) -> None:
    admin_account = Account("admin", "县级管理员", *hub.admin, "示范县")
    secretary = window(hub.account("secretary"))
    meeting = begin_meeting(secretary)
    secretary.wait_for_timeout(4000)
    press_end(secretary)
    recording: dict[str, Any] = archived(secretary, meeting)
    url = f"/recordings/{recording['id']}"

    inspector = window(hub.account("inspector"))
    inspector.goto(url)
    inspector.click("[data-hold]")
    give_reason(inspector, "查证信访件 2026-117")
    inspector.wait_for_selector("[data-held] >> text=查证信访件 2026-117")
    # The worker puts it on every object in the store.
    until(
        inspector,
        """async (id) => {
          const [hold] = (await (await fetch(`/api/recordings/${id}/keeping`)).json()).holds
          return hold.objects > 0 && hold.held === hold.objects
        }""",
        recording["id"],
    )
    term_is_over(hub, recording["id"])
    admin = window()
    sign_in(admin, hub, admin_account)
    admin.goto("/keeping")
    admin.wait_for_selector("[data-holds] >> text=查证信访件 2026-117")
    due = admin.locator("[data-due] li", has_text=recording["meeting"]["title"])
    due.first.wait_for()
    assert due.first.locator("[data-delete]").is_disabled(), "holds win"

    # Recorded by mistake: one proposes, another confirms, a third sees a restricted part.
    admin.goto(url)
    admin.click("[data-seclude]")
    admin.fill("#seclude-from", "abc")
    admin.fill("#keeping-reason", REASON)
    admin.click("[data-go]")
    admin.wait_for_selector("[role=alert] >> text=时间请写成")
    admin.fill("#seclude-from", "")
    give_reason(admin, REASON)
    expect(admin.locator("[data-keeping] [data-confirm]"), "not by himself").to_have_count(0)
    secretary.goto(url)
    secretary.wait_for_selector(f"h1:has-text('{recording['meeting']['title']}')")
    assert secretary.locator("[data-keeping]").inner_text().count(REASON) == 0
    inspector.goto("/keeping")
    inspector.click("[data-proposals] li:has-text('散会后话筒没有关') [data-confirm]")
    inspector.click("[data-sure]")
    inspector.wait_for_selector("[data-closed-off] >> text=散会后话筒没有关")
    secretary.goto(url)
    secretary.wait_for_selector("h1:has-text('限制查看')")
    assert recording["meeting"]["title"] not in secretary.locator("main").inner_text()
    seen = ask(secretary, f"/api/recordings/{recording['id']}")
    assert (seen["tracks"], seen["viewable"]) == ([], False)
    assert secretary.locator("[data-take]").is_visible()
