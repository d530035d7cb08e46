"""What people do to a record outside of meetings: who may, on which day, and what it comes to."""

from typing import Any

import httpx
import pytest
from sqlalchemy import select

from storage.tables import Body, Post, User
from tests.api.conftest import Hub
from tests.api.held import VOTE, under_way


async def begun(hub: Hub, matter: str, who: str = "shuji", **more: object) -> str:
    async with await hub.client(who) as client:
        new = {"unit": await hub.unit("shuji"), "matter": matter, "title": "一件事", **more}
        answer = await client.post("/api/decisions", json=new)
        assert answer.status_code == 201, answer.text
        return f"/api/decisions/{answer.json()['id']}"


async def act(client: httpx.AsyncClient, record: str, name: str, **fields: object) -> dict[str, Any]:
    answer = await client.post(f"{record}/acts", json={"act": name, **fields})
    found: dict[str, Any] = answer.json()
    return found


def states(record: dict[str, Any]) -> dict[str, str]:
    return {step["key"]: step["state"] for step in record["standing"]["steps"]}


async def test_a_register_entry_with_two_signatures_and_the_supervisors(hub: Hub) -> None:
    """P6b has no meeting and no video; who signed for the entry doesn't countersign it."""
    record = await begun(hub, "c2")
    async with await hub.client("shuji") as secretary, await hub.client("jiandu") as supervisor:
        found = (await secretary.get(record)).json()
        assert states(found) == {"entry": "due", "signatures": "waiting", "countersign": "waiting", "list": "waiting"}
        assert {(each["act"], each["may"]) for each in found["standing"]["next"]} == {
            ("done", True), ("withdraw", True), ("end", True)
        }  # fmt: skip
        assert (await act(secretary, record, "sign", step="signatures", person="per_1"))["code"] == (
            "decision.not-resolved"
        )
        assert (await act(secretary, record, "done", step="entry"))["outcome"] == "resolved"
        assert (await act(secretary, record, "sign", step="countersign", person="per_1"))["code"] == "right.missing"
        assert states(await act(secretary, record, "sign", step="signatures", person="per_1"))["signatures"] == "due"
        found = await act(secretary, record, "sign", step="signatures", person="per_2")
        assert (states(found)["signatures"], states(found)["countersign"]) == ("done", "due")
        found = await act(supervisor, record, "sign", step="countersign", person="anybody")
        assert (states(found)["countersign"], found["proper"]) == ("done", None)
        found = await act(secretary, record, "post", step="list")
        assert (found["outcome"], found["proper"], found["standing"]["missing"]) == ("resolved", True, [])
        assert [entry["kind"] for entry in found["entries"]] == [
            "created", "done", "sign", "sign", "sign", "post", "judged"
        ]  # fmt: skip
        assert "签字" in found["entries"][2]["text_zh"]


async def test_a_sitting_that_the_supervisors_lead_takes_no_signature_whoever_gives_it(hub: Hub) -> None:
    """P7c: the secretary is told so, not that he lacks the supervisor's right."""
    record = await begun(hub, "j1")
    for who in ("shuji", "jiandu"):
        async with await hub.client(who) as client:
            answer = await client.post(f"{record}/acts", json={"act": "sign", "step": "report", "person": "per_1"})
        assert answer.json()["code"] == {"shuji": "step.act", "jiandu": "right.missing"}[who]


async def test_who_signed_for_an_entry_does_not_countersign_it_by_his_account(hub: Hub) -> None:
    """The supervisor's account and the person among the signatures are one."""
    record, unit = await begun(hub, "c2"), await hub.unit("shuji")
    async with hub.database.writing() as session:
        user = (await session.scalars(select(User).where(User.username == "jiandu"))).one()
        person = await session.scalar(
            select(Post.person_id).join(Body, Body.id == Post.body_id)
            .where(Body.kind == "supervision", Body.unit_id == unit).limit(1)
        )  # fmt: skip
        assert person is not None
        user.person_id = person
    async with await hub.client("shuji") as secretary, await hub.client("jiandu") as supervisor:
        await act(secretary, record, "done", step="entry")
        await act(secretary, record, "sign", step="signatures", person="per_1")
        await act(secretary, record, "sign", step="signatures", person=person)
        found = await act(supervisor, record, "sign", step="countersign")
        assert (states(found)["signatures"], states(found)["countersign"]) == ("done", "due")


