"""One recorded village meeting, written as api and recorder write it: two tracks, a vote, a gap, a closed chain."""

import asyncio
import random
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from storage import ledger
from storage.database import Database
from storage.keys import Signer
from storage.sealing import SealingFile
from storage.statements import rests_on, segment_statement
from storage.tables import (
    AgendaItem,
    Base,
    Decision,
    DecisionItem,
    Gap,
    Mark,
    Meeting,
    NoticeTable,
    Person,
    PlanFile,
    Presence,
    PublicNotice,
    Recording,
    Segment,
    SignedPaper,
    Site,
    Track,
    Unit,
    UnitAttributes,
    User,
    Vote,
)

MEETING, RECORDING, DECISION = "mtg_1", "rec_1", "dec_1"
PLAN, TABLE, PAGE, ELSEWHERE = "pln_1", "tbl_1", "pge_1", "pge_2"
SHEET, DRAWN = "pge_3", "sig_1"  # of the meeting itself
WALL = 1_770_000_000_000_000_000
SECOND = 10**9
SEGMENTS = 3  # of each track


def filled(template: Path, work: Path, fill: Callable[[Database], Awaitable[None]]) -> None:
    """A copy of the migrated `template` in `work`, with what `fill` puts there; for fixtures that outlive a loop."""
    shutil.copy(template, work / "huilu.sqlite")

    async def make() -> None:
        database = await Database.open(f"sqlite+aiosqlite:///{work}/huilu.sqlite")
        try:
            await fill(database)
        finally:
            await database.close()

    asyncio.run(make())


async def hold_meeting(database: Database, spool: Path, signer: Signer, closed: bool = True, seed: int = 7) -> None:
    """Everything in its tables and in the spool; `closed`: the recorder has finished. `seed`: of the film."""
    noise = random.Random(seed)
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "recording", RECORDING)
        decided = await ledger.open_chain(session, "decision", DECISION)
        await ledger.open_chain(session, "hub", "hub_1")
        await _add(
            session,
            [
                Unit(id="u_1", level="village"),
                UnitAttributes(
                    id="ua_0", unit_id="u_1", name="旧名村", parent_id=None, from_on="2000-01-01", until_on="2020-01-01"
                ),
                UnitAttributes(id="ua_1", unit_id="u_1", name="李家<村>", code="370000000001", from_on="2020-01-01"),
                User(id="w_1", username="lijia", name="李书记", created_wall=WALL),
                Person(id="p_1", name="张三", unit_id="u_1"),
            ],
        )
        await session.flush()
        session.add(
            Meeting(
                id=MEETING,
                title="村民代表会议 & 招标",
                kind="representatives",
                unit_id="u_1",
                state="ended",
                created_wall=WALL,
                created_by="w_1",
                opened_wall=WALL,
                opened_monotonic=1,
                opened_boot="b",
                opened_on="2026-02-02",
                end_ns=20 * SECOND,
                ended_by="w_1",
            )
        )
        await session.flush()
        await _add(
            session,
            [
                Site(id="st_1", meeting_id=MEETING, unit_id="u_1", main=True),
                AgendaItem(
                    id="i_1",
                    meeting_id=MEETING,
                    position=1,
                    title="道路硬化招标",
                    matter="tender",
                    start_ns=2 * SECOND,
                    end_ns=9 * SECOND,
                ),
                Decision(
                    id=DECISION,
                    unit_id="u_1",
                    matter="tender",
                    title="道路硬化招标",
                    state="decided",
                    outcome="passed",
                    created_wall=WALL,
                    created_by="w_1",
                ),
                Recording(id=RECORDING, meeting_id=MEETING, chain_id=chain, state="recording", end_ns=20 * SECOND),
            ],
        )
        await session.flush()
        await _add(
            session,
            [
                DecisionItem(decision_id=DECISION, agenda_item_id="i_1"),
                Presence(id="pr_1", meeting_id=MEETING, person_id="p_1", known_by="roster", start_ns=0, end_ns=5),
                Mark(id="mk_1", recording_id=RECORDING, kind="item", label="道路硬化招标", start_ns=2 * SECOND),
            ],
        )
        opened = {"meeting": MEETING, "notice": "1", "title": "村民代表会议 & 招标", "unit_name": "李家<村>"}
        await ledger.append(session, chain, "opened", opened)
        await ledger.append(session, chain, "person-in", {"person": "p_1", "name": "张三", "at_ms": 0})
        await ledger.append(session, decided, "created", {"decision": DECISION, "title": "道路硬化招标"})
        await ledger.append(session, decided, "item", {"agenda_item": "i_1", "meeting": MEETING})
    for kind, codec in (("camera", "h264"), ("microphone", "opus")):
        async with database.writing() as session:
            session.add(
                Track(
                    id=f"trk_{kind}",
                    recording_id=RECORDING,
                    publisher="st_1.abcdefgh",
                    kind=kind,
                    codec=codec,
                    site_id="st_1",
                    name=f"李家<村> {kind}",
                )
            )
        for number in range(1, SEGMENTS + 1):
            await _seal_segment(database, spool, chain, kind, number, noise.randbytes(900))
        async with database.writing() as session:  # each minute of a real one
            await ledger.checkpoint(session, chain, signer)
            await ledger.checkpoint(session, decided, signer)
    async with database.writing() as session:
        session.add(
            Gap(
                id="gap_1",
                recording_id=RECORDING,
                track_id="trk_camera",
                start_ns=5 * SECOND,
                end_ns=6 * SECOND,
                cause="network",
                packets=12,
            )
        )
        gap = {"gap": "gap_1", "start_ns": 5 * SECOND, "end_ns": 6 * SECOND, "cause": "network", "packets": 12}
        await ledger.append(session, chain, "gap", gap)
        vote = {
            "vote": "v_1",
            "decision": DECISION,
            "in_favour": 31,
            "against": 3,
            "abstained": 1,
            "passed": True,
            "outcome": "passed",
        }
        seen = await ledger.append(session, chain, "vote", vote)
        session.add(
            Vote(
                id="v_1",
                decision_id=DECISION,
                agenda_item_id="i_1",
                way="hands",
                due=40,
                present=35,
                in_favour=31,
                against=3,
                abstained=1,
                passed=True,
                at_ns=8 * SECOND,
                recorded_by="w_1",
                recorded_wall=WALL,
            )
        )
        await ledger.append(session, decided, "vote", {**vote, "rests_on": [rests_on(seen)]})
        if closed:
            last = await ledger.close_chain(session, chain, signer)
            await ledger.append(session, decided, "archived", {"rests_on": [rests_on(last)]})
            recording = await session.get(Recording, RECORDING)
            assert recording is not None
            recording.state, recording.closed_wall = "closed", WALL + 30 * SECOND


