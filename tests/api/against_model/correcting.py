"""A wrong entry is corrected over HTTP: by another person than its author, and by the words of two where it takes them.

Who may, from ARCHITECTURE.md (the walk of one correction): alone the act's own right, for what the village writes the
supervisor's as well; to ask for one that takes two, those and both sides, but who began the record speaks for neither.
What it comes to the model says.
"""

import copy
from typing import Any

from tests.api.against_model.acts import own_right
from tests.api.against_model.county import Somebody
from tests.api.against_model.played import ok
from tests.api.against_model.stage import FORM, Stage
from tests.api.against_model.telling import Disagreement
from tests.api.against_model.walk import Asked, Walk
from tests.model.forms import Act
from tests.model.record import Record

SIDES = {"town": "review", "supervisor": "countersign"}
NOBODYS = ("sealed", "correct")
UNKNOWN = 900_000  # an entry that no chain has
MOST_CHANGES = 20  # no act has more fields; one put in the place of another names those of both


async def correct(stage: Stage, walk: Walk, drawn: Act) -> None:
    model, of, should = walk.model, drawn.get("of"), drawn.get("should")
    should = stage.known(should) if isinstance(should, dict) else should
    there = isinstance(of, int) and 0 < of <= len(model.said)
    changes = _changes(model, of, should) if there and isinstance(of, int) and isinstance(should, dict) else should
    sent = {"entry": walk.seqs[of - 1] if there and isinstance(of, int) else UNKNOWN if isinstance(of, int) else of,
            "changes": {} if should is None else changes, "struck": should is None,
            "reason": drawn.get("reason")}  # fmt: skip
    act = {"act": "correct", "of": of, "should": should, "reason": drawn.get("reason"), "on": _today(stage, model),
           "agreed": False}  # fmt: skip
    who = stage.people.sender(_others(stage, walk, of) if there and isinstance(of, int) else [])
    after = copy.deepcopy(model)
    code: str | None = FORM if _unreadable(sent) else _not_by(walk, act, who) or after.act(act)
    asked = code == "correction.alone"
    if asked:
        code = None
    elif code is None and not _alone(model, act, who):
        code = "right.missing"
    answer = await (await stage.people.as_(who)).post(f"{walk.url}/corrections", json=sent)
    said = act | {"act": "correction asked for"} if asked and code is None else act
    if not stage.came(walk, said, {code}, answer, who.username):
        await stage.agree(walk, by=who)
        return
    if asked:
        _waits(walk, act, who, answer.json())
    else:
        walk.now(after)
        walk.took(act, who.who)
    await stage.agree(walk, answer.json())


async def say_word(stage: Stage, walk: Walk) -> None:
    """A side speaks on one that waits: mostly the one that hasn't yet, mostly for it."""
    random, model = stage.random, walk.model
    asked = random.choice(list(walk.asked.values()))
    free = [side for side in SIDES if side not in asked.words]
    side = random.choice(free if random.randrange(6) else list(SIDES))
    able = [
        each for each in stage.people.able(SIDES[side], model.matter)
        if each is not walk.creator and not _authors(walk, asked.act["of"]) & {each.who}
    ]  # fmt: skip
    who = stage.people.sender(able)
    agree = bool(random.randrange(6))
    sent: dict[str, Any] = {"agree": agree} | ({} if agree else {"reason": "记录没有错"})
    act = asked.act | {"on": _today(stage, model), "agreed": True}
    after = copy.deepcopy(model)
    code = _no_word(walk, asked, who)
    second = code is None and agree and bool(asked.words)
    if second:
        code = after.act(act)
    answer = await (await stage.people.as_(who)).post(f"{walk.url}/corrections/{asked.id}/word", json=sent)
    said = act if second and code is None else act | {"act": "word", "agreed": agree}
    if not stage.came(walk, said, {code}, answer, who.username):
        if code is not None and second:
            await _decline(stage, walk, asked)  # or it waits for ever
        await stage.agree(walk, by=who)
        return
    if second:
        walk.now(after)
        walk.took(act, who.who)
    if second or not agree:
        del walk.asked[asked.id]
    else:
        asked.words[_side(model, who) or ""] = who
    await stage.agree(walk, answer.json())


