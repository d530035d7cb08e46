"""Asks every route as every person about every thing, and compares with what the table expects."""

import asyncio
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.api.matrix.county import ABOVE, County, Secret, Somebody, Thing, fresh
from tests.api.matrix.routes import FILE, LISTS, ROUTES, SEARCHES, Route
from tests.api.matrix.table import TABLE, UNNARROWED, WHOLE

STRANGER = Somebody("nobody", "nowhere")
AT_ONCE = 6
MISSING = "none_00000"
MAY_BE_AWAY = {"GET /healthz": {503}}  # no relay, recorder and worker here


def below(place: str, top: str) -> bool:
    at: str | None = place
    while at is not None and at != top:
        at = ABOVE[at]
    return at is not None


def may(who: Somebody, column: str, thing: Thing) -> bool:
    """By the table."""
    if not who.token:
        return False
    if column == "join" and _reaches(who, TABLE[who.role, thing.access_class][column], thing) == "here":
        return True
    if who.category and (column in WHOLE | UNNARROWED or _another(who.category, column, thing)):
        return False
    if who.access_class and (column in UNNARROWED or thing.access_class not in ("open", who.access_class)):
        return False
    return bool(_reaches(who, TABLE[who.role, thing.access_class][column], thing))


def _another(category: str, column: str, thing: Thing) -> bool:
    """What is open in a meeting is open to whoever may look at it, whatever it deals with."""
    open_part = column in ("look", "join", "replay", "quality") and thing.access_class == "open"
    return thing.category not in (None, category) and not open_part


def _reaches(who: Somebody, cell: str, thing: Thing) -> str | None:
    if cell == "here":
        return cell if thing.place == who.place else None
    own = cell in ("own", "site") and below(thing.place, who.place)
    invited = cell == "site" and any(below(site, who.place) for site in thing.sites)
    return cell if own or invited else None


@dataclass
class Report:
    asked: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def add(self, route: str, what: str) -> None:
        print(f"{route}: {what}", flush=True)
        self.wrong.setdefault(route, []).append(what)

    @property
    def count(self) -> int:
        return sum(map(len, self.wrong.values()))


Case = tuple[Route, Somebody, Thing | None]


def cases(county: County) -> Iterator[Case]:
    for route in ROUTES:
        things = [each for each in county.things if each.kind in route.on] or [None]
        assert not route.on or things != [None], route.name
        people = [STRANGER] if route.column in ("public", "self") else [STRANGER, *county.people]
        for thing in things:
            for who in people:
                # Narrowed rights are at the village: elsewhere they reach no further than whole ones.
                if thing is None or not (who.category or who.access_class) or thing.place == "village":
                    yield route, who, thing


def sampled(county: County, seed: int, more: int) -> list[Case]:
    """Each route with each role once, and as many more."""
    chance = random.Random(seed)
    every = list(cases(county))
    chance.shuffle(every)
    chosen: dict[tuple[int, str], Case] = {}
    left: list[Case] = []
    for case in every:
        if chosen.setdefault((id(case[0]), case[1].role), case) is not case and len(left) < more:
            left.append(case)
    return [*chosen.values(), *left]


