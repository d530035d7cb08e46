"""县级规则 on the pages: a file with mistakes is refused beside its lines; a good one takes two persons."""

import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, expect

from api.domain.day import day_of
from tests.browser.conftest import Window, sign_in
from tests.browser.steps import ask, post
from tests.fixtures_hub import Account, RunningHub
from tests.wrong_rules import WRONG

pytestmark = pytest.mark.browser

WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
GOOD = """# 录像判定：空白超过两秒才算空白
[[judging]]
key = "default"
vote_span_ms = 30000
hole_tolerated_ms = 2000
from_on = "{day}"
"""


def a_file(text: str, name: str = "本县规则 (1).toml") -> FilePayload:
    return {"name": name, "mimeType": "application/toml", "buffer": text.encode()}


def test_mistakes_stand_beside_their_lines_and_two_persons_take_up_what_has_none(
    hub: RunningHub, window: Window, tmp_path: Path
) -> None:
    secretary = window(hub.account("secretary"))
    unit = ask(secretary, "/api/me")["home"]["id"]
    under_way = {"unit": unit, "matter": "c2", "title": "办公用品"}
    post(secretary, "/api/decisions", under_way)
    expect(secretary.locator("nav >> text=县级规则")).to_have_count(0)
    secretary.goto("/rules")
    secretary.wait_for_selector("[role=alert]")

    admin = window()
    sign_in(admin, hub, Account("admin", "县级管理员", *hub.admin, "示范县"))
    admin.click("nav >> text=县级规则")
    admin.wait_for_selector("[data-in-force] >> text=本县没有自己的规则")
    count = ask(admin, "/api/rules/in-force")["under_way"]
    assert count >= 1
    assert f"正在办理的 {count} 件" in admin.inner_text("[data-under-way]")
    admin.set_input_files("[data-rule-files]", a_file(WRONG))
    admin.wait_for_selector("[role=alert] >> text=没有采用")
    wrong = admin.locator("[data-mistakes] li.wrong", has=admin.locator("code:text-is('whose = \"vilage\"')"))
    assert wrong.locator(".number").inner_text() == "5"
    assert "只能是" in wrong.locator("[data-mistake]").inner_text()
    told = admin.locator("[data-mistake]").count()
    assert f"{told} 处错误" in admin.inner_text("[role=alert]")
    expect(admin.locator("[data-propose]")).to_have_count(0)
    for width in (360, 1366, 1920):
        admin.set_viewport_size({"width": width, "height": 900})
        assert admin.evaluate(WIDE) <= 0
        admin.screenshot(path=tmp_path / f"mistakes-{width}.png", full_page=True)
    admin.set_viewport_size({"width": 1366, "height": 900})

    day = date.fromisoformat(day_of(time.time_ns())) + timedelta(days=3)
    admin.set_input_files("[data-rule-files]", a_file(GOOD.format(day=day)))
    admin.wait_for_selector(f"[data-checked] >> text=1 项，最早自 {day} 起生效")
    expect(admin.locator("[data-mistakes]")).to_have_count(0)
    admin.fill("#rules-reason", "县纪委与农业农村局联合通知")
    admin.click("[data-propose]")
    waits = admin.locator("[data-rules-open]")
    waits.locator("[data-withdraw]").wait_for()
    assert waits.locator("[data-confirm]").count() == 0, "not by himself"

    security = window(hub.account("security"))
    security.goto("/rules")
    security.click("[data-rules-open] summary")
    security.wait_for_selector("[data-rules-open] code:has-text('hole_tolerated_ms = 2000')")
    assert "示范县" in security.inner_text("[data-rules-open]"), "who proposed"
    for width in (360, 1366, 1920):
        security.set_viewport_size({"width": width, "height": 900})
        assert security.evaluate(WIDE) <= 0
        security.screenshot(path=tmp_path / f"waits-{width}.png", full_page=True)
    security.click("[data-confirm]")
    security.click("[data-sure]")
    security.wait_for_selector("[data-in-force] >> text=尚未生效")
    security.wait_for_selector("[data-rules-open]", state="detached")
    row = security.locator("[data-in-force] tbody tr").first.inner_text()
    assert str(day) in row
    assert "第 1 号" in row
    history = security.locator("[data-history]")
    assert "已采用" in history.inner_text()
    history.locator("summary").first.click()
    security.wait_for_selector("[data-history] [data-file]")
    security.screenshot(path=tmp_path / "taken-1366.png", full_page=True)
