"""What a place of the matrix's county holds: meetings planned, running and ended, with a part of each class; records,
films, branches, notices."""

import time
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.keys import Signer
from storage.ledger import close_chain
from storage.tables import (
    AgendaItem,
    Body,
    BranchPlan,
    Delivery,
    Entry,
    Hold,
    Look,
    Measured,
    MediaSession,
    Meeting,
    Payload,
    Post,
    Proposal,
    QualityMark,
    Recording,
    Segment,
    SignedPaper,
    Site,
    Track,
)
from tests.api.matrix.county import PARTS, SHANGHAI, County, S, Somebody

NOTICES = {
    "b1": ("B", "open", {"project": "道路", "content": "硬化", "money": 100, "decided_by": "村民代表会议",
                         "decided_on": "2026-03-01", "votes": "同意"}),
    "g1": ("G", "file", {"household": ["王建国"], "persons": 2, "amount": 100}),
}  # fmt: skip


async def meetings(county: County, place: str, signer: Signer) -> None:
    secretary, unit = county.who("secretary", place), county.units[place]

    async def plan(parts: list[dict[str, Any]], word: str, sites: list[str] | None = None) -> Any:
        new = {"title": f"会议{word}", "kind": "representatives_meeting", "unit": unit, "items": parts,
               "sites": sites or []}  # fmt: skip
        return await county.call(secretary, "POST", "/api/meetings", new)

    def part(matter: str, category: str, access_class: str, decision: str | None = "new") -> dict[str, Any]:
        return {"title": county.word(place, access_class, category, "look"), "matter": matter,
                "access_class": access_class, "decision": decision}  # fmt: skip

    person = next(each.ids["person_id"] for each in county.things if (each.kind, each.place) == ("person", place))
    word = county.word(place, "open", "", "look")
    planned = await plan([part(*each) for each in PARTS], word)
    ids = {"meeting_id": planned["id"], "notice": planned["notice"]["version"], "person_id": person,
           "number": "1"}  # fmt: skip
    county.add("planned", place, ids, word=word)
    await _branch(county, place, secretary, person)
    decisions = []
    for item, (matter, category, access_class) in zip(planned["items"], PARTS, strict=True):
        title = item["decision"]["title"]
        decisions.append(item["decision"]["id"])
        about = (access_class, category)
        county.add("part", place, {"meeting_id": planned["id"], "item_id": item["id"], "matter": matter}, *about)
        # On the agenda may stand what its writer may not see, but nothing of another category.
        county.add("new-part", place, {"meeting_id": planned["id"], "matter": matter}, "open", category)
        county.add(
            "decision",
            place,
            {"decision_id": decisions[-1], "number": "99", "correction_id": "cor_none"},
            *about,
            word=title,
        )
        county.add("record-paper", place, {"kind": "record", "subject": decisions[-1]}, *about)
        county.add("record-paper", place, {"kind": "dossier", "subject": decisions[-1]}, *about)
        county.add("part-paper", place, {"kind": "ballot", "subject": item["id"]}, *about)
        county.add("part-paper", place, {"kind": "tally", "subject": item["id"]}, *about)
    register = await county.call(secretary, "POST", "/api/decisions", {"unit": unit, "matter": "c2", "title": "台账"})
    county.add("register", place, {"decision_id": register["id"]}, "open", "C")

    for kind in ("minutes", "roster"):
        county.add("meeting-paper", place, {"kind": kind, "subject": planned["id"]})
    page = SignedPaper(
        id=county.new("pge"), form="photo", kind="roster", subject=planned["id"], unit_id=unit, number=1, pages=1,
        placed="code", mime="image/jpeg", bytes=5, sha256="0" * 64, sm3="0" * 64, name=f"signed/{place}.jpg",
        chains=[], user_id=secretary.user_id, user_as="村书记", received_wall=1, state="sealed",
    )  # fmt: skip
    async with county.hub.database.writing() as session:
        session.add(page)
    county.hub.config.spool.joinpath("signed").mkdir(parents=True, exist_ok=True)
    county.hub.config.spool.joinpath(page.name).write_bytes(b"photo")
    county.add("signed-page", place, {"page_id": page.id})
    word = county.word(place, "open", "", "look")
    guests = ["sibling"] if place == "village" else []
    joint = await plan([], word, [county.units[each] for each in guests])
    county.add("joint", place, {"meeting_id": joint["id"], "notice": joint["notice"]["version"]},
               sites=tuple(guests), word=word)  # fmt: skip
    await county.call(secretary, "POST", f"/api/meetings/{joint['id']}/cancel")

    running = await plan([part(*each, None) for each in PARTS], "进行")
    opened = await county.call(secretary, "POST", f"/api/meetings/{running['id']}/open")
    county.add("running", place, {"meeting_id": running["id"], "person_id": person})
    county.add("room", place, {"meeting_id": running["id"]})
    for item, (_, category, access_class) in zip(running["items"], PARTS, strict=True):
        county.add("live-part", place, {"meeting_id": running["id"], "item_id": item["id"]}, access_class, category)
    for matter, category, access_class in PARTS[2:]:
        room = await plan([part(matter, category, access_class, None)], "关门")
        url = f"/api/meetings/{room['id']}"
        await county.call(secretary, "POST", f"{url}/open")
        async with county.hub.database.writing() as session:
            await session.execute(update(AgendaItem).where(AgendaItem.id == room["items"][0]["id"]).values(start_ns=0))
        county.add("room", place, {"meeting_id": room["id"]}, access_class, category)

    parts = [part(*each[:3], one) for each, one in zip(PARTS, decisions, strict=True)]
    ended = await _held(county, secretary, await plan(parts, "已散"))
    said, item = county.who("member", place), ended["items"][0]["id"]
    word = county.word(place, "open", "", "replay")
    plain = await _held(county, secretary, await plan([part("b1", "B", "open", None)], word))
    async with county.hub.database.writing() as session:
        await _archive(county, session, place, ended, plain, word, signer)
        site = (await session.scalars(select(Site.id).where(Site.meeting_id == running["id"]))).first()
        row = MediaSession(id=county.new("ses"), meeting_id=running["id"], user_id=secretary.user_id, site_id=site,
                           mode="whep", publisher=f"{site}.abcdefgh", relay_epoch="e", started_wall=1)  # fmt: skip
        session.add(row)
        held = Hold(id=county.new("hld"), recording_id=opened["recording"], reason="查证", placed_wall=1,
                    placed_by=county.who("inspector", place).user_id, placed_as="督查员")  # fmt: skip
        session.add(held)
        owner = (secretary.name,)
        county.add("session", place, {"meeting_id": running["id"], "session_id": row.id}, owners=owner)
    ids = {"decision_id": decisions[0], "objection_id": await _objected(county, said, ended["id"], item)}
    county.add("objected", place, ids, *PARTS[0][2:0:-1])
    # Its item has no record.
    objection = await _objected(county, said, plain["id"], plain["items"][0]["id"])
    county.add("minuted", place, {"meeting_id": plain["id"], "objection_id": objection}, *PARTS[0][2:0:-1])


