"""A record begins, and what people do to it outside of meetings: plans, opinions, postings, signatures, its end."""

from datetime import date, timedelta

from tests.api.against_model.stage import FORM, Stage
from tests.api.against_model.telling import Disagreement
from tests.api.against_model.walk import Walk
from tests.model import tables
from tests.model.acts import AMOUNTS
from tests.model.forms import Act, wrong
from tests.model.record import Record
from tests.model.stories import EXCEPTIONAL
from tests.model.together import others

OFF_THE_WEEK = frozenset(map(date.fromisoformat, EXCEPTIONAL))
BY_HTTP = {"plan", "ask", "opinion", "post", "off", "object", "answer", "done", "sign", "withdraw", "end"}


async def begin(stage: Stage) -> Walk | None:
    """None: nobody who might began it, or nothing that can be."""
    act, people = _drawn(stage), stage.people
    sent = act
    if beside := others((walk.model for walk in stage.walks), act["matter"], stage.calendar.today):
        act = act | {"others": beside}  # the hub's to find
    who = people.sender(people.able("write", act["matter"]))
    begun = Record.begin(act, OFF_THE_WEEK)
    allowed: set[str | None] = {begun} if isinstance(begun, str) else {None}
    if begun == "act.form":
        allowed.add(FORM)
    if begun == "matter.unknown":
        allowed.add("catalogue.unknown")  # asked of the catalogue before anybody's right
    elif not who.may("write", act["matter"]):
        allowed = {"right.missing"} | ({FORM} if begun == "act.form" else set())
    new = {name: value for name, value in sent.items() if name not in ("act", "on") and value is not None}
    client = await people.as_(who)
    answer = await client.post("/api/decisions", json={"unit": stage.village, "title": "一件事", **new})
    code = None if answer.status_code < 300 else answer.json()["code"]
    if code not in allowed:
        raise Disagreement(f"begin by {who.username}: hub {code}, model {allowed}: {act}")
    stage.told.count("begin", code)
    if code is not None:
        return None
    assert isinstance(begun, Record)
    walk = Walk(f"/api/decisions/{answer.json()['id']}", begun, stage.random, who)
    walk.acts.append(act)
    stage.walks.append(walk)
    await stage.agree(walk, answer.json())
    return walk


def _drawn(stage: Stage) -> Act:
    random = stage.random
    procedure = random.choice(list(tables.PROCEDURES))
    fitting = [(key, choice) for key, choices in tables.CATALOGUE.items() for choice in choices
               if choice[0] == procedure]  # fmt: skip
    matter, choice = random.choice(fitting)
    if procedure == "P6a" and random.randrange(2):
        matter = "d3"
    act: Act = {"act": "begin", "matter": matter, "on": stage.calendar.today.isoformat()}
    act["urgent"] = random.choice((None,) * 6 + ("山洪",))
    act["amount"] = random.choice(AMOUNTS)
    if choice != tables.CATALOGUE[matter][0] or random.randrange(9) == 0:
        act |= {"procedure": choice[0], "body": choice[1]}
    if random.randrange(12) == 0:
        wrong_ones: tuple[Act, ...] = ({"matter": "z9"}, {"body": "VA"}, {"procedure": "P9"}, {"amount": -1})
        act |= random.choice((*wrong_ones, {"guarantee": True}))
    return act


async def act_on(stage: Stage, walk: Walk, act: Act) -> None:
    act, today, matter = stage.known(act), stage.calendar.today.isoformat(), walk.model.matter
    right = own_right(act)
    if right == "countersign" and not walk.model.step("countersign"):
        right = "write"
    if stage.random.randrange(60) == 0 and "on" in act:
        act["on"] = (stage.calendar.today + timedelta(days=stage.random.randint(1, 3))).isoformat()
    if act.get("reasons") == "":
        del act["reasons"]
    sent = {name: value for name, value in act.items() if value is not None}
    who = stage.people.sender(stage.people.able(right, matter))
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
    answer = await (await stage.people.as_(who)).post(f"{walk.url}/acts", json=sent)
    if stage.came(walk, act, allowed, answer, who.username):
        stage.take(walk, act, who.who)
        await stage.agree(walk, answer.json())
    else:
        await stage.agree(walk, by=who)


def own_right(act: Act) -> str:
    """Opinions are the township's, the countersignature the supervisor's, everything else the village's own."""
    if act.get("act") == "opinion":
        return "review"
    return "countersign" if act.get("act") == "sign" and act.get("step") == "countersign" else "write"
