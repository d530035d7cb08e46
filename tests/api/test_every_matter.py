"""Every matter of the catalogue over HTTP by its own procedure, step by step as people of a village, its town and its
county take them, to the day on which all of it was done properly; and its record made again from its chain alone."""

import time
from collections import Counter, defaultdict
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from api.acts.decision_entries import rebuild
from storage.database import Database
from storage.tables import AwaitedStep, BrokenRule, Decision, DecisionItem, Vote
from tests.api.against_model.played import KINDS, Played, ended, meeting_now_ns, ok, recorded
from tests.api.against_model.stage import Stage
from tests.api.against_model.trial import trial
from tests.model.tables import CATALOGUE, NOTICE_DAYS, OF_HOUSEHOLDS, PROCEDURES, SERVES

pytestmark = pytest.mark.timeout(600)
WALKS = [(matter, *walk) for matter, walks in CATALOGUE.items() for walk in walks]
ORDER = ("opinion", "off", "done", "sign", "post")
NEVER = "9999-12-31"
TABLES = (AwaitedStep, BrokenRule, Vote, DecisionItem)


class County:
    """All of them at once, from one morning on; what several wait for is one meeting with an item each."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.records: dict[str, tuple[str, str | None]] = {}  # procedure and body
        self.urgent: set[str] = set()
        self.planned: list[tuple[str, Played, list[tuple[str, str]]]] = []  # day, meeting, items and their records
        self.wakes: dict[str, str] = {}  # the day from which on there may be something to do
        self.signed: Counter[str] = Counter()
        self.meetings = self.acts = 0

    async def by(self, username: str) -> Any:
        return await self.stage.people.as_(self.stage.people.named(username))

    async def begin(self, walks: list[tuple[str, str, str | None]]) -> None:
        secretary = await self.by("shuji")
        for matter, procedure, body in walks:
            chosen = {} if (procedure, body) == CATALOGUE[matter][0] else {"procedure": procedure, "body": body}
            new = {"unit": self.stage.village, "matter": matter, "title": f"{matter} 一件事", **chosen}
            made = await ok(await secretary.post("/api/decisions", json=new))
            self.records[made["id"]] = (procedure, body)
            if not self.urgent and procedure == "P1":  # one as well that can't wait, and is ratified
                made = await ok(await secretary.post("/api/decisions", json=new | {"urgent": "山洪冲断道路"}))
                self.records[made["id"]] = (procedure, body)
                self.urgent.add(made["id"])

    async def stands(self, record: str) -> dict[str, Any]:
        found: dict[str, Any] = await ok(await (await self.by("shuji")).get(f"/api/decisions/{record}"))
        return found

    async def day(self) -> str | None:
        """Whatever can be done today, and the next day on which something can be; none: all is done."""
        today = self.stage.calendar.today.isoformat()
        for each in [each for each in self.planned if each[0] <= today]:
            self.planned.remove(each)
            await self.hold(each[1], each[2])
        waits: dict[str, list[str]] = defaultdict(list)
        coming = {record for _, _, items in self.planned for _, record in items}
        for record in self.records.keys() - coming:
            if self.wakes.get(record, today) <= today:
                view = await self.stands(record)
                while (turn := self.turn(record, view)) and "sitting" not in turn:
                    view = await self.act(record, turn)
                if "sitting" in turn:
                    waits[body_of(*self.records[record], turn["sitting"])].append(record)
                self.wakes[record] = woken(view, self.records[record][0], today)
        for body, records in waits.items():
            await self.call(body, sorted(records))
        days = [*(day for day, _, _ in self.planned), *self.wakes.values()]
        return min((day for day in days if today < day < NEVER), default=today if waits else None)

    def turn(self, record: str, view: dict[str, Any]) -> dict[str, str]:
        """What may be done next, act by act, without what is optional and what the hub does by itself."""
        optional = {step.key for step in PROCEDURES[self.records[record][0]] if step.optional}
        return {
            each["act"]: each["step"]
            for each in view["standing"]["next"]
            if each["act"] in ("sitting", *ORDER) and each["step"] not in optional
        }

    async def act(self, record: str, turn: dict[str, str]) -> dict[str, Any]:
        """One of what isn't done in a meeting, by whose turn it is; of two persons who sign each."""
        act = next(each for each in ORDER if each in turn)
        step, who = turn[act], "shuji"
        said: dict[str, Any] = {"act": act, "step": step}
        if act == "opinion":
            who, said["opinion"] = "xianshenhe" if step == "approval" else "shenhe", "agree"
        elif act == "sign" and step == "countersign":
            who = "jiandu"
        elif act == "sign":
            said["person"] = self.stage.persons[self.signed[record]]
            self.signed[record] += 1
        self.acts += 1
        view: dict[str, Any] = await ok(await (await self.by(who)).post(f"/api/decisions/{record}/acts", json=said))
        return view

    async def call(self, body: str, records: list[str]) -> None:
        today = self.stage.calendar.today
        on = today + timedelta(days=NOTICE_DAYS.get(body, 0))
        new: dict[str, Any] = {
            "title": "一次会议", "kind": KINDS.get(body, body), "unit": self.stage.village,
            "planned_wall": f"{on}T09:00:00+08:00",
            "items": [{"title": f"第{number}件", "decision": record} for number, record in enumerate(records, 1)],
        }  # fmt: skip
        if body in OF_HOUSEHOLDS:
            new["way"] = Random(len(records)).choice(("adults", "households"))
        made = await ok(await (await self.by("shuji")).post("/api/meetings", json=new))
        url = f"/api/meetings/{made['id']}"
        items = [(item["id"], record) for item, record in zip(made["items"], records, strict=True)]
        self.planned.append((on.isoformat(), Played(url, items[0][0], body, today.isoformat(), None, True), items))
        if on == today:
            _, played, agenda = self.planned.pop()
            await self.hold(played, agenda)

    async def hold(self, played: Played, items: list[tuple[str, str]]) -> None:
        """Everybody comes, a supervisor sits in; each item is voted on as its step wants and confirmed."""
        calendar, chair = self.stage.calendar, await self.by("shuji")
        roster = await ok(await chair.get(f"{played.url}/roster"))
        voters = [each["person"]["id"] for each in roster if each["votes"]]
        beside = [each["person"]["id"] for each in roster if each["supervises"]]
        there = any(each in self.stage.committee for each in voters)
        for person in [*voters, *([] if there else beside[:1])]:
            await ok(await chair.put(f"{played.url}/roster/{person}", json={"present": True}))
        await ok(await chair.post(f"{played.url}/open"))
        for item, record in items:
            url = f"{played.url}/items/{item}"
            calendar.wait(1)
            started = await ok(await chair.post(f"{url}/start"))
            if started.get("opens_bids"):
                await ok(await chair.post(f"{url}/bids", json={"bidders": 3}))
            turn = {each["act"]: each["step"] for each in (await self.stands(record))["standing"]["next"]}
            key = turn.get("vote") or turn.get("sitting")  # which may wait for its first count
            step = next((each for each in PROCEDURES[self.records[record][0]] if each.key == key and each.vote), None)
            if step is not None and body_of(*self.records[record], step.key) == played.body:
                count = len(voters) or 5
                said = {"way": "secret" if step.secret else "hands", "in_favour": count, "against": 0, "abstained": 0,
                        "due": count, "present": count}  # fmt: skip
                calendar.wait(1)
                await ok(await chair.post(f"{url}/votes", json=said))
                played.voted_ns.append(await meeting_now_ns(played, self.stage.hub.database))
            calendar.wait(1)
            if item != items[-1][0]:
                await ok(await chair.post(f"{url}/end"))
                await ok(await (await self.by("jiandu")).post(f"{url}/confirm"))
        played.item = items[-1][0]
        await ended(played, chair, await self.by("jiandu"), calendar, started=True)
        await recorded(played, self.stage.hub.database, self.stage.signer)
        await self.stage.hub.house.watches.seal()
        self.meetings += 1