async def _objected(county: County, member: Somebody, meeting: str, item: str) -> str:
    url = f"/api/meetings/{meeting}/items/{item}/minutes"
    await county.call(member, "POST", url, {"at_ms": 5000, "text": "不是这样说的"})
    async with county.hub.database.reading() as session:
        entry = select(Entry.seq).where(Entry.kind == "minutes-objected", Entry.chain_id == Payload.chain_id,
                                        Entry.seq == Payload.seq).correlate(Payload)  # fmt: skip
        newest = select(Payload.payload).where(entry.exists()).order_by(Payload.payload["objection"].as_string().desc())
        return str((await session.scalars(newest.limit(1))).one()["objection"])


async def _branch(county: County, place: str, secretary: Somebody, person: str) -> None:
    """Its plan was answered; its meeting didn't begin yet."""
    unit = county.units[place]
    new = {"title": "支部大会", "kind": "branch_assembly", "unit": unit}
    meeting = (await county.call(secretary, "POST", "/api/meetings", new))["id"]
    county.add("party-meeting", place, {"meeting_id": meeting})
    for kind in ("minutes", "roster"):
        county.add("party-paper", place, {"kind": kind, "subject": meeting})
    async with county.hub.database.writing() as session:
        body = (await session.scalars(select(Body).where(Body.unit_id == unit, Body.kind == "branch"))).first()
        if body is None:
            body = Body(id=county.new("bdy"), kind="branch", name="支部", unit_id=unit)
            session.add(body)
            await session.flush()
            session.add(Post(id=county.new("pst"), person_id=person, body_id=body.id, title="党员", votes=True,
                             from_on="2026-01-01"))  # fmt: skip
        plan = BranchPlan(
            id=county.new("bpl"), branch_id=body.id, quarter="2026Q1", version=1, entries=[],
            filed_by=secretary.user_id, filed_as="村书记", filed_on="2026-01-01", filed_wall=1, opinion="agree",
            reviewed_by=secretary.user_id,
            reviewed_as="审核员", reviewed_on="2026-01-02", reviewed_wall=2,
        )  # fmt: skip
        session.add(plan)
        county.add("branch", place, {"branch_id": body.id, "key": "no-entry"})
        county.add("branch-plan", place, {"plan_id": plan.id})