async def test_hands_where_a_secret_vote_was_due_are_taken_and_marked(hub: Hub) -> None:
    """Its sums are those of ballots; nobody has to type them."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        url, item = await under_way(secretary, unit, "j1")
        voted = await secretary.post(f"{url}/items/{item['id']}/votes", json=VOTE)
        assert voted.status_code == 201, voted.text
        found = (await secretary.get(f"/api/decisions/{item['decision']['id']}")).json()
    assert found["outcome"] == "resolved"
    assert "way" in {each["rule"] for each in found["standing"]["findings"]}


async def test_a_guarantee_is_refused_and_leaves_nothing(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        asked = [each["key"] for each in (await secretary.get("/api/catalogue")).json()["matters"] if each["guarantee"]]
        assert asked == ["c3"]
        loan = {"unit": unit, "matter": "c3", "title": "为合作社贷款担保", "guarantee": True}
        refused = await secretary.post("/api/decisions", json=loan)
        assert (refused.status_code, refused.json()["code"]) == (422, "decision.guarantee")
        assert "第三十五条" in refused.json()["zh"]
        found = (await secretary.get("/api/decisions", params={"query": loan["title"]})).json()
        assert found == [] or found.get("items") == []
        assert (await secretary.post("/api/decisions", json=loan | {"guarantee": False})).status_code == 201


async def test_an_opinion_is_the_townships_and_never_ones_own(hub: Hub) -> None:
    record = await begun(hub, "b1")
    async with await hub.client("shuji") as secretary, await hub.client("shenhe") as reviewer:
        assert (await act(secretary, record, "opinion", step="review", opinion="agree"))["code"] == "right.missing"
        assert states(await act(secretary, record, "ask", step="review"))["review"] == "due"
        assert (await act(reviewer, record, "opinion", step="review", opinion="return"))["code"] == "act.form"
        found = await act(reviewer, record, "opinion", step="review", opinion="return", reasons="缺预算")
        assert states(found)["review"] == "due"
        assert "退回补正，缺预算" in found["entries"][-1]["text_zh"]
        assert states(await act(reviewer, record, "opinion", step="review", opinion="risk"))["review"] == "done"
    async with await hub.client("admin") as admin:
        own = await begun(hub, "b1", "admin")
        grant = {"username": "shenhe2", "name": "又一审核员", "role": "reviewer", "unit": await hub.unit("shenhe")}
        assert (await admin.post("/api/users", json=grant)).status_code == 201
        found = (await admin.get(own)).json()
        assert all(not each["may"] for each in found["standing"]["next"] if each["act"] == "opinion")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"act": "ask", "step": "review", "on": "2099-01-01"}, "act.future"),
        ({"act": "ask", "step": "review", "on": "2020-01-01"}, "act.before"),
        ({"act": "ask", "step": "nothing"}, "step.unknown"),
        ({"act": "ask"}, "act.form"),
        ({"act": "post", "step": "publication"}, "decision.not-resolved"),
        ({"act": "answer", "number": 1}, "objection.unknown"),
        ({"act": "plan", "sha256": "0" * 64}, "act.form"),
        ({"act": "withdraw"}, "act.form"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_code(hub: Hub, fields: dict[str, object], code: str) -> None:
    record = await begun(hub, "b1")
    async with await hub.client("shuji") as secretary:
        answer = await secretary.post(f"{record}/acts", json=fields)
        assert (answer.status_code < 500, answer.json()["code"]) == (True, code)
        for wrong in ({"act": "vote"}, {"act": "ask", "step": "review", "on": "2026-02-31"}, {"act": "ask", "x": 1}):
            assert (await secretary.post(f"{record}/acts", json=wrong)).status_code == 422


async def test_a_record_that_was_withdrawn_takes_nothing_more(hub: Hub) -> None:
    record = await begun(hub, "b1")
    async with await hub.client("shuji") as secretary, await hub.client("dangyuan") as villager:
        assert (await act(villager, record, "withdraw", reason="不办了"))["code"] == "api.not-found"
        found = await act(secretary, record, "withdraw", reason="不办了")
        assert (found["state"], found["outcome"]) == ("decided", "withdrawn")
        assert found["entries"][1]["text_zh"] == "撤回：不办了"
        assert (await act(secretary, record, "ask", step="review"))["code"] == "decision.ended"


async def test_a_supervisor_confirms_an_item_that_has_ended(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary, await hub.client("jiandu") as supervisor:
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit,
                "items": [{"title": "道路", "matter": "b1", "decision": "new"}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url, item = f"/api/meetings/{meeting['id']}", meeting["items"][0]
        roster = (await secretary.get(f"{url}/roster")).json()
        for entry in [*roster[:12], roster[-1]]:  # the last one sits in to supervise
            await secretary.put(f"{url}/roster/{entry['person']['id']}", json={"present": True})
        await secretary.post(f"{url}/open")
        assert (await supervisor.post(f"{url}/items/{item['id']}/confirm")).json()["code"] == "item.wrong-state"
        await secretary.post(f"{url}/items/{item['id']}/start")
        voted = await secretary.post(f"{url}/items/{item['id']}/votes", json=VOTE)
        assert voted.status_code == 201, voted.text
        await secretary.post(f"{url}/items/{item['id']}/end")
        assert (await secretary.post(f"{url}/items/{item['id']}/confirm")).status_code == 403
        assert (await supervisor.post(f"{url}/items/{item['id']}/confirm")).status_code == 204
        assert (await supervisor.post(f"{url}/items/{item['id']}/confirm")).status_code == 204
        found = (await secretary.get(f"/api/decisions/{item['decision']['id']}")).json()
    kinds = [entry["kind"] for entry in found["entries"]]
    assert kinds == ["created", "item", "sitting", "judged", "vote", "confirmed"]
    assert (found["outcome"], states(found)["resolution"]) == ("resolved", "done")
    broken = {(each["rule"], each["step"]) for each in found["standing"]["findings"]}
    assert ("supervisor", "resolution") not in broken  # there at the vote
