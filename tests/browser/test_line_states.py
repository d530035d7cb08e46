"""A site's line as who chairs sees it: 良好, 较弱, 中断 and 良好 again, and each time what to do about it.

The site's browser is behind a line that loses a share of its packets and then all of them; the chair's stands at the
hub, so that nothing happens to his own.
"""

import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright

from tests.browser.conftest import FLAGS, at_the_door, chromium_path, sign_in
from tests.browser.network import HUB, Network, made
from tests.browser.steps import begin_meeting, figures, press_end, until_seen
from tests.fixtures_hub import RunningHub, started_hub

pytestmark = pytest.mark.browser

FEW = "--use-fake-device-for-media-stream=fps=10"
SLOW_MS = 90_000  # a page that was cut off is back by a restart, or by a new session


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with made() as network:
        yield network


@pytest.fixture(scope="module")
def hub(network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    options = ("--demo", "--media-address", HUB)
    folder = tmp_path_factory.mktemp("hub") / "data"
    with started_hub(folder, *options, inside=network.inside(network.hub)) as running:
        running.url = f"https://{HUB}:{running.url.rpartition(':')[2]}"
        yield running


@pytest.fixture
def pages(
    playwright: Playwright, network: Network, hub: RunningHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Page, Page]]:
    """The chair's at the hub, and one behind the line."""
    browsers: list[Browser] = []

    def enter(role: str, namespace: str) -> Page:
        path = network.wrapped(chromium_path(), tmp_path_factory.mktemp("browser"), namespace)
        chromium = playwright.chromium.launch(executable_path=path, args=[*FLAGS, FEW])
        browsers.append(chromium)
        context = chromium.new_context(base_url=hub.url, ignore_https_errors=True)
        page = at_the_door(context)
        sign_in(page, hub, hub.account(role))
        return page

    yield enter("secretary", network.hub), enter("organiser", network.user)
    network.shut()
    for browser in browsers:
        browser.close()


def test_who_chairs_sees_a_line_weaken_break_and_come_back(
    network: Network, hub: RunningHub, pages: tuple[Page, Page]
) -> None:
    chair, site = pages
    meeting = begin_meeting(chair)
    site.goto(f"/meetings/{meeting}")
    site.click("[data-press=enter]")
    until_seen(site, 5)
    publisher = figures(site)["publisher"]
    chair.click("#tab-people")
    row = f"[data-person='{publisher}']"
    began = time.monotonic()

    def until_line(state: str, words: str) -> None:
        nonlocal began
        line = chair.wait_for_selector(f"{row} [data-line={state}]", timeout=SLOW_MS)
        assert line is not None
        assert line.inner_text() == words
        print(f"{words} after {time.monotonic() - began:.1f} s")
        began = time.monotonic()

    def told(words: str, advice: str) -> None:
        """Among the banners, and in the head of the page, where the list is out of sight."""
        banner = chair.locator(f"[data-lines] .banner:has-text('{words}')")
        banner.wait_for()
        assert "示范县" in banner.inner_text()
        assert advice in banner.inner_text()
        chair.click("#tab-agenda")
        chair.click(f"[data-press=lines]:has-text('{words}')")
        banner.wait_for()

    until_line("good", "良好")
    network.shut("meta l4proto udp numgen random mod 100 < 20")
    until_line("weak", "较弱")
    told("较弱", "靠近路由器或改用网线")
    site.wait_for_selector("header .line.weak, header .line.lost")  # it is told of its own line, too

    network.shut("meta l4proto { tcp, udp }")
    until_line("lost", "中断")
    told("中断", "请打电话核实")

    network.shut()
    until_line("good", "良好")
    chair.wait_for_selector("[data-lines]:has-text('中断')", state="detached", timeout=SLOW_MS)
    until_seen(site, 5)
    press_end(chair)
