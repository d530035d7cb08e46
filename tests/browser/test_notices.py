"""A resolution made public from its record: written, refused a number, hung, seen, objected to, answered, taken off."""

import time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page

from api.domain.day import day_of
from tests.browser.conftest import Window
from tests.browser.steps import ask, post
from tests.browser.test_pages import look_at, serious
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

TODAY = day_of(time.time_ns())
ID_CARD = "11010519491231002X"
VOTES = {
    "two_committees": {"way": "hands", "in_favour": 7, "against": 0, "abstained": 0, "due": 7, "present": 7},
    "representatives_meeting": {
        "way": "hands",
        "in_favour": 31,
        "against": 0,
        "abstained": 1,
        "due": 36,
        "present": 32,
    },
}
TABLE = "户主,积分\n王建国,96\n李秀英,95\n"
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FIELDS = {
    "award": "2026 年度文明家庭",
    "people": "王建国\n李秀英、张海峰",
    "standard": "邻里和睦，庭院整洁，一年内没有违反村规民约；按积分从高到低取前三户。",
    "money": "1,500.50",
}


def csv_of(name: str, text: str) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode()}


def resolved(secretary: Page, unit: str) -> str:
    """A record on which the two committees and the representatives have decided: its publication is due."""
    decision = post(secretary, "/api/decisions", {"unit": unit, "matter": "j2", "title": "文明家庭评选"})["id"]
    for kind, vote in VOTES.items():
        items = [{"title": "文明家庭评选", "decision": decision}]
        meeting = post(secretary, "/api/meetings", {"title": "会", "kind": kind, "unit": unit, "items": items})
        url, item = f"/api/meetings/{meeting['id']}", meeting["items"][0]["id"]
        post(secretary, f"{url}/open", {})
        post(secretary, f"{url}/items/{item}/start", {})
        post(secretary, f"{url}/items/{item}/votes", vote)
        post(secretary, f"{url}/items/{item}/end", {})
        post(secretary, f"{url}/end", {})
    found = ask(secretary, f"/api/decisions/{decision}")
    assert "publication" in {one["step"] for one in found["standing"]["next"] if one["act"] == "post"}, found[
        "standing"
    ]
    return str(decision)


def of_record(page: Page, unit: str, record: str) -> list[dict[str, Any]]:
    return [one for one in ask(page, f"/api/units/{unit}/notices") if one["decision"] == record]


def seen_at_three_widths(page: Page, folder: Path, name: str) -> None:
    for width, height in ((360, 740), (1366, 900), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(WIDE) <= 0, (name, width)
        page.wait_for_timeout(300)
        page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 1366, "height": 900})