class Runner:
    def __init__(self, county: County, workbook: bytes) -> None:
        self.county = county
        self.workbook = workbook
        self.report = Report()
        self._hidden: dict[str, re.Pattern[str] | None] = {}
        self._owners = asyncio.Lock()
        self._absent: dict[tuple[str, str], Any] = {}

    async def run(self, chosen: list[Case]) -> Report:
        """Some at once: they wait for the database more than they work."""
        waiting = iter(chosen)

        async def one_by_one() -> None:
            for case in waiting:
                await self.ask(*case)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(one_by_one())
        return self.report

    # --- one request

    async def ask(self, route: Route, who: Somebody, thing: Thing | None) -> None:
        self.report.asked += 1
        allowed = self.expected(route, who, thing)
        ids = thing.ids if thing else {}
        if thing and allowed and thing.owners:
            async with self._owners:
                await fresh(self.county, thing)
                status, text = await self.send(route, who, ids)
        else:
            status, text = await self.send(route, who, ids)
        says = f"{who.name} on {thing.name if thing else 'nothing'}: {status} {text[:160]}"
        if status >= 500 and status not in MAY_BE_AWAY.get(route.name, ()):
            self.report.add(route.name, f"broke: {says}")
        elif not who.token:
            wanted = "sign-in.required" not in text if route.column == "public" else status == 401
            if not wanted:
                self.report.add(route.name, f"without sign-in: {says}")
        elif allowed is not self.passed(route, status, text):
            self.report.add(route.name, f"{'refused' if allowed else 'let through'}: {says}")
        elif not allowed and status not in (403, 404):
            self.report.add(route.name, f"refused by something else: {says}")
        elif not allowed and thing is not None and (route.column == "own" or route.seen):
            await self.unknown(route, who, thing, status, text, says)
        pattern = self.hidden(who)
        if pattern and (leak := pattern.search(text)):
            self.report.add(route.name, f"tells {leak.group()}: {says}")

    def expected(self, route: Route, who: Somebody, thing: Thing | None) -> bool:
        column = route.column
        if column in ("public", "self") or not who.token:
            return column == "public"
        if column == "signed":
            return True
        if column == "own":
            return thing is not None and who.name in thing.owners
        if column.startswith("any "):
            return any(may(who, each, Thing("", who.place, {})) for each in column.split()[1:])
        assert thing is not None, route.name
        if "|" in column:
            return any(may(who, each, thing) for each in column.split("|"))
        if column == "desk" or route.method == "WEBSOCKET":  # what hangs is public; outside a part one waits
            return may(who, column, Thing(thing.kind, thing.place, {}, sites=thing.sites))
        if thing.kind == "part-paper":  # its part, and who was due
            return may(who, "look", thing) and may(who, "roster", Thing("", thing.place, {}))
        if column in ("quality", "minute", "confirm", "replay", "join") and thing.category:
            # A part is nobody's without its meeting.
            whole = Thing(thing.kind, thing.place, {}, sites=thing.sites)
            return may(who, column, thing) and may(who, column if column != "join" else "look", whole)
        return may(who, column, thing)

    def passed(self, route: Route, status: int, text: str) -> bool:
        if 200 <= status < 300 or (status in (409, 422) and route.method != "GET"):
            return True
        if status == 409 and route.path.endswith("archive.zip"):
            return True
        if not text.startswith("{") or not route.passed:
            return False
        problem = json.loads(text)
        return any(problem["code"] == each or problem.get("detail", "").startswith(each) for each in route.passed)

    async def unknown(self, route: Route, who: Somebody, thing: Thing, status: int, text: str, says: str) -> None:
        """A thing that somebody may not see is answered as one that isn't there."""
        seen = "look" if route.seen == "part" else route.seen
        if seen and may(who, seen, Thing(thing.kind, thing.place, {}, *self._of(thing, route.seen or seen))):
            return
        key = (route.name + thing.kind + thing.ids.get("kind", ""), who.name)
        if key not in self._absent:
            ids = {name: MISSING if _names(name) else value for name, value in thing.ids.items()}
            self._absent[key] = (await self.send(route, who, ids))[1]
        plain = text
        for name, value in thing.ids.items():
            if _names(name):
                plain = plain.replace(value, MISSING)
        if plain != self._absent[key]:
            self.report.add(route.name, f"tells it from one that isn't there: {says} ≠ {self._absent[key][:120]}")

    def _of(self, thing: Thing, seen: str) -> tuple[Any, ...]:
        """Meetings, people and accounts have no class; records have their own."""
        sites = thing.sites
        return (thing.access_class, thing.category, sites) if seen in ("read", "part") else ("open", None, sites)

    def hidden(self, who: Somebody) -> re.Pattern[str] | None:
        if who.name not in self._hidden:
            words = [secret.word for secret in self.county.secrets if not self.told(who, secret)]
            self._hidden[who.name] = re.compile("|".join(words)) if words else None
        return self._hidden[who.name]

    def told(self, who: Somebody, secret: Secret) -> bool:
        thing = Thing("", secret.place, {}, secret.access_class, secret.category)
        return any(may(who, column, thing) for column in ("look", "replay", "read"))

    async def send(self, route: Route, who: Somebody, ids: dict[str, str]) -> tuple[int, str]:
        values = {"path": "x", **ids}
        path = route.path.format(**{name: values.get(name, MISSING) for name in re.findall(r"{(\w+)}", route.path)})
        headers = {"Authorization": f"Bearer {who.token}"} if who.token else {}
        if route.method == "WEBSOCKET":
            return await self.channel(path, headers)
        more: dict[str, Any] = {}
        if route.body is FILE:
            more["files"] = {"file": ("people.xlsx", self.workbook)}
        elif isinstance(route.body, dict) and FILE in route.body.values():
            said = {name: value for name, value in route.body.items() if value is not FILE}
            more["data"] = {name: json.dumps(value) for name, value in _filled(said, values).items()}
            more["files"] = {
                name: ("people.xlsx", self.workbook) for name, value in route.body.items() if value is FILE
            }
        elif route.media:
            more["content"] = route.body
            headers["Content-Type"] = route.media
        elif route.body is not None:
            more["json"] = _filled(route.body, values)
        query = {name: value.format(**values) for name, value in route.query.items()}
        if query:
            more["params"] = query
        answer = await self.county.asked(route.method, path, headers=headers, **more)
        self.county.client.cookies.clear()
        return answer.status_code, answer.text

    async def channel(self, path: str, headers: dict[str, str]) -> tuple[int, str]:
        """As the statuses of HTTP: the first message, or the code with which it is closed."""
        url = self.county.hub.url.replace("http", "ws") + path
        async with asyncio.timeout(20), connect(url, additional_headers=headers) as socket:
            try:
                return 200, str(await socket.recv())
            except ConnectionClosed as closed:
                return (closed.rcvd.code - 4000, closed.rcvd.reason) if closed.rcvd else (599, "cut off")

    # --- lists and searches

    async def lists(self, people: list[Somebody]) -> None:
        for who in people:
            for path, where, kinds, name, column in LISTS:
                things = {each.ids[name]: each for each in self.county.things if each.kind in kinds.split()}
                rows = await self.rows(path, who)
                told = {row[key] for row in rows for key in where} & set(things)
                for id_, thing in things.items():
                    whole = column == "look" or column == "replay"
                    asked = Thing(thing.kind, thing.place, {}, sites=thing.sites) if whole else thing
                    if may(who, column, asked) is not (id_ in told):
                        self.report.add(path, f"{who.name}: {thing.name} is {'' if id_ in told else 'not '}there")

    async def searches(self, people: list[Somebody], chance: random.Random, whole: bool) -> None:
        for who in people:
            for path, kinds, name, column in SEARCHES:
                things = [each for each in self.county.things if each.kind in kinds.split()]
                for thing in things if whole else chance.sample(things, 3):
                    told = {row["id"] for row in await self.rows(path.format(word=thing.word), who)}
                    wanted = {thing.ids[name]} if may(who, column, thing) else set()
                    if told != wanted:
                        self.report.add(path, f"{who.name}: {thing.name} is {'' if told else 'not '}found")

    async def rows(self, path: str, who: Somebody) -> list[dict[str, Any]]:
        self.report.asked += 1
        answer = await self.county.client.get(path, headers={"Authorization": f"Bearer {who.token}"})
        pattern = self.hidden(who)
        if pattern and (leak := pattern.search(answer.text)):
            self.report.add(path, f"tells {leak.group()} to {who.name}")
        return answer.json() if answer.status_code == 200 else []


def _names(name: str) -> bool:
    """Whether a value names the thing that a request is about."""
    return name.endswith("_id") or name == "subject"


def _filled(body: Any, values: dict[str, str]) -> Any:
    if isinstance(body, str):
        return body.format(**values)
    if isinstance(body, list):
        return [_filled(each, values) for each in body]
    if isinstance(body, dict):
        return {name: _filled(value, values) for name, value in body.items()}
    return body
