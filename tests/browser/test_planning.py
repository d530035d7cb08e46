"""A meeting is planned by picking what waits for it, a warning is read, and the chair goes on by one press; a plan is
put in as a file."""

from pathlib import Path

import pytest

from tests.browser import presses
from tests.browser.conftest import Window
from tests.browser.steps import ask, post, press_end, until, until_encoded
from tests.domain.test_plan_files import BAD, GOOD
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_a_waiting_decision_becomes_a_meeting_that_opens_with_a_warning(
    hub: RunningHub, window: Window, tmp_path: Path
) -> None:
    page = window(hub.account("secretary"))
    unit = ask(page, "/api/me")["home"]["id"]
    road = post(page, "/api/decisions", {"unit": unit, "matter": "b1", "title": "村内中心街道路硬化"})["id"]
    lamps = post(page, "/api/decisions", {"unit": unit, "matter": "a1", "title": "2027 年度建设计划"})["id"]
    post(page, f"/api/decisions/{lamps}/acts", {"act": "ask", "step": "review"})

    # Both wait for the branch committee, and the town's review, which has to come first, isn't there.
    page.goto("/plan?unit=" + unit)
    presses.begin(page)
    page.select_option("#all-kinds", value="branch_committee")
    page.click(f"[data-waiting='{road}'] button")
    page.wait_for_selector(f"[data-waiting='{road}'] [data-rule=review]")
    page.click(f"[data-waiting='{lamps}'] button")
    assert page.input_value("#title").endswith("村内中心街道路硬化")
    for width in (360, 1366, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDE) <= 0
        page.screenshot(path=tmp_path / f"plan-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1366, "height": 900})
    page.click("button[type=submit]")
    page.wait_for_selector("[data-foreseen] [data-rule=review]")
    planned = presses.effort(page)
    # The kind, two records, and done.
    assert planned.pressed <= 5, planned
    assert planned.typed == 0, planned
    assert page.inner_text("[data-press=enter]") == "仍然开会"
    meeting = ask(page, "/api/meetings/" + page.url.rsplit("/", 1)[-1])
    assert [item["decision"]["id"] for item in meeting["items"]] == [road, lamps]
    for width in (360, 1366, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDE) <= 0
        page.screenshot(path=tmp_path / f"lobby-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1366, "height": 900})

    presses.begin(page)
    page.click("[data-press=enter]")
    page.wait_for_selector("[data-rec].on")
    went_on = presses.effort(page)
    assert went_on.pressed == 1, went_on
    print(f"\npresses and characters: {planned=} {went_on=}")
    until_encoded(page, 1)
    page.click("[data-press=item-start] >> nth=0")
    page.wait_for_selector("[data-press=item-end]")
    press_end(page)


def test_a_record_leads_to_the_meeting_that_it_needs(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"))
    unit = ask(page, "/api/me")["home"]["id"]
    rules = post(page, "/api/decisions", {"unit": unit, "matter": "d1", "title": "路灯采购"})["id"]
    page.goto(f"/decisions/{rules}")
    page.click("text=安排会议")
    page.wait_for_selector(f"[data-waiting='{rules}'] button[aria-pressed=true]")
    assert page.is_checked("input[name=kind][value=two_committees]")


def test_a_plan_is_put_in_and_its_next_version_begins_again(hub: RunningHub, window: Window, tmp_path: Path) -> None:
    page = window(hub.account("secretary"))
    unit = ask(page, "/api/me")["home"]["id"]
    road = post(page, "/api/decisions", {"unit": unit, "matter": "b1", "title": "村内中心街道路硬化"})["id"]
    page.goto(f"/decisions/{road}")
    first, second = tmp_path / "道路硬化方案.pdf", tmp_path / "道路硬化方案（修改稿）.docx"
    first.write_bytes(GOOD["方案.pdf"])
    second.write_bytes(GOOD["方案.docx"])
    presses.begin(page)
    page.set_input_files("[data-plan-file]", first)
    page.click("[data-go]")
    page.wait_for_selector("[data-plan='1']")
    assert presses.effort(page).pressed == 1
    reviewer = window(hub.account("reviewer"))
    agree = {"act": "opinion", "step": "review", "opinion": "agree"}
    post(reviewer, f"/api/decisions/{road}/acts", agree)
    page.set_input_files("[data-plan-file]", second)
    page.check("[data-material]")
    page.screenshot(path=tmp_path / "plan-dialog.png")
    page.click("[data-go]")
    page.wait_for_selector("[data-plan='2'] >> text=重大修改")
    page.wait_for_selector("[data-plan='1'] >> text=已被重大修改替代")
    assert page.get_attribute("[data-step=review]", "data-state") == "due"
    until(page, "async (id) => (await (await fetch(id)).json()).plans.every((plan) => plan.file.stored)",
          f"/api/decisions/{road}")  # fmt: skip
    page.reload()
    page.wait_for_selector("[data-plan='2'] >> text=已锁定存档")
    with page.expect_download() as saved:
        page.click("[data-plan='1'] a")
    assert saved.value.path().read_bytes() == first.read_bytes()
    assert saved.value.suggested_filename == first.name
    for width in (360, 1366, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDE) <= 0
        page.screenshot(path=tmp_path / f"record-{width}.png", full_page=True)

    wrong = tmp_path / "程序.pdf"
    wrong.write_bytes(BAD["javascript.pdf"])
    page.set_input_files("[data-plan-file]", wrong)
    page.click("[data-go]")
    page.wait_for_selector(".el-dialog .banner.bad")
