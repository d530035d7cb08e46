"""Random acts with a seed: mostly what a village would do next, so that records come to an end, sometimes anything.

`walk` steps a model by its own acts and hands out each, so that another thing can be taken the same way and compared.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any, NamedTuple

from tests.model import tables
from tests.model.days import months_after
from tests.model.forms import FORMS
from tests.model.record import Record
from tests.model.refused import ACTS_OF, ENDED
from tests.model.tables import Share, Step
from tests.model.told import (
    Act,
    answer,
    ask,
    begin,
    correct,
    done,
    end,
    objection,
    off,
    opinion,
    plan,
    post,
    sealed,
    sign,
    sitting,
    vote,
    withdraw,
)

PEOPLE = ("陈国梁", "王桂英", "李向东", "蒋玉珍", "韩立军")
REASONS = ("没有预算", "资金没有到位", "群众意见不一")
FIRST_DAY, DAYS = date(2026, 1, 5), 300  # so that records stay where the year's holidays are known, or soon after
WILD = 0.12
AMOUNTS = (None, 0, 1, 2_500_000, 4_999_999, 5_000_000)
ACTS_AFTER_THE_END = 4


class Drawn(NamedTuple):
    """`record` has taken the act, or refused it with `code`. A `begin` that is taken is a new record's first act."""

    number: int  # of the record
    act: Act
    code: str | None
    record: Record | None
    today: date  # a day to ask for, never before the newest day of an act


def walk(seed: int, count: int, exceptional: frozenset[date] = frozenset()) -> Iterator[Drawn]:
    random, number = Random(seed), 0
    record: Record | None = None
    draw, left = None, 0
    for _ in range(count):
        if record is None or draw is None or left == 0:
            act, number = _begin(random), number + 1
            begun = Record.begin(act, exceptional)
            record, code = (None, begun) if isinstance(begun, str) else (begun, None)
            draw = Draw(random, record) if record is not None else None
            left = ACTS_AFTER_THE_END
            yield Drawn(number, act, code, record, draw.asked_on() if draw else FIRST_DAY)
            continue
        act = draw.act()
        code = record.act(act)
        if code is None:
            draw.taken(act)
        today = draw.asked_on()
        if draw.at_its_end() or len(draw.acts) > 60:
            left -= 1
        yield Drawn(number, act, code, record, today)


def _begin(random: Random) -> Act:
    on = (FIRST_DAY + timedelta(days=random.randrange(DAYS))).isoformat()
    procedure = random.choice(list(tables.PROCEDURES))
    fitting = [(matter, choice) for matter, choices in tables.CATALOGUE.items() for choice in choices]
    matter, choice = random.choice([each for each in fitting if each[1][0] == procedure])
    if procedure == "P6a" and _once_in(random, 2):
        matter = "d3"
    act = begin(matter, on, urgent=random.choice((None,) * 6 + ("山洪",)), amount=random.choice(AMOUNTS))
    if procedure == "P1" and _once_in(random, 3):
        act["urgent"] = "山洪"  # to be ratified
    if matter in tables.SMALL_BELOW_FEN and _once_in(random, 2):
        act["others"] = random.choice(([2_500_000], [2_499_999], [5_000_000], [1, 4_999_998]))
    if choice != tables.CATALOGUE[matter][0] or _once_in(random, 9):
        act |= {"procedure": choice[0], "body": choice[1]}
    if _once_in(random, 12):
        act |= random.choice(
            ({"matter": "z9"}, {"body": "VA"}, {"procedure": "P9"}, {"on": "2026-02-30"}, {"guarantee": True})
        )
    return act


def _once_in(random: Random, times: int) -> bool:
    return random.randrange(times) == 0


