"""A vote by hands: opening its form is the reading of the question, no break until its result is announced; when the
recording breaks meanwhile the room says so and takes it again by one press."""

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import Window
from tests.browser.steps import archived, ask, begin_meeting, post, press_end, until_encoded
from tests.fixtures_hub import RunningHub

pytestmark = pytest.mark.browser


def test_a_break_is_refused_and_a_broken_vote_is_taken_again(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"))
    meeting = begin_meeting(page)
    page.click("[data-press=item-start]")
    page.click("[data-press=vote]")
    page.wait_for_selector("[data-vote] [data-vote-open]")
    page.keyboard.press("Escape")  # the form is closed, the vote goes on
    page.wait_for_selector("[data-vote]", state="detached")
    page.wait_for_selector("#panel-body [data-vote-open]")
    page.click(".control:has-text('休会')")
    page.wait_for_selector("[data-no-break]")
    assert page.is_disabled("[data-reason=rest]")
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-no-break]", state="hidden")
    refused = page.evaluate(
        """async (id) => {
          const body = {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{"reason": "休息"}'}
          const answer = await fetch(`/api/meetings/${id}/break`, body)
          return [answer.status, (await answer.json()).code]
        }""",
        meeting,
    )
    assert refused == [409, "vote.open"]
    first = ask(page, f"/api/meetings/{meeting}")["items"][0]["asked_ms"]

    with hub.halted("recorder"):
        page.wait_for_selector("[data-broken-vote]")
        assert "表决过程录像中断，请重新表决" in page.inner_text("[data-broken-vote]")
    page.wait_for_selector("[data-unwell]", state="detached")
    page.evaluate("id => fetch('/api/meetings/' + id)", meeting)

    # Taken again, whether or not the recorder has caught up: its figures are noted, and the break may come.
    page.click("[data-press=vote-figures]")
    page.wait_for_selector("[data-vote] input[name=in_favour]:focus")
    if page.is_visible("[data-vote] [data-press=vote-again]"):
        page.click("[data-vote] [data-press=vote-again]")
    else:
        page.evaluate(
            """([id, item]) => fetch(`/api/meetings/${id}/items/${item}/question`, {method: 'POST',
              headers: {'Content-Type': 'application/json'}, body: '{"again": true}'})""",
            [meeting, ask(page, f"/api/meetings/{meeting}")["items"][0]["id"]],
        )
    page.wait_for_function(
        "async ([id, first]) => (await (await fetch('/api/meetings/' + id)).json()).items[0].asked_ms > first",
        arg=[meeting, first],
    )
    page.select_option("#vote-matter", label="工程招投标")
    for name, figure in (("in_favour", "5"), ("against", "1"), ("abstained", "1")):
        page.fill(f"input[name={name}]", figure)
    page.fill("#vote-present", "10")
    page.click("[data-press=vote-record]")
    page.wait_for_selector("[data-vote]", state="detached")
    vote = ask(page, f"/api/meetings/{meeting}")["items"][0]["votes"][0]
    assert first < vote["asked_ms"] <= vote["at_ms"]

    page.click(".control:has-text('休会')")
    page.fill("#own-reason", "等候投影仪")
    page.click("[data-press=break]")
    page.wait_for_selector("[data-pause] >> text=等候投影仪")
    page.click(".control:has-text('继续开会')")
    page.wait_for_selector("[data-pause]", state="detached")
    until_encoded(page, 60)
    press_end(page)
    marks = [(mark["kind"], mark["start_ms"], mark["end_ms"]) for mark in archived(page, meeting)["marks"]]
    assert ("vote", vote["asked_ms"], vote["at_ms"]) in marks
    assert first in [start for kind, start, _ in marks if kind == "vote-again"]


def test_a_form_stays_open_while_its_page_comes_in(hub: RunningHub, window: Window) -> None:
    """The agenda stands in the lobby as well: whoever presses at once after coming in still sees the lobby's."""
    chair = window(hub.account("secretary"))
    meeting = begin_meeting(chair)
    chair.click("[data-press=item-start]")
    page = window(hub.account("secretary"))
    page.goto(f"/meetings/{meeting}")
    page.wait_for_selector("[data-press=enter]")
    page.click("[data-press=vote]")
    page.wait_for_selector("[data-vote] input[name=in_favour]:focus")
    page.keyboard.type("12")
    page.evaluate("document.querySelector('[data-press=enter]').click()")
    page.wait_for_selector("#panel-body [data-vote-open]", state="attached")
    assert page.input_value("[data-vote] input[name=in_favour]") == "12"
    press_end(chair)


