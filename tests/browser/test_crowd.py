"""The chair's page in a meeting of hundreds of sites: what it holds, how it is searched, and that it stays still."""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Window, at_the_door, sign_in
from tests.browser.crowd import gathered
from tests.browser.steps import ask, post, press_leave, until, until_encoded
from tests.browser.test_pages import look_at
from tests.fixtures_hub import RunningHub, started_hub

pytestmark = pytest.mark.browser

SITES = 300
HELD = 100  # rows at most
TOTAL = SITES + 1  # the chair's own
LIST = ".scroller"

Do = Callable[[str], None]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """One of its own: a hub full of villages is none for others."""
    with started_hub(tmp_path_factory.mktemp("hub") / "data", "--demo") as running:
        yield running


@pytest.fixture(scope="module")
def crowd(hub: RunningHub, browser: Browser) -> Iterator[tuple[str, Do]]:
    """A meeting of the county with hundreds of sites."""
    context = browser.new_context(base_url=hub.url, ignore_https_errors=True)
    page = at_the_door(context)
    sign_in(page, hub, hub.account("organiser"))
    plan = {"title": "全县村务管理培训", "kind": "training", "unit": ask(page, "/api/me")["home"]["id"]}
    meeting = str(post(page, "/api/meetings", {**plan, "recorded": False})["id"])
    post(page, f"/api/meetings/{meeting}/open", {})
    context.close()
    began = time.monotonic()
    with gathered(hub.data, meeting, SITES) as do:
        print(f"\n{SITES} sites are in after {time.monotonic() - began:.1f} s")
        yield meeting, do


@pytest.fixture
def room(crowd: tuple[str, Do], hub: RunningHub, window: Window) -> Iterator[tuple[Page, Do]]:
    """The chair's page with the list of sites open."""
    meeting, do = crowd
    page = window(hub.account("organiser"))
    page.goto(f"/meetings/{meeting}")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.click("[data-press=enter]")
    page.wait_for_selector("[data-press=end]")
    until_encoded(page, 1)
    page.click("#tab-people")
    page.wait_for_selector(f"#tab-people >> text={TOTAL}")
    page.wait_for_selector("[data-person] >> nth=40")
    yield page, do
    assert len(sockets) == 1, "the channel was closed and came back"
    press_leave(page, hub.url + "/")


def rows(page: Page) -> list[str]:
    return [str(text) for text in page.locator("[data-person] strong").all_inner_texts()]


def in_sight(page: Page) -> tuple[str, float]:
    """Who stands in the middle of the list, and where on screen."""
    found = page.evaluate(
        """() => {
          const box = document.querySelector('.scroller').getBoundingClientRect()
          const middle = box.top + box.height / 2
          for (const row of document.querySelectorAll('[data-person]')) {
            const at = row.getBoundingClientRect()
            if (at.top <= middle && at.bottom > middle) return [row.dataset.person, at.top]
          }
          return null
        }"""
    )
    assert found, "nothing is in sight"
    return str(found[0]), float(found[1])


def throw(page: Page, to: float) -> None:
    """The list is thrown to a share of its height, as by a finger: a position for each picture on screen."""
    page.evaluate(
        """async (to) => {
          const list = document.querySelector('.scroller')
          const from = list.scrollTop, way = to * (list.scrollHeight - list.clientHeight) - from
          for (let step = 1; step <= 60; step += 1) {
            list.scrollTop = from + way * step / 60
            await new Promise((drawn) => requestAnimationFrame(drawn))
          }
        }""",
        to,
    )


def filled(page: Page) -> None:
    until(
        page,
        """() => {
          const box = document.querySelector('.scroller').getBoundingClientRect()
          const seen = (at) => [...document.querySelectorAll('[data-person]')].some((row) => {
            const one = row.getBoundingClientRect()
            return one.top <= at && one.bottom > at
          })
          return seen(box.top + 20) && seen(box.bottom - 20)
        }""",
    )


def test_of_hundreds_only_the_rows_in_sight_are_held(room: tuple[Page, Do]) -> None:
    page, _ = room
    assert len(rows(page)) <= HELD
    for to in (1.0, 0.0, 0.5, 1.0):
        throw(page, to)
        filled(page)
        assert 0 < len(rows(page)) <= HELD
    last = page.locator(f"[data-person][aria-posinset='{TOTAL}']")
    last.wait_for()
    assert last.get_attribute("aria-setsize") == str(TOTAL)
    elements = page.evaluate("document.querySelectorAll('*').length")
    print(f"\n{len(rows(page))} rows, {elements} elements")
    assert elements < 2_500


