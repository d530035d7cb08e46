"""What hangs is taken off, objected to and answered as a notice: the record's own acts are no way around it, and its
end leaves neither a notice behind nor who objected to it."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.acts.seed import ensure_admin, seed_demo
from storage.database import Database
from tests.api.board import FORM, NO_STEP, PAGE, PLAN, RELIEF, TODAY, hung, objected, page
from tests.api.conftest import ADMIN_PASSWORD, Hub, config_for, serving
from tests.api.held import VOTE, under_way
from tests.api.test_decision_acts import act, begun
from tests.api.test_notice_tables import HOUSEHOLDS


async def resolved(hub: Hub) -> str:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        url, item = await under_way(secretary, unit, "b1")
        assert (await secretary.post(f"{url}/items/{item['id']}/votes", json=VOTE)).status_code == 201
        return str(item["decision"]["id"])


async def hanging(hub: Hub) -> tuple[str, str, str]:
    """A record, the notice of its resolution, and what a villager said against it."""
    record = await resolved(hub)
    notice = (await hung(hub, PLAN | {"decision": record}))["id"]
    assert (await objected(hub, notice, name="王建国", text="我家没有通知")).status_code == 201
    return f"/api/decisions/{record}", notice, await objection(hub)


async def objection(hub: Hub) -> str:
    async with await hub.client("shuji") as secretary:
        return str((await secretary.get(f"/api/units/{await hub.unit('shuji')}/objections")).json()[0]["id"])


async def answered(client: httpx.AsyncClient, which: str) -> httpx.Response:
    return await client.post(f"/api/objections/{which}/answer", json={"answer": "已补发通知"})


async def test_an_objection_is_answered_in_writing_and_not_by_the_records_act(hub: Hub) -> None:
    record, notice, which = await hanging(hub)
    async with await hub.client("shuji") as secretary:
        for fields in ({"act": "answer", "number": 1}, {"act": "off", "step": "publication"}):
            refused = await secretary.post(f"{record}/acts", json=fields)
            assert (refused.status_code, refused.json()["code"]) == (409, "notice.its-own")
        assert "至异议答复为止" in (await page(hub)).text
        assert (await answered(secretary, which)).status_code == 200
        assert "至异议答复为止" not in (await page(hub)).text
        assert (await secretary.post(f"/api/notices/{notice}/off", json={"on": TODAY})).status_code == 200
        kinds = [each["kind"] for each in (await secretary.get(record)).json()["entries"]]
        assert [kind for kind in kinds if kind in ("post", "object", "answer", "off")] == [
            "post", "object", "answer", "off"
        ]  # fmt: skip


async def test_what_was_said_and_hangs_on_paper_alone_is_entered_by_the_records_acts(hub: Hub) -> None:
    record = f"/api/decisions/{await resolved(hub)}"
    async with await hub.client("shuji") as secretary:
        for fields in ({"act": "post", "step": "publication"}, {"act": "object", "step": "publication"},
                       {"act": "answer", "number": 1}, {"act": "off", "step": "publication"}):  # fmt: skip
            answer = await secretary.post(f"{record}/acts", json=fields)
            assert answer.status_code == 201, answer.text


async def test_a_record_that_was_given_up_leaves_no_notice_and_no_objector_behind(hub: Hub) -> None:
    record, notice, which = await hanging(hub)
    async with await hub.client("shuji") as secretary:
        assert (await act(secretary, record, "end", reason="资金没有到位"))["outcome"] == "ended"
        # It hangs still, and who reads it may speak.
        assert (await objected(hub, notice, name="李四", text="为什么不办了")).status_code == 201
        assert (await answered(secretary, which)).status_code == 200
        off = await secretary.post(f"/api/notices/{notice}/off", json={"on": TODAY})
        assert off.status_code == 200, off.text
        assert (await secretary.post(f"/api/units/{await hub.unit('shuji')}/notices", json=PLAN | {
            "decision": record.rsplit("/", 1)[1]})).json()["code"] == "decision.ended"  # fmt: skip


@pytest.mark.parametrize("on", ["9999-12-31", "9999-12-20", "2200-01-01"])
async def test_a_day_beyond_all_calendars_is_refused(hub: Hub, on: str) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        answer = await secretary.post(f"/api/units/{unit}/notices", json=PLAN | NO_STEP | {"from_on": on})
        assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
        notice = (await hung(hub, PLAN | NO_STEP))["id"]
        late = await secretary.post(f"/api/notices/{notice}/off", json={"on": on})
        assert (late.status_code, late.json()["code"]) == (422, "request.invalid")


@pytest.mark.parametrize("notice", [[], None, "x", 5, {}])
async def test_a_notice_with_tables_that_is_none_is_refused_with_a_code(hub: Hub, notice: Any) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        answer = await secretary.post(f"/api/units/{unit}/notices/with-tables",
                                      data={"notice": json.dumps(notice)}, files=[("files", HOUSEHOLDS)])  # fmt: skip
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")


async def test_a_notice_tells_nobody_that_a_restricted_record_is_there(hub: Hub) -> None:
    record = (await begun(hub, "g1")).rsplit("/", 1)[1]
    unit = await hub.unit("shuji")
    async with await hub.client("admin") as admin:
        for notice in (RELIEF, PLAN):
            answers = [
                await admin.post(f"/api/units/{unit}/notices", json=notice | {"decision": each})
                for each in (record, "dec_none")
            ]
            assert answers[0].status_code == answers[1].status_code
            assert answers[0].json()["code"] == answers[1].json()["code"]


async def test_a_form_with_a_character_that_no_database_takes(tmp_path: Path, bus_url: str, postgres_url: str) -> None:
    database = await Database.open(postgres_url)
    try:
        await ensure_admin(database, ADMIN_PASSWORD)
        credentials = await seed_demo(database)
        config = config_for(tmp_path, bus_url, postgres_url)
        async with serving(config, database, credentials) as hub, hub.stranger() as stranger:
            for body in (b"notice=%00&name=a&text=b", b"notice=\0&name=a&text=b"):
                answer = await stranger.post(f"{PAGE}/object", content=body, headers=FORM)
                assert (answer.status_code, answer.headers["content-type"][:9]) == (404, "text/html")
    finally:
        await database.close()
