"""A meeting's life over HTTP: planned, opened, an item, a vote, a break, ended; what each writes."""

from sqlalchemy import select

from storage.ledger import entries
from storage.tables import Chain, Mark, Meeting, Recording
from tests.api.conftest import Hub


async def test_a_village_meeting_from_plan_to_end(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        answer = await secretary.post(
            "/api/meetings", json={"title": "灌溉渠", "kind": "representatives_meeting", "unit": unit}
        )
        assert answer.status_code == 201, answer.text
        meeting = answer.json()
        assert meeting["state"] == "planned"
        assert meeting["recorded"]
        assert [site["main"] for site in meeting["sites"]] == [True]
        url = f"/api/meetings/{meeting['id']}"

        item = (await secretary.post(f"{url}/items", json={"title": "渠道维修", "matter": "b1"})).json()
        roster = (await secretary.get(f"{url}/roster")).json()
        assert [entry["supervises"] for entry in roster] == [False] * 15 + [True] * 3
        for entry in roster[:12]:
            ticked = await secretary.put(f"{url}/roster/{entry['person']['id']}", json={"present": True})
            assert ticked.status_code == 204

        opened = (await secretary.post(f"{url}/open")).json()
        assert opened["state"] == "open"
        # No recorder runs here: the meeting is open, and says what is wrong.
        assert [warning["code"] for warning in opened["warnings"]] == ["recorder.away"]
        assert (await secretary.post(f"{url}/open")).json()["code"] == "meeting.wrong-state"

        started = (await secretary.post(f"{url}/items/{item['id']}/start")).json()
        assert started["start_ms"] is not None
        vote = await secretary.post(
            f"{url}/items/{item['id']}/votes", json={"way": "hands", "in_favour": 10, "against": 1, "abstained": 1}
        )
        assert vote.status_code == 201, vote.text
        assert (vote.json()["due"], vote.json()["present"], vote.json()["passed"]) == (15, 12, True)
        too_many = {"way": "hands", "in_favour": 10, "against": 2, "abstained": 1}
        assert (await secretary.post(f"{url}/items/{item['id']}/votes", json=too_many)).json()["code"] == "vote.sums"
        for figure in (True, "5", 5.0, None):
            no_figure = too_many | {"against": figure}
            assert (await secretary.post(f"{url}/items/{item['id']}/votes", json=no_figure)).status_code == 422

        assert (await secretary.post(f"{url}/break", json={"reason": "喝水"})).json()["state"] == "break"
        assert (await secretary.post(f"{url}/resume")).json()["state"] == "open"
        ended = (await secretary.post(f"{url}/end")).json()
        assert ended["state"] == "ended"
        assert ended["items"][0]["end_ms"] == ended["elapsed_ms"]

        decision = (await secretary.get(f"/api/decisions/{vote.json()['decision']}")).json()
    assert decision["outcome"] == "resolved"
    assert decision["proper"] is False  # straight to the representatives
    assert [entry["kind"] for entry in decision["entries"]] == ["created", "item", "sitting", "judged", "vote"]
    assert decision["spans"][0]["recording"] == ended["recording"]

    async with hub.database.reading() as session:
        recording = (await session.scalars(select(Recording))).one()
        assert recording.state == "closing"
        assert recording.end_ns == (await session.scalars(select(Meeting.end_ns))).one()
        kinds = [record.kind async for record, _, _ in entries(session, recording.chain_id)]
        chains = set(await session.scalars(select(Chain.kind)))
        marks = (await session.scalars(select(Mark.kind).order_by(Mark.start_ns, Mark.id))).all()
    assert kinds[0] == "opened"
    assert kinds.count("person-in") == 12
    assert kinds.count("vote") == 1
    assert kinds[-1] == "mark"
    assert chains == {"recording", "decision", "hub"}
    assert marks == ["opening", "item", "vote", "break", "end"]


async def test_only_the_notice_in_force_counts_as_given(hub: Hub) -> None:
    async with await hub.client("shuji") as secretary:
        plan = {"title": "会", "kind": "two_committees", "unit": await hub.unit("shuji")}
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url = f"/api/meetings/{meeting['id']}/notice"
        assert (await secretary.post(url, json={"version": "made up"})).status_code == 422
        assert (await secretary.get(f"/api/meetings/{meeting['id']}")).json()["notice_wall"] is None
        assert (await secretary.post(url, json={"version": meeting["notice"]["version"]})).status_code == 204


async def test_a_recording_is_told_by_its_kind_up_to_how_many_sites_every_camera_is_kept(hub: Hub) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        for kind, up_to in (("representatives_meeting", None), ("training", 12)):
            plan = {"title": "一次会议", "kind": kind, "unit": unit, "recorded": True}
            meeting = (await secretary.post("/api/meetings", json=plan)).json()
            opened = (await secretary.post(f"/api/meetings/{meeting['id']}/open")).json()
            async with hub.database.reading() as session:
                recording = await session.get(Recording, opened["recording"])
                assert recording is not None
                assert recording.pictures_up_to == up_to
                payloads = [payload async for _, _, payload in entries(session, recording.chain_id)]
                assert (payloads[0] or {})["pictures_up_to_sites"] == up_to
            await secretary.post(f"/api/meetings/{meeting['id']}/end")