async def _add(session: AsyncSession, rows: list[Base]) -> None:
    """In this order: tables without relationships are flushed in any."""
    for row in rows:
        session.add(row)
        await session.flush()


async def _seal_segment(database: Database, spool: Path, chain: str, kind: str, number: int, content: bytes) -> None:
    file = SealingFile(spool, f"{RECORDING}/trk_{kind}/{number}")
    file.write(content)
    sealed = file.seal(f"{RECORDING}/trk_{kind}/{number}.mp4")
    segment = Segment(
        id=f"seg_{kind}_{number}",
        recording_id=RECORDING,
        track_id=f"trk_{kind}",
        number=number,
        name=sealed.name,
        relay_epoch="e",
        source_id="s",
        first_index=number * 100,
        last_index=number * 100 + 99,
        start_ns=number * 2 * SECOND,
        end_ns=(number + 1) * 2 * SECOND,
        frames=50,
        fillers=0,
        bytes=sealed.bytes,
        head_bytes=100,
        width=1280,
        height=720,
        sha256=sealed.sha256,
        sm3=sealed.sm3,
        sealed_wall=WALL,
    )
    async with database.writing() as session:
        session.add(segment)
        await ledger.append(session, chain, "segment", segment_statement(segment))


async def hand_in(database: Database, spool: Path) -> None:
    """The decision's plan, a table that hung with its notice, a photographed page of this meeting's minutes, and one of
    another meeting's."""
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "decision", DECISION)
        plan = _handed_in(
            spool, f"plans/{DECISION}/{PLAN}.pdf", b"%PDF-1.7 a road of 300 metres %%EOF", "application/pdf"
        )
        session.add(PlanFile(id=PLAN, decision_id=DECISION, title="道路.pdf", **plan))
        said = {name: plan[name] for name in ("mime", "bytes", "sha256", "sm3")}
        act = {"on": "2026-02-01", "material": False, "outcome": "passed"}
        await ledger.append(session, chain, "plan", {**act, "file": PLAN, "name": "道路.pdf", **said})
        table = _handed_in(spool, f"notices/u_1/{TABLE}.csv", b"\xe9\x81\x93\xe8\xb7\xaf,300\n", "text/csv")
        notice = PublicNotice(
            id="ntc_1", decision_id=DECISION, step="publication", unit_id="u_1", matter="b1", title="道路", fields={},
            rules_on="2026-02-01", from_on="2026-02-02", days=15, working=False, stops=True, put_up_by="w_1",
            put_up_as="李书记", put_up_wall=WALL,
        )  # fmt: skip
        session.add(notice)
        await session.flush()
        hung = [["decision", DECISION]]
        session.add(NoticeTable(id=TABLE, notice_id=notice.id, number=1, title="明细.csv", chains=hung, **table))
        said = {"file": TABLE, "name": "明细.csv"} | {name: table[name] for name in ("bytes", "sha256", "sm3")}
        await ledger.append(session, chain, "post", {"step": "publication", "on": "2026-02-02", "tables": [said]})
        for page, meeting in ((PAGE, MEETING), (ELSEWHERE, "mtg_0")):
            photo = _handed_in(
                spool, f"signed/{meeting}/{page}.jpg", b"\xff\xd8 signed by all, " + page.encode(), "image/jpeg"
            )
            session.add(
                SignedPaper(
                    id=page, form="photo", kind="minutes", subject=meeting, unit_id="u_1", number=1, pages=1,
                    placed="code", chains=[["decision", DECISION]], **photo,
                )
            )  # fmt: skip
            said = {name: photo[name] for name in ("mime", "bytes", "sha256", "sm3")}
            of = {"file": page, "paper": "minutes", "of": meeting, "name": "会议记录", "number": 1, "pages": 1}
            await ledger.append(session, chain, "paper-page", {**of, "by_name": "李书记", **said})
            await ledger.append(session, chain, "stored", {"file": page, "sha256": photo["sha256"]})


