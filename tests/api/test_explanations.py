"""Technical gaps of a closed recording: explained by who chaired, countersigned by another, exported, verified."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from recorder.book import Book
from recorder.notes import GapNote
from storage.export import export_meeting
from storage.ids import new_id
from storage.keys import Signer
from storage.notary import Notary
from storage.tables import AgendaItem, Countersignature, ExplainedGap, Explanation, Right
from storage.verify import verify_folder
from tests.api.conftest import Hub
from tests.api.test_deliveries import until
from tests.api.test_substitutes import appoint, user_id

MS = 1_000_000
# A short one, one of the meeting itself, two technical ones.
HOLES = ((1_000, 3_900, "network"), (5_000, 60_000, "muted"), (20_000, 25_000, "relay"), (40_000, 48_000, "recorder"))
WHY = "村里停电，五分钟后来电，会议接着开"


async def held(
    hub: Hub, tmp_path: Path, holes: tuple[tuple[int, int, str], ...] = HOLES, **more: Any
) -> tuple[str, str]:
    """A village meeting of a minute whose recording is closed with these gaps: meeting, recording."""
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary:
        plan = {"title": "修渠", "kind": "representatives_meeting", "unit": unit} | more
        meeting = (await secretary.post("/api/meetings", json=plan)).json()
        url = f"/api/meetings/{meeting['id']}"
        recording = (await secretary.post(f"{url}/open")).json()["recording"]
        for item in meeting["items"]:
            await secretary.post(f"{url}/items/{item['id']}/start")
        await until(hub.database, meeting["id"], 70)
        await secretary.post(f"{url}/end")
    book = Book(hub.database, Notary(tmp_path / "keys" / "signing.pem"))
    notes = [GapNote(new_id("gap"), None, start * MS, end * MS, cause) for start, end, cause in holes]
    for each in (await book.desired())[1]:
        await book.ending.close(each, notes)
    return meeting["id"], recording


def code(answer: httpx.Response) -> tuple[int, str]:
    assert answer.json()["zh"]
    return answer.status_code, answer.json()["code"]


async def test_one_text_for_several_gaps_and_a_countersignature_by_another(
    hub: Hub, tmp_path: Path, signer: Signer
) -> None:
    meeting, recording = await held(hub, tmp_path)
    url = f"/api/recordings/{recording}"
    async with await hub.client("shuji") as secretary, await hub.client("jiandu") as supervisor:
        seen = (await secretary.get(f"{url}/gaps")).json()
        assert [(gap["start_ms"], gap["state"]) for gap in seen["gaps"]] == [(20_000, "waiting"), (40_000, "waiting")]
        assert (seen["above_ms"], seen["may_explain"]) == (3000, True)
        [waits] = (await secretary.get("/api/gaps")).json()
        assert (waits["recording"], waits["explain"], waits["countersign"]) == (recording, 2, 0)
        assert (await supervisor.get("/api/gaps")).json() == []  # nothing to sign yet
        both = [gap["id"] for gap in seen["gaps"]]

        assert code(await supervisor.post(f"{url}/explanations", json={"gaps": both, "text": WHY})) == (
            403, "right.missing")  # fmt: skip
        [every] = [(await secretary.get(url)).json()["gaps"]]
        other = [gap["id"] for gap in every if gap["id"] not in both][:1]
        for wrong in (other, ["gap_nothing"], [*both, *other]):
            refused = await secretary.post(f"{url}/explanations", json={"gaps": wrong, "text": WHY})
            assert code(refused) == (409, "gap.not-waiting")
        first = await secretary.post(f"{url}/explanations", json={"gaps": both, "text": "停电"})
        assert first.status_code == 201, first.text
        said = (await secretary.post(f"{url}/explanations", json={"gaps": both, "text": WHY})).json()
        assert {gap["state"] for gap in said["gaps"]} == {"explained"}
        [older, newer] = said["explanations"]
        assert {gap["explanation"] for gap in said["gaps"]} == {newer["id"]}
        assert (older["text"], newer["text"], newer["may_countersign"]) == ("停电", WHY, False)
        assert "村书记" in newer["by"]

        sign = f"{url}/explanations/{newer['id']}/countersign"
        assert code(await secretary.post(sign)) == (403, "right.missing")
        assert (await supervisor.get("/api/gaps")).json()[0]["countersign"] == 1
        signed = (await supervisor.post(sign)).json()
        assert {gap["state"] for gap in signed["gaps"]} == {"countersigned"}
        assert "村务监督员" in signed["explanations"][1]["countersigned_as"]
        assert (await supervisor.post(sign)).json() == signed  # pressed again
        assert (await supervisor.get("/api/gaps")).json() == (await secretary.get("/api/gaps")).json() == []
        late = await secretary.post(f"{url}/explanations", json={"gaps": both[:1], "text": "不是停电"})
        assert code(late) == (409, "gap.not-waiting")

    await export_meeting(hub.database, None, tmp_path / "spool", meeting, tmp_path / "out", signer)
    assert verify_folder(tmp_path / "out", signer.public_pem.encode()).findings == []
    page = next((tmp_path / "out").rglob("*.html")).read_text()
    assert WHY in page
    assert "会签" in page
    chain = next((tmp_path / "out" / "data").rglob(f"deliver*/{recording}/chain.jsonl")).read_text()
    assert WHY in chain


async def test_what_was_said_is_neither_changed_nor_taken_away(hub: Hub, tmp_path: Path) -> None:
    _, recording = await held(hub, tmp_path)
    url = f"/api/recordings/{recording}"
    async with await hub.client("shuji") as secretary, await hub.client("jiandu") as supervisor:
        gaps = [gap["id"] for gap in (await secretary.get(f"{url}/gaps")).json()["gaps"]]
        said = (await secretary.post(f"{url}/explanations", json={"gaps": gaps, "text": WHY})).json()
        await supervisor.post(f"{url}/explanations/{said['explanations'][0]['id']}/countersign")
    for table in (ExplainedGap, Countersignature, Explanation):
        with pytest.raises(IntegrityError, match="append-only"):
            async with hub.database.writing() as session:
                await session.execute(delete(table))
    with pytest.raises(IntegrityError, match="append-only"):
        async with hub.database.writing() as session:
            await session.execute(update(Explanation).values(text="没有停电"))


async def test_an_export_whose_explanation_was_forged_is_found(hub: Hub, tmp_path: Path, signer: Signer) -> None:
    meeting, recording = await held(hub, tmp_path)
    url = f"/api/recordings/{recording}"
    async with await hub.client("shuji") as secretary:
        gaps = [gap["id"] for gap in (await secretary.get(f"{url}/gaps")).json()["gaps"]]
        said = (await secretary.post(f"{url}/explanations", json={"gaps": gaps, "text": WHY})).json()
        user = (await secretary.get("/api/me")).json()["user"]["id"]
    async with hub.database.writing() as session:
        # The database lets a row be added; no entry of the chain says so.
        session.add(
            Countersignature(
                explanation_id=said["explanations"][0]["id"], signed_by=user, signed_as="某人", signed_wall=1
            )
        )
    await export_meeting(hub.database, None, tmp_path / "spool", meeting, tmp_path / "out", signer)
    [found] = verify_folder(tmp_path / "out", None).findings
    assert (found.step, found.code) == (10, "document.disagrees")
    assert "countersigned" in found.en


async def test_a_substitute_explains_and_is_one_person_with_himself(hub: Hub, tmp_path: Path) -> None:
    _, recording = await held(hub, tmp_path)
    url = f"/api/recordings/{recording}"
    unit = await hub.unit("shuji")
    async with await hub.client("shuji") as secretary, await hub.client("jilu") as minutes:
        gaps = [gap["id"] for gap in (await secretary.get(f"{url}/gaps")).json()["gaps"]]
        refused = await minutes.post(f"{url}/explanations", json={"gaps": gaps, "text": WHY})
        assert code(refused) == (403, "right.missing")
        await appoint(secretary, "jilu")
        said = (await minutes.post(f"{url}/explanations", json={"gaps": gaps, "text": WHY})).json()
        [explanation] = said["explanations"]
        assert "代" in explanation["by"]
        async with hub.database.writing() as session:
            post = Right(id=new_id("rgt"), user_id=await user_id(hub.database, "jilu"), role="supervisor", unit_id=unit,
                         from_on="2020-01-01")  # fmt: skip
            session.add(post)
        own = await minutes.post(f"{url}/explanations/{explanation['id']}/countersign")
        assert code(own) == (403, "gap.own")


async def test_by_choice_and_without_a_technical_gap_nothing_waits(hub: Hub, tmp_path: Path) -> None:
    _, by_choice = await held(hub, tmp_path, kind="field_class")
    _, short = await held(hub, tmp_path, holes=HOLES[:2])
    async with await hub.client("shuji") as secretary:
        for recording in (by_choice, short):
            assert (await secretary.get(f"/api/recordings/{recording}/gaps")).json()["gaps"] == []
        assert (await secretary.get("/api/gaps")).json() == []


async def test_of_a_restricted_part_the_gap_is_seen_and_not_what_is_said(
    hub: Hub, tmp_path: Path, signer: Signer
) -> None:
    meeting, recording = await held(
        hub, tmp_path, holes=((2_000, 8_000, "relay"),), items=[{"title": "民主评议张三", "matter": "h3"}]
    )
    async with hub.database.writing() as session:  # the item began with the meeting
        await session.execute(update(AgendaItem).where(AgendaItem.meeting_id == meeting).values(start_ns=0))
    url = f"/api/recordings/{recording}"
    async with await hub.client("shuji") as secretary, await hub.client("huiwu") as organiser:
        [gap] = (await secretary.get(f"{url}/gaps")).json()["gaps"]
        said = {"gaps": [gap["id"]], "text": "张三发言时停电"}
        mine = (await secretary.post(f"{url}/explanations", json=said)).json()
        assert mine["explanations"][0]["text"] == "张三发言时停电"
        theirs = await organiser.get(f"{url}/gaps")
        assert theirs.json()["gaps"][0]["state"] == "explained"
        assert "张三" not in theirs.text
    await export_meeting(hub.database, None, tmp_path / "spool", meeting, tmp_path / "out", signer, withhold=True)
    assert verify_folder(tmp_path / "out", signer.public_pem.encode()).findings == []
    files = [path.read_text(errors="replace") for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert any('"cause":"relay"' in each for each in files)
    assert not any("张三" in each for each in files)
