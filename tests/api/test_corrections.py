"""A wrong entry is corrected by another person than its author; what weighs more takes the township and the supervisor;
an objection to minutes is settled by the second of the recording."""

import io
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from docx import Document
from sqlalchemy import select, text

from api.acts.decision_entries import rebuild
from storage import bag
from storage.corrected import corrections, standing_votes
from storage.export import export_meeting
from storage.ids import new_id
from storage.keys import Signer
from storage.tables import Decision, DecisionItem, Right, User, Vote
from storage.verify import verify_folder
from tests.api.conftest import Hub
from tests.api.held import VOTE
from tests.api.test_decision_acts import act, begun, states
from tests.api.test_minutes import closed
from tests.storage.forging import codes, make_lists_anew


async def correct(client: httpx.AsyncClient, record: str, entry: int, **changes: Any) -> dict[str, Any]:
    new = {"entry": entry, "changes": changes, "reason": "抄错了"}
    found: dict[str, Any] = (await client.post(f"{record}/corrections", json=new)).json()
    return found


def entry(record: dict[str, Any], kind: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in record["entries"] if each["kind"] == kind)
    return found


async def voted(hub: Hub, **figures: int) -> tuple[str, str]:
    """A representatives' meeting that voted on a road: record, url of the item."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary, await hub.client("jilu") as minute_taker:
        plan = {"title": "会", "kind": "representatives_meeting", "unit": unit,
                "items": [{"title": "道路", "matter": "b1", "decision": "new"}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url = f"/api/meetings/{meeting['id']}"
        item = f"{url}/items/{meeting['items'][0]['id']}"
        await secretary.post(f"{url}/open")
        await secretary.post(f"{item}/start")
        answer = await minute_taker.post(f"{item}/votes", json=VOTE | figures)
        assert answer.status_code == 201, answer.text
        await secretary.post(f"{url}/end")
    return f"/api/decisions/{meeting['items'][0]['decision']['id']}", item


async def test_a_wrong_figure_is_corrected_by_another_person_and_both_stay_readable(hub: Hub) -> None:
    record, _ = await voted(hub)
    async with await hub.client("shuji") as secretary, await hub.client("jilu") as minute_taker:
        found = (await secretary.get(record)).json()
        vote = entry(found, "vote")
        assert (vote["fields"]["in_favour"], vote["fields"]["way"], "meeting" in vote["fields"]) == (10, "hands", False)
        mine = entry((await minute_taker.get(record)).json(), "vote")
        assert mine["fields"] is None
        assert (await correct(minute_taker, record, vote["seq"], in_favour=9))["code"] == "correction.own"
        found = await correct(secretary, record, vote["seq"], in_favour=9, abstained=2)
        old, new = entry(found, "vote"), entry(found, "correct")
        assert (old["corrected_by"], new["corrects"]) == (new["seq"], old["seq"])
        assert "赞成 10" in old["text_zh"]
        assert "赞成 9" in new["text_zh"]
        assert "抄错了" in new["text_zh"]
        assert "ought to say" in new["text_en"]
        assert (found["votes"][0]["in_favour"], found["votes"][0]["abstained"], found["outcome"]) == (9, 2, "resolved")
        assert (await correct(secretary, record, vote["seq"], in_favour=12))["code"] == "correction.own"
        assert (await correct(secretary, record, 2, title="x"))["code"] == "correction.unknown"
    async with await hub.client("jiandu") as supervisor:
        now = entry((await supervisor.get(record)).json(), "vote")
        assert now["fields"]["in_favour"] == 9  # as it stands now
        seq = entry(found, "correct")["seq"]
        assert (await correct(supervisor, record, seq, in_favour=8))["code"] == "correction.unknown"
        assert (await correct(supervisor, record, vote["seq"], in_favour=12))["code"] == "vote.sums"
        assert (await correct(supervisor, record, vote["seq"], in_favour=9))["code"] == "correction.same"
        assert (await correct(supervisor, record, vote["seq"], meeting="another"))["code"] == "act.form"
        assert (await correct(supervisor, record, vote["seq"], in_favour=8))["votes"][0]["in_favour"] == 8


async def test_what_was_decided_is_corrected_by_the_township_and_the_supervisor_together(hub: Hub) -> None:
    record, _ = await voted(hub, in_favour=5, against=6)
    async with (
        await hub.client("shuji") as secretary,
        await hub.client("shenhe") as reviewer,
        await hub.client("jiandu") as supervisor,
    ):
        found = (await secretary.get(record)).json()
        assert (found["outcome"], found["votes"][0]["passed"]) == ("rejected", False)
        vote = entry(found, "vote")["seq"]
        found = await correct(secretary, record, vote, in_favour=11, against=0)
        assert (found["outcome"], entry(found, "vote")["corrected_by"]) == ("rejected", None)
        assert "提请更正" in entry(found, "correction-asked")["text_zh"]
        (asked,) = found["corrections"]
        assert (asked["entry"], asked["words"], asked["may"]) == (vote, [], False)
        word = f"{record}/corrections/{asked['id']}/word"
        assert (await secretary.post(word, json={"agree": True})).json()["code"] == "right.missing"
        assert (await supervisor.get(record)).json()["corrections"][0]["may"]
        found = (await supervisor.post(word, json={"agree": True})).json()
        assert (found["outcome"], found["corrections"][0]["words"]) == ("rejected", ["supervisor"])
        assert (await supervisor.post(word, json={"agree": True})).json()["code"] == "correction.settled"
        found = (await reviewer.post(word, json={"agree": True})).json()
        assert (found["outcome"], found["votes"][0]["passed"], found["corrections"]) == ("resolved", True, [])
        assert states(found)["resolution"] == "done"
        broken = {(each["rule"], each["kind"]): each["corrected"] for each in found["standing"]["findings"]}
        assert broken["majority", "law"] == entry(found, "correct")["seq"]
        assert broken["order", "procedure"] is None  # what failed beside it fails still
        assert (await reviewer.post(word, json={"agree": True})).json()["code"] == "correction.settled"


async def test_who_began_a_record_and_reviews_too_may_ask_and_speaks_for_no_side(hub: Hub) -> None:
    record, _ = await voted(hub, in_favour=5, against=6)
    unit = await hub.unit("shuji")
    async with hub.database.writing() as session:
        user = (await session.scalars(select(User).where(User.username == "shuji"))).one()
        session.add(Right(id=new_id("rgt"), user_id=user.id, role="reviewer", unit_id=unit, from_on="2020-01-01"))
    async with (
        await hub.client("shuji") as secretary,
        await hub.client("shenhe") as reviewer,
        await hub.client("jiandu") as supervisor,
    ):
        vote = entry((await secretary.get(record)).json(), "vote")["seq"]
        found = await correct(secretary, record, vote, in_favour=11, against=0)
        (asked,) = found["corrections"]
        assert asked["words"] == [], "both sides are still to speak"
        word = f"{record}/corrections/{asked['id']}/word"
        assert (await secretary.post(word, json={"agree": True})).json()["code"] == "decision.own"
        assert (await supervisor.post(word, json={"agree": True})).json()["outcome"] == "rejected"
        assert (await reviewer.post(word, json={"agree": True})).json()["outcome"] == "resolved"


async def test_a_side_that_declines_leaves_the_entry_as_it_is(hub: Hub) -> None:
    record = await begun(hub, "c2")
    async with (
        await hub.client("shuji") as secretary,
        await hub.client("shenhe") as reviewer,
        await hub.client("jiandu") as supervisor,
    ):
        await act(secretary, record, "done", step="entry")
        found = await act(secretary, record, "sign", step="signatures", person="per_1")
        new = {"entry": entry(found, "sign")["seq"], "struck": True, "reason": "没有签"}
        assert (await secretary.post(f"{record}/corrections", json=new)).json()["code"] == "correction.own"
        found = (await reviewer.post(f"{record}/corrections", json=new)).json()
        (asked,) = found["corrections"]
        assert (asked["words"], asked["may"], "作废" in asked["text_zh"]) == (["town"], False, True)
        word = f"{record}/corrections/{asked['id']}/word"
        found = (await supervisor.post(word, json={"agree": False, "reason": "当天在场"})).json()
        assert found["corrections"] == []
        assert "当天在场" in found["entries"][-1]["text_zh"]
        assert all(each["corrected_by"] is None for each in found["entries"])


async def test_a_row_and_its_view_are_what_the_chain_says(hub: Hub) -> None:
    record, _ = await voted(hub)
    decision = record.rsplit("/", 1)[1]
    async with await hub.client("shuji") as secretary:
        found = (await secretary.get(record)).json()
        await correct(secretary, record, entry(found, "vote")["seq"], in_favour=9, abstained=2)
        before, rows = (await secretary.get(record)).json(), await _rows(hub, decision)
        async with hub.database.writing() as session:
            for each in await session.scalars(select(Vote).where(Vote.decision_id == decision)):
                each.in_favour, each.passed = 0, False
            row = await session.get_one(Decision, decision)
            row.outcome, row.title, row.proper = None, "", None
        assert await _rows(hub, decision) != rows
        async with hub.database.writing() as session:
            await rebuild(session, decision)
        assert await _rows(hub, decision) == rows
        async with hub.database.writing() as session:
            for one in await session.scalars(select(Vote).where(Vote.decision_id == decision)):
                await session.delete(one)
            for link in await session.scalars(select(DecisionItem).where(DecisionItem.decision_id == decision)):
                await session.delete(link)
        async with hub.database.writing() as session:
            await rebuild(session, decision)
        assert await _rows(hub, decision) == rows
        assert (await secretary.get(record)).json() == before


async def _rows(hub: Hub, decision: str) -> list[dict[str, Any]]:
    async with hub.database.reading() as session:
        votes = await session.scalars(select(Vote).where(Vote.decision_id == decision).order_by(Vote.id))
        rows = [await session.get_one(Decision, decision), *votes.all()]
        return [{column.key: getattr(row, column.key) for column in row.__table__.columns} for row in rows]


async def test_an_objection_to_minutes_is_settled_by_the_recording(hub: Hub) -> None:
    record, item = await voted(hub)
    async with (
        await hub.client("shuji") as secretary,
        await hub.client("jiandu") as supervisor,
        await hub.client("dangyuan") as member,
        await hub.client("shenhe") as reviewer,
    ):
        found = (await secretary.get(record)).json()
        at = found["spans"][0]["start_ms"]
        objection = {"at_ms": at + 1, "text": "记录说没有人反对，我反对了"}
        late = await member.post(f"{item}/minutes", json=objection | {"at_ms": at + 10**9})
        assert late.json()["code"] == "minutes.moment"
        answer = await member.post(f"{item}/minutes", json=objection)
        assert answer.status_code == 204, answer.text
        found = (await secretary.get(record)).json()
        (seen,) = found["minutes"]
        assert (seen["state"], seen["at_ms"], seen["may_find"], seen["text"]) == (
            "open", at + 1, True, objection["text"]
        )  # fmt: skip
        assert seen["recording"] == found["spans"][0]["recording"]
        url = f"{record}/minutes/{seen['id']}"
        assert (await supervisor.post(f"{url}/word", json={"agree": True})).json()["code"] == "minutes.settled"
        assert (await supervisor.post(f"{url}/finding", json={"finding": "upheld", "note": "是"})).status_code == 403
        wrong = {"finding": "upheld", "note": "是", "entry": 1}
        assert (await secretary.post(f"{url}/finding", json=wrong)).json()["code"] == "correction.settled"
        finding = {"finding": "not-upheld", "note": "听不清"}
        assert (await secretary.post(f"{url}/finding", json=finding)).json()["minutes"][0]["state"] == "found"
        again = (await supervisor.post(f"{url}/word", json={"agree": False, "reason": "听得清"})).json()["minutes"][0]
        assert (again["state"], again["disputed"]) == ("open", "听得清")
        finding = {"finding": "upheld", "note": "录像显示一人反对"}
        await secretary.post(f"{url}/finding", json=finding)
        assert (await secretary.post(f"{url}/word", json={"agree": True})).status_code == 403
        assert (await reviewer.post(f"{url}/word", json={"agree": True})).status_code == 403
        found = (await supervisor.post(f"{url}/word", json={"agree": True})).json()
        assert (found["minutes"][0]["state"], found["minutes"][0]["finding"]) == ("settled", "upheld")
        kinds = [each["kind"] for each in found["entries"] if each["kind"].startswith("minutes")]
        assert kinds == ["minutes-objected", "minutes-found", "minutes-disputed", "minutes-found", "minutes-agreed"]
        assert all(each["text_zh"] != each["kind"] for each in found["entries"])


async def test_what_somebody_may_not_see_he_can_neither_correct_nor_find_out_by_trying(hub: Hub) -> None:
    """A restricted part of an open record: the county's administrator writes records, but isn't shown this."""
    unit = await hub.unit("shuji")
    async with (
        await hub.client("shuji") as secretary,
        await hub.client("jilu") as minute_taker,
        await hub.client("admin") as admin,
        await hub.client("shenhe") as reviewer,
    ):
        matter = {"unit": unit, "matter": "d1", "title": "水渠招标"}
        record = f"/api/decisions/{(await secretary.post('/api/decisions', json=matter)).json()['id']}"
        item = {"title": "评标", "decision": record.rsplit("/", 1)[1], "access_class": "award"}
        plan = {"title": "评标会", "kind": "two_committees", "unit": unit, "items": [item]}
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url = f"/api/meetings/{meeting['id']}"
        await secretary.post(f"{url}/open")
        await secretary.post(f"{url}/items/{meeting['items'][0]['id']}/start")
        answer = await minute_taker.post(f"{url}/items/{meeting['items'][0]['id']}/votes", json=VOTE)
        assert answer.status_code == 201, answer.text
        seen = (await admin.get(record)).json()
        vote = entry(seen, "vote")
        assert (seen["votes"], vote["fields"]) == ([], None)
        for figure in (VOTE["in_favour"], 9, 500):  # as it is, another one, one that can't be
            answer = await correct(admin, record, vote["seq"], in_favour=figure)
            assert answer["code"] == "correction.unknown", figure
        new = {"entry": vote["seq"], "struck": True, "reason": "没有表决"}
        assert (await reviewer.post(f"{record}/corrections", json=new)).json()["code"] == "correction.unknown"
        (asked,) = (await secretary.post(f"{record}/corrections", json=new)).json()["corrections"]
        word = f"{record}/corrections/{asked['id']}/word"
        assert (await reviewer.post(word, json={"agree": True})).json()["code"] == "correction.settled"


async def test_the_old_entry_stands_struck_through_beside_the_new_one_on_paper_and_in_the_export(
    hub: Hub, tmp_path: Path, signer: Signer
) -> None:
    record, _ = await voted(hub)
    async with await hub.client("shuji") as secretary, await hub.client("jilu") as minute_taker:
        found = (await secretary.get(record)).json()
        wrong = entry(found, "vote")["seq"]
        found = await correct(secretary, record, wrong, in_favour=9, abstained=2)
        decision, meeting = record.rsplit("/", 1)[-1], found["spans"][0]["meeting"]["id"]
        for kind in ("record", "dossier"):
            sheet = (await secretary.get(f"/api/papers/{kind}/{decision}")).json()
            sheet = sheet["parts"][0] if kind == "dossier" else sheet
            tables = {each["key"]: each["rows"] for each in sheet["tables"]}
            (row,) = tables["corrections"]
            assert "赞成 10" in row["was"]
            assert "赞成 9" in row["now"]
            assert row["of"] == f"第 {wrong} 条"
            assert any("已由第" in each["text"] and "赞成 10" in each["text"] for each in tables["history"])
        made = await minute_taker.get(f"/api/papers/record/{decision}/docx")
        document = Document(io.BytesIO(made.content))
        runs = [run for table in document.tables for cells in table.rows for cell in cells.cells
                for paragraph in cell.paragraphs for run in paragraph.runs]  # fmt: skip
        assert [run.text for run in runs if run.font.strike] == [row["was"]]
    await closed(hub, tmp_path)
    out = tmp_path / "out"
    await export_meeting(hub.database, None, tmp_path / "spool", meeting, out, signer)
    assert verify_folder(out, signer.public_pem.encode()).findings == []
    page = next(out.rglob("*.html")).read_text()
    for old, new in (("赞成 10", "赞成 9"), ("弃权 1", "弃权 2")):
        assert f"<del>{old}</del>" in page
        assert new in page
    facts = out / bag.DECISIONS / decision / bag.DECISION
    (told,) = json.loads(facts.read_text())["corrections"]
    assert (told["of"], told["struck"], told["changed"]) == (wrong, False, [["abstained", 1, 2], ["in_favour", 10, 9]])
    # As if somebody with the hub's key had made the old figure another.
    facts.write_bytes(facts.read_bytes().replace(b'["in_favour",10,9]', b'["in_favour",11,9]'))
    make_lists_anew(out, signer)
    assert codes(verify_folder(out, signer.public_pem.encode())) == [
        ("document.disagrees", f"{bag.DECISIONS}/{decision}/{bag.DECISION}")
    ]


@pytest.mark.parametrize(
    "statement", ["UPDATE votes SET passed = TRUE", "DELETE FROM votes", "UPDATE votes SET in_favour = 11"]
)
async def test_whether_a_corrected_vote_passed_is_held_against_the_chain(
    hub: Hub, tmp_path: Path, signer: Signer, statement: str
) -> None:
    record, _ = await voted(hub)
    async with (
        await hub.client("shuji") as secretary,
        await hub.client("shenhe") as reviewer,
        await hub.client("jiandu") as supervisor,
    ):
        found = (await secretary.get(record)).json()
        found = await correct(secretary, record, entry(found, "vote")["seq"], in_favour=5, against=6)
        word = f"{record}/corrections/{found['corrections'][0]['id']}/word"
        for other in (reviewer, supervisor):
            found = (await other.post(word, json={"agree": True})).json()
        assert (found["outcome"], found["votes"][0]["passed"]) == ("rejected", False)
        decision, meeting = record.rsplit("/", 1)[-1], found["spans"][0]["meeting"]["id"]
    await closed(hub, tmp_path)
    await export_meeting(hub.database, None, tmp_path / "spool", meeting, tmp_path / "out", signer)
    assert verify_folder(tmp_path / "out", signer.public_pem.encode()).findings == []
    async with hub.database.writing() as session:
        await session.execute(text(statement))
    await export_meeting(hub.database, None, tmp_path / "spool", meeting, tmp_path / "again", signer)
    assert codes(verify_folder(tmp_path / "again", signer.public_pem.encode())) == [
        ("document.disagrees", f"{bag.DECISIONS}/{decision}/{bag.DECISION}")
    ]


def test_a_correction_says_which_votes_stand_and_whether_they_passed() -> None:
    votes = [(seq, "vote", {"vote": f"v_{seq}", "in_favour": 9, "passed": True}) for seq in (2, 3)]
    should = {"act": "vote", "in_favour": 5}

    def stand(*more: tuple[int, str, dict[str, Any]]) -> tuple[list[tuple[Any, Any, Any]], bool]:
        found, fell = standing_votes([*votes, *more])
        return [(each["vote"], each["in_favour"], each.get("passed")) for each in found], fell

    assert stand() == ([("v_2", 9, True), ("v_3", 9, True)], False)
    of_vote = (4, "correct", {"seq": 2, "should": should, "votes": {"v_2": False, "v_3": True}})
    assert stand(of_vote) == ([("v_2", 5, False), ("v_3", 9, True)], False)
    of_sitting = (5, "correct", {"seq": 1, "should": {"act": "sitting"}, "votes": {"v_3": False}})
    assert stand(of_vote, of_sitting) == ([("v_3", 9, False)], False)
    back = (6, "correct", {"seq": 1, "should": {"act": "sitting"}, "votes": {"v_2": True, "v_3": True}})
    assert stand(of_vote, of_sitting, back) == ([("v_2", 5, True), ("v_3", 9, True)], False)
    # Before corrections said so.
    assert stand((4, "correct", {"seq": 2, "should": should})) == ([("v_2", 5, None), ("v_3", 9, True)], False)
    assert stand((4, "correct", {"seq": 2})) == ([("v_3", 9, True)], False)
    assert stand((4, "correct", {"seq": 1, "should": {}}))[1]


def test_an_entry_corrected_twice_stands_against_what_it_said_then() -> None:
    vote = {"in_favour": 10, "against": 1, "way": "hands"}
    first = {"seq": 2, "should": {"act": "vote", **vote, "in_favour": 9, "recused": 0}, "reason": "抄错"}
    second = {"seq": 2, "should": {"act": "vote", **vote, "in_favour": 8}, "reason": "又错"}
    told = corrections([(1, "created", {}), (2, "vote", vote), (3, "correct", first), (4, "correct", second),
                        (5, "correct", {"seq": 2, "reason": "没有此事"}), (6, "correct", {"seq": 99})])  # fmt: skip
    assert [(each["seq"], each["changed"], each["struck"]) for each in told] == [
        (3, [["in_favour", 10, 9]], False), (4, [["in_favour", 9, 8]], False), (5, [], True)
    ]  # fmt: skip


@pytest.mark.parametrize("figure", [10**16, 10**30, -(10**16)])
async def test_figures_that_nobody_means_are_refused_before_they_come_to_the_chain(hub: Hub, figure: int) -> None:
    record = await begun(hub, "b1")
    async with await hub.client("jilu") as minute_taker:
        (entry,) = [each["seq"] for each in (await minute_taker.get(record)).json()["entries"]]
        for changes in ({"amount": figure}, {"due": 1_000_001}, {"due": figure}):
            wrong = {"entry": entry, "changes": changes, "reason": "写错"}
            answer = await minute_taker.post(f"{record}/corrections", json=wrong)
            assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid"), changes
        right = {"entry": entry, "changes": {"amount": 10**15}, "reason": "写错"}
        assert (await minute_taker.post(f"{record}/corrections", json=right)).status_code == 201
