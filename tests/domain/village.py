"""A village that does everything as it ought to, step by step, for tests that then let it do one thing otherwise."""

from datetime import date, timedelta
from typing import Any

from api.domain.procedure.record import Record
from api.domain.procedure.standing import Standing, standing
from api.domain.procedure.walk import apply, begin

FIRST = "2026-03-02"  # a Monday
DUE = 30
ORDER = ("vote", "sealed", "answer", "off", "sitting", "opinion", "done", "sign", "post")
SEAL = {
    "recorded": True,
    "coverage_permille": 950,
    "longest_break_ms": 900_000,
    "breaks_permille": 250,
    "supervisor": {"present": True, "away_ms": 180_000, "confirmed": True},
}


def later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


class Village:
    def __init__(self, matter: str = "b1", on: str = FIRST, **more: Any) -> None:
        self.acts: list[dict[str, Any]] = [{"act": "begin", "matter": matter, "on": on, **more}]
        self.record: Record = begin(self.acts[0])
        self.records: list[Record] = []  # before each act but the first
        self.today = on
        self.meetings = 0
        self.persons = 0

    def do(self, act: str, **fields: Any) -> "Village":
        """The act, today unless it names another day."""
        whole = {"act": act, **fields} if act in ("vote", "sealed") else {"act": act, "on": self.today, **fields}
        after = apply(self.record, whole)
        self.records.append(self.record)
        self.record = after
        self.acts.append(whole)
        self.today = max(self.today, whole.get("on", self.today))
        return self

    def on(self, day: str) -> "Village":
        assert day >= self.today
        self.today = day
        return self

    def wait(self, days: int) -> "Village":
        return self.on(later(self.today, days))

    @property
    def stands(self) -> Standing:
        return standing(self.record, self.today)

    def broken(self, rule: str) -> bool:
        return rule in {mark.rule for mark in self.stands.marks}

    @property
    def state(self) -> dict[str, str]:
        return {step.key: step.state for step in self.stands.steps}

    def until(self, step: str) -> "Village":
        """Everything before the step, properly, so that the step is due."""
        return self._go(
            lambda: self.state[step] == "due" and not {n.act for n in self.stands.next} & {"vote", "sealed"}
        )

    def through(self) -> "Village":
        """To the end of the procedure."""
        return self._go(lambda: set(self.state.values()) <= {"done", "passed-by"} and self.stands.compliant is not None)

    def _go(self, there: Any) -> "Village":
        for _ in range(200):
            if there():
                return self
            able = sorted(
                ((ORDER.index(n.act), n.act, n.step) for n in self.stands.next if n.act in ORDER), key=lambda n: n[0]
            )
            if able and able[0][2] is not None:
                self.properly(able[0][1], able[0][2])
            else:
                self.wait(1)
        raise AssertionError(self.stands)

    def properly(self, act: str, key: str, **otherwise: Any) -> "Village":
        return self.do(act, **{**self.proper(act, key), **otherwise})

    def proper(self, act: str, key: str) -> dict[str, Any]:
        step = self.record.step(key)
        assert step is not None
        if act == "sitting":
            self.meetings += 1
            return {"step": key, "meeting": f"m{self.meetings}", "body": self._body(key), "due": DUE, "present": DUE,
                    "called_on": later(self.today, -10), "plan": len(self.record.plans) or None, "way": "adults",
                    **({"bidders": 3} if step.bidders else {})}  # fmt: skip
        if act == "vote":
            meeting = next(s.said.meeting for s in self.record.steps[key].sittings if not s.votes)
            return {"step": key, "meeting": meeting, **self.figures(key, DUE)}
        if act == "sealed":
            meeting = next(s.said.meeting for s in self.record.steps[key].sittings if s.seal is None)
            return {"step": key, "meeting": meeting, **SEAL}
        if act == "opinion":
            return {"step": key, "opinion": "agree", "plan": len(self.record.plans) or None}
        if act == "sign":
            self.persons += 1
            return {"step": key, "person": f"p{self.persons}"}
        if act == "answer":
            return {"number": next(n for n, o in enumerate(self.record.objections, 1) if o.answered_on is None)}
        return {"step": key}

    def figures(self, key: str, in_favour: int, against: int = 0, **otherwise: Any) -> dict[str, Any]:
        step = self.record.step(key)
        assert step is not None
        secret = step.vote is not None and step.vote.secret
        ballots = {"issued": in_favour + against, "returned": in_favour + against} if secret else {}
        return {"way": "secret" if secret else "hands", "due": DUE, "present": DUE, "in_favour": in_favour,
                "against": against, "abstained": 0, "supervisor_present": True, **ballots, **otherwise}  # fmt: skip

    def _body(self, key: str) -> str | None:
        step = self.record.step(key)
        assert step is not None
        for word in step.bodies:
            serves = self.record.body if word == "matter" else word
            for body in self.record.rules.bodies.values():
                if serves == body.key or serves in body.serves:
                    return body.key
        return None
