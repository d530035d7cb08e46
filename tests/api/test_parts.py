"""A meeting of several parts: each body, and each village, counts and decides for itself within one recording."""

from dataclasses import replace
from typing import Any

import httpx
from sqlalchemy import select

from storage.database import Database
from storage.ids import new_id
from storage.keys import Signer
from storage.ledger import close_chain, entries, open_chain
from storage.tables import Message, Recording, Right, Unit, UnitAttributes, User
from tests.api.conftest import Hub
from tests.api.test_planning import in_days, rules, waiting

BOTH = [{"kind": "two_committees"}, {"kind": "representatives_meeting"}]


async def said(database: Database, decision: str, kind: str) -> list[dict[str, Any]]:
    async with database.reading() as session:
        chain = await open_chain(session, "decision", decision)
        return [payload async for record, _, payload in entries(session, chain) if payload and record.kind == kind]


async def roster(client: httpx.AsyncClient, url: str, part: int) -> list[dict[str, Any]]:
    answer = await client.get(f"{url}/roster", params={"part": part})
    assert answer.status_code == 200, answer.text
    return [each for each in answer.json() if not each["supervises"]]


async def tick(client: httpx.AsyncClient, url: str, people: list[dict[str, Any]], present: bool = True) -> None:
    for each in people:
        answer = await client.put(f"{url}/roster/{each['person']['id']}", json={"present": present})
        assert answer.status_code == 204, answer.text


async def ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


async def ended(hub: Hub, client: httpx.AsyncClient, url: str, signer: Signer) -> None:
    await ok(await client.post(f"{url}/end"))
    async with hub.database.writing() as session:
        meeting = url.rsplit("/", 1)[1]
        row = (await session.scalars(select(Recording).where(Recording.meeting_id == meeting))).one()
        await close_chain(session, row.chain_id, signer)
        row.state = "closed"
    await hub.house.watches.seal()