def test_figures_that_are_quicker_than_the_question_close_it(hub: RunningHub, window: Window) -> None:
    """On a slow line: else the question would come after its figures, and open the vote once more."""
    page = window(hub.account("secretary"))
    meeting = begin_meeting(page)
    page.click("[data-press=item-start]")
    held: list[Route] = []
    page.route("**/question", lambda route: held.append(route))
    page.click("[data-press=vote]")
    page.select_option("#vote-matter", label="工程招投标")
    for name, figure in (("in_favour", "5"), ("against", "1"), ("abstained", "1")):
        page.fill(f"[data-vote] input[name={name}]", figure)
    page.fill("#vote-present", "10")
    page.click("[data-press=vote-record]")
    page.wait_for_timeout(1_000)
    (route,) = held
    with page.expect_response("**/question"):
        route.continue_()
    page.wait_for_selector("[data-vote]", state="detached")
    item = ask(page, f"/api/meetings/{meeting}")["items"][0]
    assert item["asked_ms"] is None
    assert item["votes"][0]["asked_ms"] is not None
    press_end(page)


def test_in_a_secret_vote_the_operator_is_told_where_the_camera_looks(hub: RunningHub, window: Window) -> None:
    page = window(hub.account("secretary"))
    meeting = begin_meeting(page)
    page.click("[data-press=item-start]")
    told = "text=镜头对着票箱和计票，不要对着写票的地方"
    page.click("[data-press=vote]")
    page.wait_for_selector("[data-vote] [data-vote-open]")
    assert page.locator(told).count() == 0, "hands are filmed"
    page.check("[data-vote] input[value=secret]")
    assert page.wait_for_selector(f"[data-vote] >> {told}") is not None
    page.check("[data-vote] input[value=hands]")
    page.wait_for_selector(told, state="detached")
    page.check("[data-vote] input[value=secret]")
    page.select_option("#vote-matter", label="工程招投标")
    figures = {"in_favour": "7", "against": "1", "abstained": "1", "issued": "10", "returned": "10", "invalid": "1"}
    for name, figure in figures.items():
        page.fill(f"[data-vote] input[name={name}]", figure)
    page.fill("#vote-present", "10")
    assert page.is_visible(told), "until its figures are noted"
    page.click("[data-press=vote-record]")
    page.wait_for_selector("[data-vote]", state="detached")
    assert page.locator(told).count() == 0
    vote = ask(page, f"/api/meetings/{meeting}")["items"][0]["votes"][0]
    assert (vote["way"], vote["in_favour"]) == ("secret", 7)
    press_end(page)


def test_the_room_tells_of_a_secret_vote_before_its_form_is_opened(hub: RunningHub, window: Window) -> None:
    """As soon as the item begins whose step asks for it, on whichever page the camera stands, until it is counted."""
    page = window(hub.account("secretary"))
    unit = ask(page, "/api/me")["home"]["id"]
    record = post(page, "/api/decisions", {"unit": unit, "matter": "i2", "procedure": "P7d", "title": "推选村民代表"})
    plan = {"title": "推选", "kind": "representatives_meeting", "unit": unit, "items": [{"decision": record["id"]}]}
    meeting = post(page, "/api/meetings", plan)["id"]
    page.goto(f"/meetings/{meeting}")
    page.click("[data-press=enter]")
    page.wait_for_selector("[data-press=item-start]")
    reviewer = window(hub.account("reviewer"))
    reviewer.goto(f"/meetings/{meeting}")
    reviewer.click("[data-press=enter]")
    reviewer.wait_for_selector("#panel-body")
    assert page.locator("[data-secret-vote]").count() == reviewer.locator("[data-secret-vote]").count() == 0
    page.click("[data-press=item-start]")
    for each in (page, reviewer):
        each.wait_for_selector("[data-secret-vote] >> text=镜头")
    reviewer.close()

    page.click("[data-press=vote]")
    page.wait_for_selector("[data-vote] input[name=issued]:focus")
    assert page.is_checked("[data-vote] input[value=secret]")
    # Chosen without a roster of voters: no second round, and nobody's ballot is handed in by another.
    assert page.locator("[data-vote] [data-election], [data-vote] [data-proxies]").count() == 0
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-vote]", state="detached")
    assert page.is_visible("[data-secret-vote]")
    page.click("[data-press=vote-figures]")
    figures = {"issued": "12", "returned": "12", "invalid": "1", "in_favour": "11", "against": "0", "abstained": "0"}
    for name, figure in figures.items():
        page.fill(f"[data-vote] input[name={name}]", figure)
    page.fill("#vote-present", "12")
    page.click("[data-press=vote-record]")
    page.wait_for_selector("[data-secret-vote]", state="detached")
    press_end(page)
