"""Decision records over several meetings, and what of a restricted part they must not tell."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from api.acts.decision_acts import waiting_records
from api.acts.decision_entries import add_act, add_entry, create_decision
from api.acts.seed import ensure_admin, seed_demo
from api.acts.sittings import meetings_to_seal, seal_sittings
from api.errors.decisions import Erased
from storage.database import Database
from storage.keys import Signer
from storage.ledger import append, close_chain, open_chain
from storage.tables import Decision, Recording, User
from tests.api.conftest import ADMIN_PASSWORD, Hub, config_for, serving
from tests.api.held import VOTE, held
from tests.fixtures_storage import erase


async def _close_recording(hub: Hub, recording: str, signer: Signer) -> None:
    async with hub.database.writing() as session:
        row = (await session.scalars(select(Recording).where(Recording.id == recording))).one()
        await close_chain(session, row.chain_id, signer)
        row.state = "closed"


async def test_each_meeting_of_a_matter_is_sealed_when_its_own_recording_is_closed(hub: Hub, signer: Signer) -> None:
    """Discussed in one meeting, voted on in the next: what each recording shows goes onto the record by itself."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        plan = {"title": "商议", "kind": "two_committees", "unit": unit,
                "items": [{"title": "道路", "matter": "b1", "decision": "new"}]}  # fmt: skip
        first = (await secretary.post("/api/meetings", json=plan)).json()
        decision = first["items"][0]["decision"]["id"]
        opened = (await secretary.post(f"/api/meetings/{first['id']}/open")).json()
        await secretary.post(f"/api/meetings/{first['id']}/items/{first['items'][0]['id']}/start")
        await secretary.post(f"/api/meetings/{first['id']}/end")
        assert await meetings_to_seal(hub.database) == []
        await _close_recording(hub, opened["recording"], signer)
        assert await meetings_to_seal(hub.database) == [first["id"]]
        assert await seal_sittings(hub.database, first["id"]) == [decision]
        assert await meetings_to_seal(hub.database) == []
        plan = {"title": "决议", "kind": "representatives_meeting", "unit": unit,
                "items": [{"title": "道路", "decision": decision}]}  # fmt: skip
        second = (await secretary.post("/api/meetings", json=plan)).json()
        url = f"/api/meetings/{second['id']}"
        again = (await secretary.post(f"{url}/open")).json()
        await secretary.post(f"{url}/items/{second['items'][0]['id']}/start")
        assert (await secretary.post(f"{url}/items/{second['items'][0]['id']}/votes", json=VOTE)).status_code == 201
        await secretary.post(f"{url}/end")
        await _close_recording(hub, again["recording"], signer)
        assert await seal_sittings(hub.database, second["id"]) == [decision]
        seen = (await secretary.get(f"/api/decisions/{decision}")).json()
        assert [entry["kind"] for entry in seen["entries"]] == [
            "created", "item", "sitting", "judged", "recording", "sealed",
            "item", "sitting", "vote", "recording", "sealed",
        ]  # fmt: skip
        steps = {step["key"]: step["state"] for step in seen["standing"]["steps"]}
        assert (steps["resolution"], steps["publication"], seen["outcome"]) == ("done", "waiting", "resolved")


