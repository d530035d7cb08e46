"""三会一课 by presses: a plan is filed and agreed to, a meeting is held from it, its report is checked and copied."""

from pathlib import Path

import pytest

from tests.browser.conftest import Window
from tests.browser.presses import begin, effort
from tests.browser.steps import ask, post
from tests.browser.test_pages import look_at
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_a_plan_is_filed_reviewed_held_and_reported(hub: RunningHub, window: Window, tmp_path: Path) -> None:
    secretary = window(hub.account("secretary"))
    secretary.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=hub.url)
    begin(secretary)
    secretary.click("nav >> text=三会一课")
    secretary.click("[data-press=write]")
    secretary.wait_for_selector("[data-plan-form]")
    # Of what is offered the theme day of today is kept: its recording is by choice.
    secretary.select_option("#kind-0", "theme_day")
    today = ask(secretary, secretary.url.replace(hub.url + "/branches", "/api/branches"))["today"]
    secretary.fill("#on-0", today)
    secretary.fill("#topic-0", "学习党章、义务劳动")
    secretary.screenshot(path=tmp_path / "plan-1366.png", full_page=True)
    secretary.click("[data-press=file]")
    secretary.wait_for_selector("[data-plan] >> text=待镇街审核")
    address = secretary.url.replace(hub.url, "")
    print(f"filing the plan: {effort(secretary)}")

    town = window(hub.account("reviewer"))
    town.goto("/branches")
    town.wait_for_selector("[data-branches] tbody tr")
    for width in (360, 1366, 1920):
        town.set_viewport_size({"width": width, "height": 900})
        assert town.evaluate(WIDE) <= 0
        town.screenshot(path=tmp_path / f"town-{width}.png", full_page=True)
    town.goto(address)
    assert town.query_selector("[data-press=members]") is None, "who was there is the branch's own"
    town.click("[data-press=agree]")
    town.wait_for_selector("[data-plan] >> text=审核同意")

    secretary.reload()
    secretary.click("[data-plan] li:has-text('学习党章') [data-press=arrange]")
    secretary.wait_for_url("**/meetings/*")
    meeting = secretary.url.rsplit("/", 1)[-1]
    roster = [row for row in ask(secretary, f"/api/meetings/{meeting}/roster") if not row["supervises"]]
    post(secretary, f"/api/meetings/{meeting}/open", {})
    for row in roster[:-1]:
        secretary.evaluate(
            """([meeting, person]) => fetch(`/api/meetings/${meeting}/roster/${person}`, {method: 'PUT',
              headers: {'Content-Type': 'application/json'}, body: '{"present": true}'})""",
            [meeting, row["person"]["id"]],
        )
    post(secretary, f"/api/meetings/{meeting}/end", {})

    secretary.goto(address)
    secretary.wait_for_selector("[data-duty=theme_day] >> text=已召开")
    begin(secretary)
    secretary.click(f"[data-held] li:has(a[href$='/{meeting}']) [data-press=report]")
    secretary.fill("[data-away] input", "外出务工")
    secretary.press("[data-away] input", "Tab")
    secretary.wait_for_selector("[data-report] pre:has-text('外出务工')")
    secretary.screenshot(path=tmp_path / "report-1366.png", full_page=True)
    secretary.click("[data-press=check]")
    secretary.click("[data-press=copy]")
    secretary.wait_for_selector("text=已复制")
    print(f"the report, a reason among it: {effort(secretary)}")
    copied = secretary.evaluate("navigator.clipboard.readText()")
    assert (
        f"应到 {len(roster)} 人，实到 {len(roster) - 1} 人。缺席：{roster[-1]['person']['name']}（外出务工）" in copied
    )
    with secretary.expect_download() as download:
        secretary.click("[data-report] a[download]")
    assert download.value.suggested_filename == "reports.xlsx"
    secretary.click("[data-press=members]")
    secretary.wait_for_selector("[data-attendance] td:has-text('外出务工')")
    for width in (360, 1366, 1920):
        secretary.set_viewport_size({"width": width, "height": 900})
        assert secretary.evaluate(WIDE) <= 0
        secretary.screenshot(path=tmp_path / f"branch-{width}.png", full_page=True)


