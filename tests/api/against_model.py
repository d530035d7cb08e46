"""Random people do random acts at a running hub over HTTP, beside the small model of tests/model: no disagreement.

    python -m tests.api.against_model --acts 10000 --database sqlite|postgresql --seed N

The hub's clock goes through a year (tests/api/year.py); many records are under way at once, each on its own days.
Acts are drawn as for the engine (tests/model/acts.py). What can't come over HTTP as it was drawn comes as people bring
it: a sitting is a meeting, played, whose figures are its roster's; a seal is what its recording showed. Not sent: a
seal or a vote of a meeting that was never held or has ended, and sittings that name no body that meets.
"""

import argparse
import asyncio
import copy
import heapq
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import httpx
from argon2 import PasswordHasher

from api.acts import sign_in
from api.acts.seed import ensure_admin, seed_demo
from storage.database import Database, migrate
from storage.keys import Signer
from tests.api.conftest import ADMIN_PASSWORD, Hub, config_for, serving
from tests.api.county_people import PASSWORD, RESTRICTED, SIZES, Somebody, everybody, settle
from tests.api.meeting_played import KINDS, Played, called, ended, meeting_now_ns, ok, opened, recorded
from tests.api.year import Calendar
from tests.fixtures_bus import running_bus
from tests.fixtures_storage import running_postgres
from tests.model import tables
from tests.model.acts import ACTS_AFTER_THE_END, DAYS, FIRST_DAY, PEOPLE, Draw
from tests.model.forms import Act, wrong
from tests.model.record import Record
from tests.model.refused import ENDED
from tests.model.stories import EXCEPTIONAL
from tests.model.tables import SERVES, Step
from tests.model.told import vote

OFF_THE_WEEK = frozenset(map(date.fromisoformat, EXCEPTIONAL))
ACTS_OF_A_RECORD = 20  # about
MOST = 60
IN_VAIN = 6  # acts that can't be sent, one after the other: a vote is due in a meeting that is over
FORM = "request.invalid"  # what the interface says of a form that is no act's
BY_HTTP = {"plan", "ask", "opinion", "post", "off", "object", "answer", "done", "sign", "withdraw", "end"}
FIGURES = ("recused", "issued", "returned", "invalid", "other", "in_favour", "against", "abstained",
           "written_in_favour")  # fmt: skip


class Disagreement(AssertionError):
    pass


class Walk:
    """One record, in the hub and in the model."""

    def __init__(self, url: str, model: Record, random: Random) -> None:
        self.url, self.model, self.draw = url, model, Draw(random, model)
        self.pending: Act | None = None
        self.planned: Played | None = None
        self.meetings: dict[str, Played] = {}
        self.acts: list[Act] = []  # as they were asked of the model, for a report
        self.left, self.turns, self.in_vain = ACTS_AFTER_THE_END, 0, 0
        self.creator: Somebody | None = None

    @property
    def id(self) -> str:
        return self.url.rsplit("/", 1)[1]

    def now(self, model: Record) -> None:
        self.model = self.draw.record = model


