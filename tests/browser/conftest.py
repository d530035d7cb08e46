"""A real Chromium on the real hub; each test has windows of its own."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from storage.errors import DatabaseBusy
from tests.browser.presses import COUNTER
from tests.fixtures_hub import Account, RunningHub

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--allow-loopback-in-peer-connection",
]
PATIENCE_MS = 60_000  # two cores may be shared by everything that a test run starts
expect.set_options(timeout=PATIENCE_MS)
TRIES = 3
BUSY = (DatabaseBusy.zh, DatabaseBusy.en)


def chromium_path() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := os.environ.get("HUILU_CHROMIUM") or shutil.which(name):
            return path
    raise AssertionError("no Chromium: `make test` installs it with apt-get, or HUILU_CHROMIUM names it")


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
    yield chromium
    chromium.close()


Window = Callable[..., Page]


def at_the_door(context: BrowserContext, language: str = "zh") -> Page:
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(f"if (location.protocol === 'https:') localStorage.setItem('huilu.language', '{language}')")
    page = context.new_page()
    page.goto("/signin")
    return page


def sign_in(page: Page, hub: RunningHub, account: Account) -> None:
    """As a person would who is told that the database is busy, and to try again: a whole test run writes to one
    disk."""
    page.fill("#username", account.username)
    page.fill("#password", account.password)
    for _ in range(TRIES):
        page.click("button[type=submit]")
        page.wait_for_function(
            "(home) => location.href === home || document.querySelector('form [role=alert]')", arg=hub.url + "/"
        )
        if page.url == hub.url + "/":
            break
        said = page.inner_text("form [role=alert]")
        assert any(each in said for each in BUSY), f"{account.username} is not let in: {said}"
        print(f"{account.username}: {said}")
    page.wait_for_url(hub.url + "/")
    page.wait_for_selector("h1")


@pytest.fixture
def window(browser: Browser, hub: RunningHub) -> Iterator[Window]:
    """Opens a window: nobody's, or one in which an account is signed in and stands at its meetings."""
    contexts = []
    faults: list[str] = []

    def open_window(
        account: Account | None = None, width: int = 1366, height: int = 900, language: str = "zh", **device: Any
    ) -> Page:
        context = browser.new_context(
            base_url=hub.url, ignore_https_errors=True, viewport={"width": width, "height": height}, **device
        )
        context.add_init_script(COUNTER)
        context.on("weberror", lambda fault: faults.append(str(fault.error)))
        contexts.append(context)
        page = at_the_door(context, language)
        if account is not None:
            sign_in(page, hub, account)
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert not faults, faults


@pytest.fixture(scope="session")
def axe() -> str:
    return (Path(__file__).parents[2] / "api/web/node_modules/axe-core/axe.min.js").read_text()