async def sign_sheets(database: Database, spool: Path) -> None:
    """Of the meeting itself, before any record was made of it: a photographed page of its sign-in sheet, and a
    signature under its minutes on a screen."""
    photo = _handed_in(spool, f"signed/{MEETING}/{SHEET}.jpg", b"\xff\xd8 here we are", "image/jpeg")
    drawn = _handed_in(spool, f"signed/{MEETING}/{DRAWN}.svg", b"<svg>Wang</svg>", "image/svg+xml")
    of = {"subject": MEETING, "unit_id": "u_1", "chains": [["delivered", MEETING]]}
    async with database.writing() as session:
        chain = await ledger.open_chain(session, "delivered", MEETING)
        session.add(SignedPaper(id=SHEET, form="photo", kind="roster", number=1, pages=2, placed="code", **of, **photo))
        session.add(SignedPaper(id=DRAWN, form="screen", kind="minutes", signer="王五", place="主持人", **of, **drawn))
        by = {"of": MEETING, "by_name": "李书记"}
        for file, kind, facts, said in (
            (SHEET, "paper-page", photo, {"paper": "roster", "name": "签到表", "number": 1, "pages": 2}),
            (DRAWN, "paper-signed", drawn,
             {"paper": "minutes", "name": "会议记录", "signer": "王五", "place": "主持人"}),
        ):  # fmt: skip
            hashes = {name: facts[name] for name in ("mime", "bytes", "sha256", "sm3")}
            await ledger.append(session, chain, kind, {"file": file, **by, **said, **hashes})
            await ledger.append(session, chain, "stored", {"file": file, "sha256": facts["sha256"]})


def _handed_in(spool: Path, name: str, content: bytes, mime: str) -> dict[str, Any]:
    file = SealingFile(spool, name)
    file.write(content)
    sealed = file.seal(name)
    return {
        "name": name, "mime": mime, "bytes": sealed.bytes, "sha256": sealed.sha256, "sm3": sealed.sm3,
        "user_id": "w_1", "user_as": "李书记", "received_wall": WALL, "state": "sealed",
    }  # fmt: skip
