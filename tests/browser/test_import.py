"""The import page with the hub's own template: a wrong line is named and nothing is written; a right one is taken."""

import io
import sqlite3
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser.conftest import Window
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser


def filled(empty: bytes, lines: list[tuple[str, str]]) -> bytes:
    """The template with these people instead of its examples."""
    book = load_workbook(io.BytesIO(empty))
    for page in book.worksheets[1:]:
        page.delete_rows(2)
    for number, line in enumerate(lines, 2):
        for column, value in enumerate(line, 1):
            book["人员"].cell(number, column, value)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def choose(page: Page, book: bytes) -> None:
    page.set_input_files("input[type=file]", {"name": "people.xlsx", "mimeType": "application/zip", "buffer": book})


def known(hub: RunningHub, name: str) -> int:
    with sqlite3.connect(f"file:{hub.data}/database/huilu.sqlite?mode=ro", uri=True) as rows:
        return int(rows.execute("SELECT count(*) FROM persons WHERE name = ?", (name,)).fetchone()[0])


def test_a_wrong_line_is_named_and_a_right_book_is_taken(hub: RunningHub, window: Window) -> None:
    account = hub.account("secretary")
    page = window(account)
    page.goto("/people")
    with page.expect_download() as download:
        page.click("text=下载空表")
    empty = Path(download.value.path()).read_bytes()
    take = page.locator("button:has-text('导入')")

    choose(page, filled(empty, [(account.unit, "欧阳新来"), (account.unit, "371599199001011234")]))
    named = page.locator("[role=alert] tbody tr")
    named.wait_for()
    assert named.locator("td").all_inner_texts()[:3] == ["人员", "3", "姓名"]
    assert "身份证" in named.inner_text()
    expect(take).to_be_disabled()
    assert known(hub, "欧阳新来") == 0

    choose(page, filled(empty, [(account.unit, "欧阳新来")]))
    page.wait_for_selector("text=检查通过，将新增或修改 1 条")
    expect(named).to_have_count(0)
    assert known(hub, "欧阳新来") == 0, "a check writes nothing"
    take.click()
    page.wait_for_selector(".steps >> text=已导入")
    assert known(hub, "欧阳新来") == 1

    choose(page, filled(empty, [(account.unit, "欧阳新来")]))
    page.wait_for_selector("text=和系统里的一样")
    expect(take).to_be_disabled()