class Draw:
    """The next act of one record. `today` goes on as acts go, and never past a day that is worth waiting for."""

    def __init__(self, random: Random, record: Record) -> None:
        self.random, self.record = random, record
        self.today = self.newest = record.begun_on
        self.meetings = 0
        self.acts: list[Act] = []

    def act(self) -> Act:
        if self.random.random() < WILD:
            return self._wild()
        return self._plausible() or self._wild()

    def taken(self, act: Act) -> None:
        self.acts.append(act)
        if "on" in act:
            self.newest = max(self.newest, date.fromisoformat(act["on"]))
            self.today = max(self.today, self.newest)

    def asked_on(self) -> date:
        return self.newest + timedelta(days=self.random.choice((0, 0, 1, 3, 4, 20, 100)))

    def at_its_end(self) -> bool:
        """Nothing is left to do, well or badly."""
        record = self.record
        left = [key for key, how in record.standing(self.today).items() if how in ("due", "waiting")]
        return record.outcome in ENDED or (all(record.must(key).optional for key in left) and not record.unsealed())

    # What a village would do

    def _plausible(self) -> Act | None:
        random, record = self.random, self.record
        self.today += timedelta(days=random.choice((0, 0, 0, 0, 1, 1, 2, 4)))
        hanging = [key for key, hung in record.postings.items() if hung and hung[-1].off_on is None]
        if _once_in(random, 12):
            return self._correct()
        if record.outcome not in ENDED:
            if record.outcome != "resolved" and _once_in(random, 14):
                return plan(self._on(), random.choice(("a1", "b2", "c3")), material=_once_in(random, 3))
            if hanging and _once_in(random, 8):
                return objection(random.choice(hanging), self._on(), len(record.objections) + 1)
        choices = sorted(record.next(self.today), key=repr)
        choices = [(kind, step) for kind, step in choices if kind not in ("withdraw", "end") or _once_in(random, 90)]
        first = [pair for pair in choices if pair[0] in ("vote", "sealed")]
        if first and not _once_in(random, 8):
            choices = first
        due = [key for key, how in record.standing(self.today).items() if how == "due"]
        keys = [step.key for step in record.steps]
        if due and due[0] != keys[-1] and _once_in(random, 4 if due[0] == "review" else 30):
            step = record.must(keys[keys.index(due[0]) + 1])  # leaves one out
            if not record.behind(step.key) or record.outcome == "resolved":
                return self._make("post" if step.kind == "posting" else step.kind, step)
        waiting = [key for key in hanging if key in due]
        if waiting and not first:
            return self._wait_for(random.choice(waiting))
        voted = [each for each in record.sittings if each.votes]
        if voted and _once_in(random, 15):
            return self._vote(random.choice(voted[-2:]).step)
        if not choices:
            return None
        kind, key = random.choice(choices)
        return self._make(kind, record.must(key) if key else None)

    def _wait_for(self, key: str) -> Act:
        """A posting hangs: most likely until it has its days."""
        random, step, posting = self.random, self.record.must(key), self.record.postings[key][-1]
        full = self.record.full_on(step, posting)
        open_ones = [number for number, each in enumerate(self.record.objections, 1) if each.answered_on is None]
        if full is None and open_ones and not _once_in(random, 4):
            return answer(random.choice(open_ones), self._on())
        self.today = max(self.today, full) if full is not None else self.today + timedelta(days=2)
        if _once_in(random, 12):
            self.today = max(self.newest, self.today - timedelta(days=1))
        return off(key, self._on())

    def _correct(self) -> Act:
        """Something that was said, as it ought to have been: another figure, another day, nothing; or as it was."""
        random, record = self.random, self.record
        of = random.randint(1, len(record.said))
        if record.said[of - 1]["act"] in ("sealed", "correct") and not _once_in(random, 8):
            of = 1
        broken = {key for _, key, _ in record.marks}
        there = [at for at, act in enumerate(record.said, 1) if act.get("step") in broken and act["act"] != "sealed"]
        if there and _once_in(random, 2):
            of = random.choice(there)
        first = record.said[of - 1]
        was = record.corrections.get(of) or first
        should: Act | None = dict(first if _once_in(random, 8) else was)
        assert should is not None
        if _once_in(random, 10):
            should = None
        elif was["act"] == "vote":
            step = record.step(was["step"])
            assert step is not None
            should |= {name: value for name, value in self._vote(step).items() if name not in ("meeting", "step")}
        elif was["act"] == "begin":
            should |= {"urgent": random.choice((None, "疫情")), "amount": random.choice((0, 7, 5_000_000, None))}
            should |= {"guarantee": random.choice((None, None, True))}
        elif was["act"] == "sitting":
            should["present"] = max(0, was["present"] + random.choice((-1, 1, 3)))
            notice = (date.fromisoformat(was["on"]) - timedelta(days=10)).isoformat()
            should["called_on"] = random.choice((was.get("called_on"), notice))
            should["plan"] = random.choice((was.get("plan"), self._plan()))
        elif was["act"] == "opinion" and _once_in(random, 2):
            should |= {"opinion": random.choice(("agree", "risk", "return")), "reasons": random.choice(REASONS)}
        elif was["act"] == "plan" and _once_in(random, 2):
            should["material"] = not was["material"]
        elif was["act"] == "sign" and _once_in(random, 2):
            should["person"] = random.choice(PEOPLE)
        elif "on" in was:
            moved = date.fromisoformat(was["on"]) + timedelta(days=random.choice((-5, -2, -1, 1, 2)))
            should["on"] = min(self.today, moved).isoformat()
        return correct(of, should, self.today.isoformat(), agreed=not _once_in(random, 3))

    def _make(self, kind: str, step: Step | None) -> Act:
        random, record = self.random, self.record
        if kind == "correct":
            return self._correct()
        if kind in ("withdraw", "end"):
            return {"withdraw": withdraw, "end": end}[kind](self._on(), random.choice(REASONS))
        if kind == "plan":
            return plan(self._on(), "d4", material=_once_in(random, 2))
        if step is None or kind == "answer":
            open_ones = [number for number, each in enumerate(record.objections, 1) if each.answered_on is None]
            return answer(random.choice(open_ones or [1]), self._on())
        if kind == "sitting":
            return self._sitting(step)
        if kind == "vote":
            return self._vote(step)
        if kind == "sealed":
            return self._sealed(step)
        if kind == "opinion":
            says = random.choice(("agree",) * 7 + ("risk", "return", "refuse" if step.key == "approval" else "agree"))
            reasons = random.choice(REASONS) if says != "agree" else None
            office = random.choice(record.asked_of(step.key))
            return opinion(step.key, self._late(step), says, reasons=reasons, plan=self._plan(), office=office)
        if kind == "sign":
            return sign(step.key, self._on(), random.choice(PEOPLE))
        if kind == "object":
            return objection(step.key, self._on(), len(record.objections) + 1)
        if kind == "done":
            return done(step.key, self._late(step))
        return {"ask": ask, "post": post, "off": off}[kind](step.key, self._on())

    def _on(self) -> str:
        """Now and then something is entered late, with the day on which it was."""
        if _once_in(self.random, 25):
            back = timedelta(days=self.random.randrange(6))
            return max(self.record.begun_on, self.today - back).isoformat()
        return self.today.isoformat()

    def _late(self, step: Step) -> str:
        """Where there is a deadline, often about its last day."""
        rule = tables.DEADLINES.get((self.record.procedure, step.key))
        start = self.record.done_on(rule[0]) if rule else None
        if rule is None or start is None or _once_in(self.random, 2):
            return self._on()
        last = start + timedelta(days=rule[2]) if rule[1] == "days" else months_after(start, rule[2])
        return max(self.today, last + timedelta(days=self.random.choice((0, 0, 1)))).isoformat()

    def _opens(self, step: Step) -> str:
        """Where days have to lie before it, often on the last one of them."""
        rule = tables.NOT_BEFORE.get((self.record.procedure, step.key))
        start = self.record.done_on(rule[0]) if rule else None
        if rule is None or start is None or _once_in(self.random, 2):
            return self._late(step)
        return (start + timedelta(days=rule[1] - self.random.randrange(2))).isoformat()

    def _plan(self) -> int | None:
        random, newest = self.random, len(self.record.plans)
        if newest == 0 or _once_in(random, 12):
            return None
        return random.randint(1, newest) if _once_in(random, 12) else newest

    def _sitting(self, step: Step) -> Act:
        random, record = self.random, self.record
        bodies = tables.SERVES[record.body or ""] if step.bodies == "matter" else step.bodies
        body = random.choice(bodies) if bodies else None
        if _once_in(random, 25):
            body = random.choice(list(tables.BODIES))
        due = random.choice((4, 6, 9, 12, 30, 31, 300))
        share = tables.BODIES[body][0] if body else None
        self.meetings += 1
        act = sitting(step.key, f"会议{self.meetings}", self._opens(step), body, due, self._about(share, due))
        act["plan"] = self._plan()
        opened = date.fromisoformat(act["on"])
        notice = random.choice((10, 10, 10, 10, 12, 9, None))
        act["called_on"] = None if notice is None else (opened - timedelta(days=notice)).isoformat()
        if body in tables.OF_HOUSEHOLDS:
            act["way"] = random.choice(("adults", "households"))
            if act["way"] == "households":
                act["present"] = self._about(tables.OF_HOUSEHOLDS[body], due)
        if step.key == "opening":
            act["bidders"] = random.choice((3, 3, 4, 2))
        return act

    def _about(self, share: Share | None, base: int) -> int:
        """Most likely enough; often just enough, or just not."""
        if share is None or self.random.randrange(3):
            return base - self.random.randrange(2) if base > 3 else base
        least = next((count for count in range(base + 1) if share.met(count, base)), base)
        return min(base, max(0, least + self.random.choice((0, 0, 0, -1, 1))))

    def _vote(self, step: Step) -> Act:
        random, record = self.random, self.record
        sittings = [each for each in record.sittings if each.step == step]
        unvoted = [each for each in sittings if not each.votes]
        if not sittings:
            return vote(step.key, "没有开的会", 5, 5, (5, 0, 0))
        held = random.choice(unvoted or sittings)
        due, present = held.said["due"], held.said["present"]
        if _once_in(random, 8):
            present = max(0, present - 1)
        recused = 1 if present > 2 and _once_in(random, 6) else 0
        secret = step.secret != _once_in(random, 12)
        papers = step.secret or secret
        ballots = present - recused
        if papers and (record.procedure, step.key) in tables.ELECTED and _once_in(random, 3):
            ballots = min(ballots, self._about(tables.ELECTION[0], due))
        body = held.said.get("body")
        majority = tables.BODIES[body][1] if body else tables.MORE_THAN_HALF_PRESENT
        elects = (record.procedure, step.key) in tables.ELECTED
        again = (elects and bool(held.votes) and _once_in(random, 2)) or _once_in(random, 40)
        if elects:
            majority = tables.SECOND_ROUND if again else tables.ELECTION[1]
        base = {"due": due, "present": present - recused, "returned": ballots}[majority.base]
        in_favour = min(ballots, self._about(majority, base))
        against = random.randint(0, ballots - in_favour)
        rest = ballots - in_favour - against
        act = vote(step.key, held.meeting, due, present, (in_favour, against, rest), recused=recused)
        act["way"] = "secret" if secret else random.choice(("hands", "named"))
        act["supervisor_present"] = not _once_in(random, 25)
        if papers:
            abstained = random.randint(0, rest)
            invalid = random.randint(0, rest - abstained)
            act |= {"issued": present - recused, "returned": ballots, "abstained": abstained}
            act |= {"invalid": invalid, "other": rest - abstained - invalid}
        if again:
            act["round"] = 2
        if due > present and _once_in(random, 3 if elects else 40):
            proxies = random.randint(1, min(8, due - present))
            act |= {"proxies": proxies, "proxies_most": random.randint(1, min(4, proxies))}
            act["proxies_of_candidates"] = 1 if _once_in(random, 6) else 0
        if due > present and _once_in(random, 2):
            act["written_in_favour"] = 1
        if _once_in(random, 20):
            act[random.choice(("in_favour", "against", "present", "issued"))] = random.choice((-1, 1, 2, 500))
        return act

    def _sealed(self, step: Step) -> Act:
        random = self.random
        waiting = [each for each in self.record.sittings if each.step == step and each.sealed is None]
        meeting = random.choice(waiting).meeting if waiting else f"会议{self.meetings}"
        act = sealed(step.key, meeting)
        if not _once_in(random, 6):
            return act
        there = {"present": True, "away_ms": 0, "confirmed": True}
        changes: tuple[dict[str, Any], ...] = (
            {"recorded": False, "coverage_permille": 0},
            {"coverage_permille": 950},
            {"coverage_permille": 949},
            {"longest_break_ms": 900_000},
            {"longest_break_ms": 900_001},
            {"breaks_permille": 250},
            {"breaks_permille": 251},
            {"supervisor": None},
            {"supervisor": there | {"away_ms": 180_000}},
            {"supervisor": there | {"away_ms": 180_001}},
            {"supervisor": there | {"confirmed": False}},
            {"gaps": [1]},
            {"gaps": [1]},
            {"gaps": [1, 2]},
        )
        return act | random.choice(changes)

    # Anything

    def _wild(self) -> Act:
        random, record = self.random, self.record
        step = random.choice(record.steps)
        kinds = sorted(ACTS_OF[step.kind]) if random.randrange(3) else [kind for kind in FORMS if kind != "begin"]
        kind = random.choice(kinds)
        if kind in ("withdraw", "end") and random.randrange(4):
            kind = "plan"
        act = self._make(kind, step)
        if _once_in(random, 2):
            return act
        if self.acts and _once_in(random, 5):
            return random.choice(self.acts)  # said again
        wrongs: list[Act] = [
            act | {"act": "applaud"},
            {name: value for name, value in act.items() if name != random.choice(list(act)) or name == "act"},
            act | {random.choice([name for name in act if name != "act"]): random.choice(("", "2026-13-01", [], -1))},
            begin(record.matter, record.begun_on.isoformat()),
        ]
        if "step" in act:
            wrongs.append(act | {"step": "festival"})
        if "on" in act:
            wrongs.append(act | {"on": (record.begun_on - timedelta(days=random.randint(1, 9))).isoformat()})
            wrongs.append(act | {"on": record.begun_on.isoformat()})
        if "number" in act:
            wrongs.append(act | {"number": random.choice((1, 2, 9))})
        if kind in ("sitting", "opinion"):
            wrongs.append(act | {"plan": len(record.plans) + 1})
        wrongs += [
            post(key, self._on()) for key, hung in record.postings.items() for each in hung if each.off_on is None
        ]
        if kind == "sitting":
            wrongs.append(act | {"called_on": (self.today + timedelta(days=3)).isoformat()})
            wrongs.append(act | {"meeting": f"会议{random.randint(1, 3)}"})
        if kind == "vote":
            figure = random.choice(("in_favour", "against", "present", "recused", "written_in_favour", "proxies"))
            wrongs += [act | {figure: random.choice((-1, 1, 2, 500))} for _ in range(3)]
            wrongs.append(act | {"issued": 1, "returned": 2})
        if kind == "sealed":
            wrongs.append(act | {"gaps": [random.randint(1, 3)]})
        if kind == "correct":
            wrongs += [act | {"of": len(record.said) + 1}, act | {"should": random.choice(record.said)}]
            wrongs += [act | {"should": act}, act | {"should": (act["should"] or {}) | {"step": "work"}}]
        return random.choice(wrongs)