def woken(view: dict[str, Any], procedure: str, today: str) -> str:
    """The day on which what was hung today has its days; tomorrow, where the record waits for anything else."""
    if view["standing"]["compliant"] is not None:
        return NEVER
    due = {step["key"] for step in view["standing"]["steps"] if step["state"] == "due"}
    hang = [step for step in PROCEDURES[procedure] if step.key in due and step.days and step.counted != "working"]
    days = max((step.days + (step.counted == "posted") for step in hang), default=1)
    return (date.fromisoformat(today) + timedelta(days)).isoformat()


def body_of(procedure: str, body: str | None, key: str) -> str:
    """The body that meets: of several that may the first one; bids have a kind of meeting of their own."""
    step = next(each for each in PROCEDURES[procedure] if each.key == key)
    bodies = SERVES[body or ""] if step.bodies == "matter" else step.bodies
    return bodies[0] if bodies else "bid_opening"


async def rows(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """But for the day on which a record was last looked at."""
    async with database.reading() as session:
        found = {}
        for table in (Decision, *TABLES):
            columns = [column for column in table.__table__.columns if column.name != "looked_on"]
            found[table.__tablename__] = sorted(map(tuple, await session.execute(select(*columns))), key=repr)
        return found


async def test_every_matter_is_done_properly_and_its_record_is_what_its_chain_says(
    tmp_path: Path, bus_url: str, database_url: str
) -> None:
    begun = time.monotonic()
    async with trial(tmp_path, bus_url, database_url, 1) as whole:
        tried = whole.stage
        county = County(tried)
        await county.begin(WALKS if "sqlite" in database_url else WALKS[::3])  # on the other a third of them
        first = tried.calendar.today
        while (day := await county.day()) is not None:
            tried.calendar.to(date.fromisoformat(day))
            assert (tried.calendar.today - first).days < 150
        print(f"\n{len(county.records)} records, {county.acts} acts and {county.meetings} meetings until"
              f" {tried.calendar.today}, {time.monotonic() - begun:.0f} s")  # fmt: skip
        for record, (procedure, _) in county.records.items():
            view = await county.stands(record)
            said = {each["rule"] for each in view["standing"]["findings"]}
            assert (view["outcome"], view["standing"]["compliant"]) == ("resolved", True), (view["matter"], said)
            states = {step["key"]: step["state"] for step in view["standing"]["steps"]}
            usual = [step for step in PROCEDURES[procedure] if not step.optional]
            due = [step for step in usual if not step.urgent or record in county.urgent]
            assert {states[step.key] for step in due} == {"done"}, (view["matter"], states)
            sittings = [entry["kind"] for entry in view["entries"]].count("sitting")
            assert sittings == sum(step.kind == "sitting" for step in due)
        await _is_made_again(tried.hub.database, list(county.records))


async def _is_made_again(database: Database, records: list[str]) -> None:
    """Everything that the chains don't need is lost or spoilt, and comes back to the byte."""
    before = await rows(database)
    assert len(before["votes"]) >= len(records)
    async with database.writing() as session:
        for table in TABLES:
            await session.execute(delete(table))
        await session.execute(update(Decision).values(
            title="", matter="z9", outcome="ended", state="open", proper=False, improper_reasons=[{"code": "x"}],
            access_class="restricted", begun_on="2000-01-01", due_from=None, due_until="2000-01-01",
            broken_on="2000-01-01", uncovered_on="2000-01-01", created_wall=1,
        ))  # fmt: skip
    assert await rows(database) != before
    async with database.writing() as session:
        for record in records:
            await rebuild(session, record)
    after = await rows(database)
    for name, was in before.items():
        assert after[name] == was, name
