"""Each story with one thing otherwise, at each of its steps in turn, and told on to its end: what may go wrong.

Nothing here says what comes of it; the model does, and whoever is held against it. Twelve are due and come, so that
half, more than half, two thirds and one fewer lie between five and eight.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from tests.model.stories import STORIES
from tests.model.tables import BODIES, OF_HOUSEHOLDS
from tests.model.told import Act, begin, done, objection, plan, sealed, sign, sitting, vote

DUE = 12
PROXIES = ("proxies", "proxies_most", "proxies_of_candidates")
# Where the catalogue has the body of another matter decide.
OTHERS = {"P1": (("b2", "2026-03-02"), ("f1", "2026-03-02"))}
# Which a county may ask for: behind the household check.
APPRAISAL = (
    sitting("appraisal", "评议会", "2026-03-13", None, 11, 9),
    vote("appraisal", "评议会", 11, 9, (8, 1, 0)),
    sealed("appraisal", "评议会"),
)
# Of an urgent resolution, at the next meeting.
RATIFIED = (
    sitting("ratification", "追认会", "2026-04-02", "representatives", 36, 30, plan=1),
    vote("ratification", "追认会", 36, 30, (27, 2, 1)),
    sealed("ratification", "追认会"),
)
APPRAISED = ("sitting appraisal", "vote appraisal", "sealed appraisal")
RATIFYING = ("sitting ratification", "vote ratification", "sealed ratification")


class Spoilt(NamedTuple):
    says: str
    procedure: str
    acts: list[Act]
    today: str  # the story's last day, or a day in the middle


def spoilt() -> Iterator[Spoilt]:
    for key, story in STORIES.items():
        acts = [story.begin, *(each.act for each in story.told)]
        for says, told, today in _of(acts, story.ends_on):
            yield Spoilt(says, key, told, today)
        for matter, on in OTHERS.get(key, ()):
            other = [begin(matter, on), *acts[1:]]
            for says, told, today in _of(other, story.ends_on, "sitting resolution", "vote resolution"):
                yield Spoilt(f"{matter}: {says}", key, told, today)
    p4 = STORIES["P4"]
    told_of = [p4.begin, *(each.act for each in p4.told)]
    for says, told, today in _of([*told_of[:4], *APPRAISAL, *told_of[4:]], p4.ends_on, *APPRAISED):
        yield Spoilt(says, "P4", told, today)
    p1 = STORIES["P1"]
    urgent = [p1.begin | {"urgent": "山洪"}, *(each.act for each in p1.told)]
    at = next(at for at, act in enumerate(urgent) if act["act"] == "answer") + 1
    for says, told, today in _of([*urgent[:at], *RATIFIED, *urgent[at:]], p1.ends_on, *RATIFYING):
        yield Spoilt(f"urgent: {says}", "P1", told, today)


def _of(acts: list[Act], end: str, *only: str) -> Iterator[tuple[str, list[Act], str]]:
    for at, act in enumerate(acts):
        name = f"{act['act']} {act.get('step', '')}".strip()
        if only and name not in only:
            continue
        behind = acts[at + 1 :]
        for says, instead in _otherwise(act, acts[:at]):
            yield f"{name}: {says}", [*acts[:at], *instead, *behind], end
            if act["act"] in ("post", "off"):
                for day in (act["on"], _days(act["on"], 1)):
                    yield f"{name}: {says}, on {day}", [*acts[:at], *instead], day
        if act["act"] in ("sitting", "done", "post", "sign"):  # before what stands before it
            earlier = next((n for n in range(1, at) if acts[n].get("step") not in (None, act.get("step"))), at)
            own = [each for each in acts[at:] if each.get("step") == act["step"]]
            rest = [each for each in acts[earlier:] if each.get("step") != act["step"]]
            yield f"{name}: first of all", [*acts[:earlier], *own, *rest], end
            before = max((n for n in range(1, at) if acts[n].get("step") not in (None, act["step"])), default=at)
            left = [each for each in acts if each.get("step") != acts[before].get("step")]
            yield f"{name}: without {acts[before].get('step')}", left, end


def _otherwise(act: Act, before: list[Act]) -> Iterator[tuple[str, list[Act]]]:
    if act["act"] != "begin":
        yield "never", []
    if act["act"] == "sitting":
        yield from _sittings(act)
    elif act["act"] == "vote":
        yield from _votes(act)
    elif act["act"] == "sealed":
        yield from _seals(act)
    elif act["act"] == "opinion":
        for opinion in ("return", "risk", "refuse"):
            yield opinion, [act | {"opinion": opinion, "reasons": "须补正"}]
        yield "asked and not answered", [{"act": "ask", "step": act["step"], "on": act["on"]}]
        yield "a day later", [act | {"on": _days(act["on"], 1)}]
        yield "a day earlier", [act | {"on": _days(act["on"], -1)}]
    elif act["act"] == "sign":
        yield "one person only", [sign(act["step"], act["on"], _first(before, act["person"]))]
        yield "a third one", [act, sign(act["step"], act["on"], "第三人")]
    elif act["act"] == "done":
        for more in (-1, 1):
            yield f"{more} day", [done(act["step"], _days(act["on"], more))]
    elif act["act"] == "post":
        yield "an objection that nobody answers", [act, objection(act["step"], act["on"], _number(before))]
    elif act["act"] == "off":
        for more in range(-3, 4):
            if more:
                yield f"{more} days", [act | {"on": _days(act["on"], more)}]
    elif act["act"] == "answer":
        for more in (-1, 1):
            yield f"{more} day", [act | {"on": _days(act["on"], more)}]
    elif act["act"] == "begin":
        yield "urgent", [act | {"urgent": "山洪"}]
        yield "a plan", [act, plan(act["on"], "e5")]


def _sittings(act: Act) -> Iterator[tuple[str, list[Act]]]:
    twelve = act | {"due": DUE, "present": DUE}
    for body in (*BODIES, None):
        for way in ("adults", "households"):
            if body in OF_HOUSEHOLDS or way == "adults":
                yield f"{body}, {way}", [act | {"body": body, "way": way}]
                for present in (5, 6, 7, 8):
                    yield f"{body}, {way}, {present} come", [twelve | {"body": body, "way": way, "present": present}]
                for days in (0, 1, 9, 10):
                    called = {"body": body, "way": way, "called_on": _days(act["on"], -days)}
                    yield f"{body}, {way}, called {days} days before", [act | called]
    yield "nobody was called", [act | {"called_on": None}]
    yield "of no plan", [act | {"plan": None}]
    yield "a changed plan, and the old one", [plan(act["on"], "e6", material=True), act]
    if "bidders" in act:
        for bidders in (2, 3, 4):
            yield f"{bidders} bid", [act | {"bidders": bidders}]
    yield "a vote that isn't asked for", [act, {
        "act": "vote", "step": act["step"], "meeting": act["meeting"], "way": "hands", "due": act["due"],
        "present": act["present"], "in_favour": 0, "against": 0, "abstained": 0, "supervisor_present": True,
    }]  # fmt: skip


def _votes(act: Act) -> Iterator[tuple[str, list[Act]]]:
    for way in ("hands", "named", "secret"):
        yield way, [act | {"way": way}]
        yield f"{way}, no ballots", [act | {"way": way, "issued": 0, "returned": 0}]
    yield "no supervisor", [act | {"supervisor_present": False}]
    clean = {"recused": 0, "invalid": 0, "other": 0, "abstained": 0, "written_in_favour": 0}
    for present in (5, 6, 7, 8, DUE):
        for in_favour in {0, 3, 4, 5, 6, 7, 8, present}:
            if in_favour > present:
                continue
            counted = {"due": DUE, "present": present, "in_favour": in_favour, "against": present - in_favour}
            ballots = {"issued": present, "returned": present} if act["way"] == "secret" else {}
            yield f"{in_favour} of {present}", [act | clean | counted | ballots]
            if present < DUE:
                wrote = {"written_in_favour": 1}
                yield f"{in_favour} of {present}, and one in writing", [act | clean | counted | ballots | wrote]
    for returned in (5, 6, 7):
        counted = {"due": DUE, "present": DUE, "issued": DUE, "returned": returned, "in_favour": returned, "against": 0}
        yield f"{returned} returned", [act | clean | counted | {"way": "secret"}]
    whole = {"due": DUE, "present": DUE, "issued": DUE, "returned": DUE}
    nobody = act | clean | whole | {"in_favour": 6, "against": 6}
    for in_favour in (3, 4, 5, 6):
        second = act | clean | whole | {"in_favour": in_favour, "against": DUE - in_favour, "round": 2}
        yield f"a second round of {in_favour}, and no first", [second]
        yield f"a second round of {in_favour}", [nobody, second]
    for most in (3, 4):
        held = {"due": act["due"] + most, "proxies": most, "proxies_most": most}
        yield f"{most} proxies of one", [act | held]
    yield "a proxy of a candidate", [act | {"due": act["due"] + 1} | dict.fromkeys(PROXIES, 1)]
    yield "one recused more", [act | {"recused": act.get("recused", 0) + 1}]


def _seals(act: Act) -> Iterator[tuple[str, list[Act]]]:
    there = {"present": True, "away_ms": 0, "confirmed": True}
    for says, changed in {
        "not recorded": {"recorded": False, "coverage_permille": 0},
        "too little": {"coverage_permille": 949},
        "a gap": {"gaps": [1]},
        "a long break": {"longest_break_ms": 900_001},
        "many breaks": {"breaks_permille": 251},
        "nobody supervises": {"supervisor": None},
        "away too long": {"supervisor": there | {"away_ms": 180_001}},
        "not confirmed": {"supervisor": there | {"confirmed": False}},
        "as it ought to be": {"supervisor": there},
    }.items():
        yield says, [act | changed]


def _first(before: list[Act], person: str) -> str:
    """Who signed before, in this step or in another one."""
    return next((each["person"] for each in before if each["act"] == "sign"), person)


def _number(before: list[Act]) -> int:
    return 1 + sum(each["act"] == "object" for each in before)


def _days(on: str, more: int) -> str:
    return (date.fromisoformat(on) + timedelta(days=more)).isoformat()