def test_a_resolution_is_put_up_seen_objected_to_answered_and_taken_off(
    hub: RunningHub, window: Window, browser: Browser, axe: str, tmp_path: Path
) -> None:
    secretary = window(hub.account("secretary"))
    unit = ask(secretary, "/api/me")["home"]["id"]
    record = resolved(secretary, unit)
    secretary.goto(f"/decisions/{record}")
    # The act of the record opens the form: what hangs isn't only noted.
    secretary.click("[data-standing] [data-act=post]")
    secretary.wait_for_selector("[data-posting]")
    begun = {key: secretary.input_value(f"#posting-{key}") for key in ("title", "decided_by", "votes")}
    assert begun == {
        "title": "文明家庭评选公示",
        "decided_by": "村民代表会议",
        "votes": "应到 36，实到 32，赞成 31，反对 0，弃权 1",
    }
    assert (secretary.input_value("#posting-decided_on"), secretary.input_value("#posting-from")) == (TODAY, TODAY)
    assert not secretary.query_selector("#posting-result"), "a field of another step"

    for key, text in FIELDS.items():
        secretary.fill(f"#posting-{key}", text)
    secretary.fill("#posting-money", "约一千五")
    secretary.click("[data-go]")
    secretary.wait_for_selector("[data-wrong=money]")
    secretary.fill("#posting-money", FIELDS["money"])
    secretary.fill("#posting-standard", f"王建国（{ID_CARD}）等三户")
    secretary.click("[data-go]")
    assert "身份证号" in secretary.inner_text("[data-wrong=standard]")
    assert secretary.evaluate("document.activeElement.id") == "posting-standard"
    assert of_record(secretary, unit, record) == []
    look_at(secretary, axe)
    seen_at_three_widths(secretary, tmp_path, "refused")
    secretary.fill("#posting-standard", FIELDS["standard"])
    # A table is looked through as it is chosen, and its cell named.
    chosen = "[data-table-file]"
    secretary.set_input_files(chosen, csv_of("得分明细.csv", f"户主,证号\n王建国,{ID_CARD}\n"))
    refusal = secretary.wait_for_selector("[data-table-refused] .places")
    assert refusal is not None
    assert refusal.inner_text() == "第2行B列有身份证号"
    secretary.set_input_files(chosen, csv_of("得分明细.csv", TABLE))
    secretary.wait_for_selector("[data-tables] .chosen li")
    assert not secretary.query_selector("[data-table-refused]")
    secretary.set_input_files(chosen, csv_of("得分明细.csv", TABLE))
    secretary.wait_for_selector("[data-table-refused]")
    look_at(secretary, axe)
    seen_at_three_widths(secretary, tmp_path, "tables")
    secretary.click("[data-go]")
    secretary.wait_for_selector("[data-notice][data-state=hangs]")
    with secretary.expect_download() as saving:
        secretary.click("[data-notice] .tables a")
    assert Path(saving.value.path()).read_text() == TABLE
    assert not secretary.query_selector("[data-standing] [data-act=post]")
    (notice,) = of_record(secretary, unit, record)
    said = {field["key"]: field["value"] for field in notice["fields"]}
    assert (said["money"], said["people"]) == ("1,500.50 元", "王建国、李秀英、张海峰")
    assert (notice["decision"], notice["step"]) == (record, "publication")
    (table,) = notice["tables"]
    secretary.click("[data-print]")
    secretary.wait_for_selector("article h1")
    assert table["sha256"] in secretary.inner_text("article .tables")
    seen_at_three_widths(secretary, tmp_path, "sheet")

    supervisor = window(hub.account("supervisor"))
    supervisor.goto(f"/decisions/{record}")
    supervisor.click("[data-tick] [data-press=seen]")
    supervisor.wait_for_selector(".ticks li")
    assert not supervisor.query_selector("[data-press=off]")

    phone = browser.new_context(base_url=hub.url, ignore_https_errors=True, java_script_enabled=False, is_mobile=True,
                                viewport={"width": 360, "height": 740})  # fmt: skip
    outsider = phone.new_page()
    outsider.goto(f"/public/{unit}")
    outsider.click(f"#{notice['id']} >> text=我有异议")
    outsider.fill("#name", "李四")
    outsider.fill("#text", "第三户积分不对，请公布明细")
    outsider.click("button")
    outsider.wait_for_selector("text=已收到您的异议")
    phone.close()

    secretary.goto("/")
    secretary.click(".places >> text=公示")
    own = f"[data-notice={notice['id']}]"
    secretary.wait_for_selector(f"{own}[data-state=stopped]")
    look_at(secretary, axe)
    seen_at_three_widths(secretary, tmp_path, "list")
    secretary.click(f"{own} >> text=看议事记录")
    secretary.click("[data-standing] [data-act=answer]")
    secretary.wait_for_selector("[data-answer]:focus")
    assert serious(secretary, axe) == []
    seen_at_three_widths(secretary, tmp_path, "objected")
    secretary.keyboard.type("积分明细已张贴在旁边，已当面说明")
    secretary.click("[data-press=answer]")
    secretary.wait_for_selector("[data-objection] .answer")
    secretary.wait_for_selector("[data-state=hangs]")

    # Before its days are full it comes off with a reason only, and says what that costs.
    secretary.click("[data-press=off]")
    secretary.wait_for_selector("#off-form .banner")
    secretary.fill("#off-reason", "内容有误，更正后重新公示")
    seen_at_three_widths(secretary, tmp_path, "off")
    secretary.click("[data-go]")
    secretary.wait_for_selector("[data-notice][data-state=off]")
    seen_at_three_widths(secretary, tmp_path, "record")
    found: dict[str, Any] = ask(secretary, f"/api/decisions/{record}")
    kinds = [entry["kind"] for entry in found["entries"]]
    assert [kind for kind in kinds if kind in ("post", "object", "answer", "off")] == [
        "post",
        "object",
        "answer",
        "off",
    ]
    assert "李四" not in str(found)
    supervisor.goto(f"/public/{unit}")
    assert notice["id"] not in supervisor.content()
