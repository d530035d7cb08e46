"""A camera that shows nothing for a while: what measuring finds of it, and the inspector's word on it."""

import os
from collections.abc import Iterator
from pathlib import Path

import ffmpeg
import imageio_ffmpeg
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect

from tests.browser.conftest import FLAGS, Window, chromium_path
from tests.browser.steps import archived, ask, begin_meeting, press_end, until
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

PATIENCE_S = 200.0  # the worker measures when it has nothing else to do
BLACK_S, PICTURE_S = 7, 3  # in turns; what is shorter than 5 s is no mark
SHOTS = os.environ.get("TEST_SHOTS")  # a folder, for whoever wants to look
BLACK = "[data-quality] .mark:has-text('画面全黑')"


@pytest.fixture(scope="module")
def browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Its camera plays a film again and again."""
    film = tmp_path_factory.mktemp("camera") / "film.y4m"
    size = "size=320x180:rate=10:duration="
    parts = [
        ffmpeg.input(f"{kind}{size}{seconds}", format="lavfi")
        for kind, seconds in (("color=c=black:", BLACK_S), ("testsrc=", PICTURE_S))
    ]
    turns = ffmpeg.concat(*parts).output(str(film), pix_fmt="yuv420p")
    turns.run(cmd=imageio_ffmpeg.get_ffmpeg_exe(), quiet=True)
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={film}"]
    chromium = playwright.chromium.launch(executable_path=chromium_path(), args=flags)
    yield chromium
    chromium.close()


def shoot(page: Page, name: str) -> None:
    """From a telephone to a wall: nothing is cut off."""
    for width in (360, 1366, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        page.locator("[data-quality]").scroll_into_view_if_needed()
        page.wait_for_timeout(300)
        cut_off = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(cut_off) <= 0, width
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png")
            page.locator("[data-quality]").screenshot(path=Path(SHOTS) / f"{name}-card-{width}.png")
    page.set_viewport_size({"width": 1366, "height": 900})


@pytest.mark.timeout(500)
def test_a_black_picture_is_found_confirmed_and_taken_back(hub: RunningHub, window: Window) -> None:
    secretary = window(hub.account("secretary"))
    meeting = begin_meeting(secretary)
    secretary.wait_for_timeout((2 * BLACK_S + PICTURE_S + 2) * 1000)  # one black span at least is whole
    press_end(secretary)
    recording = archived(secretary, meeting)
    path = f"/api/recordings/{recording['id']}"

    inspector = window(hub.account("inspector"))
    inspector.goto(f"/recordings/{recording['id']}")
    measured = "async (path) => (await (await fetch(path)).json()).measured"
    until(inspector, measured, f"{path}/quality", PATIENCE_S)
    marks = [each for each in ask(inspector, f"{path}/quality")["marks"] if each["kind"] == "black"]
    longest = max(each["end_ms"] - each["start_ms"] for each in marks) / 1000
    print(f"\n{len(marks)} black spans, the longest {longest:.1f} s of {BLACK_S}")
    assert BLACK_S - 2 < longest < BLACK_S + 2
    before = ask(inspector, path)["coverage"]

    inspector.reload()
    mark = inspector.locator(BLACK).first
    mark.wait_for()
    assert mark.get_attribute("data-state") == "proposed"
    shoot(inspector, "quality-proposed")
    mark.locator("[data-confirm]").click()
    inspector.wait_for_selector(f"{BLACK}[data-state=confirmed] >> text=已确认")
    expect(mark.locator("[data-confirm]")).to_have_count(0)
    mark.locator("[data-dismiss]").click()
    inspector.wait_for_selector(f"{BLACK}[data-state=dismissed] .said >> text=不属实")
    shoot(inspector, "quality-answered")
    mark.locator("[data-confirm]").click()
    inspector.wait_for_selector(f"{BLACK}[data-state=confirmed]")

    inspector.reload()  # it lasts, and coverage is what it was
    inspector.wait_for_selector(f"{BLACK}[data-state=confirmed]")
    assert ask(inspector, path)["coverage"] == before
    secretary.goto(f"/recordings/{recording['id']}")
    secretary.wait_for_selector(f"{BLACK}[data-state=confirmed]")
    expect(secretary.locator("[data-quality] [data-confirm], [data-quality] [data-dismiss]")).to_have_count(0)