async def test_the_two_committees_go_over_into_the_representatives_meeting(hub: Hub, signer: Signer) -> None:
    """P2 within one recording: five committee members in the morning, fifteen representatives in the afternoon."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        new = {"unit": unit, "matter": "i1", "title": "聘用保洁员"}
        decision = (await ok(await secretary.post("/api/decisions", json=new)))["id"]
        after = {"after": "two_committees"}
        assert await waiting(secretary, unit, "representatives_meeting") == []
        offered = await waiting(secretary, unit, "representatives_meeting", **after)
        assert [(each["decision"], each["step"]) for each in offered] == [(decision, "resolution")]
        plan = {"title": "一次会", "kind": "two_committees", "unit": unit, "parts": BOTH,
                "items": [{"decision": decision}, {"decision": decision, "part": 2}]}  # fmt: skip
        meeting = await ok(await secretary.post("/api/meetings", json=plan))
        url = f"/api/meetings/{meeting['id']}"
        assert [(each["number"], each["kind"], each["name"]) for each in meeting["parts"]] == [
            (1, "two_committees", meeting["id"]), (2, "representatives_meeting", f"{meeting['id']}-2")
        ]  # fmt: skip
        assert [each["part"] for each in meeting["items"]] == [1, 2]
        foreseen = await ok(await secretary.get(f"{url}/foreseen"))
        assert [(each["step"], "order" in rules(each)) for each in foreseen] == [
            ("consultation", False), ("resolution", False)
        ]  # fmt: skip
        first, second = (f"{url}/items/{each['id']}" for each in meeting["items"])

        committee, everybody = await roster(secretary, url, 1), await roster(secretary, url, 2)
        assert (len(committee), len(everybody)) == (5, 15)
        await tick(secretary, url, committee[:3])
        opened = await ok(await secretary.post(f"{url}/open"))
        assert [(each["begun_ms"], each["due"], each["present"]) for each in opened["parts"]] == [
            (0, 5, 3), (None, None, None)
        ]  # fmt: skip
        await ok(await secretary.post(f"{first}/start"))
        hands = {"way": "hands", "in_favour": 3, "against": 0, "abstained": 0}
        vote = await ok(await secretary.post(f"{first}/votes", json=hands))
        assert (vote["due"], vote["present"], vote["passed"]) == (5, 3, True)

        # Who is there stays there: three committee members are representatives, too.
        assert sum(each["present"] for each in await roster(secretary, url, 2)) == 3
        others = [each for each in everybody if each["person"]["id"] not in {m["person"]["id"] for m in committee}]
        await tick(secretary, url, others)
        turned = await ok(await secretary.post(f"{url}/parts/2/begin"))
        again = await ok(await secretary.post(f"{url}/parts/2/begin"))
        assert (turned["parts"][1]["due"], turned["parts"][1]["present"]) == (15, 13)
        assert again["parts"][1] == turned["parts"][1]
        assert turned["items"][0]["end_ms"] is not None  # who goes over is through with the item before
        await tick(secretary, url, others[:2], False)  # and two leave before the item
        await ok(await secretary.post(f"{second}/start"))
        vote = await ok(await secretary.post(f"{second}/votes", json=hands | {"in_favour": 11}))
        assert (vote["due"], vote["present"], vote["passed"]) == (15, 11, True)
        await ended(hub, secretary, url, signer)
        await papers(secretary, meeting["id"], decision)
        record = await ok(await secretary.get(f"/api/decisions/{decision}"))
        assert record["outcome"] == "resolved"
        assert [each["part"] for each in record["spans"]] == [meeting["id"], f"{meeting['id']}-2"]
        states = {each["key"]: each["state"] for each in record["standing"]["steps"]}
        assert (states["consultation"], states["resolution"]) == ("done", "done")
        assert "order" not in {each["rule"] for each in record["standing"]["findings"]}
        assert {each["meeting"] for each in record["standing"]["findings"] if each["meeting"]} == {meeting["id"]}

    fields = ("step", "meeting", "body", "due", "present")
    assert [[each[name] for name in fields] for each in await said(hub.database, decision, "sitting")] == [
        ["consultation", meeting["id"], "two_committees", 5, 3],
        ["resolution", f"{meeting['id']}-2", "representatives", 15, 11],
    ]
    assert [(each["step"], each["meeting"]) for each in await said(hub.database, decision, "sealed")] == [
        ("consultation", meeting["id"]), ("resolution", f"{meeting['id']}-2")
    ]  # fmt: skip
    async with hub.database.reading() as session:
        chain = await open_chain(session, "recording", opened["recording"])
        noted = [payload async for record, _, payload in entries(session, chain) if record.kind == "part" and payload]
    assert [(each["part"], each["due"], each["present"]) for each in noted] == [(1, 5, 3), (2, 15, 13)]


async def papers(client: httpx.AsyncClient, meeting: str, decision: str) -> None:
    """Minutes and a sign-in sheet of each part, with its own people, items and votes; the dossier has them all."""
    for name, kind, due, present, figures in ((meeting, "村“两委”会议", 5, 3, "3"),
                                              (f"{meeting}-2", "村民代表会议", 15, 13, "11")):  # fmt: skip
        minutes = await ok(await client.get(f"/api/papers/minutes/{name}"))
        assert (minutes["title"], minutes["subject"]) == (f"一次会（{kind}）", name)
        fields = {each["key"]: each["value"] for each in minutes["fields"]}
        assert (fields["kind"], fields["due"], fields["present"]) == (kind, f"{due} 人", f"{present} 人")
        tables = {each["key"]: each["rows"] for each in minutes["tables"]}
        assert [row["no"] for row in tables["items"]] == ["1"]
        assert [row["in_favour"] for row in tables["votes"]] == [figures]
        sheet = await ok(await client.get(f"/api/papers/roster/{name}"))
        assert len(next(each["rows"] for each in sheet["tables"] if each["key"] == "persons")) == due
        assert sheet["page"]["holds"].endswith(f"/papers/roster/{name}")
        document = await client.get(f"/api/papers/minutes/{name}/docx")
        assert document.content[:2] == b"PK"
    for name in (f"{meeting}-3", f"{meeting}-x", f"{meeting}-", f"{meeting}-01"):
        assert (await client.get(f"/api/papers/minutes/{name}")).status_code == 404, name
    dossier = await ok(await client.get(f"/api/papers/dossier/{decision}"))
    assert [(each["kind"], each["subject"]) for each in dossier["parts"] if each["kind"] in ("minutes", "roster")] == [
        ("minutes", meeting), ("roster", meeting), ("minutes", f"{meeting}-2"), ("roster", f"{meeting}-2")
    ]  # fmt: skip


async def test_a_meeting_of_one_part_says_no_more_than_before(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit}
        meeting = await ok(await secretary.post("/api/meetings", json=plan))
        assert [(each["number"], each["kind"], each["unit"]["id"]) for each in meeting["parts"]] == [
            (1, "representatives_meeting", unit)
        ]  # fmt: skip
        url = f"/api/meetings/{meeting['id']}"
        assert await roster(secretary, url, 1) == [
            each for each in await ok(await secretary.get(f"{url}/roster")) if not each["supervises"]
        ]
        opened = await ok(await secretary.post(f"{url}/open"))
    async with hub.database.reading() as session:
        chain = await open_chain(session, "recording", opened["recording"])
        assert "part" not in [record.kind async for record, _, _ in entries(session, chain)]


async def test_a_part_is_put_on_while_the_meeting_runs(hub: Hub) -> None:
    """Not in the middle of a vote, and not what can't be one recording."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary, await hub.client("jiandu") as supervisor:
        plan = {"title": "会", "kind": "branch_assembly", "unit": unit, "items": [{"title": "一", "matter": "b1"}]}
        meeting = await ok(await secretary.post("/api/meetings", json=plan))
        url = f"/api/meetings/{meeting['id']}"
        item = f"{url}/items/{meeting['items'][0]['id']}"
        await ok(await secretary.post(f"{url}/open"))
        unlike = await secretary.post(f"{url}/parts", json={"kind": "organisation_life"})
        assert unlike.json()["code"] == "meeting.parts-unlike"
        one_way = await secretary.post(f"{url}/parts", json={"kind": "two_committees", "way": "adults"})
        assert one_way.status_code == 422
        assert (await supervisor.post(f"{url}/parts", json={"kind": "two_committees"})).status_code == 403
        put_on = await ok(await secretary.post(f"{url}/parts", json={"kind": "villagers_assembly"}))
        assert [(each["kind"], each["way"]) for each in put_on["parts"]] == [
            ("branch_assembly", None), ("villagers_assembly", "adults")
        ]  # fmt: skip
        new = await ok(await secretary.post(f"{url}/items", json={"title": "二", "matter": "b1", "part": 2}))
        assert new["part"] == 2
        await ok(await secretary.post(f"{item}/start"))
        await ok(await secretary.post(f"{item}/question", json={}))
        for other in (f"{url}/parts/2/begin", f"{url}/items/{new['id']}/start"):
            assert (await secretary.post(other)).json()["code"] == "vote.open"
        await ok(await secretary.post(f"{item}/question/drop"))
        assert (await supervisor.post(f"{url}/parts/2/begin")).status_code == 403
        await ok(await secretary.post(f"{url}/items/{new['id']}/start"))  # its first item begins a part as well
        seen = await ok(await secretary.get(url))
        assert seen["parts"][1]["begun_ms"] is not None
        # What is added now belongs to the part that began last.
        assert (await ok(await secretary.post(f"{url}/items", json={"title": "三"})))["part"] == 2
        assert (await secretary.post(f"{url}/parts/3/begin")).status_code == 404
        assert (await secretary.get(f"{url}/roster", params={"part": 3})).status_code == 404
        for _ in range(10):
            await ok(await secretary.post(f"{url}/parts", json={"kind": "two_committees"}))
        many = await secretary.post(f"{url}/parts", json={"kind": "two_committees"})
        assert many.json()["code"] == "meeting.parts-many"
        nowhere = plan | {"items": [{"title": "一", "part": 2}]}
        assert (await secretary.post("/api/meetings", json=nowhere)).status_code == 422


