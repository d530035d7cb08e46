"""What the api writes of a real meeting, exported and verified: documents and chains say the same."""

import json
from pathlib import Path

import pytest

from api.acts.sittings import seal_sittings
from recorder.book import Book
from storage import bag
from storage.errors import NeverRecorded, NothingToExport, NotOpened
from storage.export import export_meeting
from storage.keys import Signer
from storage.notary import Notary
from storage.verify import verify_folder
from tests.api.conftest import Hub
from tests.api.test_decision_acts import begun
from tests.api.test_minutes import closed
from tests.api.test_paper_signing import sign
from tests.api.test_papers import village
from tests.api.test_plans import put_in
from tests.api.test_signed_papers import hand_in, page_of
from tests.domain.test_plan_files import GOOD


async def test_a_meeting_with_two_votes_is_exported_sound(hub: Hub, tmp_path: Path, signer: Signer) -> None:
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        plan = {"title": "灌溉渠", "kind": "representatives_meeting", "unit": unit}
        url = f"/api/meetings/{(await secretary.post('/api/meetings', json=plan)).json()['id']}"
        item = (await secretary.post(f"{url}/items", json={"title": "渠道维修", "matter": "d1"})).json()
        for entry in (await secretary.get(f"{url}/roster")).json()[:12]:
            await secretary.put(f"{url}/roster/{entry['person']['id']}", json={"present": True})
        await secretary.post(f"{url}/open")
        await secretary.post(f"{url}/items/{item['id']}/start")
        for in_favour in (3, 10):  # the second is taken again
            figures = {"way": "hands", "in_favour": in_favour, "against": 12 - in_favour, "abstained": 0}
            vote = await secretary.post(f"{url}/items/{item['id']}/votes", json=figures)
            assert vote.status_code == 201, vote.text
        await secretary.post(f"{url}/break", json={"reason": "喝水"})
        await secretary.post(f"{url}/resume")
        await secretary.post(f"{url}/end")

    # The recorder's part: nothing arrived.
    book = Book(hub.database, Notary(tmp_path / "keys" / "signing.pem"))
    for recording in (await book.desired())[1]:
        await book.ending.close(recording, [])
    meeting = url.rpartition("/")[2]
    await seal_sittings(hub.database, meeting)  # unless the running api was first
    summary = await export_meeting(hub.database, None, tmp_path / "spool", meeting, tmp_path / "out", signer)
    assert summary.decisions == 1
    report = verify_folder(tmp_path / "out", signer.public_pem.encode())
    assert report.findings == []
    assert next(step.checked for step in report.steps if step.number == 10) == 2