class Trial:
    def __init__(self, hub: Hub, calendar: Calendar, people: list[Somebody], village: str, persons: list[str],
                 committee: set[str], seed: int) -> None:  # fmt: skip
        self.hub, self.calendar, self.people = hub, calendar, people
        self.village, self.persons, self.committee, self.random = village, persons, committee, Random(seed)
        self.signer = Signer.load_or_create(hub.config.key_path)
        self.taken: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.marks: Counter[str] = Counter()
        self.outcomes: Counter[str | None] = Counter()
        self.compliant: Counter[bool | None] = Counter()
        self.not_sent: Counter[str] = Counter()
        self.acts = self.records = self.compared = 0

    # --- people

    def named(self, username: str) -> Somebody:
        return next(each for each in self.people if each.username == username)

    async def as_(self, somebody: Somebody) -> httpx.AsyncClient:
        today = self.calendar.today.isoformat()
        if somebody.signed_in != today:
            if somebody.client is not None:
                await somebody.client.aclose()
            known = self.hub.credentials.get(somebody.username)
            password = ADMIN_PASSWORD if somebody.username == "admin" else known.password if known else PASSWORD
            async with self.hub.stranger() as stranger:
                found = await ok(
                    await stranger.post("/api/login", json={"username": somebody.username, "password": password})
                )
            somebody.client = self.hub.stranger(headers={"Authorization": f"Bearer {found['token']}"})
            somebody.signed_in = today
        assert somebody.client is not None
        return somebody.client

    def sender(self, right: str, matter: str) -> Somebody:
        able = [each for each in self.people if each.may(right, matter)]
        return self.random.choice(able if able and self.random.randrange(5) else self.people)

    async def running(self, matter: str, *usernames: str) -> httpx.AsyncClient:
        """Who holds meetings; of a restricted matter the secretary alone."""
        names = usernames if matter not in RESTRICTED else ("shuji",)
        return await self.as_(self.named(self.random.choice(names)))

    # --- what is compared

    async def agree(self, walk: Walk, view: dict[str, Any] | None = None) -> None:
        if view is None:
            view = await ok(await (await self.as_(self.named("shuji"))).get(walk.url))
        assert view is not None
        stands, model = view["standing"], walk.model
        on = date.fromisoformat(stands["on"])
        pairs: dict[str, tuple[Any, Any]] = {
            "outcome": (view["outcome"], model.outcome),
            "compliant": (stands["compliant"], model.compliant(on)),
            "marks": (
                {(each["rule"], each["step"], each["meeting"]) for each in stands["findings"]
                 if each["kind"] == "procedure"},
                model.marks_on(on),
            ),
            "steps": ({step["key"]: step["state"] for step in stands["steps"]}, model.standing(on)),
            "next": ({(each["act"], each["step"]) for each in stands["next"]}, model.next(on)),
            "day": (stands["on"], max(self.calendar.today, model.newest).isoformat()),
        }  # fmt: skip
        wrong_ones = [f"{name}: hub {ours}, model {theirs}" for name, (ours, theirs) in pairs.items() if ours != theirs]
        if wrong_ones:
            raise Disagreement("\n".join([f"{walk.url} on {on}", *wrong_ones, *map(str, walk.acts)]))
        self.compared += 1
        self.compliant[stands["compliant"]] += 1

    def came(self, walk: Walk, act: Act, allowed: set[str | None], answer: httpx.Response, who: str) -> bool:
        """Whether it was taken; counted."""
        code = None if answer.status_code < 300 else answer.json()["code"]
        walk.acts.append(act | {"sent by": who, "came to": code})
        if code not in allowed or answer.status_code >= 500:
            told = f"hub {answer.status_code} {code}, model {allowed}: {answer.text}"
            raise Disagreement("\n".join([walk.url, told, *map(str, walk.acts)]))
        self.acts += 1
        if code is None:
            self.taken[act["act"]] += 1
        else:
            self.refused[code] += 1
        return code is None

    # --- acts

    async def begin(self) -> Walk | None:
        random, today = self.random, self.calendar.today
        procedure = random.choice(list(tables.PROCEDURES))
        fitting = [(key, choice) for key, choices in tables.CATALOGUE.items() for choice in choices
                   if choice[0] == procedure]  # fmt: skip
        matter, choice = random.choice(fitting)
        act: Act = {"act": "begin", "matter": matter, "on": today.isoformat()}
        act["urgent"] = random.choice((None,) * 6 + ("山洪",))
        act["amount"] = random.choice((None, 0, 5_000_000))
        if choice != tables.CATALOGUE[matter][0] or random.randrange(9) == 0:
            act |= {"procedure": choice[0], "body": choice[1]}
        if random.randrange(12) == 0:
            act |= random.choice(({"matter": "z9"}, {"body": "VA"}, {"procedure": "P9"}, {"amount": -1}))
        who = self.sender("write", act["matter"])
        begun = Record.begin(act, OFF_THE_WEEK)
        allowed: set[str | None] = {begun} if isinstance(begun, str) else {None}
        if begun == "act.form":
            allowed.add(FORM)
        if begun == "matter.unknown":
            allowed.add("catalogue.unknown")  # asked of the catalogue before anybody's right
        elif not who.may("write", act["matter"]):
            allowed = {"right.missing"} | ({FORM} if begun == "act.form" else set())
        new = {name: value for name, value in act.items() if name not in ("act", "on") and value is not None}
        answer = await (await self.as_(who)).post(
            "/api/decisions", json={"unit": self.village, "title": "一件事", **new}
        )
        code = None if answer.status_code < 300 else answer.json()["code"]
        if code not in allowed:
            raise Disagreement(f"begin by {who.username}: hub {code}, model {allowed}: {act}")
        self.acts += 1
        if code is not None:
            self.refused[code] += 1
            return None
        assert isinstance(begun, Record)
        self.taken["begin"] += 1
        self.records += 1
        walk = Walk(f"/api/decisions/{answer.json()['id']}", begun, random)
        walk.acts.append(act)
        walk.creator = who
        await self.agree(walk, answer.json())
        return walk

    async def turn(self, walk: Walk) -> None:
        """What was drawn comes to pass."""
        walk.draw.today = max(walk.draw.today, self.calendar.today)
        if walk.planned is not None:
            await self.hold(walk)
            return
        act = walk.pending
        assert act is not None
        if act.get("act") == "sitting":
            await self.call(walk, act)
        elif act.get("act") in ("vote", "sealed"):
            await self.in_meeting(walk, act)
        elif act.get("act") == "correct":
            self.not_sent["a correction: no way yet"] += 1
        else:
            await self.plain(walk, act)

    async def plain(self, walk: Walk, act: Act) -> None:
        act, today, matter = dict(act), self.calendar.today.isoformat(), walk.model.matter
        right = "review" if act.get("act") == "opinion" else "write"
        if act.get("act") == "sign" and act.get("step") == "countersign" and walk.model.step("countersign"):
            right = "countersign"
        if self.random.randrange(60) == 0 and "on" in act:
            act["on"] = (self.calendar.today + timedelta(days=self.random.randint(1, 3))).isoformat()
        if act.get("person") in PEOPLE:
            act["person"] = self.persons[PEOPLE.index(act["person"])]
        if act.get("reasons") == "":
            del act["reasons"]
        sent = {name: value for name, value in act.items() if value is not None}
        who = self.sender(right, matter)
        if act.get("act") == "object":
            sent.pop("number", None)
            act["number"] = len(walk.model.objections) + 1
        if right == "countersign":
            act["person"] = who.who
            sent.pop("person", None)
        if act.get("on") is None and act.get("act") in BY_HTTP:
            act["on"] = today
        malformed = wrong(act) if act.get("act") in BY_HTTP else "act.unknown"
        code: str | None
        if not who.may("look", matter):
            code = "api.not-found"
        elif not who.may(right, matter):
            code = "right.missing"
        elif right in ("review", "countersign") and who is walk.creator:
            code = "decision.own"
        elif not malformed and act["on"] > today:
            code = "act.future"
        else:
            code = malformed or walk.model.refusal(act)
        allowed: set[str | None] = {code}
        if malformed:
            allowed |= {FORM, malformed if code == malformed else None} - {None}
        if malformed and code == malformed:
            allowed |= {"act.future"}
        answer = await (await self.as_(who)).post(f"{walk.url}/acts", json=sent)
        if self.came(walk, act, allowed, answer, who.username):
            assert walk.model.act(act) is None
            walk.draw.taken(act)
            await self.agree(walk, answer.json())
        else:
            await self.agree(walk)

    # --- meetings

    async def call(self, walk: Walk, act: Act) -> None:
        step = walk.model.step(act.get("step", "")) if isinstance(act.get("step"), str) else None
        body = act.get("body")
        if body is None:
            body = "representatives" if step is not None and step.key == "appraisal" else "two_committees"
        if body not in KINDS:
            self.not_sent["sitting of no body"] += 1
            return
        days: int | None = None
        try:
            days = (date.fromisoformat(act["on"]) - date.fromisoformat(act["called_on"])).days
        except (KeyError, TypeError, ValueError):
            days = None
        if days is not None and (days < 0 or (body not in tables.NOTICE_DAYS and self.random.randrange(3))):
            days = 0
        client = await self.running(walk.model.matter, "shuji", "huiwu", "admin")
        played = await called(client, self.village, walk.id, body, self.calendar.today, days, self.random)
        walk.planned = played
        walk.draw.today = self.calendar.today + timedelta(days=days or 0)
        walk.meetings[played.id] = played
        await self.agree(walk)

    async def hold(self, walk: Walk) -> None:
        assert walk.planned is not None
        played, walk.planned = walk.planned, None
        random, matter, model = self.random, walk.model.matter, walk.model
        client = await self.running(matter, "shuji", "huiwu", "admin")
        share = tables.BODIES[played.body][0]
        share = tables.ASSEMBLY_OF_HOUSEHOLDS if played.way == "households" else share
        size = SIZES["households" if played.way == "households" else played.body]
        present = 0 if random.randrange(6) == 0 else walk.draw._about(share, size)
        answer = await opened(played, client, self.calendar, present, self.committee)
        assert played.due == size
        first = self.step_of(model, played, False)
        if first is not None and first.key == "opening" and not self.passes_over(model, played, first):
            assert answer.status_code < 300, answer.text
            await self.agree(walk)
            await self.bids(walk, played, first)
            return
        expected: str | None = None
        wish = None
        if played.present and (step := self.step_of(model, played, False)) is not None:
            wish = played.sitting(step.key, self.plan_of(model, played), played.due, played.present)
            if self.passes_over(model, played, step):
                wish = None
            else:
                expected = model.refusal(wish)
        if wish is None:
            assert answer.status_code < 300, answer.text
            self.not_sent["nobody was counted at the opening"] += 1
            await self.agree(walk)
            await self.vote(walk, played, None)
            return
        if self.came(walk, wish, {expected}, answer, "the meeting"):
            assert model.act(wish) is None
            walk.draw.taken(wish)
        await self.agree(walk)

    async def bids(self, walk: Walk, played: Played, step: Step) -> None:
        """How many bid begins the sitting; now and then nobody says it, and the meeting's end does."""
        if self.random.randrange(6) == 0:
            self.not_sent["how many bid"] += 1
            return
        count = self.random.choice((3, 3, 4, 2))
        wish = played.sitting(step.key, self.plan_of(walk.model, played), played.due, played.present, count)
        client = await self.running(walk.model.matter, "shuji", "jilu", "admin")
        answer = await client.post(f"{played.item_url}/bids", json={"bidders": count})
        if self.came(walk, wish, {walk.model.refusal(wish)}, answer, "the meeting"):
            assert walk.model.act(wish) is None
            walk.draw.taken(wish)
        await self.agree(walk)

    def plan_of(self, model: Record, played: Played) -> int | None:
        """The newest one of the day lies before a meeting."""
        return model.newest_on(date.fromisoformat(played.opened_on)) or None

    def step_of(self, model: Record, played: Played, with_vote: bool) -> Step | None:
        """The step that a meeting takes up (ARCHITECTURE, the walk of one decision record)."""
        steps = [each for each in model.steps if each.kind == "sitting" and (each.vote or not with_vote)]
        here = [each for each in steps if model.sitting(each.key, played.id)]
        if here:
            return here[-1]
        on = date.fromisoformat(played.opened_on)
        undone = [each for each in steps if not model.done_by(each.key, on)]

        def bodies(step: Step) -> tuple[str, ...]:
            return SERVES[model.body or ""] if isinstance(step.bodies, str) else step.bodies

        fitting = [each for each in undone if played.body in bodies(each)]
        return next(iter(fitting or [each for each in undone if not each.bodies] or undone or steps[-1:]), None)

    def passes_over(self, model: Record, played: Played, step: Step) -> bool:
        """It isn't taken up by a record that has ended or is closed, nor again by one that was resolved."""
        there = model.sitting(step.key, played.id) is not None
        if there or model.outcome in ENDED or (model.outcome == "resolved" and step.decides):
            return not there
        tried = played.sitting(step.key, self.plan_of(model, played), max(1, played.due), played.present)
        return model.refusal(tried) == "decision.closed"

    async def in_meeting(self, walk: Walk, act: Act) -> None:
        played = walk.meetings.get(str(act.get("meeting")))
        if played is None or not played.running:
            running = [each for each in walk.meetings.values() if each.running]
            step = walk.model.step(str(act.get("step")))
            self.not_sent[f"{act['act']} of a meeting that isn't running: of another, or one is called"] += 1
            if running:
                await self.in_meeting(walk, act | {"meeting": self.random.choice(running).id})
            elif act["act"] == "vote" and step is not None and step.kind == "sitting":
                await self.call(walk, walk.draw._sitting(step))
            return
        sitting = next((each for each in walk.model.sittings if each.meeting == played.id), None)
        unvoted = sitting is not None and sitting.step.vote and not sitting.votes
        if act["act"] == "vote":
            await self.vote(walk, played, act)
        elif unvoted and self.random.randrange(6):
            await self.vote(walk, played, None)
        else:
            await self.finish(walk, played)

    async def vote(self, walk: Walk, played: Played, act: Act | None) -> None:
        """`act` gives the figures; drawn here where the count of the vote is the first one."""
        random, model = self.random, copy.deepcopy(walk.model)
        step = self.step_of(model, played, True)
        allowed: set[str | None] = {None}
        asked: list[Act] = []
        if step is None or self.passes_over(model, played, step):
            allowed, figures = {"vote.no-decision"}, vote("", "", 5, 5, (5, 0, 0))
        else:
            if model.sitting(step.key, played.id) is None:
                due = random.choice((4, 6, 9, 12, 30, 31))
                began = played.sitting(
                    step.key, self.plan_of(model, played), due, walk.draw._about(tables.BODIES[played.body][0], due)
                )
                asked.append(began)
            figures = dict(act) if act is not None else self.figures(walk, model, step, played, asked)
            if asked:
                asked[0] |= {"due": figures.get("due"), "present": figures.get("present")}
        if wrong(figures | {"step": "x", "meeting": "x"}):
            self.not_sent["a vote without its figures"] += 1
            return
        sent = {name: figures[name] for name in ("way", "due", "present", *FIGURES) if figures.get(name) is not None}
        if played.present and random.randrange(6) == 0:
            del sent["due"], sent["present"]
            figures |= {"due": played.due, "present": played.present}
            for each in asked:
                each |= {"due": played.due, "present": played.present}
        if step is not None and allowed == {None}:
            secret = figures["way"] == "secret"
            counted = {name: figures.get(name) or 0 for name in FIGURES}
            if secret or step.secret:
                given = sum(counted[name] for name in ("in_favour", "against", "abstained", "invalid", "other"))
                counted["returned"] = given if figures.get("returned") is None else counted["returned"]
                counted["issued"] = counted["returned"] if figures.get("issued") is None else counted["issued"]
            else:
                counted |= {"issued": 0, "returned": 0, "invalid": 0, "other": 0}
            there = {"supervisor_present": played.supervised}
            asked.append(
                {"act": "vote", "step": step.key, "meeting": played.id, "way": figures["way"], "due": figures["due"],
                 "present": figures["present"], **counted, **there}
            )  # fmt: skip
            for each in asked:
                each["due"] = max(1, each["due"]) if each["act"] == "sitting" else each["due"]
                refused = model.act(each)
                if refused is not None:
                    allowed = {refused}
                    break
        if any(value < 0 for name, value in sent.items() if name != "way"):
            allowed = {FORM}
        self.calendar.wait(1)
        matter = walk.model.matter
        who = self.named(random.choice(("shuji", "jilu") if matter in RESTRICTED else ("shuji", "jilu", "admin")))
        if random.randrange(8) == 0:
            who = self.named(random.choice(("shenhe", "jiandu", "ducha", "dangyuan", "waishuji", "anquan")))
            allowed = {"right.missing", "api.not-found"} | ({FORM} if allowed == {FORM} else set())
        client = await self.as_(who)
        answer = await client.post(f"{played.item_url}/votes", json=sent)
        said = asked[-1] if asked else {"act": "vote", "meeting": played.id}
        if self.came(walk, said, allowed, answer, who.username):
            played.voted_ns.append(await meeting_now_ns(played, self.hub.database))
            walk.now(model)
            for each in asked:
                walk.draw.taken(each)
                if each["act"] == "sitting":
                    self.acts += 1
                    self.taken["sitting"] += 1
        await self.agree(walk)

    def figures(self, walk: Walk, model: Record, step: Step, played: Played, asked: list[Act]) -> Act:
        """Drawn as for a sitting that is there."""
        trying = copy.deepcopy(model)
        if not asked and trying.sitting(step.key, played.id) is None:
            return vote(step.key, played.id, 5, 5, (5, 0, 0))
        for each in asked:
            if trying.act(each) is not None:
                return vote(step.key, asked[0]["meeting"], 5, 5, (5, 0, 0))
        # Its figures are drawn for this meeting's sitting, not for another one in the step.
        trying.sittings = [each for each in trying.sittings if each.meeting == played.id or each.step != step]
        walk.draw.record = trying
        try:
            return walk.draw._vote(step)
        finally:
            walk.draw.record = walk.model

    async def finish(self, walk: Walk, played: Played) -> None:
        """The meeting ends, its recording is closed, what it shows comes onto the record."""
        matter = walk.model.matter
        chair = await self.running(matter, "shuji", "huiwu", "admin")
        confirming = [name for name in ("jiandu", "shenhe") if self.named(name) is not walk.creator]
        supervisor = await self.as_(self.named(self.random.choice(confirming)))
        await ended(played, chair, supervisor, self.calendar, started=True)
        await recorded(played, self.hub.database, self.signer)
        await self.hub.house.watches.seal()
        model = walk.model
        if (
            not any(each.meeting == played.id for each in model.sittings)
            and (step := self.step_of(model, played, False)) is not None
            and not self.passes_over(model, played, step)
        ):
            began = played.sitting(step.key, self.plan_of(model, played), played.due, 0)
            assert model.act(began) is None, began
            walk.draw.taken(began)
            self.seen(walk, began)
        for step in model.steps:
            sitting = model.sitting(step.key, played.id)
            if sitting is not None and sitting.sealed is None:
                sealed = played.sealed(step.key, len(sitting.votes))
                assert model.act(sealed) is None, sealed
                walk.draw.taken(sealed)
                self.seen(walk, sealed)
        await self.agree(walk)

    def seen(self, walk: Walk, act: Act) -> None:
        walk.acts.append(act)
        self.acts += 1
        self.taken[act["act"]] += 1

    # --- the year

    async def run(self, count: int, limit_s: float = float("inf")) -> None:
        until = time.monotonic() + limit_s
        begins = max(1, count // ACTS_OF_A_RECORD)
        # A short trial's records begin within a few weeks, so that several are under way.
        days = sorted(self.random.randrange(min(DAYS, begins * 3)) for _ in range(begins))
        queue: list[tuple[date, int, Walk | None]] = [
            (FIRST_DAY + timedelta(days=on), number, None) for number, on in enumerate(days)
        ]
        heapq.heapify(queue)
        number = len(queue)
        while self.acts < count and time.monotonic() < until:
            if not queue:
                heapq.heappush(queue, (self.calendar.today, number, None))
                number += 1
            day, _, walk = heapq.heappop(queue)
            self.calendar.to(day)
            if walk is None:
                walk = await self.begin()
            else:
                if self.random.randrange(6) == 0:
                    await self.agree(walk)  # what came by waiting
                before = self.acts
                await self.turn(walk)
                walk.in_vain = 0 if self.acts > before or walk.planned else walk.in_vain + 1
            if walk is None:
                continue
            if (due := await self.goes_on(walk)) is not None:
                number += 1
                heapq.heappush(queue, (due, number, walk))

    async def goes_on(self, walk: Walk) -> date | None:
        """The day of its next act; None: it is told to its end."""
        draw = walk.draw
        if walk.planned is not None:
            return draw.today
        walk.turns += 1
        if draw.at_its_end() or walk.turns > MOST or walk.in_vain > IN_VAIN:
            walk.left -= 1
        if walk.left <= 0:
            for played in walk.meetings.values():
                if played.running:
                    await self.finish(walk, played)
            self.outcomes[walk.model.outcome] += 1
            self.marks.update(rule for rule, _, _ in walk.model.marks)
            return None
        draw.today = max(draw.today, self.calendar.today)
        walk.pending = draw.act()
        on = walk.pending.get("on")
        day = max(draw.today, self.calendar.today)
        if isinstance(on, str) and wrong({"act": "ask", "step": "x", "on": on}) is None:
            day = max(day, min(date.fromisoformat(on), day + timedelta(days=200)))
        return day

    def report(self) -> str:
        refusals = sum(self.refused.values())
        return "\n".join([
            f"{self.acts} acts of {self.records} records: {sum(self.taken.values())} taken, {refusals} refused; "
            f"{self.compared} standings compared, no disagreement",
            f"taken: {dict(self.taken.most_common())}",
            f"refused: {dict(self.refused.most_common())}",
            f"outcomes: {dict(self.outcomes)}",
            f"compliant, as it stood: {dict(self.compliant)}",
            f"marks: {dict(self.marks.most_common())}",
            f"not sent: {dict(self.not_sent)}",
        ])  # fmt: skip


@asynccontextmanager
async def trial(folder: Path, bus_url: str, database_url: str, seed: int) -> AsyncIterator[Trial]:
    """A hub of its own on the first day of the year; its database has been migrated."""
    hasher, sign_in._hasher = sign_in._hasher, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    try:
        with Calendar().kept() as calendar:
            calendar.to(FIRST_DAY)
            database = await Database.open(database_url)
            try:
                await ensure_admin(database, ADMIN_PASSWORD)
                credentials = await seed_demo(database)
                people = everybody()
                village, persons, committee = await settle(database, people)
                config = config_for(folder, bus_url, database_url, absence_limit_s=86_400.0)
                async with serving(config, database, credentials) as hub:
                    tried = Trial(hub, calendar, people, village, persons, committee, seed)
                    try:
                        yield tried
                    finally:
                        for each in people:
                            if each.client is not None:
                                await each.client.aclose()
            finally:
                await database.close()
    finally:
        sign_in._hasher = hasher


async def _played(folder: Path, bus_url: str, database_url: str, seed: int, acts: int, limit_s: float) -> str:
    await migrate(database_url)
    async with trial(folder, bus_url, database_url, seed) as tried:
        try:
            await tried.run(acts, limit_s)
        except AssertionError:
            print(tried.report().replace("no disagreement", "then one disagreement"))
            raise
        return tried.report()


def main() -> int:
    asked = argparse.ArgumentParser(prog="tests.api.against_model", description=__doc__)
    asked.add_argument("--acts", type=int, default=10_000)
    asked.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--minutes", type=float, default=1e6, help="end and report then, wherever it is")
    options = asked.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="huilu-model-")))
        bus_url = stack.enter_context(running_bus(folder / "bus"))
        url = f"sqlite+aiosqlite:///{folder}/huilu.sqlite"
        if options.database == "postgresql":
            url = stack.enter_context(running_postgres()) % "template"
        try:
            print(asyncio.run(_played(folder, bus_url, url, options.seed, options.acts, options.minutes * 60)))
        except Disagreement as found:
            print(found)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
