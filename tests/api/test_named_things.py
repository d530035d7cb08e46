"""An id in a request is no right: each thing that a request names is asked for a right of its own."""

import httpx
import pytest
from sqlalchemy import select, update

from storage.tables import Feedback, PartyOrganisationAttributes, Right, User
from tests.api.conftest import Hub
from tests.api.test_import import filled, upload

VOTE = {"way": "hands", "in_favour": 10, "against": 1, "abstained": 1, "due": 15, "present": 12}
H3 = "h3"  # 民主评议: restricted by its matter


@pytest.fixture
async def meeting(hub: Hub) -> dict[str, str]:
    """Running, with an open item, a restricted one that runs, and the record of it."""
    async with await hub.client("shuji") as secretary:
        items = [{"title": "道路", "matter": "b1"}, {"title": "评议", "matter": H3, "decision": "new"}]
        unit = await hub.unit("shuji")
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit, "items": items}
        made = (await secretary.post("/api/meetings", json=plan)).json()
        url = f"/api/meetings/{made['id']}"
        await secretary.post(f"{url}/open")
        opened, closed = made["items"]
        assert (await secretary.post(f"{url}/items/{closed['id']}/start")).status_code == 200
    return {"url": url, "open": opened["id"], "closed": closed["id"], "decision": closed["decision"]["id"]}


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_a_vote_names_no_decision_out_of_ones_right(hub: Hub, meeting: dict[str, str]) -> None:
    votes = f"{meeting['url']}/items/{meeting['open']}/votes"
    by_id = VOTE | {"decision": meeting["decision"]}
    async with await hub.client("huiwu") as organiser, await hub.client("jilu") as minutes:
        refused(await organiser.post(votes, json=by_id), 404, "api.not-found")
        link = {"decision": meeting["decision"]}
        refused(await organiser.patch(f"{meeting['url']}/items/{meeting['open']}", json=link), 404, "api.not-found")
        item = {"title": "又一项"} | link
        refused(await organiser.post(f"{meeting['url']}/items", json=item), 404, "api.not-found")
        assert (await organiser.post(votes, json=VOTE)).status_code == 201, "the item's own, open one"
        assert (await minutes.post(votes, json=by_id)).status_code == 201
        # Of another unit.
        towns = (await organiser.get("/api/units", params={"query": "李家沟村"})).json()
        plan = {"title": "外村", "kind": "consultation", "unit": towns[0]["id"],
                "items": [{"title": "水渠", "matter": "b1", "decision": "new"}]}  # fmt: skip
        foreign = (await organiser.post("/api/meetings", json=plan)).json()["items"][0]["decision"]["id"]
        refused(await minutes.post(votes, json=VOTE | {"decision": foreign}), 404, "api.not-found")


async def test_a_restricted_item_is_not_for_who_does_not_see_it(hub: Hub, meeting: dict[str, str]) -> None:
    item = f"{meeting['url']}/items/{meeting['closed']}"
    async with await hub.client("huiwu") as organiser, await hub.client("jilu") as minutes:
        refused(await organiser.patch(item, json={"access_class": "open"}), 403, "recording.restricted")
        refused(await organiser.post(f"{item}/votes", json=VOTE), 403, "recording.restricted")
        refused(await organiser.post(f"{item}/end"), 403, "recording.restricted")
        assert (await minutes.post(f"{item}/votes", json=VOTE)).status_code == 201
        assert (await minutes.post(f"{item}/end")).status_code == 200


async def test_a_right_of_one_category_takes_no_minutes_of_another(hub: Hub, meeting: dict[str, str]) -> None:
    async with await hub.client("jilu") as minutes:
        categories = (await minutes.get("/api/catalogue")).json()
        own = next(m["category"] for m in categories["matters"] if m["key"] == H3)
        async with hub.database.writing() as session:
            user = await session.scalar(select(User.id).where(User.username == "jilu"))
            await session.execute(update(Right).where(Right.user_id == user).values(category=own))
        item = f"{meeting['url']}/items/{meeting['open']}"
        refused(await minutes.post(f"{item}/votes", json=VOTE), 403, "right.missing")
        refused(await minutes.patch(item, json={"title": "改"}), 403, "right.missing")


async def test_who_answers_for_a_town_reads_and_answers_its_messages_only(hub: Hub) -> None:
    async with hub.database.writing() as session:
        user = await session.scalar(select(User.id).where(User.username == "shenhe"))
        await session.execute(update(Right).where(Right.user_id == user).values(role="admin"))
    async with await hub.client("shenhe") as town, await hub.client("shuji") as below, await hub.client("ducha") as far:
        for client, text in ((below, "近"), (far, "远")):
            assert (await client.post("/api/feedback", json={"page": "/", "text": text})).status_code == 201
        assert [note["text"] for note in (await town.get("/api/feedback")).json()] == ["近"]
        async with hub.database.reading() as session:
            ids = dict((await session.execute(select(Feedback.text, Feedback.id))).all())
        assert (await town.post(f"/api/feedback/{ids['近']}/answer", json={"answer": "好"})).status_code == 200
        refused(await town.post(f"/api/feedback/{ids['远']}/answer", json={"answer": "好"}), 404, "api.not-found")
        # Nor does he give an account to a person of another town.
        async with await hub.client("admin") as admin:
            villages = (await admin.get("/api/units", params={"query": "李家沟村"})).json()
            others = (await admin.get("/api/persons", params={"unit": villages[0]["id"]})).json()
            own = (await admin.get("/api/persons", params={"unit": await hub.unit("shuji")})).json()
        new = {"username": "xin", "name": "新人", "role": "minutes", "unit": await hub.unit("shuji")}
        refused(await town.post("/api/users", json=new | {"person": others[0]["id"]}), 404, "api.not-found")
        assert (await town.post("/api/users", json=new | {"person": own[0]["id"]})).status_code == 201


async def test_a_workbook_moves_no_foreign_party_organisation(hub: Hub) -> None:
    async with hub.database.reading() as session:
        names = select(PartyOrganisationAttributes.name).where(PartyOrganisationAttributes.unit_id.is_not(None))
        foreign = (await session.scalars(names.where(PartyOrganisationAttributes.name.contains("李家沟")))).first()
    assert foreign
    async with await hub.client("shuji") as secretary, await hub.client("admin") as admin:
        for name, unit in ((foreign, "孙家寨村"), (foreign, None), ("中共新支部委员会", None)):
            row = {"党组织": [(name, "党支部", None, unit)]}
            answer = await upload(secretary, filled(row), dry=False)
            assert answer.status_code == 422, answer.text
            assert [error["code"] for error in answer.json()["errors"]] == ["import.party-foreign"]
        assert (
            await upload(admin, filled({"党组织": [("中共新支部委员会", "党支部", None, None)]}), True)
        ).status_code == 200
