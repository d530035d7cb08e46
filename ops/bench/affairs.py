"""What villages do, by chance and with a seed: a decision's acts as the procedure engine takes them, mostly in their
turn and properly, sometimes late, without a review, without a recording, or no further."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from api.domain.catalogue import catalogue
from api.domain.entries import Step
from api.domain.procedure.record import Record
from api.domain.procedure.standing import Next, Standing, standing
from api.domain.procedure.walk import apply, begin

Act = dict[str, Any]
DUE, PRESENT, IN_FAVOUR = 30, 28, 26
ORDER = ("vote", "sealed", "answer", "off", "ask", "opinion", "sitting", "done", "sign", "post")
MOST_ACTS = 60


@dataclass(frozen=True, slots=True)
class Affair:
    matter: str
    access_class: str
    on: str
    acts: list[tuple[Act, str | None]]  # with what the record came to


def affairs(seed: int, first: str, today: str) -> Iterator[Affair]:
    """Begun on days from `first` on, walked until `today` at the latest."""
    random = Random(seed)
    days = (date.fromisoformat(today) - date.fromisoformat(first)).days
    while True:
        on = _later(first, random.randrange(days))
        matters = list(catalogue(on).matters.values())
        matter = random.choice(matters)
        yield Affair(matter.key, matter.item_class, on, _walk(random, matter.key, on, today))


def _walk(random: Random, matter: str, on: str, today: str) -> list[tuple[Act, str | None]]:
    record, taken, meetings = begin({"act": "begin", "matter": matter, "on": on}), list[tuple[Act, str | None]](), 0
    while len(taken) < MOST_ACTS:
        if random.random() < 0.02:
            return taken  # nobody takes it up any more
        now = standing(record, on)
        able = sorted((each for each in now.next if each.act in ORDER and each.step), key=lambda n: ORDER.index(n.act))
        asked = any(each.act == "ask" for each in able)
        able = [each for each in able if each.act != "opinion" or not asked or _step(record, each).approves]
        able = [each for each in able if not _step(record, each).optional]
        if not able:
            on = _next_day(now, on) or "9"
            if on > today:
                return taken
            continue
        given_up = next((each.act for each in now.next if each.act in ("withdraw", "end")), None)
        if taken and given_up is not None and random.random() < 0.004:
            act: Act = {"act": given_up, "on": on, "reason": "另行研究"}
        else:
            chosen = able[0]
            if chosen.act == "ask" and random.random() < 0.06 and len(able) > 1:
                chosen = able[1]
            meetings += chosen.act == "sitting"
            act = _act(random, record, chosen, on, meetings)
        record = apply(record, act)
        taken.append((act, record.outcome))
        on = _later(on, random.choice((0, 0, 0, 1, 1, 2, 3, 6)))
        if on > today:
            return taken
    return taken


def _next_day(now: Standing, on: str) -> str | None:
    """What hangs has its days."""
    return min((each.due_on for each in now.steps if each.due_on is not None and each.due_on > on), default=None)


def _step(record: Record, each: Next) -> Step:
    step = record.step(each.step or "")
    assert step is not None
    return step


def _act(random: Random, record: Record, chosen: Next, on: str, meetings: int) -> Act:
    step = _step(record, chosen)
    act: Act = {"act": chosen.act, "step": step.key, "on": on}
    taken = record.steps[step.key]
    if chosen.act == "sitting":
        called = _later(on, -12 if random.random() < 0.97 else -1)
        act |= {"meeting": f"mtg_{meetings}", "body": _body(record, step), "due": DUE, "present": PRESENT,
                "called_on": called, "way": "adults"}  # fmt: skip
        return act | ({"bidders": 3} if step.bidders else {})
    if chosen.act == "vote":
        return {"act": "vote", "step": step.key, "meeting": _meeting(taken, voted=True), **_figures(random, step)}
    if chosen.act == "sealed":
        there = {"present": True, "away_ms": 0, "confirmed": random.random() > 0.03}
        recorded = random.random() > 0.02
        coverage = 995 if random.random() > 0.03 else 930
        return {"act": "sealed", "step": step.key, "meeting": _meeting(taken, voted=False), "recorded": recorded,
                "coverage_permille": coverage * recorded, "longest_break_ms": 0, "breaks_permille": 0,
                "supervisor": there, "gaps": []}  # fmt: skip
    if chosen.act == "opinion":
        says = random.choice(("agree",) * 9 + ("risk",))
        return act | {"opinion": says, "reasons": "资金来源须公开" if says == "risk" else None}
    if chosen.act == "sign":
        return act | {"person": f"per_{len(taken.signatures) + 1}_{step.key}"}
    if chosen.act == "answer":
        number = next(n for n, each in enumerate(record.objections, 1) if each.answered_on is None)
        return {"act": "answer", "on": on, "number": number}
    return act


def _meeting(taken: Any, *, voted: bool) -> str:
    return next(str(s.said.meeting) for s in taken.sittings if (not s.votes if voted else s.seal is None))


def _figures(random: Random, step: Step) -> Act:
    in_favour = IN_FAVOUR if random.random() > 0.02 else 5
    against = PRESENT - in_favour
    secret = step.vote is not None and step.vote.secret
    ballots = {"issued": PRESENT, "returned": PRESENT} if secret else {}
    return {"way": "secret" if secret else "hands", "due": DUE, "present": PRESENT, "in_favour": in_favour,
            "against": against, "abstained": 0, "supervisor_present": random.random() > 0.02, **ballots}  # fmt: skip


def _body(record: Record, step: Step) -> str | None:
    for word in step.bodies:
        serves = record.body if word == "matter" else word
        for body in record.rules.bodies.values():
            if serves == body.key or serves in body.serves:
                return body.key
    return None


def _later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()
