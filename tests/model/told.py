"""Acts by their fields, in the words of docs/PROCEDURES.md, as they go when nothing goes wrong."""

from typing import Any

Act = dict[str, Any]


def begin(matter: str, on: str, **more: Any) -> Act:
    return {"act": "begin", "matter": matter, "on": on, **more}


def plan(on: str, text: str, material: bool = False) -> Act:
    return {"act": "plan", "on": on, "sha256": text * 32, "material": material}


def ask(step: str, on: str) -> Act:
    return {"act": "ask", "step": step, "on": on}


def opinion(step: str, on: str, says: str = "agree", **more: Any) -> Act:
    return {"act": "opinion", "step": step, "on": on, "opinion": says, **more}


def sitting(step: str, meeting: str, on: str, body: str | None, due: int, present: int, **more: Any) -> Act:
    called_on = more.pop("called_on", on)
    told = {"act": "sitting", "step": step, "meeting": meeting, "on": on, "called_on": called_on, "body": body}
    return {**told, "due": due, "present": present, **more}


def vote(step: str, meeting: str, due: int, present: int, counted: tuple[int, int, int], **more: Any) -> Act:
    """`counted`: for, against, abstained. In a secret vote every paper that isn't named otherwise came back valid."""
    in_favour, against, abstained = counted
    told = {"act": "vote", "step": step, "meeting": meeting, "way": "hands", "due": due, "present": present}
    told |= {"in_favour": in_favour, "against": against, "abstained": abstained, "supervisor_present": True}
    return {**told, **more}


def sealed(step: str, meeting: str, **more: Any) -> Act:
    told = {"act": "sealed", "meeting": meeting, "step": step, "recorded": True, "coverage_permille": 1000}
    told |= {"longest_break_ms": 0, "breaks_permille": 0, "gaps": []}
    return {**told, "supervisor": {"present": True, "away_ms": 0, "confirmed": True}, **more}


def post(step: str, on: str) -> Act:
    return {"act": "post", "step": step, "on": on}


def off(step: str, on: str) -> Act:
    return {"act": "off", "step": step, "on": on}


def objection(step: str, on: str, number: int) -> Act:
    return {"act": "object", "step": step, "on": on, "number": number}


def answer(number: int, on: str) -> Act:
    return {"act": "answer", "number": number, "on": on}


def done(step: str, on: str) -> Act:
    return {"act": "done", "step": step, "on": on}


def sign(step: str, on: str, person: str) -> Act:
    return {"act": "sign", "step": step, "on": on, "person": person}


def withdraw(on: str, reason: str) -> Act:
    return {"act": "withdraw", "on": on, "reason": reason}


def end(on: str, reason: str) -> Act:
    return {"act": "end", "on": on, "reason": reason}


def correct(of: int, should: Act | None, on: str, agreed: bool = False, reason: str = "抄错") -> Act:
    return {"act": "correct", "of": of, "should": should, "reason": reason, "on": on, "agreed": agreed}