def test_each_part_of_a_sitting_has_its_own_report(hub: RunningHub, window: Window, axe: str, tmp_path: Path) -> None:
    """The committee, then the members: two kinds, two rosters, two reports, checked one by one."""
    secretary = window(hub.account("secretary"))
    secretary.goto("/")
    secretary.click("nav >> text=三会一课")
    secretary.wait_for_selector("[data-held]")
    address = secretary.url.replace(hub.url, "")
    unit = ask(secretary, "/api/me")["home"]["id"]
    parts = [{"kind": "branch_committee"}, {"kind": "branch_assembly"}]
    new = {"title": "支委会和党员大会", "kind": "branch_committee", "unit": unit, "parts": parts}
    meeting = post(secretary, "/api/meetings", new)["id"]
    post(secretary, f"/api/meetings/{meeting}/open", {})
    post(secretary, f"/api/meetings/{meeting}/parts/2/begin", {})
    post(secretary, f"/api/meetings/{meeting}/end", {})
    roster = [row for row in ask(secretary, f"/api/meetings/{meeting}/roster?part=2") if not row["supervises"]]

    secretary.goto(address)
    mine = f"[data-held] li:has(a[href$='/{meeting}'])"
    secretary.wait_for_selector(f"{mine} >> text=支部党员大会 · 第 2 部分")
    assert secretary.locator(mine).count() == 2
    second = f"{mine}:has-text('第 2 部分')"
    secretary.click(f"{second} >> [data-press=report]")
    secretary.wait_for_selector("[data-report] pre:has-text('支部党员大会情况')")
    assert secretary.locator("[data-report]").count() == 1, "the card of this part alone"
    assert f"应到 {len(roster)} 人" in secretary.inner_text("[data-report] pre")
    look_at(secretary, axe)
    for width in (360, 1366, 1920):
        secretary.set_viewport_size({"width": width, "height": 900})
        assert secretary.evaluate(WIDE) <= 0
        secretary.screenshot(path=tmp_path / f"parts-{width}.png", full_page=True)
    secretary.click("[data-report] [data-press=check]")
    secretary.wait_for_selector(f"{second} >> text=已核对")
    assert secretary.get_attribute("[data-report] a[download]", "href") == f"/api/reports.xlsx?meeting={meeting}-2"
    secretary.click(f"{mine}:has-text('第 1 部分') >> [data-press=report]")
    secretary.wait_for_selector("[data-report] pre:has-text('支部委员会会议情况')")
    assert secretary.locator("[data-report] [data-press=check]").count() == 1, "the other one waits to be checked"


def test_a_member_reads_his_own_attendance(hub: RunningHub, window: Window, axe: str, tmp_path: Path) -> None:
    secretary = window(hub.account("secretary"))
    unit = ask(secretary, "/api/me")["home"]["id"]
    for kind, title in (("branch_assembly", "四季度党员大会"), ("representatives_meeting", "村民代表会议")):
        meeting = post(secretary, "/api/meetings", {"title": title, "kind": kind, "unit": unit})["id"]
        post(secretary, f"/api/meetings/{meeting}/open", {})
        post(secretary, f"/api/meetings/{meeting}/end", {})
    secretary.goto("/")
    secretary.click("nav >> text=我的参会")
    secretary.wait_for_selector("[data-quarter] [data-state=absent]")
    counts = secretary.inner_text("[data-quarter] [data-counts]")
    assert counts.startswith("应到 "), counts
    titles = secretary.locator("[data-quarter] .title").all_inner_texts()
    assert {"四季度党员大会", "村民代表会议"} <= set(titles)
    look_at(secretary, axe)
    for width in (360, 1366, 1920):
        secretary.set_viewport_size({"width": width, "height": 900})
        assert secretary.evaluate(WIDE) <= 0
        secretary.screenshot(path=tmp_path / f"attendance-{width}.png", full_page=True)
    secretary.click("[data-press=before]")
    secretary.wait_for_selector("[data-none]")
    # Who stands on no roster has no such place.
    county = window(hub.account("inspector"))
    county.goto("/")
    county.wait_for_selector("nav >> text=会议")
    assert county.locator("nav >> text=我的参会").count() == 0
