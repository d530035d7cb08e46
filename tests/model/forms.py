"""The form of an act: which fields it has, of which kind, and which may be left out (docs/PROCEDURES.md, Acts)."""

import re
from collections.abc import Callable
from typing import Any

from tests.model.days import day
from tests.model.tables import BODIES, OF_HOUSEHOLDS, SERVES

Act = dict[str, Any]
Check = Callable[[Any], bool]


def text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def words(value: Any) -> bool:
    return isinstance(value, str)


def truth(value: Any) -> bool:
    return isinstance(value, bool)


def figure(value: Any) -> bool:
    """Of people: whether it may be below nothing is asked by the sums."""
    return isinstance(value, int) and not isinstance(value, bool)


def amount(value: Any) -> bool:
    return figure(value) and value >= 0


def amounts(value: Any) -> bool:
    return isinstance(value, list) and all(map(amount, value))


def permille(value: Any) -> bool:
    return figure(value) and 0 <= value <= 1000


def number(value: Any) -> bool:
    return figure(value) and value >= 1


def round_(value: Any) -> bool:
    return figure(value) and value in (1, 2)


def numbers(value: Any) -> bool:
    return isinstance(value, list) and all(map(number, value))


def is_day(value: Any) -> bool:
    return day(value) is not None


def hash_(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None


def of(*values: str) -> Check:
    return lambda value: isinstance(value, str) and value in values


def another_act(value: Any) -> bool:
    return isinstance(value, dict) and value.get("act") != "correct" and wrong(value) is None


def supervisor(value: Any) -> bool:
    return isinstance(value, dict) and not fields_wrong(value, SUPERVISOR)


# A field with `?` may be left out or be null.
SUPERVISOR: dict[str, Check] = {"present": truth, "away_ms": amount, "confirmed": truth}
FORMS: dict[str, dict[str, Check]] = {
    "begin": {
        "matter": text,
        "on": is_day,
        "urgent?": text,
        "amount?": amount,
        "procedure?": text,
        "body?": of(*SERVES),
        "guarantee?": truth,
        "others?": amounts,
    },
    "plan": {"on": is_day, "sha256": hash_, "material": truth},
    "ask": {"step": text, "on": is_day},
    "opinion": {
        "step": text,
        "on": is_day,
        "opinion": of("agree", "return", "risk", "refuse"),
        "reasons?": words,
        "plan?": number,
        "office?": text,
    },
    "sitting": {
        "step": text,
        "meeting": text,
        "on": is_day,
        "called_on?": is_day,
        "body?": of(*BODIES),
        "way?": of("adults", "households"),
        "due": figure,
        "present": figure,
        "plan?": number,
        "bidders?": amount,
    },
    "sealed": {
        "meeting": text,
        "step": text,
        "recorded": truth,
        "coverage_permille?": permille,
        "longest_break_ms?": amount,
        "breaks_permille?": permille,
        "supervisor?": supervisor,
        "gaps?": numbers,
    },
    "vote": {
        "step": text,
        "meeting": text,
        "way": of("hands", "named", "secret"),
        "due": figure,
        "present": figure,
        "recused?": figure,
        "issued?": figure,
        "returned?": figure,
        "invalid?": figure,
        "other?": figure,
        "in_favour": figure,
        "against": figure,
        "abstained": figure,
        "written_in_favour?": figure,
        "round?": round_,
        "proxies?": figure,
        "proxies_most?": figure,
        "proxies_of_candidates?": figure,
        "supervisor_present?": truth,
    },
    "post": {"step": text, "on": is_day},
    "off": {"step": text, "on": is_day},
    "object": {"step": text, "on": is_day, "number": number},
    "answer": {"number": number, "on": is_day},
    "done": {"step": text, "on": is_day},
    "sign": {"step": text, "on": is_day, "person": text},
    "withdraw": {"on": is_day, "reason": text},
    "end": {"on": is_day, "reason": text},
    "correct": {"of": number, "should?": another_act, "reason": text, "on": is_day, "agreed?": truth},
}


def fields_wrong(record: Act, form: dict[str, Check]) -> bool:
    names = {name.rstrip("?") for name in form}
    if set(record) - names:
        return True
    for name, check in form.items():
        value = record.get(name.rstrip("?"))
        if value is None:
            if not name.endswith("?"):
                return True
        elif not check(value):
            return True
    return False


def wrong(act: Act) -> str | None:
    """The refusal of an act that nobody could read, whatever the record."""
    form = FORMS.get(act.get("act", ""))
    if form is None:
        return "act.unknown"
    if fields_wrong({name: value for name, value in act.items() if name != "act"}, form):
        return "act.form"
    if act["act"] == "opinion" and act["opinion"] in ("return", "refuse") and not text(act.get("reasons")):
        return "act.form"
    if act["act"] == "sitting" and act.get("body") in OF_HOUSEHOLDS and not act.get("way"):
        return "act.form"
    return None
