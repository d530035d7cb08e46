"""Inside a room: a shared screen, and the picture that the chair brings before everybody."""

import re

import pytest
from playwright.sync_api import APIResponse, Page, Route

from tests.browser.conftest import Window
from tests.browser.steps import archived, begin_meeting, figures, post, press_end, until, until_encoded, until_seen
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser

LARGE = "document.querySelector('.large .tile')?.dataset.publisher === who"


def large_is(page: Page, publisher: str) -> None:
    until(page, f"(who) => {LARGE}", publisher)


def test_a_shared_screen_is_seen_and_archived(hub: RunningHub, window: Window) -> None:
    secretary = window(hub.account("secretary"))
    meeting = begin_meeting(secretary)
    organiser = window(hub.account("organiser"))
    organiser.goto(f"/meetings/{meeting}")
    organiser.click("[data-press=enter]")
    until_seen(organiser, 5)

    share = secretary.locator("[data-press=share]")
    share.click()
    secretary.wait_for_selector("[data-press=share][aria-pressed=true]")
    until(secretary, "async () => ((await window.huilu.stats()).framesEncoded.screen ?? 0) > 20")
    organiser.wait_for_selector(".large .tile[data-kind=screen] video")
    until(organiser, "() => document.querySelector('.large video').getVideoPlaybackQuality().totalVideoFrames > 5")
    share.click()
    secretary.wait_for_selector("[data-press=share][aria-pressed=false]")
    # The relay takes a screen that sends nothing for 5 s for ended.
    organiser.wait_for_selector(".tile[data-kind=screen]", state="detached")
    press_end(secretary)

    tracks = archived(secretary, meeting)["tracks"]
    screens = [track for track in tracks if track["kind"] == "screen"]
    assert len(screens) == 1
    assert screens[0]["frames"] > 5
    print(f"\nshared screen: {screens[0]['width']}x{screens[0]['height']}, {screens[0]['frames']} frames")


def test_rooms_follow_the_chairs_picture(hub: RunningHub, window: Window) -> None:
    secretary = window(hub.account("secretary"))
    meeting = begin_meeting(secretary)
    pages = [secretary]
    for role in ("organiser", "reviewer"):
        page = window(hub.account(role))
        page.goto(f"/meetings/{meeting}")
        page.click("[data-press=enter]")
        until_encoded(page, 1)
        pages.append(page)
    for page in pages:
        page.wait_for_selector(".strip .tile video >> nth=2")
    chosen = figures(pages[2])["publisher"]
    secretary.click(f".strip .tile[data-publisher='{chosen}']")
    large_is(secretary, chosen)
    secretary.click("[data-press=everybody]")
    secretary.wait_for_selector("[data-press=everybody][aria-pressed=true]")
    large_is(pages[1], chosen)
    # One's own choice stands above the chair's.
    mine = figures(secretary)["publisher"]
    pages[1].click(f".strip .tile[data-publisher='{mine}']")
    large_is(pages[1], mine)
    pages[1].click(f".strip .tile[data-publisher='{mine}']")
    large_is(pages[1], chosen)
    press_end(secretary)


def test_outside_a_restricted_part_a_plain_page_waits_and_the_room_comes_back(hub: RunningHub, window: Window) -> None:
    secretary = window(hub.account("secretary"))
    meeting = begin_meeting(secretary)
    organiser = window(hub.account("organiser"))
    organiser.goto(f"/meetings/{meeting}")
    organiser.click("[data-press=enter]")
    until_seen(organiser, 5)
    item = post(secretary, f"/api/meetings/{meeting}/items", {"title": "民主评议", "matter": "h3"})
    post(secretary, f"/api/meetings/{meeting}/items/{item['id']}/start", {})
    outside = "text=本项议题限定人员参加，结束后自动返回"
    organiser.wait_for_selector(outside)
    assert organiser.locator(".tile").count() == 0
    assert organiser.locator(".people, .panel").count() == 0
    organiser.reload()  # also the page that comes anew waits there
    organiser.wait_for_selector(outside)
    post(secretary, f"/api/meetings/{meeting}/items/{item['id']}/end", {})
    organiser.wait_for_selector(outside, state="detached")
    until_seen(organiser, 5)
    press_end(secretary)


def test_an_answer_that_comes_late_undoes_nothing(hub: RunningHub, window: Window) -> None:
    """The opening's answer was overtaken by the channel, and by an item that was started meanwhile."""
    secretary = window(hub.account("secretary"))
    held: list[tuple[Route, APIResponse]] = []
    secretary.route("**/api/meetings/*/open", lambda route: held.append((route, route.fetch())))
    meeting = begin_meeting(secretary)
    secretary.click("[data-press=item-start]")
    secretary.wait_for_selector("[data-press=item-end]")
    [(route, answer)] = held
    assert answer.json()["items"][0]["start_ms"] is None
    # The next request of the page after the opening: its answer has been taken by then.
    with secretary.expect_request(f"**/api/meetings/{meeting}/notice"):
        route.fulfill(response=answer)
    assert secretary.locator("[data-press=item-end]").count() == 1
    press_end(secretary)


def test_an_opening_that_cannot_be_looked_at_again_throws_nobody_out(hub: RunningHub, window: Window) -> None:
    """The meeting is open; that the page's next question about it fails must not take its session down."""
    secretary = window(hub.account("secretary"))
    looked: list[str] = []

    def refuse(route: Route) -> None:
        looked.append(route.request.url)
        route.abort()

    def opened(route: Route) -> None:
        answer = route.fetch()
        # The channel was first: the page takes the answer for overtaken and asks again, in vain.
        secretary.wait_for_selector("[data-rec].on")
        secretary.route(re.compile(r"/api/meetings/mtg_[a-z0-9]+$"), refuse)
        route.fulfill(response=answer)

    secretary.route("**/api/meetings/*/open", opened)
    begin_meeting(secretary)
    until_encoded(secretary, figures(secretary)["framesEncoded"]["camera"] + 10)
    assert looked
    secretary.unroute_all()
    assert secretary.locator("[data-press=end]").count() == 1
    press_end(secretary)


def test_an_answer_on_its_way_closes_no_question_asked_since(hub: RunningHub, window: Window) -> None:
    secretary = window(hub.account("secretary"))
    meeting = begin_meeting(secretary)
    held: list[tuple[Route, APIResponse]] = []
    pages = [secretary]
    for role in ("organiser", "reviewer"):
        page = window(hub.account(role))
        page.goto(f"/meetings/{meeting}")
        page.click("[data-press=enter]")
        until_encoded(page, 1)
        pages.append(page)
    secretary.route(f"**/api/meetings/{meeting}/picture", lambda route: held.append((route, route.fetch())))
    secretary.click(f".strip .tile[data-publisher='{figures(pages[2])['publisher']}']")
    secretary.click("[data-press=everybody]")
    secretary.wait_for_selector("[data-press=everybody][aria-pressed=true]")
    secretary.click("[data-press=end]")
    secretary.wait_for_selector("[data-press=end-sure]:disabled")
    [(route, answer)] = held
    route.fulfill(response=answer)
    secretary.click("[data-press=end-sure]:enabled")
    secretary.wait_for_selector("text=看录像")
