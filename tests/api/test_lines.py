"""How the line of each site is: good, weak, lost; told to who chairs and to nobody else."""

from typing import Any

from api.live.lines import GOOD_LOOKS, Lines, judged, told
from tests.api.conftest import Hub
from tests.api.test_channel import Page, channel, open_meeting
from tests.api.test_crowd import fill


def test_a_line_is_weak_at_once_and_good_again_after_some_looks() -> None:
    lines = Lines()
    assert not lines.looked("s", 0.0, 20)
    assert lines.looked("s", 0.12, 20)
    assert lines.of("s") == "weak"
    for _ in range(GOOD_LOOKS - 1):
        assert not lines.looked("s", 0.01, 20)
    assert lines.looked("s", 0.0, None)
    assert lines.of("s") == "good"
    assert lines.looked("s", 0.0, 900), "a long way is weak too"
    assert lines.silent("s", True)
    assert lines.of("s") == "lost"
    assert not lines.looked("s", 0.5, 20)
    assert lines.silent("s", False)
    assert lines.of("s") == "weak"
    assert [judged(0.0, None), judged(0.06, 1), judged(0.4, 1)] == ["good", "weak", "lost"]


def test_of_many_troubled_sites_the_worst_are_named_and_all_are_counted() -> None:
    message = told([("weak", {"name": f"{n}"}) for n in range(30)] + [("lost", {"name": "x"})])
    assert (message["weak"], message["lost"], len(message["sites"])) == (30, 1, 20)
    assert message["sites"][0] == {"name": "x", "line": "lost"}


async def lines_until(page: Page, **wanted: int) -> dict[str, Any]:
    return await page.until("lines", **wanted)


async def test_who_chairs_sees_a_site_get_weak_and_lost_and_come_back(hub: Hub) -> None:
    meeting = await open_meeting(hub)
    await fill(hub, meeting, 3)
    bus = hub.house.bus

    async def relay_says(what: str, **body: Any) -> None:
        await bus.publish(f"huilu.event.relay.{what}", {"room": meeting, "epoch": "e", **body})

    def figures(loss: float) -> dict[str, Any]:
        return {"sessions": {"ses_c0001": {"loss": loss, "rtt_ms": 30.0}, "ses_c0002": {"loss": 0.0, "rtt_ms": 30.0}}}

    async with await hub.client("shuji") as secretary, await hub.client("zhongduan") as terminal:
        chair, other = secretary.headers["Authorization"], terminal.headers["Authorization"]
        async with channel(hub, meeting, chair) as page, channel(hub, meeting, other) as plain:
            await page.until("people")
            await relay_says("quality", **figures(0.12))
            weak = await lines_until(page, weak=1, lost=0)
            assert weak["sites"] == [
                {"publisher": "sit_c0001." + f"{1:016x}", "name": "第001村民委员会", "line": "weak"}
            ]
            await page.say(type="people", first=0, count=50)
            first = (await page.until("people", first=0))["people"][0]
            assert (first["publisher"], first["line"]) == (weak["sites"][0]["publisher"], "weak"), "the worst first"
            await page.say(type="people", first=0, count=50, line="weak")
            assert (await page.until("people", line="weak"))["found"] == 1
            await page.say(type="people", first=0, count=50)
            await page.until("people", line=None, first=0)
            await relay_says("session", session="ses_c0001", state="silent", cause="")
            assert (await lines_until(page, lost=1))["sites"][0]["line"] == "lost"
            await relay_says("session", session="ses_c0001", state="closed", cause="silent")
            # Given up by the relay: no longer counted as present, and still named to the chair.
            assert (await page.until("people", total=2))["total"] == 2
            async with channel(hub, meeting, chair) as late:
                assert (await lines_until(late, lost=1))["sites"][0]["name"] == "第001村民委员会"
            await relay_says("session", session="ses_c0002", state="silent", cause="")
            await lines_until(page, lost=2)
            await relay_says("session", session="ses_c0002", state="connected", cause="back")
            await lines_until(page, lost=1)
            told_plain = await plain.until("people", total=2)
            assert "line" not in str(told_plain)
