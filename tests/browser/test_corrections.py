"""A wrong figure is corrected on the record's page, what weighs more by two, and minutes by the second of film."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import presses
from tests.browser.conftest import Window
from tests.browser.steps import ask, post
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
VOTE = {"way": "hands", "in_favour": 10, "against": 1, "abstained": 1, "due": 15, "present": 12}


def test_both_entries_are_read_and_the_minutes_are_settled(hub: RunningHub, window: Window, tmp_path: Path) -> None:
    secretary = window(hub.account("secretary"))
    minute_taker = window(hub.account("minutes"))
    unit = ask(secretary, "/api/me")["home"]["id"]
    plan = {"title": "九月村民代表会议", "kind": "representatives_meeting", "unit": unit,
            "items": [{"title": "村内道路硬化", "matter": "b1", "decision": "new"}]}  # fmt: skip
    meeting = post(secretary, "/api/meetings", plan)
    url, item = f"/api/meetings/{meeting['id']}", meeting["items"][0]
    post(secretary, f"{url}/open", {})
    post(secretary, f"{url}/items/{item['id']}/start", {})
    post(minute_taker, f"{url}/items/{item['id']}/votes", VOTE)
    secretary.wait_for_timeout(1500)
    post(secretary, f"{url}/items/{item['id']}/end", {})
    record = f"/decisions/{item['decision']['id']}"

    secretary.goto(record)
    presses.begin(secretary)
    secretary.click("[data-entry=vote] [data-correct]")
    secretary.fill("[data-field=in_favour]", "9")
    secretary.fill("[data-field=abstained]", "2")
    secretary.fill("#correct-reason", "记录员抄错一票")
    secretary.screenshot(path=tmp_path / "dialog-1366.png")
    secretary.click("[data-go]")
    secretary.wait_for_selector("[data-entry=correct]")
    print(f"\npresses and characters of a correction: {presses.effort(secretary)}")
    assert "line-through" in secretary.eval_on_selector(
        "[data-entry=vote] .struck", "one => getComputedStyle(one).textDecorationLine"
    )
    assert "赞成 9" in secretary.inner_text("[data-entry=correct]")
    assert "赞成 10" in secretary.inner_text("[data-entry=vote] del")
    assert "赞成 9" in secretary.inner_text("[data-entry=vote] [data-now]"), "beside the old one"

    supervisor = window(hub.account("supervisor"))
    supervisor.goto(record)
    supervisor.click("[data-entry=sitting] [data-correct]")
    supervisor.check("[data-struck]")
    supervisor.fill("#correct-reason", "当天没有开会")
    supervisor.click("[data-go]")
    supervisor.wait_for_selector("[data-asked]")
    reviewer = window(hub.account("reviewer"))
    reviewer.goto(record)
    reviewer.click("[data-decline]")
    reviewer.fill("#keeping-reason", "录像里开了会")
    reviewer.click(".el-dialog [data-go]")
    reviewer.wait_for_selector("[data-asked]", state="detached")

    supervisor.click("[data-object]")
    supervisor.fill("#minutes-into", "0:01")
    supervisor.fill("#minutes-text", "记录写一人反对，实际两人反对")
    supervisor.click("[data-go]")
    supervisor.wait_for_selector("[data-objection]")
    secretary.reload()
    secretary.click("[data-find]")
    secretary.fill("#finding-note", "录像第一秒两人举手反对")
    secretary.click("[data-go]")
    secretary.wait_for_selector("text=异议成立")
    href = secretary.get_attribute("[data-second]", "href") or ""
    start = ask(secretary, f"/api{record}")["spans"][0]["start_ms"]
    assert href.endswith(f"?t={start + 1000}")
    for width in (360, 1366, 1920):
        secretary.set_viewport_size({"width": width, "height": 900})
        assert secretary.evaluate(WIDE) <= 0
        secretary.screenshot(path=tmp_path / f"record-{width}.png", full_page=True)
    secretary.goto(f"/papers/record/{item['decision']['id']}")
    struck = secretary.locator("[data-table=corrections] del")
    struck.wait_for()
    assert "赞成 10" in struck.inner_text()
    secretary.screenshot(path=tmp_path / "paper.png", full_page=True)


def test_any_member_objects_to_any_items_minutes(hub: RunningHub, window: Window, tmp_path: Path) -> None:
    """The item is no matter; the member has no record to read."""
    secretary = window(hub.account("secretary"))
    unit = ask(secretary, "/api/me")["home"]["id"]
    plan = {"title": "十一月村民代表例会", "kind": "representatives_meeting", "unit": unit,
            "items": [{"title": "通报水渠工期"}, {"title": "通报医保缴费"}]}  # fmt: skip
    meeting = post(secretary, "/api/meetings", plan)
    url = f"/api/meetings/{meeting['id']}"
    post(secretary, f"{url}/open", {})
    for item in meeting["items"]:
        post(secretary, f"{url}/items/{item['id']}/start", {})
        secretary.wait_for_timeout(1500)
        post(secretary, f"{url}/items/{item['id']}/end", {})
    post(secretary, f"{url}/end", {})

    member = window(hub.account("member"))
    member.goto(f"/meetings/{meeting['id']}")
    presses.begin(member)
    member.click("[data-minutes] [data-object]")
    member.select_option("#minutes-item", meeting["items"][1]["id"])
    member.fill("#minutes-into", "0:01")
    member.fill("#minutes-text", "我说的是每人四百元，记录写成三百八十元")
    member.click("[data-go]")
    member.wait_for_selector("[data-objection] >> text=每人四百元")
    print(f"\npresses and characters of an objection: {presses.effort(member)}")
    expect(member.locator("[data-find], [data-share]")).to_have_count(0)
    secretary.goto(f"/meetings/{meeting['id']}")
    secretary.click("[data-find]")
    secretary.fill("#finding-note", "录像里说的是四百元，记录已注明")
    secretary.click("[data-go]")
    secretary.wait_for_selector("[data-minutes] >> text=异议成立")
    supervisor = window(hub.account("supervisor"))
    supervisor.goto(f"/meetings/{meeting['id']}")
    supervisor.click("[data-share]")
    supervisor.wait_for_selector("[data-objection] .tag.good")
    member.reload()
    said = member.locator("[data-objection]")
    said.wait_for()
    assert "录像里说的是四百元" in said.inner_text()
    assert "通报医保缴费" in said.inner_text()
    for width in (360, 1366, 1920):
        member.set_viewport_size({"width": width, "height": 900})
        assert member.evaluate(WIDE) <= 0
        member.screenshot(path=tmp_path / f"minutes-{width}.png", full_page=True)
    secretary.goto(f"/papers/minutes/{meeting['id']}")
    secretary.wait_for_selector("text=对会议记录的异议")
    assert "每人四百元" in secretary.inner_text("main")
    secretary.screenshot(path=tmp_path / "paper-1366.png", full_page=True)
