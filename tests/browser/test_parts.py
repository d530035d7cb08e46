"""One evening, two bodies: planned in one form, each part with its own roster and quorum line; and a neighbouring
village that sits in a joint meeting sees its own part's roster and buttons alone."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import presses
from tests.browser.conftest import Window
from tests.browser.steps import ask, post, press_end, until, until_encoded
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SIZES = (360, 1366, 1920)


def looked_at(page: Page, tmp_path: Path, name: str) -> None:
    for width in SIZES:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(WIDE) <= 0, (name, width)
        page.screenshot(path=tmp_path / f"{name}-{width}.png")
    page.set_viewport_size({"width": 1366, "height": 900})


def vote(page: Page, figures: tuple[int, int, int]) -> None:
    page.click("[data-press=vote]")
    for name, figure in zip(("in_favour", "against", "abstained"), figures, strict=True):
        page.fill(f"[data-vote] input[name={name}]", str(figure))
    page.click("[data-press=vote-record]")
    page.wait_for_selector("[data-vote]", state="detached")


def test_the_two_committees_and_the_representatives_on_one_evening(
    hub: RunningHub, window: Window, tmp_path: Path
) -> None:
    page = window(hub.account("secretary"))
    unit = ask(page, "/api/me")["home"]["id"]
    cleaners = post(page, "/api/decisions", {"unit": unit, "matter": "i1", "title": "聘用两名保洁员"})["id"]
    page.goto(f"/plan?unit={unit}&kind=two_committees")
    page.wait_for_selector(f"[data-waiting='{cleaners}']")
    presses.begin(page)
    page.click(f"[data-waiting='{cleaners}'] button")
    page.click("[data-parts] [data-press=part-new]")
    page.select_option("#part-kind-2", value="representatives_meeting")
    page.click(f"[data-part-plan='2'] [data-waiting='{cleaners}'] button")
    looked_at(page, tmp_path, "plan")
    page.click("button[type=submit]")
    page.wait_for_selector("[data-press=enter]")
    planned = presses.effort(page)
    assert planned.typed == 0, planned
    expect(page.locator("[data-foreseen] [data-rule=order]")).to_have_count(0)
    looked_at(page, tmp_path, "lobby")

    page.click("[data-press=enter]")
    page.wait_for_selector("[data-rec].on")
    until_encoded(page, 1)
    page.click("#tab-people")
    page.click("[data-roster='1'] >> text=全部到会")
    page.wait_for_selector("[data-roster='1'] >> text=全部到会", state="detached")
    page.wait_for_selector("[data-roster='1'] [data-quorum].good")
    page.click("#tab-agenda")
    # What belongs to the second part begins with it.
    expect(page.locator("[data-press=item-start]")).to_have_count(1)
    page.click("[data-press=item-start]")
    page.wait_for_selector("[data-press=item-end]")
    vote(page, (5, 0, 0))
    page.click("[data-press=item-end]")

    page.click("#tab-people")
    page.click("[data-roster='2'] summary")
    page.wait_for_selector(
        "[data-roster='2'] [data-quorum].warn >> text=还差 5 人"
    )  # five of fifteen sit there already
    page.click("[data-roster='2'] >> text=全部到会")
    page.wait_for_selector("[data-roster='2'] >> text=全部到会", state="detached")
    page.wait_for_selector("[data-roster='2'] [data-quorum].good")
    page.click("#tab-agenda")
    presses.begin(page)
    page.click("[data-press=part-begin]")
    page.wait_for_selector("[data-part='2'] [data-counted] >> text=应到 15，实到 15")
    begun = presses.effort(page)
    assert begun.pressed == 1, begun
    looked_at(page, tmp_path, "room")
    page.click("[data-press=item-start]")
    page.wait_for_selector("[data-press=item-end]")
    page.click("[data-press=vote]")
    page.wait_for_selector("[data-vote] #vote-due")
    until(page, "() => document.querySelector('#vote-due').value === '15'")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-vote]", state="detached")
    page.click("[data-press=vote-figures]")
    for name, figure in (("in_favour", "14"), ("against", "1"), ("abstained", "0")):
        page.fill(f"[data-vote] input[name={name}]", figure)
    page.click("[data-press=vote-record]")
    page.wait_for_selector("[data-vote]", state="detached")
    press_end(page)
    print(f"\npresses and characters: {planned=} {begun=}")
    record = ask(page, f"/api/decisions/{cleaners}")
    assert record["outcome"] == "resolved"
    page.wait_for_selector("[data-papers-of='2'] [data-paper-of=minutes]")
    looked_at(page, tmp_path, "ended")
    page.click("[data-papers-of='2'] [data-paper-of=minutes]")
    page.wait_for_selector("text=（村民代表会议）")


def test_a_neighbouring_village_has_its_own_part_alone(hub: RunningHub, window: Window, tmp_path: Path) -> None:
    page, security, guest = window(hub.account("secretary")), window(hub.account("security")), window()
    unit = ask(page, "/api/me")["home"]["id"]
    other = next(each for each in ask(security, "/api/units?query=马家集村") if each["name"] == "马家集村")["id"]
    new = {"username": "majiaji", "name": "马家集村记录员", "role": "minutes", "unit": other}
    code = post(security, "/api/users", new)["code"]
    post(guest, "/api/login/code", {"username": "majiaji", "code": code, "new_password": "majiaji 2026 jilu"})
    parts = [{"kind": "representatives_meeting"}, {"kind": "representatives_meeting", "unit": other}]
    meeting = post(page, "/api/meetings", {"title": "两村议路", "kind": "representatives_meeting", "unit": unit,
                                           "parts": parts, "items": [{"title": "我村路段"}]})  # fmt: skip
    guest.goto(f"/meetings/{meeting['id']}")
    guest.wait_for_selector("[data-part='2'] >> text=马家集村")
    expect(guest.locator("[data-press=enter]")).to_have_count(0)  # the host opens it
    guest.click("text=加一个议题")
    guest.fill("#new-2-title", "邻村路段")
    guest.click("form.new button[type=submit]")
    guest.wait_for_selector("text=邻村路段")
    guest.click("summary >> nth=0")
    guest.wait_for_selector("[data-roster='2']")
    expect(guest.locator("[data-roster]")).to_have_count(1)
    expect(guest.locator("[data-papers-of]")).to_have_count(1)
    looked_at(guest, tmp_path, "guest")
    page.goto(f"/meetings/{meeting['id']}")
    page.click("[data-press=enter]")
    page.wait_for_selector("[data-rec].on")
    expect(page.locator("[data-press=part-begin]")).to_have_count(0)  # nothing of the other's is his to press
    guest.reload()
    guest.click("[data-press=enter]")
    guest.click("[data-press=part-begin]")
    guest.wait_for_selector("[data-press=item-start]")
    expect(guest.locator("[data-press=item-start]")).to_have_count(1)
    page.wait_for_selector("[data-part='2'] >> text=开始时没有点名")
    press_end(page)
