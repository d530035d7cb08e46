"""A village meeting played through its HTTP acts, without media: called, opened, counted, voted in, ended; its
recording's rows are written here as the recorder writes them. It knows what the record ought to hear of it."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

import httpx
from sqlalchemy import select

from storage.database import Database
from storage.ids import new_id
from storage.keys import Signer
from storage.ledger import close_chain
from storage.tables import Meeting, Recording, Segment, Site, Track
from tests.api.year import SECOND, Calendar
from tests.model.tables import OF_HOUSEHOLDS, PRESENT_BY_VIDEO

KINDS = {
    "assembly": "villagers_assembly", "representatives": "representatives_meeting", "members": "members_assembly",
    "member_representatives": "member_representatives_meeting", "two_committees": "two_committees",
    "branch": "branch_assembly", "branch_committee": "branch_committee", "villagers_group": "group_meeting",
}  # fmt: skip
MINUTE_MS = 60_000
# What may go wrong in one, each with the figures of a seal that tell it.
FAULTS: dict[str, dict[str, Any]] = {
    "coverage": {"coverage_permille": 500},
    "gap": {},
    "long break": {"longest_break_ms": 16 * MINUTE_MS, "breaks_permille": 260},
    "short break": {"longest_break_ms": 4 * MINUTE_MS, "breaks_permille": 100},
    "away": {"away_ms": 4 * MINUTE_MS},
    "away a little": {"away_ms": 2 * MINUTE_MS},
    "unconfirmed": {},
}


@dataclass(eq=False)
class Played:
    url: str
    item: str
    body: str
    called_on: str | None
    fault: str | None
    supervised: bool
    way: str | None = None  # of the assembly and of a villagers' group
    due: int = 0  # by the roster
    present: int = 0  # ticked
    opened_on: str = ""
    running: bool = False
    voted_ns: list[int] = field(default_factory=list)  # meeting time
    supervisors: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.url.rsplit("/", 1)[1]

    @property
    def item_url(self) -> str:
        return f"{self.url}/items/{self.item}"

    def sitting(self, step: str, plan: int | None, due: int, present: int, bidders: int = 0) -> dict[str, Any]:
        """As it comes onto the record."""
        return {
            "act": "sitting", "step": step, "meeting": self.id, "on": self.opened_on, "called_on": self.called_on,
            "body": self.body, "way": self.way, "due": max(due, 1),
            "present": present, "bidders": bidders if step == "opening" else None, "plan": plan,
        }  # fmt: skip

    def sealed(self, step: str, votes: int) -> dict[str, Any]:
        said = {"coverage_permille": 1000, "longest_break_ms": 0, "breaks_permille": 0, "away_ms": 0}
        said |= FAULTS.get(self.fault or "", {})
        away = said.pop("away_ms")
        confirmed = self.fault != "unconfirmed"
        return {
            "act": "sealed", "step": step, "meeting": self.id, "recorded": True, **said,
            "gaps": list(range(1, votes + 1)) if self.fault == "gap" else [],
            "supervisor": {"present": self.supervised, "away_ms": away if self.supervised else 0,
                           "confirmed": confirmed},
        }  # fmt: skip


async def ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, (answer.request.method, answer.request.url, answer.text)
    return answer.json() if answer.content else None


async def called(
    client: httpx.AsyncClient, unit: str, decision: str, body: str, today: date, days: int | None, random: Random
) -> Played:
    """Planned today for so many days from now; None: without a time."""
    new: dict[str, Any] = {"title": "一次会议", "kind": KINDS[body], "unit": unit,
                           "items": [{"title": "一件事", "decision": decision}]}  # fmt: skip
    if days is not None:
        new["planned_wall"] = f"{today + timedelta(days=days)}T09:00:00+08:00"
    way = random.choice(("adults", "households")) if body in OF_HOUSEHOLDS else None
    if way is not None and random.randrange(2):
        new["way"] = way
    elif way is not None:
        way = "adults"
    found = await ok(await client.post("/api/meetings", json=new))
    fault = random.choice(list(FAULTS)) if random.randrange(5) == 0 else None
    supervised = random.randrange(8) > 0 or fault in ("away", "away a little")
    return Played(
        f"/api/meetings/{found['id']}", found["items"][0]["id"], body,
        None if days is None else today.isoformat(), fault, supervised, way,
    )  # fmt: skip


async def opened(
    played: Played, client: httpx.AsyncClient, calendar: Calendar, present: int, supervising: Collection[str]
) -> httpx.Response:
    """The roster is ticked, the meeting opened; the answer is to the beginning of its item."""
    roster = await ok(await client.get(f"{played.url}/roster"))
    voters = [each["person"]["id"] for each in roster if each["votes"]]
    played.due, played.present = len(voters), min(present, len(voters))
    beside = [each["person"]["id"] for each in roster if each["supervises"]]
    played.supervisors = beside[:1] if played.supervised else []
    if any(each in supervising for each in voters[: played.present]):  # one who sits there anyway
        played.supervised = True
        if played.fault in ("away", "away a little"):
            played.fault = None
    else:
        played.supervised = bool(played.supervisors)
    # One more comes by video, where everybody isn't in the room already.
    by_video = voters[played.present : played.present + 1] if present % 2 else []
    if any(each in supervising for each in by_video):
        by_video = []  # he would supervise
    for person in [*voters[: played.present], *played.supervisors, *by_video]:
        await ok(
            await client.put(f"{played.url}/roster/{person}", json={"present": True, "by_video": person in by_video})
        )
    if played.body in PRESENT_BY_VIDEO:
        played.present += len(by_video)
    await ok(await client.post(f"{played.url}/open"))
    played.opened_on, played.running = calendar.today.isoformat(), True
    calendar.wait(5)
    if played.fault in ("long break", "short break"):
        await ok(await client.post(f"{played.url}/break", json={"reason": "休息"}))
        calendar.wait(16 if played.fault == "long break" else 4)
        await ok(await client.post(f"{played.url}/resume"))
    answer = await client.post(f"{played.item_url}/start")
    if answer.status_code < 300:
        await _away(played, client, calendar)
    calendar.wait(1)
    return answer


async def _away(played: Played, client: httpx.AsyncClient, calendar: Calendar) -> None:
    if played.fault not in ("away", "away a little"):
        return
    for present in (False, True):
        for person in played.supervisors:
            await ok(await client.put(f"{played.url}/roster/{person}", json={"present": present}))
        if not present:
            calendar.wait(4 if played.fault == "away" else 2)


async def ended(
    played: Played, chair: httpx.AsyncClient, supervisor: httpx.AsyncClient, calendar: Calendar, started: bool
) -> None:
    """With its item; the supervisor stands for that."""
    calendar.wait(1)
    if started:
        await ok(await chair.post(f"{played.item_url}/end"))
        if played.fault != "unconfirmed":
            await ok(await supervisor.post(f"{played.item_url}/confirm"))
    calendar.wait(25)
    await ok(await chair.post(f"{played.url}/end"))
    played.running = False


async def recorded(played: Played, database: Database, signer: Signer) -> None:
    """Closed as the recorder closes it, with everything sealed but for what went wrong."""
    async with database.writing() as session:
        row = (await session.scalars(select(Recording).where(Recording.meeting_id == played.id))).one()
        site = (await session.scalars(select(Site.id).where(Site.meeting_id == played.id, Site.main))).one()
        end_ns = row.end_ns or 0
        spans, reached = [], 0
        for at in sorted(played.voted_ns if played.fault == "gap" else []):
            spans.append((reached, at - 2 * SECOND))
            reached = at - SECOND // 2
        spans.append((reached, end_ns))
        if played.fault == "coverage":  # only its votes are there, of one that lasted days as well
            # A busy machine may take seconds from the moment that was noted to the figures.
            spans = [(max(0, at - 31 * SECOND), min(at + 20 * SECOND, end_ns)) for at in sorted(played.voted_ns)]
        for kind, codec in (("camera", "h264"), ("microphone", "opus")):
            track = new_id("trk")
            session.add(Track(id=track, recording_id=row.id, publisher=f"{site}.{new_id('dev')}", kind=kind,
                              codec=codec, site_id=site, name=kind))  # fmt: skip
            await session.flush()
            for number, (start, end) in enumerate(spans, 1):
                name = f"{row.id}/{track}/{number}.m4s"
                session.add(Segment(
                    id=new_id("seg"), recording_id=row.id, track_id=track, number=number, name=name, relay_epoch="e",
                    source_id=track, first_index=number * 2, last_index=number * 2 + 1, start_ns=start, end_ns=end,
                    frames=1, bytes=1, head_bytes=1, width=None, height=None, sha256="0" * 64, sm3="0" * 64,
                    sealed_wall=time.time_ns(),
                ))  # fmt: skip
        await close_chain(session, row.chain_id, signer)
        row.state, row.closed_wall = "closed", time.time_ns()


async def meeting_now_ns(played: Played, database: Database) -> int:
    async with database.reading() as session:
        return (await session.get_one(Meeting, played.id)).origin().meeting_now()
