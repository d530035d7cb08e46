"""What hub and model are compared by, and what a trial reports: acts by kind, how far records came, no disagreement."""

import time
from collections import Counter, defaultdict
from datetime import date
from typing import Any

import httpx

from tests.api.against_model.walk import Walk
from tests.model import tables
from tests.model.forms import Act
from tests.model.law import FIGURES
from tests.model.record import Record

MARKS_OF_ADVICE = {"split"}  # beside the rules of procedure; what else is advised the model knows nothing of


class Disagreement(AssertionError):
    pass


class Telling:
    def __init__(self) -> None:
        self.began = time.monotonic()
        self.taken: Counter[str] = Counter()
        self.refused: dict[str, Counter[str]] = defaultdict(Counter)
        self.marks: Counter[str] = Counter()
        self.outcomes: Counter[str | None] = Counter()
        self.compliant: Counter[bool | None] = Counter()
        self.not_sent: Counter[str] = Counter()
        self.reached: dict[str, Counter[str]] = defaultdict(Counter)
        self.acts = self.compared = 0

    def came(self, walk: Walk, act: Act, allowed: set[str | None], answer: httpx.Response, who: str) -> bool:
        """Whether it was taken; counted."""
        code = None if answer.status_code < 300 else answer.json()["code"]
        walk.acts.append(act | {"sent by": who, "came to": code})
        if code not in allowed or answer.status_code >= 500:
            told = f"hub {answer.status_code} {code}, model {allowed}: {answer.text}"
            raise Disagreement("\n".join([walk.url, told, *map(str, walk.acts)]))
        self.count(act["act"], code)
        return code is None

    def count(self, kind: str, code: str | None) -> None:
        self.acts += 1
        if code is None:
            self.taken[kind] += 1
        else:
            self.refused[kind][code] += 1

    def codes(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for each in self.refused.values():
            found += each
        return found

    def compare(self, walk: Walk, view: dict[str, Any], today: date) -> None:
        on, model = date.fromisoformat(view["standing"]["on"]), walk.model
        found = differences(view, walk, max(today, model.newest))
        if found:
            raise Disagreement("\n".join([f"{walk.url} on {on}", *found, *map(str, walk.acts)]))
        self.compared += 1
        self.compliant[view["standing"]["compliant"]] += 1
        walk.notice(on)

    def end(self, walk: Walk) -> None:
        self.outcomes[walk.model.outcome] += 1
        self.marks.update(rule for rule, _, _ in walk.model.marks)
        self.reached[walk.model.procedure].update({"records", *walk.reached})

    def report(self) -> str:
        codes, begun = self.codes(), self.taken["begin"]
        return "\n".join([
            f"{self.acts} acts of {begun} records in {time.monotonic() - self.began:.0f} s: "
            f"{sum(self.taken.values())} taken, {codes.total()} refused; "
            f"{self.compared} standings compared, no disagreement",
            "by kind, taken + refused: " + ", ".join(
                f"{kind} {self.taken[kind]} + {self.refused[kind].total() if kind in self.refused else 0}"
                for kind in sorted({*self.taken, *self.refused}, key=lambda kind: -self.taken[kind])
            ),
            f"refused: {dict(codes.most_common())}",
            f"refused corrections: {dict(self.refused['correct'] + self.refused['word'])}",
            f"outcomes: {dict(self.outcomes)}",
            "records that came to it at any time, by procedure:",
            *(f"  {procedure}: {_reached(procedure, found)}" for procedure, found in sorted(self.reached.items())),
            f"  all: {_reached('', sum(self.reached.values(), Counter()))}",
            f"compliant, as it stood: {dict(self.compliant)}",
            f"marks: {dict(self.marks.most_common())}",
            f"not sent: {dict(self.not_sent)}",
        ])  # fmt: skip


def _reached(procedure: str, found: Counter[str]) -> str:
    keys = [step.key for step in tables.PROCEDURES.get(procedure, ())]
    names = ["records", *keys, *sorted(name for name in found if name.startswith("("))]
    return ", ".join(f"{name} {found[name]}" for name in names)


def differences(view: dict[str, Any], walk: Walk, today: date) -> list[str]:
    """What the hub's view says otherwise than the model; it also tells the walk which entry each act is."""
    stands, model = view["standing"], walk.model
    on = date.fromisoformat(stands["on"])
    kinds = {"created": "begin"} | {act["act"]: act["act"] for act in model.said}
    acts = [each for each in view["entries"] if each["kind"] in kinds]
    walk.seqs = [each["seq"] for each in acts]
    number = {seq: at for at, seq in enumerate(walk.seqs, 1)}
    broken = [each for each in stands["findings"] if each["kind"] == "procedure" or each["rule"] in MARKS_OF_ADVICE]
    pairs: dict[str, tuple[Any, Any]] = {
        "acts": ([kinds[each["kind"]] for each in acts], [act["act"] for act in model.said]),
        "outcome": (view["outcome"], model.outcome),
        "compliant": (stands["compliant"], model.compliant(on)),
        "marks": (
            {(each["rule"], each["step"], each["meeting"]) for each in broken if each["corrected"] is None},
            model.marks_on(on),
        ),
        "lifted": (
            {(each["rule"], each["step"], each["meeting"]): number.get(each["corrected"]) for each in broken
             if each["corrected"] is not None},
            model.lifted_on(on),
        ),
        "steps": ({step["key"]: step["state"] for step in stands["steps"]}, model.standing(on)),
        "next": ({(each["act"], each["step"]) for each in stands["next"]}, model.next(on)),
        "day": (stands["on"], today.isoformat()),
        "fallen": ({number[each["seq"]] for each in acts if each["fallen"]}, model.fallen),
        "corrected": (
            {number[each["seq"]] for each in acts if each["corrected_by"] is not None}, set(model.corrections),
        ),
        "votes": ([_figures(each) for each in view["votes"]], votes_of(model)),
        "waiting": (
            {each["id"]: (number.get(each["entry"]), each["words"]) for each in view["corrections"]},
            {each.id: (each.act["of"], sorted(each.words)) for each in walk.asked.values()},
        ),
    }  # fmt: skip
    return [f"{name}: hub {ours}, model {theirs}" for name, (ours, theirs) in pairs.items() if ours != theirs]


def votes_of(model: Record) -> list[dict[str, Any]]:
    """The votes that stand, as they are corrected, in the order in which they were taken."""
    numbered = [(at, model.corrections.get(at, act)) for at, act in enumerate(model.said, 1) if act["act"] == "vote"]
    return [_figures(act) for at, act in numbered if act is not None and at not in model.fallen]


def _figures(vote: dict[str, Any]) -> dict[str, Any]:
    return {"way": vote["way"]} | {name: vote.get(name) or 0 for name in FIGURES}
