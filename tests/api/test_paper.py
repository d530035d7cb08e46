"""A decision record on paper: its codes are the archive's, its printing is noted, its restricted parts are not told."""

from base64 import b64encode
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import select

from api.acts.decision_entries import rebuild
from storage import ledger
from storage.export import export_meeting
from storage.paper import qr_text, short_code
from storage.tables import Decision, Recording
from storage.verify import verify_folder
from tests.api.conftest import Hub
from tests.api.held import held


async def test_the_paper_bears_the_archives_codes_and_the_archive_the_papers(hub: Hub, tmp_path: Path) -> None:
    decision, meeting = await held(hub, {"title": "护栏"})
    url = f"/api/decisions/{decision}"
    async with await hub.client("shuji") as secretary:
        before = (await secretary.get(f"{url}/paper")).json()
        entries = len(before["decision"]["entries"])
        assert [(each["of"], each["checkpoint"]) for each in before["points"]] == [
            ("decision", None), ("recording", None)]  # fmt: skip
        assert (before["points"][0]["later"], before["printing"], before["may_note"]) == (entries, None, True)
        # The recorder's part, which signs a running meeting's chain each minute.
        async with hub.database.writing() as session:
            await hub.house.notary.checkpoint(session, before["points"][1]["chain"])
        answer = await secretary.post(f"{url}/paper")
        assert answer.status_code == 201, answer.text
        paper = answer.json()
        own, film = paper["points"]
        assert (own["checkpoint"]["entries"], own["later"], film["later"]) == (entries, 0, 0)
        assert paper["decision"]["entries"] == before["decision"]["entries"], "the paper's own entry comes after it"
        assert paper["printing"]["entry"] == entries + 1
        async with hub.database.reading() as session:
            last = [await ledger.last_checkpoint(session, point["chain"]) for point in paper["points"]]
        assert [short_code(each) for each in last if each] == [own["checkpoint"]["code"], film["checkpoint"]["code"]]
        history = (await secretary.get(url)).json()["entries"]
        assert history[-1]["kind"] == "printed"
        assert history[-1]["text_zh"].endswith(f"打印了纸质记录，校验码 {own['checkpoint']['code']}")
        again = (await secretary.get(f"{url}/paper")).json()
        assert (again["points"][0]["later"], again["points"][0]["checkpoint"]) == (1, own["checkpoint"])
        await secretary.post(f"/api/meetings/{meeting}/end")
    notary = hub.house.notary
    async with hub.database.writing() as session:  # the recorder's part
        recording = (await session.scalars(select(Recording).where(Recording.meeting_id == meeting))).one()
        await notary.close_chain(session, recording.chain_id)
        recording.state = "closed"
    await export_meeting(hub.database, None, hub.config.spool, meeting, tmp_path / "out", notary.signer())
    codes = [own["checkpoint"]["code"], *(qr_text(each) for each in last if each)]
    report = verify_folder(tmp_path / "out", notary.signer().public_pem.encode(), codes=codes)
    assert [each.code for each in report.findings if each.step == 14] == []
    assert [(each.chain, each.seq) for each in report.codes] == [
        (own["chain"], entries), (own["chain"], entries), (film["chain"], film["checkpoint"]["entries"]),
    ]  # fmt: skip


async def test_printing_changes_nothing_of_the_record(hub: Hub) -> None:
    decision, _ = await held(hub, {"title": "护栏"})

    async def row() -> dict[str, object]:
        async with hub.database.reading() as session:
            found = await session.get_one(Decision, decision)
            return {name.key: getattr(found, name.key) for name in Decision.__table__.columns}

    before = await row()
    async with await hub.client("shuji") as secretary:
        for _ in range(2):
            assert (await secretary.post(f"/api/decisions/{decision}/paper")).status_code == 201
    assert await row() == before
    async with hub.database.writing() as session:
        await rebuild(session, decision)
    assert await row() == before


async def test_who_may_look_prints_unnoted_and_others_find_nothing(hub: Hub) -> None:
    decision, _ = await held(hub, {"title": "护栏"})
    url = f"/api/decisions/{decision}/paper"
    async with await hub.client("ducha") as inspector, await hub.client("dangyuan") as member:
        seen = (await inspector.get(url)).json()
        assert (seen["may_note"], seen["printing"]) == (False, None)
        refused = await inspector.post(url)
        assert (refused.status_code, refused.json()["code"]) == (403, "right.missing")
        assert (await member.get(url)).status_code == (await member.post(url)).status_code == 404
        async with hub.stranger() as stranger:
            assert (await stranger.get(url)).status_code == (await stranger.post(url)).status_code == 401
        after = (await inspector.get(f"/api/decisions/{decision}")).json()
    assert "printed" not in {entry["kind"] for entry in after["entries"]}


async def test_a_restricted_part_is_on_paper_without_words(hub: Hub) -> None:
    decision, _ = await held(hub, {"title": "补偿王五", "access_class": "restricted"})
    url = f"/api/decisions/{decision}/paper"
    async with await hub.client("shuji") as secretary, await hub.client("huiwu") as organiser:
        assert (await secretary.post(url)).status_code == 201
        mine, theirs = (await secretary.get(url)).text, (await organiser.get(url)).text
    for secret in ("王五", b64encode("王五".encode()).decode()):
        assert secret not in unquote(theirs)
    assert "王五" in mine
    assert "限制查看的部分" in theirs