async def neighbours(hub: Hub, village: str) -> str:
    """A secretary, a minute taker and a supervisor of another town's village, with their colleagues' passwords."""
    async with hub.database.writing() as session:
        other = await session.scalar(
            select(Unit.id)
            .join(UnitAttributes, UnitAttributes.unit_id == Unit.id)
            .where(Unit.level == "village", Unit.id != village, UnitAttributes.name == "李家沟村")
        )
        assert other is not None
        for role, like in (("secretary", "shuji"), ("minutes", "jilu"), ("supervisor", "jiandu")):
            row = (await session.scalars(select(User).where(User.username == like))).one()
            user = User(
                id=new_id("usr"), username=f"{like}-2", name=f"李家沟村{role}", password_hash=row.password_hash,
                created_wall=row.created_wall,
            )  # fmt: skip
            session.add(user)
            await session.flush()
            session.add(Right(id=new_id("rgt"), user_id=user.id, role=role, unit_id=other, from_on="2018-01-01"))
            hub.credentials[f"{like}-2"] = replace(hub.credentials[like], username=f"{like}-2")
    return str(other)


async def test_two_villages_sit_together_over_one_road_and_decide_each_for_itself(hub: Hub, signer: Signer) -> None:
    """Each with its own roster, quorum, votes and record; the people of one have nothing to do in the other's part."""
    ours = await hub.unit("shuji")
    theirs = await neighbours(hub, ours)
    async with (
        await hub.client("shuji") as host, await hub.client("jilu") as our_minutes,
        await hub.client("jiandu") as our_supervisor, await hub.client("shuji-2") as guest,
        await hub.client("jilu-2") as their_minutes, await hub.client("jiandu-2") as their_supervisor,
    ):  # fmt: skip
        road = {"matter": "b1", "title": "两村连接路"}
        our_road = (await ok(await host.post("/api/decisions", json=road | {"unit": ours})))["id"]
        their_road = (await ok(await guest.post("/api/decisions", json=road | {"unit": theirs})))["id"]
        plan = {"title": "两村联席会", "kind": "representatives_meeting", "unit": ours,
                "planned_wall": f"{in_days(1)}T09:00:00+08:00",
                "parts": [{"kind": "representatives_meeting"}, {"kind": "representatives_meeting", "unit": theirs}],
                "items": [{"decision": our_road}]}  # fmt: skip
        # Nobody makes an item in a part that isn't his, nor of a record of another village.
        for item in ({"decision": their_road, "part": 2}, {"title": "路", "part": 2}, {"decision": their_road}):
            refused = await host.post("/api/meetings", json=plan | {"items": [item]})
            assert refused.status_code in (403, 404), item
        meeting = await ok(await host.post("/api/meetings", json=plan))
        url = f"/api/meetings/{meeting['id']}"
        assert {each["unit"]["id"] for each in meeting["sites"]} == {ours, theirs}

        # Seen by both, opened by the one that called it.
        assert meeting["id"] in [each["id"] for each in await ok(await their_supervisor.get("/api/meetings"))]
        assert (await guest.post(f"{url}/open")).status_code == 403
        seen = await ok(await their_minutes.get(url))
        assert [(each["minute"], each["confirm"], each["roster"]) for each in seen["parts"]] == [
            (False, False, False), (True, False, True)
        ]  # fmt: skip
        assert (await their_minutes.get(f"{url}/roster")).status_code == 403
        assert (await our_minutes.get(f"{url}/roster", params={"part": 2})).status_code == 403
        assert (await our_minutes.post(f"{url}/items", json={"decision": their_road, "part": 2})).status_code == 403
        own = await ok(await their_minutes.post(f"{url}/items", json={"decision": their_road}))
        assert own["part"] == 2
        mine, other = f"{url}/items/{meeting['items'][0]['id']}", f"{url}/items/{own['id']}"
        our_people, their_people = await roster(our_minutes, url, 1), await roster(their_minutes, url, 2)
        assert not {each["person"]["id"] for each in our_people} & {each["person"]["id"] for each in their_people}
        stranger = their_people[0]["person"]["id"]
        foreign = await our_minutes.put(f"{url}/roster/{stranger}", json={"present": True})
        assert foreign.json()["code"] == "roster.unknown"
        excused = await our_minutes.put(f"{url}/roster/{stranger}/absence", json={"reason": "外出"})
        assert excused.json()["code"] == "roster.unknown"
        await tick(our_minutes, url, our_people[:10])
        await tick(their_minutes, url, their_people[:9])

        await ok(await host.post(f"{url}/open"))
        await ok(await our_minutes.post(f"{mine}/start"))
        hands = {"way": "hands", "in_favour": 8, "against": 1, "abstained": 0}
        for path, body in (("start", None), ("votes", hands), ("question", {})):
            assert (await our_minutes.post(f"{other}/{path}", json=body)).status_code == 403, path
            assert (await their_minutes.post(f"{mine}/{path}", json=body)).status_code == 403, path
        assert (await host.post(f"{url}/parts/2/begin")).status_code == 403
        begun = await ok(await their_minutes.post(f"{url}/parts/2/begin"))
        assert [(each["due"], each["present"]) for each in begun["parts"]] == [(15, 10), (15, 9)]
        assert begun["items"][0]["end_ms"] is None  # the neighbours' beginning ends nothing of ours
        await ok(await our_minutes.post(f"{mine}/question", json={}))
        assert (await their_minutes.post(f"{other}/start")).json()["code"] == "vote.open"
        vote = await ok(await our_minutes.post(f"{mine}/votes", json=hands))
        assert (vote["due"], vote["present"], vote["passed"]) == (15, 10, True)
        await ok(await our_minutes.post(f"{mine}/end"))
        assert (await their_supervisor.post(f"{mine}/confirm")).status_code == 403
        assert (await our_supervisor.post(f"{mine}/confirm")).status_code == 204
        await ok(await their_minutes.post(f"{other}/start"))
        vote = await ok(await their_minutes.post(f"{other}/votes", json=hands))
        assert (vote["due"], vote["present"], vote["passed"]) == (15, 9, False)  # two thirds would have been ten
        await ok(await their_minutes.post(f"{other}/end"))
        assert (await our_supervisor.post(f"{other}/confirm")).status_code == 403
        assert (await their_supervisor.post(f"{other}/confirm")).status_code == 204
        await ended(hub, host, url, signer)

        assert (await ok(await host.get(f"/api/decisions/{our_road}")))["outcome"] == "resolved"
        failed = await ok(await guest.get(f"/api/decisions/{their_road}"))
        assert failed["outcome"] == "no_quorum"
        assert (await guest.get(f"/api/decisions/{our_road}")).status_code == 404
        # Both look at the recording, and find it.
        recording = failed["spans"][0]["recording"]
        assert (await guest.get(f"/api/recordings/{recording}")).status_code == 200
        assert recording in [each["id"] for each in await ok(await guest.get("/api/recordings"))]
        # A paper each, for its own village.
        assert (await ok(await guest.get(f"/api/papers/roster/{meeting['id']}-2")))[
            "title"
        ] == "两村联席会（李家沟村村民代表会议）"
        assert (await guest.get(f"/api/papers/roster/{meeting['id']}")).status_code == 403
    async with hub.database.reading() as session:
        told = (await session.scalars(select(Message).where(Message.kind.startswith("meeting-opened")))).all()
    assert len(told) == 2  # the towns of both
