"""What hangs on the sample village's board, put up, looked at and objected to; for tests of publication."""

import time
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from api.domain.day import day_of
from tests.api.conftest import Hub

TODAY = day_of(time.time_ns())
CODE = "371599101201"  # the village of the sample county's secretary
PAGE = f"/public/{CODE}"
PLAN = {
    "matter": "b1",
    "title": "村内道路硬化",
    "step": "publication",
    "fields": {
        "project": "中心街道路硬化", "content": "长 800 米、宽 5 米 <b>&", "money": 12345600,
        "decided_by": "村民代表会议",
        "decided_on": TODAY, "votes": "应到 36，实到 32，赞成 31，反对 0，弃权 1",
    },
    "from_on": TODAY,
}  # fmt: skip
NO_STEP = {"step": None}
RELIEF = {"matter": "g1", "title": "低保申请公示", "step": "posting", "from_on": TODAY,
          "fields": {"household": ["王建国"], "persons": 3, "income": 480000, "amount": 62000}}  # fmt: skip
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def day(more: int) -> str:
    return (date.fromisoformat(TODAY) + timedelta(days=more)).isoformat()


async def hung(hub: Hub, notice: dict[str, Any] = PLAN) -> dict[str, Any]:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        answer = await secretary.post(f"/api/units/{unit}/notices", json=notice)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def page(hub: Hub, path: str = PAGE) -> httpx.Response:
    async with hub.stranger() as stranger:
        return await stranger.get(path)


async def objected(hub: Hub, notice: str, path: str = PAGE, **fields: str) -> httpx.Response:
    body = "&".join(f"{key}={quote(value)}" for key, value in {"notice": notice, **fields}.items())
    async with hub.stranger() as stranger:
        return await stranger.post(f"{path}/object", content=body, headers=FORM)