async def _held(county: County, secretary: Somebody, meeting: Any) -> Any:
    url = f"/api/meetings/{meeting['id']}"
    await county.call(secretary, "POST", f"{url}/open")
    return await county.call(secretary, "POST", f"{url}/end")


async def _archive(
    county: County, session: AsyncSession, place: str, ended: Any, plain: Any, word: str, signer: Signer
) -> None:
    """What recorder and worker would have made of the meetings that ended: ten seconds a part, and ten after them."""
    config, now = county.hub.config, time.time_ns()
    for meeting in (ended, plain):
        end = 10 * (len(meeting["items"]) + 1) * S
        for number, item in enumerate(meeting["items"]):
            span = {"start_ns": number * 10 * S, "end_ns": (number + 1) * 10 * S}
            await session.execute(update(AgendaItem).where(AgendaItem.id == item["id"]).values(**span))
        await session.execute(update(Meeting).where(Meeting.id == meeting["id"]).values(end_ns=end))
        recording = await session.get_one(Recording, meeting["recording"])
        await close_chain(session, recording.chain_id, signer)
        recording.end_ns, recording.state = end, "closed"
    recording_id = ended["recording"]
    site = (await session.scalars(select(Site.id).where(Site.meeting_id == ended["id"]))).first()
    track = Track(id=county.new("trk"), recording_id=recording_id, publisher=f"{site}.abcdefgh", kind="camera",
                  codec="h264", site_id=site, name="会场")  # fmt: skip
    session.add(track)
    session.add(Measured(recording_id=recording_id, levels={}, done_wall=now))
    await session.flush()
    county.add("ended", place, {"meeting_id": ended["id"]})
    ids = {"recording_id": recording_id, "track_id": track.id, "explanation_id": "exp_none"}
    county.add("recording", place, ids)
    county.add("plain-recording", place, {"recording_id": plain["recording"]}, word=word)
    (config.derived / plain["recording"]).mkdir(parents=True)
    (config.derived / plain["recording"] / "poster.jpg").write_bytes(b"\xff\xd8")
    tiles = config.derived / recording_id / "glimpses" / track.id
    tiles.mkdir(parents=True)
    for number, (_, category, access_class) in enumerate(PARTS):
        start, tile = number * 10 * S, f"{number:06d}.jpg"
        name = f"{recording_id}/camera/{number:06d}.mp4"
        (config.spool / name).parent.mkdir(parents=True, exist_ok=True)
        (config.spool / name).write_bytes(b"film")
        (tiles / tile).write_bytes(b"\xff\xd8")
        piece = Segment(
            id=county.new("seg"), recording_id=recording_id, track_id=track.id, number=number, name=name,
            relay_epoch="e", source_id="camera", first_index=number, last_index=number, start_ns=start,
            end_ns=start + 10 * S, frames=1, bytes=4, head_bytes=2, sha256="", sm3="", sealed_wall=number,
        )  # fmt: skip
        mark = QualityMark(id=county.new("qmk"), recording_id=recording_id, track_id=track.id, kind="black",
                           start_ns=start + S, end_ns=start + 8 * S)  # fmt: skip
        session.add_all([piece, mark])
        ids = {"recording_id": recording_id, "track_id": track.id, "piece_id": piece.id, "name": tile,
               "mark_id": mark.id}  # fmt: skip
        county.add("piece", place, ids, access_class, category)
    await _later(county, session, place, ended, now)


