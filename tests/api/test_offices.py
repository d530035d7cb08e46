"""A review by several offices over HTTP: each opinion under its office's name; the town's desk says who owes one."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.domain.catalogue import take_up
from tests.api.conftest import Hub
from tests.api.test_decision_acts import act, begun, states
from tests.domain.test_offices import named
from tests.model.offices import ASKED, FARMING, JUSTICE


@pytest.fixture
def several(hub: Hub) -> Iterator[None]:
    take_up(named(**ASKED))
    yield
    take_up(None)


def step(record: dict[str, Any]) -> tuple[list[str], list[str]]:
    review = next(each for each in record["standing"]["steps"] if each["key"] == "review")
    return review["offices"], review["owing"]


async def test_each_office_gives_its_opinion_and_the_desk_names_who_owes_one(hub: Hub, several: None) -> None:
    record = await begun(hub, "b1")
    async with await hub.client("shuji") as secretary, await hub.client("shenhe") as town:
        assert step((await secretary.get(record)).json()) == ([FARMING, JUSTICE], [FARMING, JUSTICE])
        found = await act(secretary, record, "ask", step="review")
        assert states(found)["review"] == "due"
        (waits,) = (await town.get("/api/desk/town")).json()["reviews"]["items"]
        assert f"（{FARMING}、{JUSTICE}）" in waits["zh"]
        assert (await act(town, record, "opinion", step="review", opinion="agree"))["code"] == "act.form"
        wrong = await act(town, record, "opinion", step="review", opinion="agree", office="财政所")
        assert wrong["code"] == "act.form"
        found = await act(town, record, "opinion", step="review", opinion="agree", office=FARMING)
        assert (states(found)["review"], step(found)[1]) == ("due", [JUSTICE])
        assert found["entries"][-1]["text_zh"] == f"事前审核：{FARMING}同意"
        (waits,) = (await town.get("/api/desk/town")).json()["reviews"]["items"]
        assert f"（{JUSTICE}）" in waits["zh"]
        assert FARMING not in waits["zh"]
        found = await act(town, record, "opinion", step="review", opinion="return", reasons="缺预算", office=JUSTICE)
        assert (states(found)["review"], states(found)["proposal"]) == ("due", "waiting")
        assert (await town.get("/api/desk/town")).json()["reviews"]["items"] == []
        await act(secretary, record, "ask", step="review")
        found = await act(town, record, "opinion", step="review", opinion="agree", office=JUSTICE)
        assert (states(found)["review"], states(found)["proposal"]) == ("done", "due")


async def test_where_one_is_enough_no_office_is_named(hub: Hub) -> None:
    record = await begun(hub, "b1")
    async with await hub.client("shenhe") as town:
        refused = await act(town, record, "opinion", step="review", opinion="agree", office=FARMING)
        assert refused["code"] == "act.form"
        found = await act(town, record, "opinion", step="review", opinion="agree")
        assert (states(found)["review"], step(found)) == ("done", ([], []))