async def test_a_meeting_of_two_parts_is_exported_sound(hub: Hub, tmp_path: Path, signer: Signer) -> None:
    """Each part with its unit, kind and count; items say to which one they belong."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        plan = {"title": "一次会", "kind": "two_committees", "unit": unit,
                "parts": [{"kind": "two_committees"}, {"kind": "representatives_meeting"}],
                "items": [{"title": "保洁", "matter": "i1", "decision": "new"}]}  # fmt: skip
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url, record = f"/api/meetings/{meeting['id']}", meeting["items"][0]["decision"]["id"]
        second = (await secretary.post(f"{url}/items", json={"decision": record, "part": 2})).json()
        for entry in (await secretary.get(f"{url}/roster", params={"part": 2})).json()[:12]:
            await secretary.put(f"{url}/roster/{entry['person']['id']}", json={"present": True})
        await secretary.post(f"{url}/open")
        for item, figures in (
            (meeting["items"][0], {"due": 5, "present": 4, "in_favour": 4}),
            (second, {"in_favour": 9}),
        ):
            await secretary.post(f"{url}/items/{item['id']}/start")
            said = {"way": "hands", "against": 0, "abstained": 0} | figures
            assert (await secretary.post(f"{url}/items/{item['id']}/votes", json=said)).status_code == 201
        await secretary.post(f"{url}/end")
    book = Book(hub.database, Notary(tmp_path / "keys" / "signing.pem"))
    for recording in (await book.desired())[1]:
        await book.ending.close(recording, [])
    await seal_sittings(hub.database, meeting["id"])
    await export_meeting(hub.database, None, tmp_path / "spool", meeting["id"], tmp_path / "out", signer)
    report = verify_folder(tmp_path / "out", signer.public_pem.encode())
    assert report.findings == []
    facts = json.loads((tmp_path / "out" / "data" / "meeting.json").read_text())
    assert [(each["number"], each["kind"], each["unit"]["id"], each["due"]) for each in facts["parts"]] == [
        (1, "two_committees", unit, 5), (2, "representatives_meeting", unit, 15)
    ]  # fmt: skip
    assert [each["part"] for each in facts["items"]] == [1, 2]


async def test_what_was_never_recorded_is_said_in_words_and_leaves_no_folder(
    hub: Hub, tmp_path: Path, signer: Signer
) -> None:
    plan = {"title": "会", "unit": await hub.unit("shuji")}
    async with await hub.client("shuji") as secretary:
        never = (await secretary.post("/api/meetings", json=plan | {"kind": "democratic_life"})).json()["id"]
        planned = (await secretary.post("/api/meetings", json=plan | {"kind": "two_committees"})).json()["id"]
        for verb in ("open", "end"):
            assert (await secretary.post(f"/api/meetings/{never}/{verb}")).status_code == 200
    for meeting, error in ((never, NeverRecorded), (planned, NotOpened), ("mtg_none", NothingToExport)):
        with pytest.raises(error) as refused:
            await export_meeting(hub.database, None, tmp_path / "spool", meeting, tmp_path / "out", signer)
        assert refused.value.code.startswith("export.")
    assert not (tmp_path / "out").exists()


async def test_a_plan_and_signed_papers_travel_with_the_meeting_that_dealt_with_them(
    hub: Hub, tmp_path: Path, signer: Signer
) -> None:
    of = await village(hub)
    meeting = of["minutes"]
    async with await hub.client("shuji") as secretary:
        photos = {kind: page_of(kind, of[kind], 1, 1) for kind in ("minutes", "roster", "tally", "notice", "record")}
        for each in photos.values():
            assert (await hand_in(secretary, each)).status_code == 201
        assert (await sign(secretary, "minutes", meeting, place="主持人")).status_code == 201
        await secretary.post(f"/api/meetings/{meeting}/end")
        record = await begun(hub, "b1")
        plans = [GOOD["方案.pdf"], GOOD["方案.docx"]]
        for at, each in enumerate(plans):
            name = f"第{at + 1}稿.{'docx' if at else 'pdf'}"
            assert (await put_in(secretary, record, each, name)).status_code == 201
        later = {"title": "会", "kind": "representatives_meeting", "unit": await hub.unit("shuji"),
                 "items": [{"decision": record.rsplit("/", 1)[-1]}, {"decision": of["record"]}]}  # fmt: skip
        second = (await secretary.post("/api/meetings", json=later)).json()["id"]
        await secretary.post(f"/api/meetings/{second}/open")
        await secretary.post(f"/api/meetings/{second}/end")
    await closed(hub, tmp_path)
    for name in (meeting, second):
        await seal_sittings(hub.database, name)
    spool = hub.config.spool
    done = await export_meeting(hub.database, None, spool, meeting, tmp_path / "first", signer)
    assert done.filed == 6
    # Of the meeting that dealt with it later the record's own papers go along, and both plans of the other record.
    done = await export_meeting(hub.database, None, spool, second, tmp_path / "second", signer)
    assert done.filed == 2 + 2
    for out, there in (
        ("first", set(photos.values())),
        ("second", {*plans, photos["notice"], photos["record"]}),
    ):
        report = verify_folder(tmp_path / out, signer.public_pem.encode(), sm3=True)
        assert report.findings == []
        found = {each.read_bytes() for each in (tmp_path / out / bag.FILED).iterdir()}
        assert {step.number: step.checked for step in report.steps}[15] == len(found)
        signatures = {each for each in found if each.startswith(b"<svg")}
        assert (found - signatures, len(signatures)) == (there, out == "first")
