"""Objections to the minutes of any item: also without a decision record, also where nothing was recorded; on the
minutes, in the export, against its chain."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from recorder.book import Book
from storage import bag
from storage.errors import NeverRecorded
from storage.export import export_meeting
from storage.keys import Signer
from storage.notary import Notary
from storage.verify import verify_folder
from tests.api.conftest import Hub
from tests.api.test_deliveries import until
from tests.storage.forging import codes, make_lists_anew

TEXT = "我说的是三月动工，记录写成五月"
NOTE = "录像里说的是三月"


async def held(hub: Hub, **more: Any) -> tuple[str, dict[str, Any]]:
    """A meeting with an item that is no matter: its address, the item with its span."""
    async with await hub.client("shuji") as secretary:
        plan = {"title": "十一月例会", "kind": "representatives_meeting", "unit": await hub.unit("shuji"),
                "items": [{"title": "通报水渠工期"}]} | more  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url = f"/api/meetings/{meeting['id']}"
        assert (await secretary.post(f"{url}/open")).status_code == 200
        item = f"{url}/items/{meeting['items'][0]['id']}"
        await secretary.post(f"{item}/start")
        await until(hub.database, meeting["id"], 60)
        await secretary.post(f"{item}/end")
        await secretary.post(f"{url}/end")
        return url, (await secretary.get(url)).json()["items"][0]


async def closed(hub: Hub, folder: Path) -> None:
    book = Book(hub.database, Notary(folder / "keys" / "signing.pem"))
    for each in (await book.desired())[1]:
        await book.ending.close(each, [])


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def settled(hub: Hub, url: str, item: dict[str, Any]) -> list[dict[str, Any]]:
    """Objected to by a member, found by the chair, doubted once and then shared by the supervisor."""
    at = item["start_ms"] + 10
    async with (
        await hub.client("shuji") as secretary,
        await hub.client("jiandu") as supervisor,
        await hub.client("dangyuan") as member,
    ):
        objection = {"at_ms": at, "text": TEXT}
        said = await member.post(f"{url}/items/{item['id']}/minutes", json=objection)
        assert said.status_code == 204, said.text
        late = await member.post(f"{url}/items/{item['id']}/minutes", json=objection | {"at_ms": at + 10**9})
        assert refusal(late) == (422, "minutes.moment")
        (own,) = (await member.get(f"{url}/minutes")).json()
        assert (own["text"], own["at_ms"], own["decision"], own["may_find"]) == (TEXT, at, None, False)
        one = f"{url}/minutes/{own['id']}"
        finding = {"finding": "not-upheld", "note": "听不清"}
        assert refusal(await member.post(f"{one}/finding", json=finding)) == (403, "right.missing")
        assert refusal(await supervisor.post(f"{one}/word", json={"agree": True})) == (409, "minutes.settled")
        assert (await secretary.get(f"{url}/minutes")).json()[0]["may_find"]
        wrong = await secretary.post(f"{one}/finding", json=finding | {"entry": 1})
        assert refusal(wrong) == (409, "correction.settled")
        assert (await secretary.post(f"{one}/finding", json=finding)).json()[0]["state"] == "found"
        assert refusal(await secretary.post(f"{one}/finding", json=finding)) == (409, "minutes.settled")
        assert refusal(await secretary.post(f"{one}/word", json={"agree": True})) == (403, "right.missing")
        doubted = (await supervisor.post(f"{one}/word", json={"agree": False, "reason": "听得清"})).json()[0]
        assert (doubted["state"], doubted["disputed"]) == ("open", "听得清")
        await secretary.post(f"{one}/finding", json={"finding": "upheld", "note": NOTE})
        assert (await supervisor.get(f"{url}/minutes")).json()[0]["may_agree"]
        done = (await supervisor.post(f"{one}/word", json={"agree": True})).json()
        assert (done[0]["state"], done[0]["finding"], done[0]["note"]) == ("settled", "upheld", NOTE)
        assert (await supervisor.post(f"{url}/minutes/none/word", json={"agree": True})).status_code == 404
        minutes = (await secretary.get(f"/api/papers/minutes/{url.rsplit('/', 1)[-1]}")).json()
        [table] = [each for each in minutes["tables"] if each["key"] == "objections"]
        assert "通报水渠工期" in json.dumps(table["rows"][0], ensure_ascii=False)
        assert all(word in json.dumps(table, ensure_ascii=False) for word in (TEXT, NOTE, "异议成立", "同意该认定"))
        document = await secretary.get(f"/api/papers/minutes/{url.rsplit('/', 1)[-1]}/docx")
        assert document.status_code == 200
    return done  # type: ignore[no-any-return]


async def test_an_item_without_a_record_is_objected_to_and_it_stands_in_minutes_and_export(
    hub: Hub, tmp_path: Path, signer: Signer
) -> None:
    url, item = await held(hub)
    await settled(hub, url, item)
    await closed(hub, tmp_path)
    meeting = url.rsplit("/", 1)[-1]
    await export_meeting(hub.database, None, tmp_path / "spool", meeting, tmp_path / "out", signer)
    assert verify_folder(tmp_path / "out", signer.public_pem.encode()).findings == []
    page = next((tmp_path / "out").rglob("*.html")).read_text()
    assert all(word in page for word in ("对会议记录的异议", TEXT, f"异议成立：{NOTE}", "同意该认定", "通报水渠工期"))
    facts = json.loads(next((tmp_path / "out").rglob("meeting.json")).read_text())
    assert [each["text"] for each in facts["recordings"][0]["objections"]] == [TEXT]
    # As if it had been rewritten on its way, by somebody who has the hub's key.
    whole = tmp_path / "out" / bag.MEETING
    whole.write_bytes(whole.read_bytes().replace(TEXT.encode(), "没有异议".encode()))
    make_lists_anew(tmp_path / "out", signer)
    found = verify_folder(tmp_path / "out", signer.public_pem.encode())
    assert codes(found) == [("document.disagrees", bag.MEETING)]


async def test_a_meeting_that_was_not_recorded_has_them_too(hub: Hub, tmp_path: Path, signer: Signer) -> None:
    url, item = await held(hub, kind="organisation_life", recorded=False)
    meeting, out = url.rsplit("/", 1)[-1], tmp_path / "out"
    with pytest.raises(NeverRecorded):  # nothing is there to be proved
        await export_meeting(hub.database, None, tmp_path / "spool", meeting, out, signer)
    [done] = await settled(hub, url, item)
    assert done["recording"] is None
    await export_meeting(hub.database, None, tmp_path / "spool", meeting, out, signer)
    report = verify_folder(out, signer.public_pem.encode())
    assert report.findings == []
    assert report.unstamped == [f"{bag.DELIVERIES}/{meeting}"]
    page = (out / bag.PAGE).read_text()
    assert all(word in page for word in ("本次会议没有录音录像", TEXT, f"异议成立：{NOTE}", "同意该认定"))
    facts = out / bag.MEETING
    facts.write_bytes(facts.read_bytes().replace(TEXT.encode(), "没有异议".encode()))
    make_lists_anew(out, signer)
    assert codes(verify_folder(out, signer.public_pem.encode())) == [("document.disagrees", bag.MEETING)]


async def test_an_export_leaves_out_what_was_said_of_a_restricted_part(
    hub: Hub, tmp_path: Path, signer: Signer
) -> None:
    url, item = await held(hub, items=[{"title": "谈工期", "matter": "h3"}])
    async with await hub.client("shuji") as secretary, await hub.client("dangyuan") as member:
        objection = {"at_ms": item["start_ms"] + 1, "text": TEXT}
        assert (await member.post(f"{url}/items/{item['id']}/minutes", json=objection)).status_code == 404
        assert (await secretary.post(f"{url}/items/{item['id']}/minutes", json=objection)).status_code == 204
        assert len((await secretary.get(f"{url}/minutes")).json()) == 1
        assert (await member.get(f"{url}/minutes")).json() == []
    await closed(hub, tmp_path)
    meeting = url.rsplit("/", 1)[-1]
    for withhold, there in ((True, False), (False, True)):
        out = tmp_path / f"out-{withhold}"
        await export_meeting(hub.database, None, tmp_path / "spool", meeting, out, signer, withhold)
        assert verify_folder(out, signer.public_pem.encode()).sound or withhold
        assert any(TEXT in each.read_text() for each in out.rglob("*.json*")) is there
        assert (TEXT in next(out.rglob("*.html")).read_text()) is there


async def test_a_member_reads_his_own_objection_where_the_record_is_not_for_him(hub: Hub) -> None:
    url, item = await held(hub, items=[{"title": "修路", "matter": "b1", "decision": "new"}])
    async with await hub.client("shuji") as secretary, await hub.client("dangyuan") as member:
        objection = {"at_ms": item["start_ms"] + 1, "text": TEXT}
        await secretary.post(f"{url}/items/{item['id']}/minutes", json=objection | {"text": "别人的"})
        await member.post(f"{url}/items/{item['id']}/minutes", json=objection)
        assert [each["text"] for each in (await member.get(f"{url}/minutes")).json()] == [TEXT]
        both = (await secretary.get(f"{url}/minutes")).json()
        assert {each["text"] for each in both} == {"别人的", TEXT}
        assert {each["decision"] for each in both} == {item["decision"]["id"]}
