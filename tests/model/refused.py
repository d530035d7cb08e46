"""Which acts a record refuses, by which code: the first that holds, in the order of docs/PROCEDURES.md."""

from dataclasses import replace
from datetime import date

from tests.model import law, tables
from tests.model.days import day
from tests.model.forms import Act, wrong
from tests.model.kept import Kept

ACTS_OF = {
    "sitting": {"sitting", "sealed", "vote"},
    "posting": {"post", "off", "object"},
    "opinion": {"ask", "opinion"},
    "done": {"done"},
    "sign": {"sign"},
}
ENDED = {"rejected", "withdrawn", "ended"}


class Refusing(Kept):
    def standing(self, today: date) -> dict[str, str]:
        raise NotImplementedError

    def closed(self, today: date) -> bool:
        """Nothing is left to do but what is optional."""
        left = [key for key, how in self.standing(today).items() if how in ("due", "waiting")]
        done = self.outcome == "resolved" and all(self.must(key).optional for key in left)
        return done or self.outcome in ENDED

    def refusal(self, act: Act) -> str | None:
        return wrong(act) or self._out_of_time(act) or self._leans_on_nothing(act) or self._sums_wrong(act)

    def _out_of_time(self, act: Act) -> str | None:
        kind = act["act"]
        if kind == "begin":
            return "matter.unknown" if act["matter"] not in tables.CATALOGUE else "decision.begun"
        again = kind == "vote" and (act["step"], act["meeting"]) == (self.decider.key, self.decided_in)
        again = again and not any(self.behind(step) for step in self.touched)
        if self.outcome in ENDED and kind != "sealed" and not (self.outcome == "rejected" and again):
            return "decision.ended"
        if "step" in act:
            step = self.step(act["step"])
            if step is None:
                return "step.unknown"
            if kind not in ACTS_OF[step.kind] or (kind == "vote" and not step.vote):
                return "step.act"
            if kind == "sitting" and (act.get("bidders") is None) == (step.key == "opening"):
                return "act.form"
            if kind == "opinion" and act["opinion"] == "refuse" and step.key != "approval":
                return "act.form"
            if kind == "opinion" and act.get("office") not in self.asked_of(step.key):
                return "act.form"
        if "on" in act and day_of(act) < self.begun_on:
            return "act.before"
        if "step" in act and self.behind(act["step"]) and self.outcome != "resolved":
            return "decision.not-resolved"
        if self.outcome == "resolved":
            decides = act.get("step") == self.decider.key and kind != "sealed" and not again
            if kind in ("plan", "withdraw") or decides:
                return "decision.resolved"
        return self._closed_to(act)

    def _closed_to(self, act: Act) -> str | None:
        today = max(self.newest, day_of(act)) if "on" in act else self.newest
        taken_late = act["act"] in ("sealed", "off", "object", "answer")
        if self.outcome != "resolved" or taken_late or not self.closed(today):
            return None
        key = act.get("step")
        taken = key is not None and self.must(key).optional and self.standing(today)[key] == "due"
        return None if taken else "decision.closed"

    def _leans_on_nothing(self, act: Act) -> str | None:
        kind = act["act"]
        if kind in ("sitting", "sealed", "vote"):
            sitting = self.sitting(act["step"], act["meeting"])
            if kind == "sitting" and sitting is not None:
                return "meeting.twice"
            if kind != "sitting" and sitting is None:
                return "meeting.unknown"
            if kind == "vote" and sitting is not None and act.get("round") == 2:
                firsts = [each for each in sitting.votes if each.get("round") != 2]
                elects = (self.procedure, act["step"]) in tables.ELECTED
                if not (elects and firsts and self.comes_to(replace(sitting, votes=firsts)) == "rejected"):
                    return "vote.unknown"
            if kind == "sealed" and sitting is not None:
                if sitting.sealed is not None:
                    return "meeting.twice"
                if any(number > len(sitting.votes) for number in act.get("gaps") or []):
                    return "vote.unknown"
        if kind in ("sitting", "opinion") and (act.get("plan") or 0) > len(self.plans):
            return "plan.unknown"
        if kind == "plan" and self.plans and day_of(act) < self.plans[-1][0]:
            return "act.before"
        if kind == "sitting" and act.get("called_on") and act["called_on"] > act["on"]:
            return "act.before"
        if kind in ("post", "off", "object"):
            last = self.postings[act["step"]][-1] if self.postings[act["step"]] else None
            hangs = last is not None and last.off_on is None
            if kind == "post" and hangs:
                return "posting.twice"
            if kind == "off" and not hangs:
                return "posting.unknown"
            if kind == "object":
                if self.hung_up_to(act["step"], day_of(act)) is None:
                    return "posting.unknown"
                if act["number"] != len(self.objections) + 1:
                    return "objection.unknown"
            if kind == "post" and last is not None and last.off_on is not None and day_of(act) < last.off_on:
                return "act.before"
            if kind == "off" and last is not None and day_of(act) < last.on:
                return "act.before"
        if kind == "answer":
            if act["number"] > len(self.objections):
                return "objection.unknown"
            objection = self.objections[act["number"] - 1]
            if objection.answered_on is not None:
                return "objection.twice"
            if day_of(act) < objection.on:
                return "act.before"
        return None

    def _sums_wrong(self, act: Act) -> str | None:
        right = True
        if act["act"] == "sitting":
            right = 0 <= act["present"] <= act["due"] and act["due"] >= 1
        elif act["act"] == "vote":
            right = not law.sums_wrong(self.must(act["step"]), act)
        return None if right else "vote.sums"


def day_of(act: Act) -> date:
    on = day(act["on"])
    assert on is not None
    return on