async def test_two_steps_in_one_item_rest_on_the_same_minutes(hub: Hub, signer: Signer) -> None:
    """An item begins as the proposal, and the vote that is taken in it belongs to the members' review."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary, await hub.client("jiandu") as supervisor:
        plan = {"title": "党员大会", "kind": "branch_assembly", "unit": unit,
                "items": [{"title": "道路", "matter": "b1", "decision": "new"}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url, decision = f"/api/meetings/{meeting['id']}", meeting["items"][0]["decision"]["id"]
        for each in (await secretary.get(f"{url}/roster")).json():
            await secretary.put(f"{url}/roster/{each['person']['id']}", json={"present": True})
        recording = (await secretary.post(f"{url}/open")).json()["recording"]
        item = f"{url}/items/{meeting['items'][0]['id']}"
        await secretary.post(f"{item}/start")
        vote = {"way": "hands", "in_favour": 9, "against": 0, "abstained": 0}
        assert (await secretary.post(f"{item}/votes", json=vote)).status_code == 201
        await secretary.post(f"{item}/end")
        assert (await supervisor.post(f"{item}/confirm")).status_code == 204
        await secretary.post(f"{url}/end")
        await _close_recording(hub, recording, signer)
        await hub.house.watches.seal()
        standing = (await secretary.get(f"/api/decisions/{decision}")).json()["standing"]
    said = {(each["rule"], each["step"]) for each in standing["findings"]}
    assert {step for _, step in said} >= {"proposal", "members"}  # nothing was recorded here
    assert not said & {(rule, step) for rule in ("confirmed", "supervisor") for step in ("proposal", "members")}


async def test_a_meeting_that_comes_too_late_for_a_closed_record_is_held_and_sealed(hub: Hub, signer: Signer) -> None:
    """Its optional appraisal was passed by; the meeting that was planned for it opens its item all the same."""
    unit = await hub.unit("shuji")
    async with hub.database.writing() as session:
        by = (await session.scalars(select(User.id).where(User.username == "shuji"))).one()
        row = await create_decision(session, by, unit, "g1", "低保", "file", on="2026-03-02")
        for act, step, on, more in (
            ("done", "application", "2026-03-02", {}),
            ("sign", "check", "2026-03-03", {"person": "甲"}),
            ("sign", "check", "2026-03-03", {"person": "乙"}),
            ("opinion", "opinion", "2026-03-04", {"opinion": "agree"}),
            ("post", "posting", "2026-03-05", {}),
            ("off", "posting", "2026-03-13", {}),
            ("opinion", "approval", "2026-03-16", {"opinion": "agree"}),
        ):
            await add_act(session, row, {"act": act, "step": step, "on": on, **more}, {})
        decision = row.id
    async with await hub.client("shuji") as secretary:
        plan = {"title": "评议", "kind": "representatives_meeting", "unit": unit, "items": [{"decision": decision}]}
        late = (await secretary.post("/api/meetings", json=plan)).json()
        url = f"/api/meetings/{late['id']}"
        for each in (await secretary.get(f"{url}/roster")).json():
            await secretary.put(f"{url}/roster/{each['person']['id']}", json={"present": True})
        recording = (await secretary.post(f"{url}/open")).json()["recording"]
        item = f"{url}/items/{late['items'][0]['id']}"
        assert (await secretary.post(f"{item}/start")).status_code == 200
        vote = {"way": "hands", "in_favour": 14, "against": 0, "abstained": 0}
        assert (await secretary.post(f"{item}/votes", json=vote)).json()["code"] == "vote.no-decision"
        await secretary.post(f"{url}/end")
        await _close_recording(hub, recording, signer)
        await hub.house.watches.seal()
        assert await meetings_to_seal(hub.database) == []
        seen = (await secretary.get(f"/api/decisions/{decision}")).json()
    assert "sitting" not in [entry["kind"] for entry in seen["entries"]]


async def test_two_processes_that_seal_at_once_seal_once(
    tmp_path: Path, bus_url: str, postgres_url: str, signer: Signer
) -> None:
    """On PostgreSQL both begin; the second one waits for the record and finds nothing left to do."""
    database = await Database.open(postgres_url)
    try:
        await ensure_admin(database, ADMIN_PASSWORD)
        credentials = await seed_demo(database)
        async with serving(config_for(tmp_path, bus_url, postgres_url), database, credentials) as hub:
            decision, meeting = await held(hub, {"title": "其他"})
            async with await hub.client("shuji") as secretary:
                recording = (await secretary.post(f"/api/meetings/{meeting}/end")).json()["recording"]
            await _close_recording(hub, recording, signer)
            sealed = await asyncio.gather(*(seal_sittings(database, meeting) for _ in range(4)))
            assert sum(decision in each for each in sealed) <= 1  # or the hub's own watch was quicker
            async with await hub.client("shuji") as secretary:
                seen = (await secretary.get(f"/api/decisions/{decision}")).json()
            assert [entry["kind"] for entry in seen["entries"]].count("sealed") == 1
    finally:
        await database.close()


async def test_an_item_that_became_restricted_takes_its_decision_with_it(hub: Hub) -> None:
    """The record was made while the item was open; what a closed part decides isn't read there by the others."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary, await hub.client("huiwu") as organiser:
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit,
                "items": [{"title": "评议李四", "matter": "b1", "decision": "new"}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url, item = f"/api/meetings/{meeting['id']}", meeting["items"][0]
        await secretary.post(f"{url}/open")
        change = {"access_class": "restricted"}
        assert (await secretary.patch(f"{url}/items/{item['id']}", json=change)).status_code == 200
        await secretary.post(f"{url}/items/{item['id']}/start")
        assert (await secretary.post(f"{url}/items/{item['id']}/votes", json=VOTE)).status_code == 201
        record = f"/api/decisions/{item['decision']['id']}"
        mine = (await secretary.get(record)).json()
        assert [entry["kind"] for entry in mine["entries"]] == [
            "created", "item", "class", "sitting", "judged", "vote"
        ]  # fmt: skip
        assert len(mine["votes"]) == 1
        assert (await organiser.get(record)).status_code == 404
        assert "李四" not in (await organiser.get("/api/decisions")).text


async def test_a_restricted_part_of_an_open_decision_is_a_span_without_words(hub: Hub) -> None:
    second = {"title": "补偿王五", "access_class": "restricted"}
    decision, _ = await held(hub, second)
    async with await hub.client("shuji") as secretary, await hub.client("huiwu") as organiser:
        mine, theirs = [(await who.get(f"/api/decisions/{decision}")).json() for who in (secretary, organiser)]
        assert (len(mine["votes"]), len(theirs["votes"])) == (2, 1)
        assert "王五" in str(mine)
        assert "王五" not in str(theirs)
        assert [span["start_ms"] for span in mine["spans"]] == [span["start_ms"] for span in theirs["spans"]]


async def test_a_further_entry_leaves_what_an_erased_one_had_said(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with hub.database.writing() as session:
        user = (await session.scalars(select(User.id).order_by(User.id))).first()
        assert user
        row = await create_decision(session, user, unit, "b1", "修路", "open")
        await erase(
            session,
            await open_chain(session, "decision", row.id),
            1,
            await open_chain(session, "hub", "hub_1"),
            "本人申请",
        )
    async with hub.database.writing() as session:
        again = await session.get_one(Decision, row.id)
        await add_entry(session, again, "class", {"access_class": "file", "agenda_item": "itm_1"})
        with pytest.raises(Erased):
            await add_act(session, again, {"act": "withdraw", "on": "2026-12-01", "reason": "r"}, {})
    async with hub.database.reading() as session:
        seen = await session.get_one(Decision, row.id)
    assert (seen.title, seen.unit_id, seen.matter, seen.created_by) == ("修路", unit, "b1", user)
    assert seen.access_class == "file"
    assert (seen.created_wall, seen.outcome) == (row.created_wall, None)


async def test_a_record_that_cannot_be_read_holds_up_no_other(hub: Hub, signer: Signer) -> None:
    found = [await held(hub, {"title": "其他"}) for _ in range(3)]
    async with hub.database.writing() as session:
        await append(session, await open_chain(session, "decision", found[0][0]), "vote", {})
    async with await hub.client("shuji") as secretary:
        for _, meeting in found:
            recording = (await secretary.post(f"/api/meetings/{meeting}/end")).json()["recording"]
            await _close_recording(hub, recording, signer)
        await hub.house.watches.seal()
        for decision, _ in found[1:]:
            kinds = [each["kind"] for each in (await secretary.get(f"/api/decisions/{decision}")).json()["entries"]]
            assert "sealed" in kinds
    assert await meetings_to_seal(hub.database) == [found[0][1]]


async def test_records_are_looked_at_once_a_day_also_where_parts_were_erased(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with hub.database.writing() as session:
        user = (await session.scalars(select(User.id).order_by(User.id))).first()
        assert user
        rows = [await create_decision(session, user, unit, "b1", "修路", "open") for _ in range(2)]
        hub_chain = await open_chain(session, "hub", "hub_1")
        await erase(session, await open_chain(session, "decision", rows[0].id), 1, hub_chain, "本人申请")
        for row in rows:
            row.looked_on = "2026-01-01"
    assert set(await waiting_records(hub.database)) == {row.id for row in rows}
    await hub.house.watches.look_at_waiting()
    assert await waiting_records(hub.database) == []