async def _decline(stage: Stage, walk: Walk, asked: Asked) -> None:
    """What can't be corrected any more is given up by the side that hasn't spoken."""
    side = next(side for side in SIDES if side not in asked.words)
    able = [each for each in stage.people.able(SIDES[side], walk.model.matter) if not _no_word(walk, asked, each)]
    if able:
        client = await stage.people.as_(stage.random.choice(able))
        await ok(await client.post(f"{walk.url}/corrections/{asked.id}/word", json={"agree": False, "reason": "过时"}))
        del walk.asked[asked.id]


def _changes(model: Record, of: int, should: Act) -> Act:
    """Only what is to say something else travels."""
    stands = model.corrections.get(of) or model.said[of - 1]
    names = [*stands, *(name for name in should if name not in stands)]
    return {name: should.get(name) for name in names if should.get(name) != stands.get(name)}


def _unreadable(sent: dict[str, Any]) -> bool:
    """No form of a correction."""
    entry, changes, reason = sent["entry"], sent["changes"], sent["reason"]
    if not isinstance(entry, int) or isinstance(entry, bool) or entry < 0:
        return True
    if not isinstance(changes, dict) or len(changes) > MOST_CHANGES:
        return True
    if not all(isinstance(each, str | int | None) for each in changes.values()):
        return True
    return not isinstance(reason, str) or not reason


def _today(stage: Stage, model: Record) -> str:
    return max(stage.calendar.today, model.newest).isoformat()


def _authors(walk: Walk, of: int) -> set[str]:
    return walk.authors.get(of, set())


def _alone(model: Record, act: Act, who: Somebody) -> bool:
    own = own_right(model.said[act["of"] - 1])
    return any(who.may(right, model.matter) for right in {own} | ({"countersign"} if own == "write" else set()))


def _side(model: Record, who: Somebody) -> str | None:
    return next((side for side, right in SIDES.items() if who.may(right, model.matter)), None)


def _others(stage: Stage, walk: Walk, of: int) -> list[Somebody]:
    """Mostly who may do it alone: he may ask for it as well."""
    able = [each for each in stage.people.everybody if not _not_by(walk, {"of": of}, each)]
    alone = [each for each in able if _alone(walk.model, {"of": of}, each)]
    return alone if alone and stage.random.randrange(4) else able


def _not_by(walk: Walk, act: Act, who: Somebody) -> str | None:
    """Why it isn't his to say, whatever it says."""
    model, of = walk.model, act["of"]
    if not who.may("look", model.matter):
        return "api.not-found"
    if not 0 < of <= len(model.said) or model.said[of - 1]["act"] in NOBODYS:
        return "correction.unknown"
    if not _alone(model, act, who) and _side(model, who) is None:
        return "right.missing"
    return "correction.own" if who.who in _authors(walk, of) else None


def _no_word(walk: Walk, asked: Asked, who: Somebody) -> str | None:
    side = _side(walk.model, who)
    if not who.may("look", walk.model.matter):
        return "api.not-found"
    if side is None:
        return "right.missing"
    if who is walk.creator:
        return "decision.own"
    if side in asked.words:
        return "correction.settled"
    if who.who in _authors(walk, asked.act["of"]):
        return "correction.own"
    return None


def _waits(walk: Walk, act: Act, who: Somebody, view: dict[str, Any]) -> None:
    new = [each["id"] for each in view["corrections"] if each["id"] not in walk.asked]
    if len(new) != 1:
        raise Disagreement("\n".join([walk.url, f"one correction more should wait: {new}", *map(str, walk.acts)]))
    side = _side(walk.model, who) if who is not walk.creator else None  # who began it speaks for neither
    walk.asked[new[0]] = Asked(new[0], act, {side: who} if side else {})