def test_a_site_is_found_and_brought_on_screen(room: tuple[Page, Do], hub: RunningHub) -> None:
    page, _ = room
    page.fill(".panel input[type=search]", "青阳 张家")
    began = time.monotonic()
    until(
        page,
        """() => {
          const rows = [...document.querySelectorAll('[data-person]')]
          const fits = (row) => ['青阳镇', '张家'].every((part) => row.innerText.includes(part))
          return rows.length > 0 && rows.every(fits)
        }""",
    )
    print(f"\nfound after {time.monotonic() - began:.2f} s")
    assert page.locator(".found").inner_text() == f"找到 {len(rows(page))} 个"
    row = page.locator("[data-person]").first
    publisher = row.get_attribute("data-person")
    assert page.locator(f".strip .tile[data-publisher='{publisher}']").count() == 0, "it was on screen already"
    began = time.monotonic()
    row.locator("[data-press=look]").click()
    page.wait_for_selector(f".large .tile[data-publisher='{publisher}'] video")
    until(page, "() => document.querySelector('.large video').getVideoPlaybackQuality().totalVideoFrames > 0")
    print(f"on screen after {time.monotonic() - began:.2f} s")
    assert "青阳镇" in page.locator(".large .plate").inner_text()
    page.wait_for_selector(f"[data-person='{publisher}'] [data-press=look][aria-pressed=true]")
    # Before everybody, and no longer.
    everybody = row.locator("[data-press=all]")
    everybody.click()
    page.wait_for_selector(f"[data-person='{publisher}'] [data-press=all][aria-pressed=true]")
    assert ask(page, f"/api{page.url.removeprefix(hub.url)}")["picture"] == publisher
    everybody.click()
    page.wait_for_selector(f"[data-person='{publisher}'] [data-press=all][aria-pressed=false]")
    page.fill(".panel input[type=search]", "没有这个村")
    page.wait_for_selector("text=没有找到")


def test_troubled_sites_stand_first_and_nothing_moves_under_the_eyes(room: tuple[Page, Do]) -> None:
    page, do = room
    do("weak 250 251 252")
    page.wait_for_selector("[data-only=weak] >> text=/[3-9]/")
    page.wait_for_selector("[data-person][aria-posinset='3'] [data-line=weak]")
    assert "关掉其他占用网络的设备" in page.locator("[data-lines]").inner_text()
    page.click("[data-only=weak]")
    until(page, "() => [...document.querySelectorAll('[data-person]')].every((row) => row.querySelector('.warn'))")
    assert 3 <= len(rows(page)) < 20
    page.click("[data-only=all]")
    page.wait_for_selector("[data-person] >> nth=40")
    throw(page, 0.5)
    filled(page)
    page.wait_for_timeout(500)
    who, where = in_sight(page)
    do("weak 253 254 255 256")
    do("leave 5 6 7")
    page.wait_for_selector(f"#tab-people >> text={TOTAL - 3}")
    page.wait_for_selector("[data-only=weak] >> text=/[7-9]|1[0-9]/")
    filled(page)
    assert in_sight(page) == (who, pytest.approx(where, abs=2)), "it has moved"
    do("come 5 6 7")
    page.wait_for_selector(f"#tab-people >> text={TOTAL}")
    assert in_sight(page) == (who, pytest.approx(where, abs=2)), "it has moved"


def test_it_fits_on_every_screen_and_goes_by_keys(room: tuple[Page, Do], axe: str) -> None:
    page, _ = room
    clipped = """() => [...document.querySelectorAll('[data-person]')].filter((row) =>
      row.scrollHeight > row.clientHeight || row.scrollWidth > row.clientWidth).map((row) => row.innerText)"""
    for text in (18, 24):
        page.evaluate("(size) => document.documentElement.classList.toggle('large', size === 24)", text)
        for width, height in ((1920, 1080), (1366, 768), (360, 740)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(300)
            look_at(page, axe)
            assert page.evaluate(clipped) == [], f"{text} px at {width}"
    page.locator("[data-press=look]").nth(2).focus()
    for _ in range(30):
        page.keyboard.press("ArrowDown")
    until(
        page,
        """() => {
          const row = document.activeElement?.closest('[data-person]')
          const box = document.querySelector('.scroller').getBoundingClientRect()
          const at = row?.getBoundingClientRect()
          return row && Number(row.ariaPosInSet) > 30 && at.bottom > box.top && at.top < box.bottom
        }""",
    )