async def _later(county: County, session: AsyncSession, place: str, ended: Any, now: int) -> None:
    """Films that came later, a look, a proposal."""
    recording_id = ended["recording"]
    minutes, inspector = county.who("minutes", place), county.who("inspector", place)

    async def film(start_s: int, state: str, reason: str) -> str:
        row = Delivery(
            id=county.new("dlv"), meeting_id=ended["id"], recording_id=recording_id, origin="handed-in",
            key=county.new("key"), user_id=minutes.user_id, user_as="记录员", mime="video/mp4", bytes=5, pieces=1,
            start_ns=start_s * S, end_ns=(start_s + 9) * S, place="村委会", reason=reason, state=state, begun_wall=now,
            late=False, held=False, name=county.new("name"), sha256="0" * 64, sm3="0" * 64,
        )  # fmt: skip
        session.add(row)
        await session.flush()
        return row.id

    county.add("delivery", place, {"delivery_id": await film(50, "sealed", "断网"), "recording_id": recording_id,
                                   "number": "0"})  # fmt: skip
    await film(40, "sealed", county.word(place, "restricted", "H", "replay"))
    upload = {"delivery_id": await film(50, "receiving", "断网"), "number": "0"}
    county.add("upload", place, upload, owners=(minutes.name,))
    session.add(Look(id=county.new("lok"), recording_id=recording_id, user_id=inspector.user_id, sitting="s",
                     start_ns=0, end_ns=S, wall=now))  # fmt: skip
    row = Proposal(id=county.new("prp"), kind="look", recording_id=recording_id, reason="查证", detail={"minutes": 5},
                   state="withdrawn", proposed_by=inspector.user_id, proposed_as="督查员", proposed_wall=now,
                   expires_wall=now + S, answered_by=inspector.user_id, answered_as="督查员",
                   answered_wall=now)  # fmt: skip
    session.add(row)
    county.add("proposal", place, {"proposal_id": row.id})


async def notices(county: County, place: str) -> None:
    secretary, supervisor = county.who("secretary", place), county.who("supervisor", place)
    for matter, (category, access_class, fields) in NOTICES.items():
        new = {"matter": matter, "title": "公示", "fields": fields, "from_on": f"{datetime.now(SHANGHAI):%Y-%m-%d}"}
        url = f"/api/units/{county.units[place]}/notices"
        notice = (await county.call(secretary, "POST", url, new))["id"]
        county.add("notice", place, {"notice_id": notice}, access_class, category)
        county.add("notice-paper", place, {"kind": "notice", "subject": notice}, access_class, category)
        said = await county.call(supervisor, "POST", f"/api/notices/{notice}/objections", {"text": "请核对"})
        county.add("objection", place, {"objection_id": said["id"]}, access_class, category)
